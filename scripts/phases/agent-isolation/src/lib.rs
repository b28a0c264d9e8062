//! The failure of one user's agent is nobody else's business, and agents that have ended are gone (BIZ-1, SUC-3.failures, SUC-3.cleanup,
//! P4.1.cleanup).
//!
//! ```toml
//! [phase.config]
//! user = "agent-user"    # the id of a [[user]], which the grant of load names too
//! users = 30
//! failing-one-in = 3     # of so many users one lets its agents fail: what it is told as `fail-one-in`
//! pace = "2s"            # each begins anew every two seconds
//! ramp = "5s"
//! during = "30s"
//! slowdown = 1.5         # the others' p95 may be so many times that of the control group, and a quarter of a second more
//! [phase.config.inventory]
//! service = "backend"
//! path = "/metrics"      # in the text format of Prometheus
//! gauge = "agents_live"  # how many agents live; all its series are summed
//! settles = "30s"        # how long it may take to come back to what it was
//! ```
//! The same load is put on twice: first nobody's agents fail, which is the control group, then some do. What a failing agent answers is
//! deliberate, and counts neither as good nor as failed; everything else is somebody's who did nothing wrong. BIZ-1 compares with the control
//! group, so that a system that fails now and then anyway is not blamed on the agents. SUC-3.failures wants no failure at all.
//!
//! `tell = { … }` tells the users something else than the bundle does.

mod compare;
mod config;
mod inventory;

use holdpoint::load::{Beside, Load, Pace as _, Stage, Stopped};
use holdpoint::prelude::*;

use config::Config;

const BIZ: &str = "BIZ-1";
const FAILURES: &str = "SUC-3.failures";
const CLEANUP: &str = "SUC-3.cleanup";
const BASELINE: &str = "P4.1.cleanup";

/// What the control group is held to, which is p95 of the guide's own objective.
const CONTROL: f64 = 2_000.0;

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    let before = config.inventory.as_ref().map(|inventory| inventory.count(cx));
    match both(cx, &config) {
        Ok((control, disturbed)) => {
            compare::judge(cx, &config, &control, &disturbed);
            inventory::judge(cx, &config, before, [&control, &disturbed]);
        }
        // A load that does not go says nothing of the system.
        Err(error) => {
            for row in [BIZ, FAILURES, CLEANUP, BASELINE] {
                cx.check([row], format!("{} act", config.user)).inconclusive(observed(&error), &error);
            }
        }
    }
    Ok(())
}

/// The control group, and then those of whom some fail.
fn both(cx: &Context, config: &Config) -> Result<(Stopped, Stopped), CallError> {
    cx.progress(0, 2, "nobody's agents fail");
    let control = cx.load().run(&load(config, 0, CONTROL))?;
    cx.progress(1, 2, format_args!("the agents of one user in {} fail", config.failing_one_in));
    let allowed = Beside::allowed(&control, config.slowdown).unwrap_or(CONTROL);
    let disturbed = cx.load().run(&load(config, config.failing_one_in, allowed))?;
    cx.progress(2, 2, disturbed.words());
    Ok((control, disturbed))
}

fn load(config: &Config, failing_one_in: u32, p95: f64) -> Load {
    let stage = |duration| Stage { duration, target: config.users };
    let mut tell = config.tell.clone();
    tell.insert("fail-one-in".to_owned(), failing_one_in.into());
    Load::ramping_arrival_rate(0.per(config.pace), [stage(config.ramp), stage(config.during)])
        .users(config.users, config.users)
        .act_as(&config.user)
        .telling(tell)
        .threshold(Beside::METRIC, format!("p(95)<{p95:.0}"))
}

#[cfg(test)]
mod tests;
