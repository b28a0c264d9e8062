//! A team's own Rego judges the evidence of a run (docs/design/0055).
//!
//! At each tick the modules are evaluated once, over numbers that the configuration names, what phases have stated, and how far the run is
//! ([`input`]). The rule that `query` names says what is denied, or whether all is allowed. A row of which nothing is denied passes at the last
//! evaluation; where the rule is undefined, a named series has no data, or nobody watched, it is inconclusive. Where each evaluation counts, so it is if
//! what had been there lacked at any of them, or the rule was undefined. A mistake in the Rego ends the policy, with module, line and column.
//!
//! Nothing that Rego can call knows the time, chance or a network: the same evidence gives the same answer. Fuel bounds what it may compute.
//!
//! The configuration is [`Config`](config::Config).

mod answer;
mod config;
mod findings;
mod input;
mod number;
mod numbers;
mod rego;
mod state;
#[cfg(test)]
mod tests;

use holdpoint::policy::prelude::*;

use config::Config;
use state::State;

#[holdpoint::policy]
fn judge(cx: &mut Context, config: Config) -> Result<()> {
    config.check()?;
    if !config.rows.iter().any(|row| cx.may_claim(row)) {
        return Err(Error::new("none of `rows` may be claimed by this policy; list one in its `requirements`"));
    }
    let mut state = State::from_bytes(cx.state())?;
    let numbers = numbers::read(cx, &config.series, &mut state.known)?;
    // What lacks at the last evaluation is told by that one.
    if config.each_tick && state.lacked.is_none() && !cx.is_last() {
        state.lacked = numbers::gap(cx, &numbers);
    }
    let unobserved = input::unobserved(cx);
    let denied = rego::denied(&config, input::document(cx, &numbers, unobserved, state.ticks))?;
    if config.each_tick && denied.is_none() && !cx.is_last() {
        let after = cx.now() - cx.facts().started;
        state.lacked.get_or_insert_with(|| format!("{} was undefined {after} after the start", config.query));
    }
    state.take(cx, &config, denied.as_deref().unwrap_or_default());
    for finding in findings::of(cx, &config, &numbers, unobserved, denied.as_deref(), &state) {
        cx.find(finding);
    }
    cx.keep(state.to_bytes()?);
    Ok(())
}
