//! Traffic goes back to what served before the last deployment, by the tags that `deploy` left on the services (RB-C1,
//! SUC-1.rollback).
//!
//! ```toml
//! [phase.config]
//! project = "${env.project}"
//! region = "${env.region}"
//! services = ["netra-backend-staging", "netra-auth-service", "netra-frontend-staging"]
//! ```
//! It compares first. Where somebody else has deployed since, nothing is changed at all: a mixture of versions is worse than one that
//! is known to be bad. A service that can't go back (its revision is gone, nothing served before) is a failed row with the command for
//! a person; the others go back all the same. It makes no revision and touches no service that is already as it was.

mod back;
mod state;

use holdpoint::cloud_run::{self, Found};
use holdpoint::prelude::*;

use state::State;

const ROW: &str = "RB-C1";
const TIME: &str = "SUC-1.rollback";

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Config {
    /// For the commands that people give by hand.
    project: String,
    region: String,
    /// Their names on Cloud Run.
    services: Vec<String>,
    /// How long all of it may take.
    #[serde(default = "five_minutes")]
    within: Millis,
}

fn five_minutes() -> Millis {
    Millis(300_000)
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    if config.services.is_empty() {
        return Err(Error::new("config.services names nothing to roll back"));
    }
    let start = cx.now();
    let listing = match cloud_run::services(cx) {
        Ok(listing) => listing,
        Err(unknown) => {
            for name in &config.services {
                cx.check([ROW], state::title(name)).inconclusive(observed(&unknown), &unknown);
            }
            return Ok(());
        }
    };
    let states: Vec<(&String, State)> = config
        .services
        .iter()
        .map(|name| match listing.named(name) {
            Found::One(service) => (name, State::of(service)),
            Found::None => (name, State::Lost(format!("{listing}: no such service"))),
            Found::Several => (name, State::Lost("services of that name in several regions".to_owned())),
        })
        .collect();
    if states.iter().any(|(_, state)| matches!(state, State::Foreign(_))) {
        for (name, state) in &states {
            state.hold(cx, name, &listing);
        }
        return Ok(());
    }
    let done = back::all(cx, &config, &states, &listing);
    let took = cx.now().since(start);
    cx.measure("rollback", took.as_f64(), "ms");
    let check = cx.check([TIME], "the rollback is done in time");
    let seen = if done { took.to_string() } else { format!("not done after {took}") };
    check.passes_if(
        done && took < config.within,
        expected(format!("in less than {}", config.within)),
        observed(seen),
        (),
    );
    Ok(())
}

#[cfg(test)]
mod tests;
