//! `holdpoint completion`

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::{exit_code::Exit, terminal};

/// Prints what a shell needs to complete commands and flags
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint completion bash > ~/.local/share/bash-completion/completions/holdpoint
  holdpoint completion zsh > \"${fpath[1]}/_holdpoint\"
  holdpoint completion fish > ~/.config/fish/completions/holdpoint.fish")]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn execute(arguments: &Arguments) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::Arguments::command(), "holdpoint", &mut script);
    terminal::out(&String::from_utf8_lossy(&script));
    Exit::Done
}
