//! Loads in scripts.

use super::{loads, refused_load};
use crate::load::{Load, Pace as _, Step};
use crate::prelude::*;

fn plan(cx: &Context) -> Result<Load> {
    let health = cx.service("backend")?.get("/health");
    let load = Load::constant_arrival_rate(10.per_second()).during(Millis(12_000)).repeat(health);
    Ok(load.threshold("http_req_failed", "rate<0.01"))
}

fn run(cx: &Context, _: Value) -> Result<()> {
    let done = cx.load().run(&plan(cx)?)?;
    let check = cx.check(["L-1"], "the load");
    check.passes_if(done.is_good(), expected("good"), observed(done.words()), &done);
    Ok(())
}

#[test]
fn a_load_reads_as_one_function() {
    let t = crate::test(run).service("backend").load("GET backend /health", loads(120));
    t.expect("L-1", Pass, "120 exchanges, 0 failed; completed");
    assert_eq!(t.calls(), ["load GET backend /health", "poll load 0", "poll load 0", "poll load 0"]);
}

#[test]
fn a_load_without_exchanges_or_with_an_interruption_is_not_good() {
    let scripted = |ends| crate::test(run).service("backend").load("GET backend /health", ends);
    scripted(loads(0)).expect("L-1", Fail, "no exchange at all");
    let gone = loads(10).with(|summary| summary.interrupted = true);
    scripted(gone).expect("L-1", Fail, "the host was gone in between");
    scripted(loads(10).failing(4)).expect("L-1", Pass, "4 failed (scripted: 4 status)");
}

#[test]
fn a_load_goes_on_while_other_things_are_done_and_can_be_refused() {
    fn aside(cx: &Context, _: Value) -> Result<()> {
        let running = cx.load().start(&plan(cx)?)?;
        cx.sleep(Millis(500))?;
        assert!(matches!(running.wait(Millis(1_000))?, Step::Running(_)));
        let stopped = running.stop()?;
        let check = cx.check(["L-1"], "no outage");
        check.passes_if(stopped.outage_count == 0, expected("none"), observed(stopped.longest_outage_ms), &stopped);
        Ok(())
    }
    let scripted = |ends| crate::test(aside).service("backend").load("GET backend /health", ends);
    scripted(loads(10)).expect("L-1", Pass, "0");
    scripted(loads(10).outage(Millis(300), Millis(2_000))).expect("L-1", Fail, "2000");
    let refused = scripted(refused_load(Cause::Exhausted("no room".to_owned())));
    assert!(refused.returned().unwrap_err().contains("no room"));
}
