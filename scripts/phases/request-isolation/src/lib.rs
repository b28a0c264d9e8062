//! Many users at once are served, in time, and none is shown anything of another (P3.2, CRIT-3, SUC-3, P4.1.shared-state,
//! P4.1.memory-per-request).
//!
//! ```toml
//! [phase.config]
//! user = "browse-user"   # the id of a [[user]], which the grant of load names too
//! users = 150            # each with an identity, connections and a canary of its own
//! pace = "2s"            # each begins anew every two seconds; an open model, so a server that halts is not spared
//! ramp = "30s"
//! during = "2m"
//! at-once = 100          # so many have something under way at one time, or nothing was shown
//! success = 0.95         # more than this share of the requests
//! average = "2s"         # less than this, from when the iteration was due
//! ```
//! `tell = { … }` tells the users something else than the bundle does.
//!
//! `memory = { service = "backend", path = "/metrics", gauge = "process_resident_memory_bytes" }` looks at the memory of each instance while
//! all users are there, in the text format of Prometheus: it may grow by a twentieth (`growth = 0.05`), once or on and on (P3.2.memory). What is seen is
//! stated as samples of `memory_bytes_under_load`, and not of `memory_bytes`: a trend of days would not tell from so short a time. With
//! `per-request = 4096` in it, what is left in the end is divided by the requests of the load, at least 100 of them (P4.1.memory-per-request).
//!
//! `quick = true` is the profile for after a rollback: 20 users for ten seconds, of whom isolation alone is judged.
//!
//! Isolation is judged twice: nobody was shown another's canary (P3.2.isolation), and besides everybody read what it had written itself
//! (SUC-3.state, P4.1.shared-state), which also finds a state that all share and that echoes nobody's text. Zero of n is told with its 95 % bound.
//! CRIT-3 wants both of a hundred users who are all active at once: where fewer are planned, or fewer were active, it is not exercised. It wants more than
//! 95 % of their requests served, also where `success` asks for less.
//!
//! Routes that the bundle declares `shared` are told beside it, with how often they showed somebody a text of somebody else.

mod config;
mod judge;
mod memory;

use holdpoint::Time;
use holdpoint::load::{Load, Pace as _, Stage};
use holdpoint::prelude::*;

use config::Config;
use memory::{Memory, Watched};

/// The metric of the average: it counts from when an iteration was due, so that what waits for slow answers counts as long as it waits.
const LATENCY: &str = "http_req_latency";

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    let profile = config.profile()?;
    let stage = |duration| Stage { duration, target: profile.users };
    let mut load = Load::ramping_arrival_rate(0.per(profile.pace), [stage(profile.ramp), stage(profile.during)])
        .users(profile.users, profile.users)
        .act_as(&config.user)
        .threshold(LATENCY, format!("avg<{}", config.average.0))
        .threshold("leaks", "count==0");
    if !config.tell.is_empty() {
        load = load.telling(config.tell.clone());
    }
    let memory = config.memory.as_ref().filter(|_| !config.quick);
    let mut watched = Watched::default();
    let all_from = Time(cx.now().0 + profile.ramp.as_f64());
    let done = match memory {
        Some(memory) => cx.load().run_beside(&load, Memory::every(&profile), || memory.look(cx, &mut watched)),
        None => cx.load().run(&load),
    };
    match done {
        Ok(done) => {
            cx.progress(1, 1, done.isolation());
            if config.quick {
                judge::isolation(cx, &done);
            } else {
                judge::all(cx, &config, &profile, &done);
            }
            if let Some(memory) = memory {
                memory::judge(cx, (memory, &watched), &profile, (all_from, &done));
                memory::judge_requests(cx, (memory, &watched), &done);
            }
        }
        // A load that does not go says nothing of the system.
        Err(error) => {
            let of_memory = memory.map(Memory::rows).unwrap_or_default();
            for row in judge::rows(config.quick).iter().chain(&of_memory) {
                cx.check([*row], format!("{} act", config.user)).inconclusive(observed(&error), &error);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
