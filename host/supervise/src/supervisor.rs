//! From a program to a process: the stages are started, and the last says that it is the program.

use std::{
    ffi::OsString,
    os::{fd::OwnedFd, unix::net::UnixStream as Socket},
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    process::{Child, Command},
};

use crate::{
    Layer, Process, Program, Unstarted,
    stages::{self, LARGEST_FRAME, Outside, Plan, Word},
};

/// Starts programs. Copies of it share what they learn of the machine. The default one starts nothing.
#[derive(Debug, Clone, Default)]
pub struct Supervisor {
    /// The program that is a stage when its first argument says so.
    helper: PathBuf,
    /// None are wanted, or they can be taken here and not used.
    no_namespaces: Arc<AtomicBool>,
}

impl Supervisor {
    /// One whose stages are this very image, whatever lies at its path by now. Its `main` calls [`stages::main`].
    pub fn of_this_program() -> Self {
        Self::with("/proc/self/exe")
    }

    /// One whose stages are another program, which calls [`stages::main`].
    pub fn with(helper: impl Into<PathBuf>) -> Self {
        Self { helper: helper.into(), no_namespaces: Arc::default() }
    }

    /// One that tries no namespaces. Without them a program sees other processes, and its own are ended one by one.
    #[must_use]
    pub fn without_namespaces(self) -> Self {
        Self { no_namespaces: Arc::new(AtomicBool::new(true)), ..self }
    }

    /// Starts a program with a standard input, of at most 8 MiB. Dropped before it is done, it leaves nothing behind.
    pub async fn start(&self, program: &Program, stdin: &[u8]) -> Result<Process, Unstarted> {
        let refused = |why: &dyn std::fmt::Display| Unstarted::Refused(why.to_string());
        let plan = Plan { program: program.clone(), confinement: Default::default() };
        loop {
            let bounds = program.bounds.as_ref();
            let wanted = bounds.is_none_or(|bounds| !bounds.without.contains(&Layer::Processes));
            let namespaces = wanted && !self.no_namespaces.load(Ordering::Relaxed);
            let outside = Outside { namespaces, network: bounds.map(|bounds| bounds.network) };
            let frames = frames(&outside, &plan, stdin).map_err(|error| refused(&error))?;
            let (child, mut stages) = self
                .outside()
                .map_err(|error| refused(&format!("{} can't be started: {error}", self.helper.display())))?;
            match converse(&mut stages, &frames).await.map_err(Unstarted::Lost)? {
                Word::Ready(confinement) => return Ok(Process::new(child, stages, confinement)),
                Word::Unusable(_) if namespaces => self.no_namespaces.store(true, Ordering::Relaxed),
                Word::Failed(why) | Word::Unusable(why) => return Err(Unstarted::Refused(why)),
                Word::Entered(_) | Word::Ended { .. } => {
                    return Err(Unstarted::Lost("the stages of the program are confused".into()));
                }
            }
        }
    }

    /// Starts the first stage.
    #[expect(clippy::disallowed_methods, reason = "processes are what this crate starts")]
    fn outside(&self) -> std::io::Result<(Child, UnixStream)> {
        let (ours, theirs) = Socket::pair()?;
        ours.set_nonblocking(true)?;
        let mut command = std::process::Command::new(&self.helper);
        command.args([stages::FIRST_ARGUMENT, "outside"].map(OsString::from)).env_clear();
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut command = Command::from(command);
        // Signals of a terminal are for the host, which ends what it has started itself, from the first instant on.
        let child = command.process_group(0).kill_on_drop(true).spawn()?;
        // Dropping the command closes this process's copy of the other end.
        drop(command);
        Ok((child, UnixStream::from_std(ours)?))
    }
}

fn frames(outside: &Outside, plan: &Plan, stdin: &[u8]) -> std::io::Result<Vec<u8>> {
    let (outside, plan) = (serde_json::to_vec(outside)?, serde_json::to_vec(plan)?);
    Ok([stages::encode(&outside)?, stages::encode(&plan)?, stages::encode(stdin)?].concat())
}

/// Says what to do and hears the first word.
async fn converse(stages: &mut UnixStream, frames: &[u8]) -> Result<Word, String> {
    // A stage that fails early does not read the rest, and has said why.
    let (mut from, mut to) = stages.split();
    let (word, _) = tokio::join!(hear(&mut from), to.write_all(frames));
    word
}

/// Hears a word of the stages.
pub(crate) async fn hear(from: &mut (impl tokio::io::AsyncRead + Unpin)) -> Result<Word, String> {
    let lost = |error: std::io::Error| format!("the process that watches over the program is gone: {error}");
    let length = from.read_u32_le().await.map_err(lost)?;
    if length > LARGEST_FRAME {
        return Err("the process that watches over the program says something that is too long".into());
    }
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes).await.map_err(lost)?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}
