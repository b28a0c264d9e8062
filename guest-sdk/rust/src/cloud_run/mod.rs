//! Cloud Run as gcloud prints it: services, revisions, and how traffic is shared.
//!
//! ```no_run
//! use holdpoint::cloud_run;
//! # fn example(cx: &holdpoint::Context) -> Result<(), cloud_run::Unknown> {
//! let listing = cloud_run::services(cx)?; // needs: { command = "run services list" }
//! if let cloud_run::Found::One(backend) = listing.named("netra-backend-staging") {
//!     cx.log(holdpoint::Level::Info, format!("serves {}", backend.traffic()));
//! }
//! # Ok(())
//! # }
//! ```

mod listing;
mod marks;
mod revision;
mod service;
mod traffic;

use std::fmt;

use serde::de::DeserializeOwned;

pub use listing::{Found, Listing};
pub use marks::{CANDIDATE, Marked, Marks};
pub use revision::Revision;
pub use service::{Condition, Service, Target};
pub use traffic::TrafficMap;

use crate::{CallError, Command, Completed, Context, Evidence, Failure};

/// Why nothing is known: the command was not answered, it failed, or its answer can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    why: String,
    failure: Option<Failure>,
    calls: Vec<u32>,
}

impl Unknown {
    /// Why the command failed, if it was given and did.
    pub fn failure(&self) -> Option<Failure> {
        self.failure
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Unknown {}

impl Evidence for Unknown {
    fn calls(&self) -> Vec<u32> {
        self.calls.clone()
    }
}

impl From<CallError> for Unknown {
    fn from(error: CallError) -> Self {
        Self { why: error.to_string(), failure: None, calls: error.calls() }
    }
}

/// All services, by one command, which needs a grant of `run services list`.
pub fn services(cx: &Context) -> Result<Listing, Unknown> {
    let list = cx.gcloud().run(&Command::new("run services list"))?;
    if list.is_truncated() {
        return Err(Unknown {
            why: "the list of services is longer than is read".to_owned(),
            failure: None,
            calls: list.calls(),
        });
    }
    Ok(Listing::new(read(&list)?, list))
}

/// Revisions by their names, side by side, which needs a grant of `run revisions describe`.
pub fn revisions<'n>(
    cx: &Context,
    names: impl IntoIterator<Item = &'n str>,
) -> Vec<Result<(Revision, Completed), Unknown>> {
    let commands = names.into_iter().map(|name| Command::new("run revisions describe").argument(name));
    let answers = cx.gcloud().run_all(commands).into_iter();
    answers
        .map(|(_, answer)| {
            let described = answer?;
            Ok((read(&described)?, described))
        })
        .collect()
}

fn read<T: DeserializeOwned>(completed: &Completed) -> Result<T, Unknown> {
    completed.json().map_err(|error| Unknown {
        why: error.to_string(),
        failure: completed.failure(),
        calls: completed.calls(),
    })
}
