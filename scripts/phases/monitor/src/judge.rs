//! The one check that no policy can make: that there was somebody who looked.

use holdpoint::prelude::*;

use crate::plan::Plan;
use crate::schedule::Looks;
use crate::watch::Watch;

pub(crate) fn judge(cx: &Context, plan: &Plan, watch: &Watch) {
    let check = cx.check(plan.requirements.iter().map(String::as_str), "looks were made");
    let wanted = format!("at least {} % of {} looks, and nothing left out", plan.at_least * 100.0, plan.looks);
    let check = check.expecting(expected(wanted));
    let seen = observed(said(plan, watch));
    let enough = f64::from(watch.looks.made) >= f64::from(plan.looks) * plan.at_least;
    if enough && watch.left_out.is_none() && watch.stopped.is_none() {
        check.pass(seen, ());
    } else {
        check.inconclusive(seen, ());
    }
}

fn said(plan: &Plan, watch: &Watch) -> String {
    let Looks { made, missed, longest } = watch.looks;
    let mut said = format!("{made} of {} looks were made", plan.looks);
    if missed > 0 {
        said.push_str(&format!(", {missed} were missed, at most {longest} in a row"));
    }
    for (service, pages) in &watch.pages {
        said.push_str(&format!("; {service} showed its metrics {pages} times"));
    }
    for (what, why) in [("left out", &watch.left_out), ("it stopped", &watch.stopped)] {
        if let Some(why) = why {
            said.push_str(&format!("; {what}: {why}"));
        }
    }
    said
}
