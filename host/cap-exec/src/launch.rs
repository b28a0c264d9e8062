//! From a pin to a running tool: what it may reach is put together, the stages are started, and the last says that it is the tool.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    os::{fd::OwnedFd, unix::net::UnixStream as Socket},
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
};

use holdpoint_model::grant::DirectoryName;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    process::{Child, Command},
};

use crate::{
    Confinement, Layer, Tool,
    confine::{self, LARGEST_FRAME, Outside, Plan, Word},
};

/// Where tools are started from.
#[derive(Debug)]
pub(crate) struct Ground {
    /// The program that is a stage when its first argument says so.
    pub(crate) helper: PathBuf,
    /// Where folders for what tools write are made.
    pub(crate) scratch: PathBuf,
    pub(crate) directories: BTreeMap<DirectoryName, PathBuf>,
    /// Namespaces can be taken here and not used.
    pub(crate) no_namespaces: AtomicBool,
}

/// A tool that runs.
pub(crate) struct Launched {
    pub(crate) child: Child,
    pub(crate) stages: UnixStream,
    pub(crate) confinement: Confinement,
    /// Taken away with this.
    pub(crate) scratch: TempDir,
}

impl Ground {
    /// Starts a tool. The error says why nothing was started.
    pub(crate) async fn launch(
        &self,
        name: &str,
        tool: &Tool,
        args: &[String],
        stdin: &[u8],
    ) -> Result<Launched, String> {
        let scratch = tempfile::Builder::new().prefix("tool-").tempdir_in(&self.scratch);
        let scratch = scratch.map_err(|error| format!("no folder for what {name} writes can be made: {error}"))?;
        let plan = self.plan(name, tool, args, scratch.path())?;
        loop {
            let wanted = !tool.without.contains(&Layer::Processes);
            let namespaces = wanted && !self.no_namespaces.load(Ordering::Relaxed);
            let (child, mut stages) = self.start().map_err(|error| format!("{name} can't be started: {error}"))?;
            let outside = Outside { namespaces, network: tool.network };
            match converse(&mut stages, &outside, &plan, stdin).await? {
                Word::Ready(confinement) => return Ok(Launched { child, stages, confinement, scratch }),
                Word::Unusable(_) if namespaces => self.no_namespaces.store(true, Ordering::Relaxed),
                Word::Failed(why) | Word::Unusable(why) => return Err(format!("{name} was not started: {why}")),
                Word::Entered(_) | Word::Ended { .. } => {
                    return Err(format!("{name} was not started: its stages are confused"));
                }
            }
        }
    }

    fn plan(&self, name: &str, tool: &Tool, args: &[String], scratch: &Path) -> Result<Plan, String> {
        let granted = match &tool.directory {
            None => None,
            Some(directory) => Some(self.directories.get(directory).ok_or_else(|| {
                format!("{name} works in the directory `{directory}`, which this phase was not granted; grant it under `files`")
            })?),
        };
        let words = |text: &str| {
            let text = text.replace("{scratch}", &scratch.to_string_lossy());
            granted.map_or(text.clone(), |directory| text.replace("{directory}", &directory.to_string_lossy()))
        };
        let arguments = tool.arguments.iter().map(|text| words(text)).chain(args.iter().cloned()).collect();
        let environment = tool.environment.iter().map(|(name, value)| (name.clone(), words(value))).collect();
        let mut read = tool.read.clone();
        read.push(tool.program.clone());
        read.extend(granted.cloned());
        let mut write = tool.write.clone();
        if tool.writes {
            write.push(scratch.to_owned());
        } else {
            read.push(scratch.to_owned());
        }
        Ok(Plan {
            program: tool.program.clone(),
            sha256: tool.sha256.map(|digest| digest.hex()),
            arguments,
            environment,
            directory: granted.filter(|_| !tool.writes).map_or(scratch, PathBuf::as_path).to_owned(),
            read,
            write,
            network: tool.network,
            processes: tool.processes,
            memory: tool.memory,
            require: tool.require.clone(),
            without: tool.without.clone(),
            confinement: Confinement::default(),
        })
    }

    #[expect(clippy::disallowed_methods, reason = "tools are what this crate starts")]
    fn start(&self) -> std::io::Result<(Child, UnixStream)> {
        let (ours, theirs) = Socket::pair()?;
        ours.set_nonblocking(true)?;
        let mut command = std::process::Command::new(&self.helper);
        command.args([confine::FIRST_ARGUMENT, "outside"].map(OsString::from)).env_clear();
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut command = Command::from(command);
        let child = command.kill_on_drop(true).spawn()?;
        // Dropping the command closes this process's copy of the other end.
        drop(command);
        Ok((child, UnixStream::from_std(ours)?))
    }
}

/// Says what to do and hears the first word.
async fn converse(stages: &mut UnixStream, outside: &Outside, plan: &Plan, stdin: &[u8]) -> Result<Word, String> {
    let frames = (|| -> std::io::Result<Vec<u8>> {
        let (outside, plan) = (serde_json::to_vec(outside)?, serde_json::to_vec(plan)?);
        Ok([confine::encode(&outside)?, confine::encode(&plan)?, confine::encode(stdin)?].concat())
    })();
    let frames = frames.map_err(|error| error.to_string())?;
    // A stage that fails early does not read the rest, and has said why.
    let (mut from, mut to) = stages.split();
    let (word, _) = tokio::join!(hear(&mut from), to.write_all(&frames));
    word
}

/// Hears a word of the stages.
pub(crate) async fn hear(from: &mut (impl tokio::io::AsyncRead + Unpin)) -> Result<Word, String> {
    let lost = |error: std::io::Error| format!("the process that confines the tool is gone: {error}");
    let length = from.read_u32_le().await.map_err(lost)?;
    if length > LARGEST_FRAME {
        return Err("the process that confines the tool says something that is too long".into());
    }
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes).await.map_err(lost)?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}
