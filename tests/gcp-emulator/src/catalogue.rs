//! The list of faults by name: one entry each, nothing else. To add one, add an entry here; a new way to be wrong is a
//! variant of `What`.

use std::time::Duration;

use crate::fault::{Fault, Pattern, What, When};

/// A fault that has a name.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    /// How it is chosen.
    pub name: &'static str,
    /// What it is, for people.
    pub description: &'static str,
    make: fn() -> Fault,
}

impl Named {
    /// Every fault that has a name.
    pub fn all() -> &'static [Named] {
        CATALOGUE
    }

    /// The one with this name.
    pub fn find(name: &str) -> Option<&'static Named> {
        CATALOGUE.iter().find(|named| named.name == name)
    }

    /// The fault itself.
    pub fn fault(&self) -> Fault {
        (self.make)()
    }
}

const RUN: &str = "*run.googleapis.com";
const SERVICES: &str = "*/services/*";

fn refuse(method: &str, path: &str, when: When, status: u16, message: &str) -> Fault {
    Fault { on: Pattern::new(method, RUN, path), when, what: What::Refuse(status, message.to_owned()) }
}

fn on(method: &str, when: When, what: What) -> Fault {
    Fault { on: Pattern::new(method, RUN, SERVICES), when, what }
}

fn of_run(what: What) -> Fault {
    Fault { on: Pattern::new("*", RUN, "*"), when: When::Always, what }
}

fn of_builds(what: What) -> Fault {
    Fault { on: Pattern::new("GET", "cloudbuild.googleapis.com", "*/builds/*"), when: When::Always, what }
}

pub(crate) const CATALOGUE: &[Named] = &[
    Named {
        name: "read-forbidden",
        description: "every read of a service is answered with 403",
        make: || refuse("GET", SERVICES, When::Always, 403, "Permission 'run.services.get' denied on resource."),
    },
    Named {
        name: "update-forbidden",
        description: "every change of a service is answered with 403",
        make: || refuse("PUT", SERVICES, When::Always, 403, "Permission 'run.services.update' denied on resource."),
    },
    Named {
        name: "policy-forbidden",
        description: "every change of a policy is answered with 403",
        make: || {
            let message = "Permission 'run.services.setIamPolicy' denied on resource.";
            refuse("POST", "*:setIamPolicy", When::Always, 403, message)
        },
    },
    Named {
        name: "service-vanished",
        description: "a service is answered with 404 once it is changed",
        make: || refuse("PUT", SERVICES, When::Always, 404, "Requested entity was not found."),
    },
    Named {
        name: "conflict",
        description: "the first change of a service is answered with 409",
        make: || refuse("PUT", SERVICES, When::First(1), 409, "Conflict for resource: another version was specified."),
    },
    Named {
        name: "quota",
        description: "every request to Cloud Run is answered with 429",
        make: || refuse("*", "*", When::Always, 429, "Quota exceeded for quota metric 'Requests' per minute."),
    },
    Named {
        name: "one-500",
        description: "the first change of a service is answered with 500 and not done",
        make: || refuse("PUT", SERVICES, When::First(1), 500, "Internal error encountered."),
    },
    Named {
        name: "unavailable",
        description: "every request to Cloud Run is answered with 503",
        make: || refuse("*", "*", When::Always, 503, "The service is currently unavailable."),
    },
    Named {
        name: "half-applied",
        description: "the first change of a service is done and answered with 500",
        make: || on("PUT", When::First(1), What::HalfApplied(500)),
    },
    Named {
        name: "hang",
        description: "changes of a service are never answered, and not done",
        make: || on("PUT", When::Always, What::Hang),
    },
    Named {
        name: "slow",
        description: "every request to Cloud Run takes 1500 ms more",
        make: || of_run(What::Slow(Duration::from_millis(1_500))),
    },
    Named {
        name: "never-ready",
        description: "what is deployed never becomes ready",
        make: || of_run(What::NeverReady),
    },
    Named { name: "does-not-start", description: "a new revision does not start", make: || of_run(What::DoesNotStart) },
    Named {
        name: "build-fails",
        description: "a build ends with FAILURE",
        make: || of_builds(What::BuildEnds("FAILURE")),
    },
    Named {
        name: "build-times-out",
        description: "a build ends with TIMEOUT",
        make: || of_builds(What::BuildEnds("TIMEOUT")),
    },
    Named { name: "build-never-ends", description: "a build goes on and on", make: || of_builds(What::NeverReady) },
    Named {
        name: "stale-generation",
        description: "the status of a service stays behind what was asked for",
        make: || of_run(What::StaleGeneration),
    },
    Named {
        name: "revision-lost",
        description: "the revision that is to get traffic is deleted just before",
        make: || on("PUT", When::First(1), What::RevisionLost),
    },
    Named {
        name: "deployed-before",
        description: "another pipeline deploys between the read and the first change of a service",
        make: || on("PUT", When::First(1), What::DeployedElsewhere),
    },
    Named {
        name: "deployed-meanwhile",
        description: "another pipeline deploys before the second read of a service",
        make: || on("GET", When::Nth(2), What::DeployedElsewhere),
    },
    Named {
        name: "token-expired",
        description: "the token expires at the first change of a service",
        make: || on("PUT", When::First(1), What::TokenExpired),
    },
    Named {
        name: "token-short-lived",
        description: "tokens that are given last a minute",
        make: || Fault {
            on: Pattern::new("POST", "*", "*/token"),
            when: When::Always,
            what: What::ShortLived(Duration::from_secs(60)),
        },
    },
    Named {
        name: "project-forbidden",
        description: "the project is shown to nobody",
        make: || Fault {
            on: Pattern::new("GET", "cloudresourcemanager.googleapis.com", "/v1/projects/*"),
            when: When::Always,
            what: What::Refuse(403, "The caller does not have permission".to_owned()),
        },
    },
    Named {
        name: "login-refused",
        description: "no token is given to anybody",
        make: || Fault {
            on: Pattern::new("POST", "*", "*/token"),
            when: When::Always,
            what: What::Refuse(403, "access_denied".to_owned()),
        },
    },
    Named {
        name: "api-disabled",
        description: "Cloud Run is not switched on in the project",
        make: || {
            let message = "Cloud Run Admin API has not been used in project before or it is disabled.";
            refuse("*", "*", When::Always, 403, message)
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_there_once_and_is_found() {
        let mut names: Vec<&str> = CATALOGUE.iter().map(|named| named.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CATALOGUE.len());
        assert!(
            CATALOGUE.iter().all(|named| Named::find(named.name).is_some_and(|found| found.fault() == named.fault()))
        );
    }
}
