//! Runs the commands that were permitted.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use holdpoint_gate::{Backend, BackendError, Clock, Doubt, Permit, Settlement, Vault};
use holdpoint_model::grant::{GcloudAsk, GcloudTerms, Grants};
use holdpoint_model::{Class, Digest};
use tokio::sync::Mutex;

use crate::config::GcloudConfig;
use crate::failure::Changed;
use crate::folder::{self, Folder};
use crate::identity::{self, Fresh, Token};
use crate::process::{self, Ended, Lost};
use crate::settle::{ReadBack, Seen};
use crate::{Completed, Failure, Gcloud, Invocation, argv, mark, who};

/// Milliseconds that a command of the host's own may take: a look before, and a look afterwards.
const LOOK_MS: u32 = 30_000;

/// A command that has less time left is not begun again.
const SHORTEST_MS: u32 = 5_000;

/// Runs gcloud for one phase.
pub struct GcloudBackend {
    config: GcloudConfig,
    grants: Grants,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    /// What is made once it is needed.
    room: Mutex<Option<Room>>,
}

/// The folder of the phase's commands, and who they act as.
struct Room {
    folder: Folder,
    token: Option<Token>,
    /// What the file of the token holds, by its digest.
    written: Option<Digest>,
}

impl GcloudBackend {
    /// One that has started nothing yet.
    pub fn new(config: GcloudConfig, grants: Grants, vault: Arc<dyn Vault>, clock: Arc<dyn Clock>) -> Self {
        Self { config, grants, vault, clock, room: Mutex::new(None) }
    }

    /// Whom commands act as.
    async fn identity(&self, terms: &GcloudTerms) -> Result<Completed, BackendError> {
        let start = self.clock.now();
        self.folder(Fresh::Lasting).await?;
        let token = self.room.lock().await.as_ref().and_then(|room| room.token.clone());
        let token = token.ok_or_else(|| BackendError::NotSent("there is no token".into()))?;
        let identity = who::identity(&self.config, &token, terms).await.map_err(BackendError::NotSent)?;
        Ok(identity.told((self.clock.now().0 - start.0).max(0.0)))
    }

    /// The folder with a token in it, and the digest of that.
    async fn folder(&self, fresh: Fresh) -> Result<(PathBuf, Option<Digest>), BackendError> {
        let mut room = self.room.lock().await;
        let room = match &mut *room {
            Some(room) => room,
            empty => empty.insert(Room { folder: Folder::furnished().map_err(unusable)?, token: None, written: None }),
        };
        let now = self.clock.now();
        if fresh == Fresh::New || room.token.as_ref().is_none_or(|token| !token.is_good(now)) {
            room.token = None;
            room.token = Some(identity::token(&self.config, now, fresh).await.map_err(BackendError::NotSent)?);
        }
        if let Some(token) = &room.token {
            let digest = Digest::of(token.text.as_bytes());
            if room.written != Some(digest) {
                self.vault.hide("gcloud", &token.text);
                folder::replace(&room.folder.path().join("token"), &token.text).map_err(unusable)?;
                room.written = Some(digest);
            }
        }
        Ok((room.folder.path().to_owned(), room.written))
    }

    async fn run(
        &self,
        ask: &GcloudAsk,
        terms: &GcloudTerms,
        key: Option<&str>,
        (stdin, timeout_ms): (&[u8], u32),
    ) -> Result<Completed, BackendError> {
        let (folder, token) = self.folder(Fresh::Lasting).await?;
        let start = self.clock.now();
        let completed = self.once(ask, terms, key, &folder, (stdin, timeout_ms)).await?;
        if completed.failure != Some(Failure::Unauthenticated) {
            return Ok(completed);
        }
        // A token may end before its time, and a clock may be wrong. Nothing has happened, so with another token it is tried once more.
        let not_taken = |why: String| {
            let stderr = format!("{}\nholdpoint: {}\n", completed.stderr.trim_end(), why.replace("\n    ", "; "));
            Completed { stderr, ..completed.clone() }
        };
        let (folder, renewed) = match self.folder(Fresh::New).await {
            Ok(renewed) => renewed,
            Err(BackendError::NotSent(why)) => return Ok(not_taken(why)),
            Err(error) => return Err(error),
        };
        if renewed == token {
            return Ok(not_taken(identity::not_taken(&self.config)));
        }
        let left = timeout_ms.saturating_sub((self.clock.now().0 - start.0).max(0.0) as u32);
        if left < SHORTEST_MS {
            // The next command has the new token.
            return Ok(completed);
        }
        let again = self.once(ask, terms, key, &folder, (stdin, left)).await?;
        let taken = again.failure != Some(Failure::Unauthenticated);
        Ok(if taken { again } else { not_taken(identity::not_taken(&self.config)) })
    }

