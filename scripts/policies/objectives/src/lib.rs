//! Objectives over a whole run, 24 hours as a rule: P4.1.p95, .errors, .availability, .cpu, .memory, .connections and .leak, CRIT-7 to CRIT-9,
//! SUC-1.gap, SUC-2 and SUC-3.users, as far as series show them.
//!
//! An objective is pending until the last evaluation; what is held below a limit ([`levels`]) fails as soon as it was above for too long. What
//! nobody saw gives bounds: an objective passes only if it holds whatever happened there, and fails only by what was seen. What was broken on purpose
//! is counted apart.
//!
//! One is stricter: the p95 fails by the counts of buckets. Those of the host are made of quantiles and hold what these make certain, so a p95 may be said
//! to be higher than it was, by more than one bucket where windows differ, and never lower. It passes only if it held. Where fewer than 74 % are counted
//! within the limit it surely did not; between that and 95 % it may have.
//!
//! The configuration is [`Config`](config::Config); every field has a default.

mod config;
mod exchanges;
mod levels;
mod memory;
mod probes;
mod slots;
mod state;
#[cfg(test)]
mod tests;

use holdpoint::policy::prelude::*;

use config::Config;
use state::State;

#[holdpoint::policy]
fn judge(cx: &mut Context, config: Config) -> Result<()> {
    let mut state = State::from_bytes(cx.state())?;
    let mut found = probes::availability(cx, &config, &mut state.probes)?;
    found.extend(probes::gap(cx, &config)?);
    found.extend(levels::judge(cx, &config, &mut state.watch)?);
    found.extend(memory::judge(cx, &config)?);
    found.extend(levels::users(cx, &config, &mut state.users)?);
    // The last one, for it may ask for more than there is left to be given.
    found.extend(exchanges::judge(cx, &config, &mut state.exchanges)?);
    if found.is_empty() {
        return Err(Error::new(
            "there is no objective whose rows this policy may claim; list one in its `requirements`",
        ));
    }
    found.into_iter().for_each(|finding| cx.find(finding));
    cx.keep(state.to_bytes()?);
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
