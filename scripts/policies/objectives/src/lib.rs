//! Objectives over a whole run, 24 hours as a rule: P4.1.p95, .errors, .availability, .cpu, .memory, .connections and .leak, CRIT-7 to CRIT-9,
//! SUC-1.gap, SUC-2 and SUC-3.users, as far as series show them.
//!
//! An objective is pending until the last evaluation; what is held below a limit ([`levels`]) fails as soon as it was above for too long. What
//! nobody saw gives bounds: an objective passes only if it holds whatever happened there, and fails only by what was seen. What was broken on purpose
//! is counted apart.
//!
//! The configuration is [`Config`](config::Config); every field has a default.

mod config;
mod exchanges;
mod levels;
mod memory;
mod probes;
#[cfg(test)]
mod tests;

use holdpoint::policy::prelude::*;
use serde::Serialize;

use config::Config;

/// What is kept from one evaluation to the next.
#[derive(Default, Serialize, Deserialize)]
struct State {
    version: u8,
    exchanges: exchanges::Counted,
    /// The state of the levels.
    watch: Vec<u8>,
}

/// Of [`State`].
const VERSION: u8 = 1;

#[holdpoint::policy]
fn judge(cx: &mut Context, config: Config) -> Result<()> {
    let mut state = match cx.state() {
        [] => State { version: VERSION, ..State::default() },
        bytes => serde_json::from_slice(bytes).map_err(|_| Error::new("the state is none of this policy"))?,
    };
    if state.version != VERSION {
        return Err(Error::new(format!(
            "the state has version {}, and this policy reads version {VERSION}",
            state.version
        )));
    }
    let mut found = exchanges::judge(cx, &config, &mut state.exchanges)?;
    found.extend(probes::availability(cx, &config)?);
    found.extend(probes::gap(cx, &config)?);
    found.extend(levels::judge(cx, &config, &mut state.watch)?);
    found.extend(memory::judge(cx, &config)?);
    found.extend(levels::users(cx, &config)?);
    if found.is_empty() {
        return Err(Error::new(
            "there is no objective whose rows this policy may claim; list one in its `requirements`",
        ));
    }
    found.into_iter().for_each(|finding| cx.find(finding));
    cx.keep(serde_json::to_vec(&state)?);
    Ok(())
}

/// What has a verdict at the end of the run, and is told before as it stands so far.
fn over_the_run(cx: &Context, name: String, verdict: Verdict, observed: String) -> Finding {
    if cx.is_last() {
        Finding::new(name, verdict).observed(observed)
    } else {
        Finding::new(name, Pending).observed(format!("{observed}; so far {verdict}"))
    }
}

/// Whether any of these rows is one that the policy may claim.
fn is_asked(cx: &Context, rows: &[String]) -> bool {
    rows.iter().any(|row| cx.may_claim(row))
}
