//! `holdpoint export`

use std::path::PathBuf;

use holdpoint_app::{Export, ExportChoices, Machine, RunRef};
use serde_json::json;

use super::Output;
use crate::{exit_code::Exit, terminal};

/// Writes a run into one file that is safe to mail
///
/// The file is enough for `report`, `show` and `replay`, anywhere. Every known secret is looked for in it first, in every encoding that
/// answers are searched for; if one is found nothing is written. What the file does hold: the texts of the bundle and of the operator's
/// file, the modules, and every request and answer.
///
/// Another machine goes on with the run after `holdpoint import`. --hand-over sees to it that this one does not: two hosts would do the next
/// stage twice.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint export last                        into RUN.db in this folder
  holdpoint export 01KB --to /tmp/run.db       then: holdpoint replay /tmp/run.db
  holdpoint export last --hand-over            then, on another machine: holdpoint import RUN.db")]
pub(crate) struct Arguments {
    /// The run: its id, the beginning or the end of it, `last`, or a file
    #[arg(default_value = "last")]
    run: RunRef,

    /// The file [default: RUN.db]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,

    /// Write over a file that is there
    #[arg(long)]
    force: bool,

    /// Leave the run to the machine that imports the file: here it is not resumed any more
    #[arg(long)]
    hand_over: bool,

    /// What stdout gets
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) async fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let Arguments { run, to, force, hand_over, output } = arguments;
    let export = holdpoint_app::export(&ExportChoices { run, to, force, hand_over }, machine).await?;
    match output {
        Output::Text => terminal::out(&text(&export)),
        Output::Json => terminal::out(&json_line(&export, hand_over)),
    }
    if !export.unsearched.is_empty() {
        let names = export.unsearched.join(", ");
        terminal::say(&format!(
            "warning: {names} has no value on this machine now, so the file was not searched for it"
        ));
    }
    if hand_over {
        terminal::say(&format!(
            "run {} is handed over: it goes on where the file is imported, and not here",
            export.run
        ));
    }
    Ok(Exit::Done)
}

fn text(export: &Export) -> String {
    let list = |title: &str, items: &[String]| match items {
        [] => String::new(),
        items => format!("\n  {title}  {}", items.join("\n         ")),
    };
    format!(
        "{}  {} bytes  {}\nno known secret stands in it ({} looked for); whoever reads it will see{}{}\n  texts  bundle, checklist and operator's file; modules; requests and answers",
        export.file.display(),
        export.size,
        export.digest,
        export.searched,
        list("hosts", &export.hosts),
        list("paths", &export.paths),
    )
}

fn json_line(export: &Export, handed_over: bool) -> String {
    json!({
        "run": export.run.as_str(),
        "file": export.file,
        "size": export.size,
        "digest": export.digest.to_string(),
        "hosts": export.hosts,
        "paths": export.paths,
        "searched": export.searched,
        "unsearched": export.unsearched,
        "handed_over": handed_over,
    })
    .to_string()
}
