//! One process of gcloud: started with an environment of its own, read within bounds, and ended with all that it has started.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use holdpoint_supervise::{CLEARING, End, Program, Unstarted, Watched};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::{Instant, timeout, timeout_at};

use crate::GcloudConfig;

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

/// Runs gcloud to its end. It ends with the host, at its limit, and when this is dropped.
pub(crate) async fn run(
    config: &GcloudConfig,
    arguments: &[String],
    environment: &BTreeMap<String, String>,
    stdin: &[u8],
    limit: Duration,
) -> Result<Ended, Lost> {
    let program = Program {
        path: config.program.clone(),
        sha256: None,
        arguments: arguments.to_vec(),
        environment: environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        directory: PathBuf::from("/"),
        // It is the operator's own, and they trust it as they trust the host.
        bounds: None,
    };
    let late = Instant::now() + limit;
    let started = timeout_at(late, config.supervisor.start(&program, stdin)).await;
    let mut process = started.map_err(|_| Lost::Late(limit.as_millis()))?.map_err(|unstarted| match unstarted {
        Unstarted::Refused(why) => Lost::NotStarted(why),
        Unstarted::Lost(why) => Lost::Broken(why),
    })?;
    let (stdout, stderr) = process.streams();
    let stdout = tokio::spawn(beginning(stdout, STDOUT));
    let stderr = tokio::spawn(end(stderr, STDERR));
    let exit = match process.watch(tokio::time::sleep_until(late), Duration::ZERO).await {
        Watched::Ended(End::Code(code)) => code,
        Watched::Ended(End::Signal(signal)) => 128 + signal,
        Watched::Ended(End::Crowded) => return Err(Lost::Broken("gcloud was ended by the host".into())),
        Watched::Over(()) => return Err(Lost::Late(limit.as_millis())),
        Watched::Lost(why) => return Err(Lost::Broken(why)),
    };
    let broken = |why: &dyn std::fmt::Display| Lost::Broken(format!("what gcloud says can't be read: {why}"));
    let read = async { tokio::try_join!(stdout, stderr) };
    let (stdout, stderr) = timeout(CLEARING, read).await.map_err(|late| broken(&late))?.map_err(|e| broken(&e))?;
    let (stdout, truncated) = stdout.map_err(|error| broken(&error))?;
    let stderr = String::from_utf8_lossy(&stderr.map_err(|error| broken(&error))?).into_owned();
    Ok(Ended { exit, stdout, truncated, stderr })
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
