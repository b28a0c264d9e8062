//! Watches a live environment for a day: probes its endpoints and reads its metrics, one look each half a minute, for policies to judge
//! (P4.1.availability, P4.1.cpu, P4.1.memory, P4.1.connections, P4.1.leak, CRIT-7).
//!
//! ```toml
//! deadline = "25h"
//! [phase.config]
//! during = "24h"
//! every = "30s"
//! [phase.config.services.backend]
//! endpoints = ["/health"]
//! [phase.config.services.backend.metrics]
//! path = "/metrics"
//! cpu = { counter = "process_cpu_seconds_total", of = 2 }
//! memory = { gauge = "process_resident_memory_bytes", of = "process_memory_limit_bytes" }
//! connections = { gauge = "db_pool_in_use", of = "db_pool_size" }
//! served = { requests = "requests_total", errors = "errors_total", duration = "request_duration_seconds" }
//! ```
//! A look is one request for each endpoint and page of metrics, side by side; each is a sample of the series `up` that the host makes by itself. Of the
//! metrics it states `cpu_share`, `memory_share`, `connections_share` and `memory_bytes`, with the labels `service` and `instance`. `of` is a number for
//! each instance, or the gauge that says it. A processor's `counter` becomes a share by what it grew since it was read before, `gauge` is one as it
//! stands; a counter that begins anew counts from zero. Samples without the label `instance` are left out, and told.
//!
//! `served` reads counters of what instances have served to whomever, and states what came since the look before, of all instances together: `served`,
//! `served_bad`, and of the histogram `duration` (seconds, optional) `served_duration_bucket` with the label `le`. They are slots, with the time of the look
//! that ends them; `series` of `alerts` and `rollback-triggers` may name them. A process that began anew counts from zero; a counter that is gone does
//! not mean that. An instance that does not count its errors has nothing told of all instances (a counter of errors begins with 0), and so have
//! instances whose histograms have other bounds than each other's. The next page that is whole tells what came meanwhile, for five looks.
//!
//! An instance is one process. Where several answer by its name in turn, as containers behind one address do whose label `instance` says the same,
//! their counters look like restarts and their levels jump. A page that says `process_start_time_seconds` shows that at once when the time goes back;
//! otherwise it is seen once counters have gone back and forth twice within some pages. From then on nothing is told of that instance, nothing `served` of
//! the service, and the check below is inconclusive and names it. A restart, whose counters go on from zero, is none of that.
//!
//! Each page of metrics is a probe too, so `availability.every` of `objectives` is the same `every`.
//!
//! The n-th look is due at the start and n times `every`. Looks that nobody made, because the host was away or the look before took too long, are counted
//! and not made up. A run that is resumed goes on with the look that is due.
//!
//! Thresholds are those of policies. It makes one check of its own, for the rows in `requirements` if there are any: that at least `at-least` (0.9) of the
//! looks were made, and nothing was left out that no policy can miss. Otherwise it is inconclusive.
//!
//! A day at half a minute is 2,880 looks. Each is a wait and its requests, so that a phase's usual 10,000 calls are enough for two requests a look; for more
//! grant `[phase.grants.limits] calls`, and say the same in `calls`. The 200,000 samples of a phase are enough for 17 instances with all four. With
//! `sample-every` not all looks state samples; unless the bundle says so, it is such that ten instances of each service have room. The answers of a phase
//! are 256 MiB together, so that the pages of a look may have 85 KiB. What would exceed a bound is refused before the first look, or after it.

mod config;
mod judge;
mod plan;
mod processes;
mod reading;
mod schedule;
mod served;
mod told;
mod watch;

use holdpoint::prelude::*;

use config::Config;
use plan::Plan;

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    let plan = Plan::of(cx, config)?;
    let watch = watch::watch(cx, &plan);
    judge::judge(cx, &plan, &watch);
    // Whoever could not look on must not look as if all were well.
    watch.stopped.map_or(Ok(()), |why| Err(Error::new(why)))
}

#[cfg(test)]
mod tests;
