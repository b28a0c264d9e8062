//! The end of a deployment before its end: a check has said why, and nothing more is changed.

use holdpoint::Completed;
use holdpoint::cloud_run::{self, Listing, Unknown};
use holdpoint::prelude::*;

use crate::{DEPLOY, Stages};

/// Something was wrong, and a check says what.
pub(crate) struct Stopped;

/// Gives a command that changes something. What goes wrong is a failed check; where that can't be known, an inconclusive one.
pub(crate) fn change(cx: &Context, what: &str, command: &Command, stages: &mut Stages) -> Result<Completed, Stopped> {
    let check = || cx.check([DEPLOY], what).expecting(expected("done"));
    match cx.gcloud().run(command) {
        Ok(done) if done.failure().is_none() => {
            stages.gcloud += done.milliseconds();
            Ok(done)
        }
        Ok(refused) => {
            let why = refused.failure().map_or_else(String::new, |failure| failure.to_string());
            check().fail(expected("done"), observed(format!("{why}: {}", refused.last_line())), &refused);
            Err(Stopped)
        }
        Err(error) => {
            check().from_error(&error);
            Err(Stopped)
        }
    }
}

/// The services as they are now.
pub(crate) fn look(cx: &Context, what: &str, stages: &mut Stages) -> Result<Listing, Stopped> {
    match cloud_run::services(cx) {
        Ok(listing) => {
            stages.gcloud += listing.milliseconds();
            Ok(listing)
        }
        Err(unknown) => Err(unknown_to(cx, what, &unknown)),
    }
}

/// Without knowing what is there nothing is changed.
pub(crate) fn unknown_to(cx: &Context, what: &str, unknown: &Unknown) -> Stopped {
    cx.check([DEPLOY], what).inconclusive(observed(unknown), unknown);
    Stopped
}
