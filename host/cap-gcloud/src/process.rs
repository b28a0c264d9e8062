//! One process of gcloud: started with an environment of its own, read within bounds, and ended with its whole group.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Child;

/// Bytes of standard output that are kept.
const STDOUT: usize = 4 << 20;
/// Bytes of what it says to people that are kept, from the end.
const STDERR: usize = 64 << 10;

/// A process as it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// 128 and the number of the signal, if one ended it.
    pub(crate) exit: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) truncated: bool,
    pub(crate) stderr: String,
}

/// Why there is no end to tell of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Lost {
    /// Nothing was started.
    #[error("{0}")]
    NotStarted(String),
    #[error("it was still running after {0} ms")]
    Late(u128),
    #[error("{0}")]
    Broken(String),
}

/// Runs a program to its end.
pub(crate) async fn run(
    program: &Path,
    arguments: &[String],
    environment: &BTreeMap<String, String>,
    stdin: &[u8],
    limit: Duration,
) -> Result<Ended, Lost> {
    #[expect(clippy::disallowed_methods, reason = "this crate starts gcloud, with an environment made from nothing")]
    let mut command = tokio::process::Command::from(std::process::Command::new(program));
    command.args(arguments).env_clear().envs(environment).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let child =
        command.spawn().map_err(|error| Lost::NotStarted(format!("can't start {}: {error}", program.display())))?;
    let mut group = Group(child);
    match tokio::time::timeout(limit, group.finish(stdin)).await {
        Ok(ended) => ended.map_err(|error| Lost::Broken(format!("can't follow {}: {error}", program.display()))),
        Err(_) => Err(Lost::Late(limit.as_millis())),
    }
}

/// A process and all that it has started. Dropped before its end, all of it is killed.
struct Group(Child);

impl Group {
    async fn finish(&mut self, stdin: &[u8]) -> std::io::Result<Ended> {
        let (input, stdout, stderr) = (self.0.stdin.take(), self.0.stdout.take(), self.0.stderr.take());
        let give = async {
            if let Some(mut input) = input {
                // A command that does not read what it is given says itself why not.
                let _ = input.write_all(stdin).await;
            }
        };
        let ((), stdout, stderr) = tokio::join!(give, beginning(stdout, STDOUT), end(stderr, STDERR));
        let (stdout, truncated) = stdout?;
        let stderr = String::from_utf8_lossy(&stderr?).into_owned();
        let status = self.0.wait().await?;
        Ok(Ended { exit: exit_code(status), stdout, truncated, stderr })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Only one that was not waited for still has an id.
        #[cfg(unix)]
        if let Some(id) = self.0.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?)) {
            let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
        }
    }
}

fn exit_code(status: std::process::ExitStatus) -> i32 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    status.code().unwrap_or_else(|| 128 + signal.unwrap_or_default())
}

/// The beginning of a stream, and whether there was more. All of it is read, so that the writer never waits.
async fn beginning(stream: Option<impl AsyncRead + Unpin>, most: usize) -> std::io::Result<(Vec<u8>, bool)> {
    let (mut kept, mut more) = (Vec::new(), false);
    let Some(mut stream) = stream else { return Ok((kept, more)) };
    let mut piece = vec![0; 16 << 10];
    loop {
        let read = stream.read(&mut piece).await?;
        if read == 0 {
            return Ok((kept, more));
        }
        let room = most - kept.len();
        kept.extend_from_slice(&piece[..read.min(room)]);
        more |= read > room;
    }
}

/// The end of a stream.
async fn end(stream: Option<impl AsyncRead + Unpin>, most: usize) -> std::io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let Some(mut stream) = stream else { return Ok(kept) };
    let mut piece = vec![0; 16 << 10];
    loop {
        let read = stream.read(&mut piece).await?;
        if read == 0 {
            kept.drain(..kept.len().saturating_sub(most));
            return Ok(kept);
        }
        kept.extend_from_slice(&piece[..read]);
        if kept.len() > 2 * most {
            kept.drain(..kept.len() - most);
        }
    }
}
