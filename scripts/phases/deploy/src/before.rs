//! Before anything is changed: what serves, whether that is a state to deploy over, and a mark of it.

use holdpoint::cloud_run::{CANDIDATE, Found, Listing, Marks, Service, TrafficMap};
use holdpoint::prelude::*;

use crate::config::{Config, Deployed};
use crate::stopped::{Stopped, change, look as list};
use crate::{DEPLOY, Stages};

/// A service before the deployment.
pub(crate) struct Place<'c> {
    pub(crate) deployed: &'c Deployed,
    pub(crate) service: Service,
    pub(crate) serving: TrafficMap,
}

/// What serves now. All services are looked at before one is refused, so that everything wrong is said at once.
pub(crate) fn look<'c>(cx: &Context, config: &'c Config, stages: &mut Stages) -> Result<Vec<Place<'c>>, Stopped> {
    let listing = list(cx, "what serves now is known", stages)?;
    let places: Vec<Option<Place<'c>>> = config.services.iter().map(|deployed| place(cx, &listing, deployed)).collect();
    places.into_iter().collect::<Option<Vec<_>>>().ok_or(Stopped)
}

fn place<'c>(cx: &Context, listing: &Listing, deployed: &'c Deployed) -> Option<Place<'c>> {
    let name = &deployed.name;
    let check = cx.check([DEPLOY], format!("{name} can be deployed over"));
    let service = match listing.named(name) {
        Found::One(service) => service,
        Found::None => {
            let seen =
                format!("{listing}: no such one; a first deployment has nothing to go back to, so a person makes it");
            check.fail(expected("a service that serves"), observed(seen), listing);
            return None;
        }
        Found::Several => {
            check.inconclusive(observed("services of that name in several regions"), listing);
            return None;
        }
    };
    let serving = service.traffic();
    if let Err(why) = is_at_rest(service, &serving) {
        check.fail(expected("a service at rest"), observed(why), listing);
        return None;
    }
    check.pass(observed(&serving), listing);
    Some(Place { deployed, service: service.clone(), serving })
}

/// Whether nothing is under way that this deployment would walk into.
fn is_at_rest(service: &Service, serving: &TrafficMap) -> Result<(), String> {
    if !service.is_settled() {
        return Err("a change of it is under way".to_owned());
    }
    if !serving.is_whole() {
        return Err(format!("what serves is no whole: {serving}"));
    }
    match service.tagged(CANDIDATE).map(|candidate| serving.of(candidate)) {
        Some(1..=99) => {
            Err(format!("a deployment was stopped in the midst: {serving}; roll it back, or give it all traffic"))
        }
        _ => Ok(()),
    }
}

/// Marks what serves by tags.
pub(crate) fn mark(cx: &Context, places: &[Place<'_>], stages: &mut Stages) -> Result<(), Stopped> {
    for Place { deployed, service, serving } in places {
        let marks = Marks::of(serving);
        if marks.are_on(service) {
            continue;
        }
        let name = &deployed.name;
        let mut command =
            Command::new("run services update-traffic").argument(name).flag("update-tags", marks.to_flag());
        if let Some(stale) = marks.stale(service) {
            command = command.flag("remove-tags", stale);
        }
        change(cx, &format!("what serves {name} is marked"), &command, stages)?;
    }
    Ok(())
}
