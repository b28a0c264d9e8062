//! The services of a release are deployed, ready, and serve what was deployed last (P2.2, CRIT-1).
//!
//! ```toml
//! [phase.config]
//! services = ["netra-backend-staging", "netra-auth-service"]
//! deployer = "deployer@netra-staging.iam.gserviceaccount.com"   # optional: nobody else has changed them since
//! min-instances = 1                                             # optional: a revision that starts cold is a fault
//! ```
//! One `gcloud run services list` answers for all of them. A service that is not in it is missing; a list that was cut or could not be
//! had judges nothing. It changes nothing, and asks no service whether it answers: that is the affair of `health`.

mod judge;

use holdpoint::cloud_run::{self, Found};
use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Config {
    /// Their names on Cloud Run.
    services: Vec<String>,
    /// Who alone may have changed them last.
    deployer: Option<String>,
    /// How many instances stay warm at least.
    min_instances: Option<u32>,
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    if config.services.is_empty() {
        return Err(Error::new("config.services names nothing, and nothing asked for is nothing passed"));
    }
    let listing = match cloud_run::services(cx) {
        Ok(listing) => listing,
        Err(unknown) => {
            // Without a log-in or an answer nothing is known of the services, good or bad.
            for name in &config.services {
                judge::deployed(cx, name).inconclusive(observed(&unknown), &unknown);
            }
            return Ok(());
        }
    };
    for name in &config.services {
        let check = || judge::deployed(cx, name);
        match listing.named(name) {
            Found::None => {
                check().fail(expected("a service of that name"), observed(format!("{listing}: no such one")), &listing);
            }
            Found::Several => {
                check().inconclusive(observed("services of that name in several regions"), &listing);
            }
            Found::One(service) => judge::service(cx, service, &config, &listing),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
