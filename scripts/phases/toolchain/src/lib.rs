//! Tools of the team are there and content: each returns 0 (PRE-3), and so does a script that the team judges its release by (P1.1).
//!
//! ```toml
//! [phase.config.python]                 # optional: packages can be imported
//! row = "PRE-3.python"
//! tool = "python3"
//! packages = { pyyaml = "yaml", requests = "requests" }   # what is installed, and what is imported
//! at-least = { pyyaml = "6.0" }         # optional
//!
//! [[phase.config.commands]]             # optional: what returns 0
//! row = "PRE-3.docker"
//! tool = "docker"
//! arguments = ["info", "--format", "{{.ServerVersion}}"]
//! name = "docker answers"               # optional
//! prints = "."                          # optional: what it writes holds this; "." is anything
//! at-least = "24"                       # optional: of the first version that it writes
//! or = [{ tool = "podman" }]            # optional: what counts as this tool, with arguments of its own
//!
//! [phase.config.unused]                 # optional: what the bundle has no use for, and why
//! "PRE-3.compose" = "no phase starts containers together"
//! ```
//! A tool is one of the operator's file, granted under `exec`. One that is not there fails its row; one that is not granted judges
//! nothing. What is not used is not exercised, for the reason that is given. Nothing named is an error, because zero checks are no pass.

mod command;
mod python;
mod version;

use std::collections::BTreeMap;

use holdpoint::prelude::*;

use command::Command;
use python::Python;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    python: Option<Python>,
    #[serde(default)]
    commands: Vec<Command>,
    /// Why a row is about nothing that the bundle uses.
    #[serde(default)]
    unused: BTreeMap<String, String>,
}

impl Config {
    /// Whether something is asked for a row.
    fn asks(&self, row: &str) -> bool {
        let python = self.python.iter().map(Python::row);
        python.chain(self.commands.iter().map(Command::row)).any(|asked| asked == row)
    }
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    let asked =
        config.python.as_ref().map_or(0, |python| python.packages.len()) + config.commands.len() + config.unused.len();
    if asked == 0 {
        return Err(Error::new(
            "config names no package, no command and nothing unused, and nothing asked for is nothing passed",
        ));
    }
    if let Some((row, _)) = config.unused.iter().find(|(_, why)| why.trim().is_empty()) {
        return Err(Error::new(format!("config.unused says of {row} no reason")));
    }
    if let Some(row) = config.unused.keys().find(|row| config.asks(row)) {
        return Err(Error::new(format!("config says of {row} what is asked, and in config.unused that nothing is")));
    }
    if let Some(python) = &config.python {
        python.judge(cx);
    }
    config.commands.iter().for_each(|command| command.judge(cx));
    for (row, why) in &config.unused {
        cx.check([row], "what this bundle uses").not_exercised(why);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
