//! `holdpoint show`

use holdpoint_app::{Machine, RunRef};
use holdpoint_model::Event;
use holdpoint_report::{Item, render};

use crate::{exit_code::Exit, terminal};

/// Shows what a run did: its events, those of a phase, or one of them in full
///
/// A run that is going on can be looked at without disturbing it.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint show                   every event of the newest run
  holdpoint show last health       the events of phase health
  holdpoint show last health/3     its call 3 in full, with request and answer
  holdpoint show 01KB 12           the event at position 12 in full")]
pub(crate) struct Arguments {
    /// The run: its id, the beginning or the end of it, `last`, or a file
    #[arg(default_value = "last")]
    run: RunRef,

    /// A phase, a call (PHASE/NUMBER) or a position
    item: Option<Item>,
}

pub(crate) fn execute(arguments: &Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let item = arguments.item.as_ref();
    let wanted = |event: &Event| item.is_none_or(|item| item.covers(event));
    let rows = holdpoint_app::event_rows(&arguments.run, machine, wanted)?;
    if let (true, Some(item)) = (rows.is_empty(), item) {
        anyhow::bail!("the run has nothing called {item}");
    }
    let style = terminal::style();
    for (event, row) in &rows {
        if item.is_some_and(Item::is_single) {
            terminal::out(&render::event_in_full(event, style));
            for (name, bodies) in [("request", &row.request.bodies), ("answer", &row.answer.bodies)] {
                for body in bodies.iter().filter(|body| !body.is_empty()) {
                    terminal::out(&render::body_in_full(name, body.bytes(), style));
                }
            }
        } else {
            terminal::out(&render::event_line(event, style));
        }
    }
    Ok(Exit::Done)
}
