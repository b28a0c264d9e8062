//! Asks Prometheus the same questions again and again, for a day by default, and states the answers as samples for policies to judge.
//!
//! ```toml
//! deadline = "25h"
//! requirements = ["P4.2"]
//! [phase.grants]
//! metrics = [{ services = ["prometheus"], queries = true }]
//! [phase.config]
//! during = "24h"
//! every = "30s"
//! requirements = ["P4.2"]
//! [phase.config.queries.error_ratio]
//! service = "prometheus"
//! promql = "sum by (instance) (rate(http_requests_total{code=~\"5..\"}[5m])) / sum by (instance) (rate(http_requests_total[5m]))"
//! evidence = "http_requests_total"
//! at-most-age = "2m"
//! ```
//! The name of a query is that of its series. The labels of an answer are kept; `phase` is the host's, so one of that name is stated as `exported_phase`.
//!
//! A query was answered if its answer has series, each with a finite number, at most 100 of them, and the server did not warn. Everything else is told once and
//! again when it changes, and states nothing: policies see a gap, which is never good news. Where the server gives times of its own (a query with a range, or
//! a clock that is off) they are at most `at-most-age` old (5m). An expression has the time of the question, however old what it follows from is: with `evidence`, a
//! selector whose newest samples must all be younger, that is asked for too.
//!
//! A server that wants a token has `secret = "NAME"`, one of the phase's grant of `secrets`, which the operator binds to the service in the header `authorization`.
//!
//! The n-th look is due at the start and n times `every`; looks that nobody made are not made up. One check, for the rows in `requirements`, passes if every
//! query was answered at `at-least` (0.9) of the looks that were due, and is inconclusive otherwise.
//!
//! A day at half a minute is 2,880 looks of a wait and one call for each query, two with `evidence`: a phase's usual 10,000 calls are enough for two queries
//! without it, or for one with it. For more grant `[phase.grants.limits] calls`, and say the same in `calls`: that the calls are enough, and at most 10
//! queries, is checked before the first look. A phase also has at most 200,000 samples in 1,000 series, and 256 MiB of answers. What they come to is not
//! reckoned in advance: an answer beyond that states nothing, is told, and counts as none.

mod ask;
mod config;
mod watch;

use holdpoint::prelude::*;

use config::Config;

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    let watch = watch::watch(cx, &config);
    watch::judge(cx, &config, &watch);
    // Whoever could not ask on must not look as if all were well.
    watch.stopped.map_or(Ok(()), |why| Err(Error::new(why)))
}

#[cfg(test)]
mod tests;
