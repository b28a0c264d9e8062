//! Agents that come and go leave nothing behind: round by round neither more of them live, nor is more memory taken (KI-4).
//!
//! ```toml
//! [phase.config]
//! user = "agent-user"    # the id of a [[user]] that starts agents and ends them, which the grant of load names too
//! users = 20
//! rounds = 6             # 5 to 20 of them are judged; one before them warms up
//! pace = "1s"            # each begins anew every second
//! during = "20s"         # of each round
//! settles = "30s"        # how long agents may take to be gone after it
//! service = "backend"
//! path = "/metrics"
//! live = "agents_live"                          # how many agents live
//! memory = "process_resident_memory_bytes"      # by itself, or beside it
//! growth = 0.02          # by which share of what it was at first memory may grow over all rounds
//! ```
//! After each round everybody stops, and the gauges are looked at until as many agents live as before the first, a few times at least; the least that was
//! seen is the level of the round. What is collected only now and then goes up and down and comes down again, which is a sawtooth and well. What
//! grows with each round is a leak: the slope of the levels is the median of the slopes between all rounds, and it is a leak if with 95 % confidence it
//! lies above what `growth` allows; agents may not grow at all. What grew and is neither is inconclusive.
//!
//! Gauges are judged series by series, by their labels. Where they have no label `instance` and looks are of several processes, by
//! `process_start_time_seconds` of the page, nothing is known; nor is it where more than 5 % of a round failed. The phase is granted `metrics` and `load`. `tell = { … }` tells the users something else than the
//! bundle does.

mod config;
mod judge;
mod levels;
mod rounds;

use holdpoint::prelude::*;

use config::Config;

const ROW: &str = "KI-4";

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    match rounds::go(cx, &config) {
        Ok(rounds) => judge::judge(cx, &config, &rounds),
        Err(why) => cx.check([ROW], "agents leave nothing behind").inconclusive(observed(why), ()),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