    /// Runs a command with the token that is there.
    async fn once(
        &self,
        ask: &GcloudAsk,
        terms: &GcloudTerms,
        key: Option<&str>,
        folder: &Path,
        (stdin, timeout_ms): (&[u8], u32),
    ) -> Result<Completed, BackendError> {
        let environment = argv::environment(terms, folder, self.config.ca_file.as_deref(), &self.config.added);
        let arguments = argv::arguments(ask, key);
        let start = self.clock.now();
        let limit = Duration::from_millis(u64::from(timeout_ms));
        let ended = process::run(&self.config, &arguments, &environment, stdin, limit).await;
        let Ended { exit, stdout, truncated, stderr } = ended.map_err(|lost| match lost {
            Lost::NotStarted(why) => BackendError::NotSent(why),
            Lost::Late(_) => BackendError::Timeout(timeout_ms),
            Lost::Broken(why) => BackendError::Unknown(why),
        })?;
        let failure = Failure::of(exit, &stderr);
        let milliseconds = (self.clock.now().0 - start.0).max(0.0);
        Ok(Completed { exit, failure, stdout: stdout.into(), stderr, truncated, milliseconds })
    }

    /// `update` makes a service that is not there, and a typing mistake is no wish for a new one.
    async fn look_before(&self, ask: &GcloudAsk, terms: &GcloudTerms) -> Result<(), BackendError> {
        let Some(service) = ask.arguments().first().filter(|_| ask.command().is("run services update")) else {
            return Ok(());
        };
        let describe = Invocation::new("run services describe").argument(service);
        let describe = describe.ask().map_err(|error| BackendError::NotSent(error.to_string()))?;
        let described = self.run(&describe, terms, None, (&[], LOOK_MS)).await;
        let described = described
            .map_err(|error| BackendError::NotSent(format!("looking for service {service} first: {error}")))?;
        match described.failure {
            None => Ok(()),
            Some(Failure::NotFound) => Err(BackendError::NotSent(format!(
                "there is no service {service} in {}; `run services update` would make one, `run deploy` says so",
                terms.project
            ))),
            Some(_) => Err(BackendError::NotSent(format!(
                "looking for service {service} first: {}",
                last_line(&described.stderr)
            ))),
        }
    }

    fn terms(&self, invocation: &Invocation) -> Result<(GcloudAsk, GcloudTerms), String> {
        let ask = invocation.ask().map_err(|error| error.to_string())?;
        let terms = self.grants.gcloud(&ask, "").map_err(|denial| denial.reason)?;
        Ok((ask, terms))
    }
}

impl Backend<Gcloud> for GcloudBackend {
    async fn act(&self, permit: Permit<Gcloud>) -> Result<Completed, BackendError> {
        let invocation = permit.request();
        let (ask, terms) = self.terms(invocation).map_err(BackendError::NotSent)?;
        if ask.command().is_identity() {
            return self.identity(&terms).await;
        }
        let key = (permit.class() > Class::Read).then(|| permit.key());
        self.look_before(&ask, &terms).await?;
        let stdin = invocation.stdin.bytes();
        let marked = key.as_deref().and_then(|key| mark::marked(&ask, stdin, key));
        let given = (marked.as_deref().unwrap_or(stdin), invocation.timeout_ms);
        let completed = self.run(&ask, &terms, key.as_deref(), given).await?;
        let failure = completed.failure.filter(|_| permit.class().happens_once());
        let unknown = || BackendError::Unknown(last_line(&completed.stderr).to_owned());
        match failure.map(Failure::changed) {
            None | Some(Changed::Nothing) => Ok(completed),
            Some(Changed::Unknown) => Err(unknown()),
            Some(Changed::Perhaps) => match self.look_after(&ask, stdin, &terms, &permit.key()).await {
                Settlement::Happened(seen) => Ok(seen),
                Settlement::NotHappened => Ok(completed),
                Settlement::Unknown(_) => Err(unknown()),
            },
        }
    }

    async fn settle(&self, doubt: Doubt<Gcloud>) -> Settlement<Completed> {
        let (ask, terms) = match self.terms(doubt.request()) {
            Ok(terms) => terms,
            Err(why) => return Settlement::Unknown(why),
        };
        self.look_after(&ask, doubt.request().stdin.bytes(), &terms, doubt.key()).await
    }
}

impl GcloudBackend {
    /// Whether an effect has happened, by what can be seen of it.
    async fn look_after(&self, ask: &GcloudAsk, stdin: &[u8], terms: &GcloudTerms, key: &str) -> Settlement<Completed> {
        let Some(read_back) = ReadBack::of(ask, stdin, key) else {
            return Settlement::Unknown(format!("there is no reading back of gcloud {}", ask.command()));
        };
        let look = match read_back.command().ask() {
            Ok(look) => look,
            Err(error) => return Settlement::Unknown(error.to_string()),
        };
        match self.run(&look, terms, None, (&[], LOOK_MS)).await {
            Ok(completed) if completed.failure.is_none() => match read_back.seen(completed.stdout.bytes()) {
                Seen::Happened => {
                    let answer = read_back.answer(completed.stdout.bytes());
                    Settlement::Happened(match answer {
                        Some(answer) => Completed { stdout: answer.into(), ..completed },
                        None => completed,
                    })
                }
                Seen::NotHappened => Settlement::NotHappened,
                Seen::Unknown(why) => Settlement::Unknown(why),
            },
            Ok(completed) => Settlement::Unknown(format!("reading back failed: {}", last_line(&completed.stderr))),
            Err(error) => Settlement::Unknown(format!("reading back failed: {error}")),
        }
    }
}

fn unusable(error: std::io::Error) -> BackendError {
    BackendError::NotSent(format!("can't prepare a folder for gcloud: {error}"))
}

pub(crate) fn last_line(stderr: &str) -> &str {
    stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("gcloud says nothing")
}
