//! No secret stands in what services have logged (SEC-4): none that the host knows, and none that has the shape of one.
//!
//! ```toml
//! [phase.config]
//! services = ["netra-backend-staging"]     # by their names on Cloud Run
//! secrets = ["OPENAI_API_KEY"]             # of this phase's grant; the host must have a value for each
//! freshness = "1h"                         # optional: how far back
//! limit = 500                              # optional: entries that are asked for at once, newest first
//! pages = 20                               # optional: how often they are, for each service
//! public = ["AIza…"]                       # optional: what looks like a secret and is none
//! [phase.grants]
//! secrets = ["OPENAI_API_KEY"]
//! gcloud = [{ command = "logging read", arguments = ["resource.type=*"], flags = { freshness = "*", limit = "*" } }]
//! ```
//! The host takes known values out of what gcloud prints, in every encoding, so it is their placeholders that are found. A log without an
//! entry was not looked at, and passes nothing, and neither does one that has more entries than were read. What services answer is searched by the phase `security`.

mod config;
mod log;
mod search;

use holdpoint::prelude::*;

use config::Config;
use log::Log;
use search::{MOST_TOLD, Search};

/// No secrets in logs or responses.
const ROW: &str = "SEC-4";

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    let since = config.since(cx.now())?;
    let search = Search::of(cx, &config);
    for service in &config.services {
        judge(cx, &config, &search, Log::of(cx, &config, service, &since), service);
    }
    Ok(())
}

fn judge(cx: &Context, config: &Config, search: &Search, mut log: Log<'_>, service: &str) {
    let wanted = format!("none of {} known secrets, and nothing with the shape of one", search.known());
    let name = format!("no secret stands in the log of {service}");
    let check = cx.check([ROW], name).expecting(expected(&wanted));
    let mut found = Vec::new();
    let doubt = loop {
        match log.page() {
            Ok(Some(entries)) => found.extend(search.found(&entries)),
            Ok(None) => break None,
            Err(doubt) => break Some(doubt),
        }
    };
    found.truncate(MOST_TOLD);
    let entries = log.entries();
    let calls = log.calls();
    if !found.is_empty() {
        check.fail(expected(wanted), observed(found.join("; ")), calls);
    } else if let Some(doubt) = doubt {
        check.inconclusive(observed(doubt), calls);
    } else if entries == 0 {
        check.inconclusive(observed(format!("no entry of the last {}", config.freshness)), calls);
    } else if !search.unknown().is_empty() {
        check.inconclusive(observed(search.unknown().join("; ")), calls);
    } else {
        check.pass(observed(format!("none in {entries} entries")), calls);
    }
}

#[cfg(test)]
mod tests;
