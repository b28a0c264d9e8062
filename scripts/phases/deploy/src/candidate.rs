//! The new revisions, before any traffic: made, ready, of the right image, warm, and answering at their own URLs.

use holdpoint::cloud_run::{self, CANDIDATE, Found, Listing, Revision, Service, TrafficMap};
use holdpoint::prelude::*;

use crate::before::Place;
use crate::config::{Config, Deployed};
use crate::stopped::{Stopped, change, look, unknown_to};
use crate::{DEPLOY, Stages, WARM, shift};

/// A service with its new revision.
pub(crate) struct Candidate<'c> {
    pub(crate) deployed: &'c Deployed,
    /// What served before.
    pub(crate) before: TrafficMap,
    pub(crate) revision: String,
}

/// How long between two looks.
const PAUSE: Millis = Millis(1_000);

/// Makes a revision for each service, and waits until all are ready.
pub(crate) fn make<'c>(
    cx: &Context,
    config: &Config,
    places: Vec<Place<'c>>,
    stages: &mut Stages,
) -> Result<Vec<Candidate<'c>>, Stopped> {
    for Place { deployed, .. } in &places {
        let mut command = Command::new("run services update")
            .argument(&deployed.name)
            .flag("image", &deployed.image)
            .flag("tag", CANDIDATE)
            .switch("no-traffic");
        if let Some(instances) = deployed.min_instances {
            command = command.flag("min-instances", instances.to_string());
        }
        change(cx, &format!("{} has a new revision", deployed.name), &command, stages)?;
    }
    let listing = settled(cx, config, &places, stages)?;
    let candidates = places.into_iter().map(|place| ready(cx, &listing, place));
    // All of them are judged before the first that is wrong stops it.
    candidates.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>().ok_or(Stopped)
}

/// Looks until the platform has come to an end with every service, or the time is over.
fn settled(cx: &Context, config: &Config, places: &[Place<'_>], stages: &mut Stages) -> Result<Listing, Stopped> {
    let start = cx.now();
    loop {
        let listing = look(cx, "the new revisions are looked at", stages)?;
        let is_done = |place: &Place<'_>| match listing.named(&place.deployed.name) {
            Found::One(service) => service.is_settled() && service.latest() != place.service.latest(),
            Found::None | Found::Several => true,
        };
        if places.iter().all(is_done) || cx.now().since(start) >= config.ready_within {
            return Ok(listing);
        }
        if let Err(error) = cx.sleep(PAUSE) {
            cx.check([DEPLOY], "the new revisions are waited for").from_error(&error);
            return Err(Stopped);
        }
    }
}

fn ready<'c>(cx: &Context, listing: &Listing, place: Place<'c>) -> Option<Candidate<'c>> {
    let name = &place.deployed.name;
    let check = cx.check([DEPLOY], format!("the new revision of {name} is ready"));
    let Found::One(service) = listing.named(name) else {
        check.fail(expected("ready"), observed("the service is gone"), listing);
        return None;
    };
    match found(service, &place) {
        Ok(revision) => {
            check.pass(observed(&revision), listing);
            Some(Candidate { deployed: place.deployed, before: place.serving, revision })
        }
        Err(why) => {
            check.fail(expected("ready"), observed(why), listing);
            None
        }
    }
}

/// The new revision of a service, if it is the one that was made here and can serve.
fn found(service: &Service, place: &Place<'_>) -> Result<String, String> {
    let latest = service.latest().ok_or("no revision is told")?;
    if place.service.latest() == Some(latest) {
        return Err(format!("not made within the time: {latest} is still the newest"));
    }
    match service.ready() {
        Some(condition) if condition.status == "True" => {}
        Some(condition) => return Err(format!("{latest} is not: {}", condition.why())),
        None => return Err(format!("no condition says whether {latest} is")),
    }
    if !service.is_settled() {
        return Err(format!("{latest} was not looked at by the platform within the time"));
    }
    match service.tagged(CANDIDATE) {
        Some(candidate) if candidate == latest => {}
        Some(candidate) => return Err(format!("somebody else has deployed {latest} after {candidate}")),
        None => return Err(format!("{latest} does not carry the tag {CANDIDATE}: somebody else has deployed")),
    }
    if service.traffic() != place.serving {
        return Err(format!("traffic has moved meanwhile: {}, and {} before", service.traffic(), place.serving));
    }
    Ok(latest.to_owned())
}

/// Each runs what was asked for, and answers at the URL of its tag.
pub(crate) fn verify(cx: &Context, candidates: &[Candidate<'_>], stages: &mut Stages) -> Result<(), Stopped> {
    let names = candidates.iter().map(|candidate| candidate.revision.as_str());
    let mut stopped = None;
    for (candidate, described) in candidates.iter().zip(cloud_run::revisions(cx, names)) {
        match described {
            Ok((revision, described)) => {
                stages.gcloud += described.milliseconds();
                if !is_as_asked(cx, candidate, &revision, &described, stages) {
                    stopped = Some(Stopped);
                }
            }
            Err(unknown) => {
                let what = format!("{} runs its image", candidate.revision);
                stopped = Some(unknown_to(cx, &what, &unknown));
            }
        }
    }
    match stopped {
        Some(stopped) => Err(stopped),
        None => shift::answers(cx, candidates, |deployed| &deployed.candidate, 1, "at its own URL"),
    }
}

fn is_as_asked(
    cx: &Context,
    candidate: &Candidate<'_>,
    revision: &Revision,
    evidence: impl Evidence + Copy,
    stages: &mut Stages,
) -> bool {
    let Candidate { deployed, revision: name, .. } = candidate;
    let image = revision.image().unwrap_or("an image without a digest");
    let right = image == deployed.image;
    let check = cx.check([DEPLOY], format!("{name} runs its image"));
    check.passes_if(right, expected(&deployed.image), observed(image), evidence);
    let Some(least) = deployed.min_instances else { return right };
    let has = revision.min_instances();
    stages.warm = true;
    let check = cx.check([WARM], format!("{name} keeps instances warm"));
    check.passes_if(has >= least, expected(format!("min-instances of {least} or more")), observed(has), evidence);
    right && has >= least
}
