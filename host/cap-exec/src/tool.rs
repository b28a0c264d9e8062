//! What the operator pins under the name of a tool. A guest knows the name alone.

use std::{
    path::{Component, Path, PathBuf},
    time::Duration,
};

use holdpoint_model::{Digest, grant::DirectoryName};
use holdpoint_supervise::{Layer, Network};

use crate::Error;

/// The longest that a job may last.
const LONGEST_JOB: Duration = Duration::from_secs(24 * 3_600);
/// Bytes that may be kept of each stream; what an answer may hold.
const LARGEST_OUTPUT: u64 = 8 << 20;
/// What a tool may be without. The network is said by `network`, and the count holds no tool that keeps to its bounds.
const GIVEN_UP: [Layer; 4] = [Layer::Processes, Layer::Landlock, Layer::Seccomp, Layer::Limits];
/// No program starts with less.
const LEAST_MEMORY: u64 = 16 << 20;

/// A pinned tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// An absolute path.
    pub program: PathBuf,
    /// What the program must be.
    pub sha256: Option<Digest>,
    /// What stands before the arguments of a guest. `{directory}` and `{scratch}` become paths.
    pub arguments: Vec<String>,
    /// The granted directory that the tool works in. It may only be read.
    pub directory: Option<DirectoryName>,
    /// The tool gets an empty folder to write into, and works there. It is taken away afterwards.
    pub writes: bool,
    /// All that the tool sees of an environment. Values may hold `{directory}` and `{scratch}`.
    pub environment: Vec<(String, String)>,
    pub network: Network,
    /// How long a job may last.
    pub deadline: Duration,
    /// Bytes that are kept of each stream.
    pub output: u64,
    /// What it may read besides the programs and libraries of the system.
    pub read: Vec<PathBuf>,
    /// What it may write.
    pub write: Vec<PathBuf>,
    /// Processes of a job.
    pub processes: u32,
    /// Bytes of private memory of each process.
    pub memory: u64,
    /// What the kernel must have. Without it the tool is not started.
    pub require: Vec<Layer>,
    /// What is not applied, although the kernel has it: for a tool that confines others itself, like a builder of images.
    pub without: Vec<Layer>,
}

impl Tool {
    /// A tool with everything left at its default: no environment, no network, ten minutes, 1 MiB of each stream.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            sha256: None,
            arguments: vec![],
            directory: None,
            writes: false,
            environment: vec![],
            network: Network::None,
            deadline: Duration::from_secs(600),
            output: 1 << 20,
            read: vec![],
            write: vec![],
            processes: 64,
            memory: 1 << 30,
            require: vec![],
            without: vec![],
        }
    }

    /// Whether the pin can be used.
    pub(crate) fn check(&self, name: &str) -> Result<(), Error> {
        let refuse = |what: &'static str, why: String| Err(Error::Tool { name: name.to_owned(), what, why });
        for (what, path) in std::iter::once(("program", &self.program))
            .chain(self.read.iter().map(|path| ("read", path)))
            .chain(self.write.iter().map(|path| ("write", path)))
        {
            if !unambiguous(path) {
                return refuse(what, format!("`{}` is no absolute path in UTF-8 without `..`", path.display()));
            }
        }
        if let Some(argument) = self.arguments.iter().find(|argument| argument.contains('\0')) {
            return refuse("arguments", format!("{argument:?} holds a NUL"));
        }
        for (variable, value) in &self.environment {
            if variable.is_empty() || variable.contains(['=', '\0']) || value.contains('\0') {
                return refuse("environment", format!("{variable:?} is no variable, or its value holds a NUL"));
            }
        }
        if self.deadline.is_zero() || self.deadline > LONGEST_JOB {
            return refuse("deadline", "it is between 1ms and 24h".into());
        }
        if self.output > LARGEST_OUTPUT {
            return refuse("output", "at most 8MiB of each stream are kept".into());
        }
        if self.memory < LEAST_MEMORY {
            return refuse("memory", "no program starts with less than 16MiB".into());
        }
        if self.processes == 0 || self.processes > 10_000 {
            return refuse("processes", "it is between 1 and 10000".into());
        }
        if let Some(layer) = self.without.iter().find(|layer| !GIVEN_UP.contains(layer)) {
            return refuse("without", format!("`{}` is never left out", layer.word()));
        }
        if let Some(layer) = self.without.iter().find(|layer| self.require.contains(layer)) {
            return refuse("without", format!("`{}` is required and left out at once", layer.word()));
        }
        Ok(())
    }
}

fn unambiguous(path: &Path) -> bool {
    path.is_absolute()
        && path.to_str().is_some_and(|text| !text.chars().any(char::is_control))
        && !path.components().any(|part| part == Component::ParentDir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_that_leaves_something_open_is_refused() {
        type Change = fn(&mut Tool);
        let wrong: [(&str, Change); 13] = [
            ("program", |tool| tool.program = "pytest".into()),
            ("program", |tool| tool.program = "/opt/../bin/sh".into()),
            ("read", |tool| tool.read = vec!["src".into()]),
            ("write", |tool| tool.write = vec!["/a\nb".into()]),
            ("arguments", |tool| tool.arguments = vec!["a\0".into()]),
            ("environment", |tool| tool.environment = vec![("A=B".into(), String::new())]),
            ("deadline", |tool| tool.deadline = Duration::from_secs(90_000)),
            ("output", |tool| tool.output = 9 << 20),
            ("memory", |tool| tool.memory = 1),
            ("processes", |tool| tool.processes = 0),
            ("without", |tool| tool.without = vec![Layer::Network]),
            ("without", |tool| tool.without = vec![Layer::Count]),
            ("without", |tool| {
                tool.without = vec![Layer::Seccomp, Layer::Landlock];
                tool.require = vec![Layer::Landlock];
            }),
        ];
        for (what, change) in wrong {
            let mut tool = Tool::new("/usr/bin/pytest");
            assert!(tool.check("pytest").is_ok());
            change(&mut tool);
            let text = tool.check("pytest").unwrap_err().to_string();
            assert!(text.starts_with(&format!("tool `pytest`: {what}: ")), "{text}");
        }
    }
}
