//! From a pin to a program: what it is given and what it may reach is put together.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use holdpoint_model::grant::DirectoryName;
use holdpoint_supervise::{Bounds, Program};
use tempfile::TempDir;

use crate::Tool;

/// Where tools work.
#[derive(Debug)]
pub(crate) struct Ground {
    /// Where folders for what tools write are made.
    pub(crate) scratch: PathBuf,
    pub(crate) directories: BTreeMap<DirectoryName, PathBuf>,
}

impl Ground {
    /// A program, and the folder for what it writes, which is taken away with the value. The error says why there is none.
    pub(crate) fn plan(&self, name: &str, tool: &Tool, args: &[String]) -> Result<(Program, TempDir), String> {
        let scratch = tempfile::Builder::new().prefix("tool-").tempdir_in(&self.scratch);
        let scratch = scratch.map_err(|error| format!("no folder for what {name} writes can be made: {error}"))?;
        Ok((self.program(name, tool, args, scratch.path())?, scratch))
    }

    fn program(&self, name: &str, tool: &Tool, args: &[String], scratch: &Path) -> Result<Program, String> {
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
        Ok(Program {
            path: tool.program.clone(),
            sha256: tool.sha256.map(|digest| digest.hex()),
            arguments,
            environment,
            directory: granted.filter(|_| !tool.writes).map_or(scratch, PathBuf::as_path).to_owned(),
            bounds: Some(Bounds {
                read,
                write,
                network: tool.network,
                processes: tool.processes,
                memory: tool.memory,
                require: tool.require.clone(),
                without: tool.without.clone(),
            }),
        })
    }
}
