//! `holdpoint show`

use std::{
    collections::BTreeMap,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use holdpoint_app::{Machine, RunRef};
use holdpoint_model::{Event, EventKind, Origin, PhaseId, Seq, Statement};
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
  holdpoint show 01KB 12           the event at position 12 in full
  holdpoint show last 12 --to page.png     what was attached at position 12, as a file")]
pub(crate) struct Arguments {
    /// The run: its id, the beginning or the end of it, `last`, or a file
    #[arg(default_value = "last")]
    run: RunRef,

    /// A phase, a call (PHASE/NUMBER) or a position
    item: Option<Item>,

    /// Write what was attached at this position into a new file, as it is
    #[arg(long, value_name = "FILE", requires = "item")]
    to: Option<PathBuf>,
}

pub(crate) fn execute(arguments: &Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let item = arguments.item.as_ref();
    let wanted = |event: &Event| item.is_none_or(|item| item.covers(event));
    let rows = holdpoint_app::event_rows(&arguments.run, machine, wanted)?;
    let elsewhere = match item {
        Some(item) => elsewhere(item, &rows, &holdpoint_app::taken_over(&arguments.run, machine)?),
        None => None,
    };
    if let (true, Some(item)) = (rows.is_empty(), item) {
        match elsewhere {
            Some(place) => anyhow::bail!("the run has nothing called {item}; {place}"),
            None => anyhow::bail!("the run has nothing called {item}"),
        }
    }
    if let Some(file) = &arguments.to {
        let content =
            attached(&rows).context("only an attachment can be written into a file; name it by its position")?;
        return write(file, content);
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
    if let Some(place) = elsewhere {
        terminal::out(&format!("  {place}"));
    }
    Ok(Exit::Done)
}

/// What was attached, if that is what is shown.
fn attached<R>(rows: &[(Event, R)]) -> Option<&[u8]> {
    match rows {
        [(Event { kind: EventKind::Stated { statement: Statement::Attach(attachment), .. }, .. }, _)] => {
            Some(attachment.content.bytes())
        }
        _ => None,
    }
}

/// Makes a file of it. One that is there stays as it is.
fn write(to: &Path, content: &[u8]) -> anyhow::Result<Exit> {
    let shown = to.display();
    let mut file = File::create_new(to).with_context(|| format!("can't make {shown}"))?;
    file.write_all(content).with_context(|| format!("can't write {shown}"))?;
    terminal::say(&format!("{shown}: {} bytes", content.len()));
    Ok(Exit::Done)
}

/// Where the calls are of a phase that another run executed: those that an item names, or that a shown check has as its evidence.
fn elsewhere<R>(item: &Item, rows: &[(Event, R)], origins: &BTreeMap<PhaseId, Origin>) -> Option<String> {
    let said = |phase: &PhaseId, seq: Option<Seq>| {
        let origin = origins.get(phase)?;
        let call = seq.map(|seq| format!("/{seq}")).unwrap_or_default();
        Some(format!(
            "phase `{phase}` was taken over, and its calls are in run {0}: holdpoint show {0} {phase}{call}",
            origin.run
        ))
    };
    match (item, rows) {
        (Item::Phase(phase), _) => said(phase, None),
        (Item::Call(phase, seq), _) => said(phase, Some(*seq)),
        (
            Item::Position(_),
            [(Event { kind: EventKind::Stated { phase, statement: Statement::Check(check), .. }, .. }, _)],
        ) => said(phase, check.evidence.first().copied()),
        (Item::Position(_), _) => None,
    }
}
