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
mod service;

use holdpoint::Completed;
use holdpoint::prelude::*;

use service::Service;

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
    let unseen = |judge: &dyn Fn(Check<'_>)| config.services.iter().for_each(|name| judge(judge::deployed(cx, name)));
    let list = match cx.gcloud().run(&Command::new("run services list")) {
        Ok(list) => list,
        Err(error) => {
            // Without a log-in or an answer nothing is known of the services, good or bad.
            unseen(&|check| check.inconclusive(observed(&error), &error));
            return Ok(());
        }
    };
    let found = match services(&list) {
        Ok(found) => found,
        Err(error) => {
            unseen(&|check| check.inconclusive(observed(&error), &list));
            return Ok(());
        }
    };
    for name in &config.services {
        let mut named = found.iter().filter(|service| service.name() == name);
        match (named.next(), named.next()) {
            (None, _) => {
                judge::deployed(cx, name).fail(expected("a service of that name"), observed(among(&found)), &list);
            }
            (Some(_), Some(_)) => {
                let seen = observed("services of that name in several regions");
                judge::deployed(cx, name).inconclusive(seen, &list);
            }
            (Some(service), None) => judge::service(cx, service, &config, &list),
        }
    }
    Ok(())
}

fn services(list: &Completed) -> Result<Vec<Service>> {
    if list.is_truncated() {
        return Err(Error::new("the list of services is longer than is read"));
    }
    list.json()
}

fn among(found: &[Service]) -> String {
    let names: Vec<&str> = found.iter().map(Service::name).take(10).collect();
    if names.is_empty() { "no service at all".to_owned() } else { format!("among {}: no such one", names.join(", ")) }
}

#[cfg(test)]
mod tests;
