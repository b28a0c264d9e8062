//! Every declared health endpoint answers 200, in time, and says that it and its dependencies are well (P3.1, CRIT-2).
//!
//! ```toml
//! config = { endpoints = ["/health", "/health/ready"], within = "2s", retries = 3 }
//! ```
//! An endpoint is a path, or `{ path, within, expect = { status, json, contains, values, headers }, dependencies }`. `services.<name>` replaces
//! the endpoints of a service and lists the `dependencies` that it must report. It judges nothing that was not asked of it: a service
//! without an endpoint is an error, because zero checks are no pass.
//!
//! Two checks an endpoint: that it *answers* (P3.1 and CRIT-2), and what it *says* (P3.1).
//!
//! A body is JSON with a `status`, unless `json = false` says otherwise. What stands elsewhere in it is named by its place, as in RFC 6901, and what the
//! answer has to carry in its head by its name:
//! ```toml
//! expect = { json = false, values = { "/storage" = true, "/version" = "2.4.0" }, headers = { x-content-type-options = "nosniff" } }
//! ```

mod body;
mod config;
mod probe;

use holdpoint::prelude::*;

use config::Config;
use probe::Probe;

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    let probes = probe::declared(cx, &config)?;
    let requests = probes.iter().map(Probe::request);
    // The requests come back in the order of the probes; the predicate finds its probe by the request.
    let well = |request: &Request, answer: &holdpoint::Answer| {
        let probe = probes.iter().find(|probe| probe.is_for(request));
        probe.is_some_and(|probe| probe.is_well(answer))
    };
    let answers: Vec<_> = cx.http().send_all_until(requests, well).into_iter().map(|(_, answer)| answer).collect();
    let exchanges: Vec<_> = probes.iter().zip(&answers).collect();
    for (probe, answer) in &exchanges {
        probe.judge(cx, answer);
    }
    for service in cx.services() {
        let required = config.dependencies(service.name());
        probe::judge_required(cx, &service, required, &exchanges);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
