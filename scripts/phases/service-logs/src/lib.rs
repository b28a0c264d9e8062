//! No secret stands in what services have logged (SEC-4): none that the host knows, and none that has the shape of one.
//!
//! ```toml
//! [phase.config]
//! services = ["netra-backend-staging"]     # by their names on Cloud Run
//! secrets = ["OPENAI_API_KEY"]             # of this phase's grant; the host must have a value for each
//! freshness = "1h"                         # optional: how far back
//! limit = 500                              # optional: entries of each service, newest first
//! public = ["AIza…"]                       # optional: what looks like a secret and is none
//! [phase.grants]
//! secrets = ["OPENAI_API_KEY"]
//! gcloud = [{ command = "logging read", arguments = ["resource.type=*"], flags = { freshness = "*", limit = "*" } }]
//! ```
//! The host takes known values out of what gcloud prints, in every encoding, so it is their placeholders that are found. A log without an
//! entry was not looked at, and passes nothing. What services answer is searched by the phase `security`.

mod config;
mod search;

use holdpoint::prelude::*;

use config::Config;
use search::Search;

/// No secrets in logs or responses.
const ROW: &str = "SEC-4";

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    let search = Search::of(cx, &config);
    for service in &config.services {
        judge(cx, &config, service, &search);
    }
    Ok(())
}

fn judge(cx: &Context, config: &Config, service: &str, search: &Search) {
    let wanted = format!("none of {} known secrets, and nothing with the shape of one", search.known());
    let name = format!("no secret stands in the log of {service}");
    let check = cx.check([ROW], name).expecting(expected(&wanted));
    let done = match cx.gcloud().run(&config.command(service)) {
        Ok(done) => done,
        // A log that can't be read says nothing of what stands there.
        Err(error) => return check.inconclusive(observed(&error), &error),
    };
    let entries: Vec<Value> = match done.json() {
        Ok(entries) => entries,
        Err(_) if done.is_truncated() => {
            return check.inconclusive(observed("more than 4 MiB of entries; write a lower limit"), &done);
        }
        Err(error) => return check.inconclusive(observed(error), &done),
    };
    let found = search.found(&entries);
    if !found.is_empty() {
        check.fail(expected(wanted), observed(found.join("; ")), &done);
    } else if entries.is_empty() {
        check.inconclusive(observed(format!("no entry of the last {}", config.freshness)), &done);
    } else if !search.unknown().is_empty() {
        check.inconclusive(observed(search.unknown().join("; ")), &done);
    } else {
        check.pass(observed(format!("none in {} entries", entries.len())), &done);
    }
}

#[cfg(test)]
mod tests;
