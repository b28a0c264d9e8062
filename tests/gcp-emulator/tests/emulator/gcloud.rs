//! The real gcloud in the environment of an emulator. Every call ends: after a minute with its whole group.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use holdpoint_gcp_emulator::{Emulator, Login};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

const DEADLINE: Duration = Duration::from_secs(60);
const NEEDED: &str = "gcloud is not installed; https://cloud.google.com/sdk/docs/install";

/// Whether the tests with gcloud are to run.
pub(crate) fn is_here() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join("gcloud").is_file()) {
        return true;
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{NEEDED}");
    eprintln!("left out: {NEEDED}");
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
        let mut command = std::process::Command::new("gcloud");
        command.args(words).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = Command::from(command).kill_on_drop(true).spawn().unwrap();
        let group = child.id().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A gcloud that ends without reading is no failure here.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = tokio::time::timeout(DEADLINE, child.wait_with_output()).await;
        let Ok(output) = output else {
            let _ = std::process::Command::new("kill").args(["-KILL", "--", &format!("-{group}")]).status();
            panic!("gcloud {words:?} did not end within {DEADLINE:?}");
        };
        let output = output.unwrap();
        Said {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
