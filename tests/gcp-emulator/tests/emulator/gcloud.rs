//! The real gcloud in the environment of an emulator. Every call ends: after a minute with its whole group.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Once;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use holdpoint_gcp_emulator::{Emulator, Login};
use tempfile::TempDir;

const DEADLINE: Duration = Duration::from_secs(60);
const NEEDED: &str = "gcloud is not installed; https://cloud.google.com/sdk/docs/install";

/// Whether the tests with gcloud are to run.
pub(crate) fn is_here() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join("gcloud").is_file()) {
        return true;
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{NEEDED}");
    static SAID: Once = Once::new();
    // Not by the macro, whose words a passing test keeps to itself.
    SAID.call_once(|| drop(writeln!(std::io::stderr(), "tests with gcloud are left out: {NEEDED}")));
    false
}

/// What gcloud said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    #[track_caller]
    pub(crate) fn well(self) -> Said {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn badly(self, because: &str) -> Said {
        assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
        assert!(self.err.contains(because), "wanted {because:?} in {}", self.err);
        self
    }

    #[track_caller]
    pub(crate) fn json(self) -> serde_json::Value {
        let said = self.well();
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.out))
    }
}

/// A gcloud with a configuration folder of its own.
pub(crate) struct Gcloud {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Gcloud {
    pub(crate) fn of(emulator: &Emulator) -> Gcloud {
        let folder = tempfile::tempdir().unwrap();
        let variables = emulator.environment(folder.path()).unwrap();
        Gcloud { folder, variables }
    }

    pub(crate) fn logged_in(emulator: &Emulator, login: &Login) -> Gcloud {
        let folder = tempfile::tempdir().unwrap();
        let variables = emulator.environment_as(folder.path(), login).unwrap();
        Gcloud { folder, variables }
    }

    /// The same, but for a variable.
    pub(crate) fn without(mut self, name: &str) -> Gcloud {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a line of words without quotes.
    pub(crate) async fn run(&self, line: &str) -> Said {
        self.run_with(line, "").await
    }

    pub(crate) async fn run_with(&self, line: &str, input: &str) -> Said {
        self.run_words(&line.split_whitespace().collect::<Vec<_>>(), input).await
    }

    pub(crate) async fn run_words(&self, words: &[&str], input: &str) -> Said {
        let mut command = Command::new("gcloud");
        command.args(words).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let (input, line) = (input.to_owned(), words.join(" "));
        tokio::task::spawn_blocking(move || ended(&mut command, &input, &line)).await.unwrap()
    }
}

/// Runs a command to its end, or ends it with its whole group.
fn ended(command: &mut Command, input: &str, line: &str) -> Said {
    let mut child = command.spawn().unwrap();
    let group = format!("-{}", child.id());
    // A gcloud that ends without reading is no failure here.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let (done, wait) = mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        let late = wait.recv_timeout(DEADLINE) == Err(RecvTimeoutError::Timeout);
        if late {
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        }
        late
    });
    let output = child.wait_with_output().unwrap();
    drop(done);
    assert!(!watch.join().unwrap(), "gcloud {line} did not end within {DEADLINE:?}");
    Said {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
