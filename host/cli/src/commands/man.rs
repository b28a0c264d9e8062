//! `holdpoint man`

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use crate::{exit_code::Exit, terminal};

/// Prints the manual page, or writes one page for each command
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint man | man -l -
  holdpoint man --to ~/.local/share/man/man1       one page a command: holdpoint.1, holdpoint-run.1, …")]
pub(crate) struct Arguments {
    /// Writes every page into this folder, which is made if it is not there
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<Exit> {
    let mut program = crate::Arguments::command();
    program.build();
    match &arguments.to {
        None => terminal::out(&String::from_utf8_lossy(&page(&program)?)),
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
            write(&program, folder)?;
        }
    }
    Ok(Exit::Done)
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    Ok(page)
}

/// A page for a command and each below it. Their names are those of the commands, joined by `-`.
fn write(command: &Command, folder: &Path) -> anyhow::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let path = folder.join(format!("{name}.1"));
    std::fs::write(&path, page(command)?).with_context(|| format!("can't write {}", path.display()))?;
    terminal::out(&path.display().to_string());
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        write(below, folder)?;
    }
    Ok(())
}
