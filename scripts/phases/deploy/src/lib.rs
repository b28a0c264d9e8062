//! New revisions of all services by the digests of their images: without traffic first, then with more and more of it (P2.1, KI-1,
//! RB-C2, SUC-1.deploy, SUC-1.gap).
//!
//! ```toml
//! [phase.config]
//! project = "${env.project}"
//! region = "${env.region}"
//! steps = [10, 50, 100]                 # percent of traffic
//! probe-rate = 10                       # a second and service, while traffic moves
//! longest-gap = "500ms"                 # in which no probe is answered
//! [[phase.config.services]]
//! name = "netra-backend-staging"        # on Cloud Run
//! image = "${input.image.backend}"      # by its digest
//! service = "backend"                   # of the bundle: its traffic
//! candidate = "backend-candidate"       # of the bundle: the URL of the tag `candidate`
//! paths = ["/health"]                   # what answers 200 where it is well
//! min-instances = 1
//! [phase.config.build]                  # optional: images are built first
//! by = "tools"                          # or cloud-build, nobody
//! tag = "${input.tag}"                  # what they are pushed as
//! ```
//! Where images are built (`build/`), `image` is the repository that they go to, and what is deployed is the digest that the registry
//! tells. Nothing that serves is touched before every image is there.
//!
//! What serves is marked by traffic tags before anything is changed, so that `rollback` knows it from the services alone. Nothing gets
//! traffic that is not ready, does not run the image that was asked for, or does not answer at its own URL; between two steps every
//! service is asked again, and all the while each is probed at a steady rate, so that a gap is seen that no single question would
//! meet. The first thing that is wrong stops it where it is, and the report says where that is. A service that is
//! not there is not made: there would be nothing to go back to.

mod before;
mod build;
mod candidate;
mod config;
mod gap;
mod manual;
mod shift;
mod stopped;

use holdpoint::prelude::*;

use config::Config;
use gap::Probes;
use stopped::Stopped;

/// The row of the deployment itself.
pub(crate) const DEPLOY: &str = "P2.1.local";
/// The row of images that come out of Cloud Build.
pub(crate) const CLOUD: &str = "P2.1.cloud";
const CHECKS: &str = "P2.1.checks";
const WARM: &str = "KI-1";
const MANUAL: &str = "RB-C2";
const TIME: &str = "SUC-1.deploy";
pub(crate) const GAP: &str = "SUC-1.gap";

#[holdpoint::phase]
fn run(cx: &Context, mut config: Config) -> Result<()> {
    config.check()?;
    cx.check([CHECKS], "the phases that it needs have passed before the first effect")
        .pass(observed("it was started, and the host starts it only then"), ());
    let start = cx.now();
    let mut stages = Stages::default();
    let outcome = build::images(cx, &mut config, &mut stages).and_then(|()| deploy(cx, &config, &mut stages));
    let took = cx.now().since(start);
    cx.measure("gcloud", stages.gcloud, "ms");
    cx.measure("deployment", took.as_f64(), "ms");
    if outcome.is_ok() {
        let check = cx.check([TIME], "the deployment is done in time");
        check.passes_if(took < config.within, expected(format!("in less than {}", config.within)), observed(took), ());
        return Ok(());
    }
    // What was not come to is named, or it would look forgotten.
    for (row, done) in [(WARM, stages.warm), (MANUAL, stages.manual), (GAP, stages.gap), (TIME, false)] {
        if !done {
            cx.check([row], "after the deployment").not_exercised("the deployment was stopped before");
        }
    }
    Ok(())
}

/// How far it has come.
#[derive(Default)]
pub(crate) struct Stages {
    warm: bool,
    manual: bool,
    gap: bool,
    /// Milliseconds that commands took.
    gcloud: f64,
}

fn deploy(cx: &Context, config: &Config, stages: &mut Stages) -> Result<(), Stopped> {
    let services = config.services.len();
    let steps = u32::try_from(3 + config.steps.len()).unwrap_or(u32::MAX);
    cx.progress(0, steps, format_args!("{services} services: what serves now"));
    let places = before::look(cx, config, stages)?;
    before::mark(cx, &places, stages)?;
    cx.progress(1, steps, format_args!("{services} services: new revisions without traffic"));
    let places = candidate::make(cx, config, places, stages)?;
    cx.progress(2, steps, format_args!("{services} services: each new revision at its own URL"));
    candidate::verify(cx, &places, stages)?;
    manual::print(cx, config, &places, stages)?;
    let probes = Probes::start(cx, config, &places);
    let shifted = (3..).zip(&config.steps).try_for_each(|(done, percent)| {
        cx.progress(done, steps, format_args!("{percent} % of the traffic to the new revisions"));
        shift::to(cx, config, &places, *percent, stages)
    });
    probes.judge(cx, config, shifted.is_ok());
    stages.gap = true;
    shifted?;
    cx.progress(steps, steps, format_args!("{services} services deployed"));
    Ok(())
}

#[cfg(test)]
mod tests;
