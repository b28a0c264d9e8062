//! What some users do wrong, and what befalls their connections, is nobody else's business (BIZ-1, SUC-3.failures).
//!
//! ```toml
//! [phase.config]
//! user = "browse-user"   # the id of a [[user]], which the grant of load names too
//! users = 30
//! users-one-in = 3       # of so many users one is harmed
//! requests-one-in = 3    # of so many requests of a harmed user one goes wrong
//! harms = ["abort", "slow", "malformed", "reset", "oversized", "delay", "reset-answer", "truncate", "blackhole"]
//! seed = 7               # who is harmed when and how; if it is not said, it follows from the run
//! pace = "2s"            # each begins anew every two seconds
//! ramp = "5s"
//! during = "30s"
//! slowdown = 1.5         # the others' p95 may be so many times that of the control group, and a quarter of a second more
//! ```
//! The same load is put on twice: first nobody is harmed, which is the control group, then some are. All that harmed users send is deliberate, and
//! counts neither as good nor as failed; everything else is somebody's who did nothing wrong. BIZ-1 compares with the control group, SUC-3.failures
//! wants no failure at all. Kinds whose turn did not come in so short a time are named as such.
//!
//! The grant of load has to say `disturb = true`, and the operator's file has to name the environment as one that may be disturbed.
//! `tell = { … }` tells the users something else than the bundle does.

mod config;
mod judge;

use holdpoint::load::{Beside, Disturbance, Load, Pace as _, Stage, Stopped};
use holdpoint::prelude::*;

use config::Config;

const BIZ: &str = "BIZ-1";
const FAILURES: &str = "SUC-3.failures";

/// What the control group is held to, which is p95 of the guide's own objective.
const CONTROL: f64 = 2_000.0;

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    match both(cx, &config) {
        Ok((control, disturbed)) => judge::judge(cx, &config, &control, &disturbed),
        // A load that does not go says nothing of the system.
        Err(error) => {
            for row in [BIZ, FAILURES] {
                cx.check([row], format!("{} act", config.user)).inconclusive(observed(&error), &error);
            }
        }
    }
    Ok(())
}

/// The control group, and then those of whom some are harmed.
fn both(cx: &Context, config: &Config) -> Result<(Stopped, Stopped), CallError> {
    cx.progress(0, 2, "nobody is harmed");
    let control = cx.load().run(&load(config, CONTROL))?;
    cx.progress(1, 2, format_args!("one user in {} is harmed", config.users_one_in));
    let allowed = Beside::allowed(&control, config.slowdown).unwrap_or(CONTROL);
    let disturbed = cx.load().run(&load(config, allowed).disturbed(disturbance(config)))?;
    cx.progress(2, 2, disturbed.words());
    Ok((control, disturbed))
}

fn load(config: &Config, p95: f64) -> Load {
    let stage = |duration| Stage { duration, target: config.users };
    let load = Load::ramping_arrival_rate(0.per(config.pace), [stage(config.ramp), stage(config.during)])
        .users(config.users, config.users)
        .act_as(&config.user)
        .threshold(Beside::METRIC, format!("p(95)<{p95:.0}"));
    if config.tell.is_empty() { load } else { load.telling(config.tell.clone()) }
}

fn disturbance(config: &Config) -> Disturbance {
    let disturbance =
        Disturbance::of_users(config.users_one_in).of_requests(config.requests_one_in).by(config.harms.iter().copied());
    match config.seed {
        Some(seed) => disturbance.seeded(seed),
        None => disturbance,
    }
}

#[cfg(test)]
mod tests;
