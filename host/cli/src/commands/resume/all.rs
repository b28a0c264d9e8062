//! `holdpoint resume --all`, where several runs were interrupted: they go on side by side, each with its own recorded state.

use std::collections::BTreeSet;

use holdpoint_app::{Machine, RunRef};
use holdpoint_model::RunId;
use holdpoint_report::Report;
use tokio::task::JoinError;

use super::{resume, side_by_side::side_by_side};
use crate::{
    commands::{Output, run},
    exit_code::{self, Exit},
    live,
    screen::Screen,
    terminal,
};

/// Fewest characters of what a run is called.
const NAME: usize = 6;

/// A run with the end of its id, which tells it from the others.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    run: RunId,
    name: String,
}

/// Takes all of them up, so many at once. One that can't be gone on with keeps no other from it; whoever interrupts means all.
pub(super) async fn all(runs: Vec<RunId>, at_once: usize, (machine, output): (&Machine, Output)) -> Exit {
    // One for all of them, also for those that wait.
    let cancel = live::on_interrupt();
    let screen = Screen::new();
    terminal::say(&opening(runs.len(), at_once));
    let go_on = |Named { run, name }: &Named| {
        let (run, machine) = (RunRef::Id(run.to_string()), machine.clone());
        let (screen, cancel) = (screen.named(name), cancel.clone());
        async move { resume(&run, None, &machine, (&screen, cancel)).await }
    };
    let mut exits = Vec::new();
    let ended = |Named { name, .. }, came| exits.push(conclude(came, &screen.named(&name), (machine, output)));
    let left = side_by_side(named(runs), at_once, &cancel, go_on, ended).await;
    if !left.is_empty() {
        screen.say(&format!("{} more have not gone on yet; `holdpoint resume --all` goes on with them", left.len()));
        exits.push(Exit::Interrupted);
    }
    exit_code::gravest(exits)
}

/// Shows what came of one.
fn conclude(
    came: Result<anyhow::Result<Report>, JoinError>,
    screen: &Screen,
    (machine, output): (&Machine, Output),
) -> Exit {
    match came {
        Ok(Ok(report)) => {
            screen.out(&run::shown(&report, machine, output));
            run::decided(&report)
        }
        Ok(Err(error)) => {
            screen.say(&terminal::told(&error));
            exit_code::of_error(&error)
        }
        Err(broken) => {
            screen.say(&format!("error: it broke off: {broken}"));
            Exit::Fault
        }
    }
}

/// What is said before any of them goes on.
fn opening(runs: usize, at_once: usize) -> String {
    let how = match runs.saturating_sub(at_once) {
        0 => "side by side".to_owned(),
        1 => format!("{at_once} at a time, the oldest first: 1 waits"),
        waiting => format!("{at_once} at a time, the oldest first: {waiting} wait"),
    };
    format!("{runs} runs go on, {how}; each line begins with the end of its run's id")
}

/// The runs with the shortest ends of their ids that tell them apart, all of one length.
fn named(runs: Vec<RunId>) -> Vec<Named> {
    let end = |run: &RunId, length: usize| {
        let id = run.as_str();
        id.get(id.len().saturating_sub(length)..).unwrap_or(id).to_owned()
    };
    let longest = runs.iter().map(|run| run.as_str().len()).max().unwrap_or(NAME);
    let tells_apart =
        |length: &usize| runs.iter().map(|run| end(run, *length)).collect::<BTreeSet<_>>().len() == runs.len();
    let length = (NAME..longest).find(tells_apart).unwrap_or(longest);
    runs.into_iter().map(|run| Named { name: end(&run, length), run }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_called_by_the_shortest_end_of_its_id_that_no_other_has() {
        let names = |ids: &[&str]| -> Vec<String> {
            let runs = ids.iter().map(|id| RunId::parse(id).unwrap()).collect();
            named(runs).into_iter().map(|Named { name, .. }| name).collect()
        };
        assert_eq!(names(&["01JDC5W8Z3N4Q2M7K9T1R6V0XB", "01JDC5W8Z3N4Q2M7K9T1AAAAAA"]), ["R6V0XB", "AAAAAA"]);
        assert_eq!(names(&["01JDC5W8Z3N4Q2M7K9T1R6V0XB", "01JDC5W8Z3N4Q2M7K9T2R6V0XB"]), ["1R6V0XB", "2R6V0XB"]);
        assert_eq!(names(&["R1", "R2"]), ["R1", "R2"]);
        assert_eq!(names(&["R6V0XB", "1R6V0XB"]), ["R6V0XB", "1R6V0XB"]);
    }

    #[test]
    fn what_waits_is_said_before() {
        let said = "; each line begins with the end of its run's id";
        assert_eq!(opening(2, 8), format!("2 runs go on, side by side{said}"));
        assert_eq!(opening(9, 8), format!("9 runs go on, 8 at a time, the oldest first: 1 waits{said}"));
        assert_eq!(opening(10, 1), format!("10 runs go on, 1 at a time, the oldest first: 9 wait{said}"));
    }
}
