//! Tools of a script behave as those of the host.

use std::cell::RefCell;

use super::{ends, exits, test};
use crate::{Exit, Finished, Millis, Tool};

fn run(ends: super::ToolEnds, ask: impl Fn(&crate::Context) -> Finished) -> (Finished, Vec<String>) {
    let seen = RefCell::new(None);
    let t = test(|cx, _: serde_json::Value| {
        seen.replace(Some(ask(cx)));
        Ok(())
    })
    .tool(Tool::new("tool"), ends);
    assert!(t.returned().is_ok());
    let calls = t.calls().iter().map(ToString::to_string).collect();
    drop(t);
    (seen.into_inner().unwrap(), calls)
}

#[test]
fn one_that_takes_longer_than_a_call_may_is_waited_for() {
    let long = exits(0, "done\n").after(Millis(120_000));
    let (done, calls) = run(long, |cx| cx.exec().run(&Tool::new("tool")).unwrap());
    assert!(done.is_success() && done.text() == "done\n");
    assert_eq!(calls, ["exec tool", "poll 0", "poll 0", "poll 0"]);
}

#[test]
fn one_that_does_not_end_is_stopped() {
    let long = exits(0, "").after(Millis(120_000));
    let (done, calls) = run(long, |cx| cx.exec().run_for(&Tool::new("tool"), Millis(60_000)).unwrap());
    assert!(matches!(done.exit(), Exit::Killed(_)) && !done.is_success());
    assert_eq!(calls, ["exec tool", "poll 0", "poll 0", "stop 0"]);
    let (done, calls) =
        run(ends(Exit::Signal(9), ""), |cx| cx.exec().run_for(&Tool::new("tool"), Millis(5_000)).unwrap());
    assert_eq!((done.exit(), calls.len()), (&Exit::Signal(9), 2));
}
