//! The pool of connections bears the users that are to come, and has all its connections back when they are gone (KI-2, P4.1.pool).
//!
//! ```toml
//! [phase.config]
//! user = "browse-user"   # the id of a [[user]], which the grant of load names too
//! users = 100            # so many have to be borne
//! up-to = 200            # beyond them the knee is looked for, up to so many; twice as many if it is not said
//! step = 25              # so many more come with each step; a quarter of `users` if it is not said
//! pace = "2s"            # each begins anew every two seconds; an open model, so a pool that halts is not spared
//! during = "30s"         # of each step
//! settles = "30s"        # how long connections may take to come back after it
//! service = "backend"    # whose page of metrics tells of the pool
//! path = "/metrics"
//! waiting-at-most = 0    # more may wait for a connection for a moment,
//! waiting-for = "1s"     # but no longer than this
//! at-most = 0.8          # less than this share of the connections is in use at any look
//! [phase.config.gauges]  # these, if they are not said; the last three need not be there
//! in-use = "db_pool_in_use"
//! waiting = "db_pool_waiting"
//! size = "db_pool_size"
//! timeouts = "db_pool_timeouts_total"    # requests that gave up waiting, counted
//! timeout = "db_pool_timeout_seconds"    # after which a request gives up
//! idle = "db_pool_idle"
//! [phase.config.source]                  # what the pool is configured with; without it nothing is compared
//! file = "config/staging.yaml"           # YAML, JSON, TOML, or lines of KEY=value
//! size = "databases.postgres.pool.max"
//! timeout = "databases.postgres.pool.timeout"    # seconds, or a text such as "5s"
//! ```
//! A step is a load of its own; between two of them nobody acts, and the connections in use have to come down to what they were before the first. The steps
//! end where the pool does: at the first at which somebody waited too long or gave up, or too much was in use. Beyond `users` that is the knee, which is told,
//! with what gave way first. `up-to = 100` looks for none. Then the first step is done twice again: the same load has to use as many connections as before.
//!
//! Pools are told apart by the labels of their gauges, and each has to do well. Without the first three gauges nothing is known, and no load is put on
//! anything. Where nothing counts who gave up, a request that failed leaves it open why; and where more than 5 % of a step failed for another reason than the
//! pool's own time-out, the step shows nothing. Nor do looks at several processes, by `process_start_time_seconds` of the page, whose gauges have no label
//! `instance`.
//!
//! `tell = { … }` tells the users something else than the bundle does. The phase is granted `metrics`, `load`, and `files` with the directory of `source`,
//! which its module asks for in any case.

mod config;
mod configured;
mod gauges;
mod judge;
mod steps;
mod value;
mod watch;

use holdpoint::prelude::*;

use config::Config;
use steps::Steps;
use watch::Watch;

const BEARS: &str = "KI-2";
const COMES_BACK: &str = "P4.1.pool";

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    let mut watch = Watch::new(cx, &config);
    let before = match watch.before() {
        Ok(before) => before,
        Err(why) => {
            untold(cx, &why);
            return Ok(());
        }
    };
    if let Some(source) = &config.source {
        configured::judge(cx, source, &before.pools);
    }
    let steps = Steps::climb(&mut watch, &before);
    // Looks at several pools in turn show none of them.
    if let Some(why) = &watch.mixed {
        untold(cx, why);
        return Ok(());
    }
    judge::bears(cx, &config, &steps);
    judge::comes_back(cx, &config, &before, &steps);
    Ok(())
}

/// Nothing is known of the pool.
fn untold(cx: &Context, why: &str) {
    for row in [BEARS, COMES_BACK] {
        cx.check([row], "the pool tells of itself").inconclusive(observed(why), ());
    }
}

#[cfg(test)]
mod tests;
