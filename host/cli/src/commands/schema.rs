//! `holdpoint schema`

use clap::ValueEnum;
use holdpoint_app::schema;

use crate::{exit_code::Exit, terminal};

/// Prints the JSON Schema of a file that people write, for editors and other programs
#[derive(clap::Args)]
#[command(after_help = "Example:
  holdpoint schema bundle > bundle.schema.json     and in bundle.toml, for editors: #:schema ./bundle.schema.json")]
pub(crate) struct Arguments {
    /// Which file
    file: File,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum File {
    /// bundle.toml
    Bundle,
    /// checklist.toml
    Checklist,
    /// The operator's file, holdpoint.toml
    Operator,
}

pub(crate) fn execute(arguments: &Arguments) -> Exit {
    terminal::out(match arguments.file {
        File::Bundle => schema::BUNDLE,
        File::Checklist => schema::CHECKLIST,
        File::Operator => schema::OPERATOR,
    });
    Exit::Done
}
