//! What each service must be. A row is judged by several checks, so that the one that fails says what is wrong.

use holdpoint::cloud_run::{Listing, Service};
use holdpoint::prelude::*;

use crate::Config;

const BOTH: [&str; 2] = ["P2.2", "CRIT-1"];
const DEPLOYED: [&str; 1] = ["P2.2"];
const WARM: [&str; 1] = ["KI-1"];

pub(crate) fn deployed<'c>(cx: &'c Context, name: &str) -> Check<'c> {
    cx.check(BOTH, format!("{name} is deployed"))
}

pub(crate) fn service(cx: &Context, service: &Service, config: &Config, list: &Listing) {
    let name = service.name();
    match service.url() {
        Some(url) => deployed(cx, name).pass(observed(url), list),
        None => deployed(cx, name).fail(expected("an https URL"), observed("none"), list),
    }
    ready(cx, service, list);
    generation(cx, service, list);
    traffic(cx, service, list);
    if let Some(deployer) = &config.deployer {
        let check = cx.check(DEPLOYED, format!("{name} was changed last by its deployer"));
        let by = service.last_modifier();
        check.passes_if(by == Some(deployer), expected(deployer), observed(by.unwrap_or("nobody is named")), list);
    }
    if let Some(least) = config.min_instances {
        let has = service.min_instances();
        let check = cx.check(WARM, format!("{name} keeps instances warm"));
        check.passes_if(has >= least, expected(format!("min-instances of {least} or more")), observed(has), list);
    }
}

fn ready(cx: &Context, service: &Service, list: &Listing) {
    let check = cx.check(BOTH, format!("{} is ready", service.name()));
    let Some(condition) = service.ready() else {
        return check.inconclusive(observed("no condition says whether it is"), list);
    };
    let since = condition.last_transition_time.as_deref().unwrap_or("a time that is not told");
    match condition.status.as_str() {
        "True" => check.pass(observed(format!("since {since}")), list),
        "False" => {
            check.fail(expected("ready"), observed(format!("not ready since {since}: {}", condition.why())), list);
        }
        // The platform itself does not know yet.
        other => check.fail(expected("ready"), observed(format!("{other} since {since}")), list),
    }
}

fn generation(cx: &Context, service: &Service, list: &Listing) {
    let check = cx.check(DEPLOYED, format!("{} is what was asked for last", service.name()));
    match service.generations() {
        None => check.inconclusive(observed("no generation is told"), list),
        Some((asked, seen)) => {
            check.passes_if(
                asked == seen,
                expected(format!("generation {asked}")),
                observed(format!("generation {seen}")),
                list,
            );
        }
    }
}

fn traffic(cx: &Context, service: &Service, list: &Listing) {
    let check = cx.check(DEPLOYED, format!("{} serves its latest revision", service.name()));
    let Some(latest) = service.latest() else {
        return check.inconclusive(observed("no revision is told"), list);
    };
    let traffic = service.traffic();
    check.passes_if(traffic.of(latest) == 100, expected(format!("100 % to {latest}")), observed(traffic), list);
}
