//! The commands, as the program's own `--help` has them.

use anyhow::Result;

use super::markdown::{block, head};
use crate::project::Project;
use crate::sh::Line;

/// How wide the help is made; without it, as wide as somebody's terminal.
const COLUMNS: &str = "100";

/// A command and what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Help {
    pub(super) command: String,
    pub(super) text: String,
}

/// The help of the program, and of every command below it in the order in which it lists them.
pub(super) fn read(project: &Project) -> Result<Vec<Help>> {
    let mut all = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(words) = open.pop() {
        // Nothing of this machine's environment may stand in the help.
        let line = Line::new("docs", project.holdpoint()).args(&words).arg("--help").bare().env("COLUMNS", COLUMNS);
        let text = line.text()?;
        open.extend(commands(&text).into_iter().rev().map(|name| [words.clone(), vec![name]].concat()));
        let command = [vec!["holdpoint".to_owned()], words].concat().join(" ");
        all.push(Help { command, text });
    }
    Ok(all)
}

/// The names below `Commands:`.
fn commands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    lines
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

pub(super) fn page(commands: &[Help]) -> String {
    let mut page = head("The command line", "`holdpoint --help`");
    for Help { command, text } in commands {
        page.push_str(&format!("\n## `{command}`\n\n{}", block("text", text)));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELP: &str = "Runs.\n\nUsage: holdpoint <COMMAND>\n\nCommands:\n  check  Finds\n           more of it\n  run    Runs\n  help   Print\n\nOptions:\n  -h  \n";

    #[test]
    fn finds_the_commands() {
        assert_eq!(commands(HELP), ["check", "run"]);
        assert_eq!(commands("Usage: x\n"), [""; 0]);
    }

    #[test]
    fn every_command_has_a_section() {
        let page = page(&[Help { command: "holdpoint run".to_owned(), text: "Runs  \n".to_owned() }]);
        assert!(page.ends_with("\n## `holdpoint run`\n\n```text\nRuns\n```\n"), "{page}");
    }
}
