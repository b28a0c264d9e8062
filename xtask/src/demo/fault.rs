//! Everything that can be made wrong: with what serves and the files under judgement, by the catalogue of the staging double, and with
//! a deployment, by the list here.

use std::time::Duration;

use anyhow::{Context, Result};
use holdpoint_gcp_emulator::{Fault as CloudFault, Named, Pattern, What, When};
use holdpoint_staging_double::{Change, Drawn, FaultSetting, Leak, LeakForm, Service, WrongBody, environment};

use super::phases::Scope;
use super::stores::Trouble;
use super::system::System;

/// A fault of the catalogue, whichever.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// It was there before. Nothing is deployed.
    Staging(&'static holdpoint_staging_double::Fault),
    /// It strikes a deployment, which is begun, or what is around the system.
    Release(&'static Release),
}

/// What is wrong with a deployment, or with what is around the system.
#[derive(Debug)]
pub(crate) struct Release {
    name: &'static str,
    requirement: &'static str,
    exit: u8,
    description: &'static str,
    what: Wrong,
}

#[derive(Debug)]
enum Wrong {
    /// The version that is deployed answers otherwise.
    Version(Service, Change),
    /// The cloud does.
    Cloud(fn() -> CloudFault),
    /// There is no such image.
    Image,
    /// Whoever deploys has their gcloud set to another project.
    Elsewhere,
    /// Something is wrong with a store.
    Store(Trouble),
    /// The log of the backend tells a key.
    Log,
}

/// A fault with its parameters.
#[derive(Debug, Clone)]
pub(crate) enum Setting {
    Staging(FaultSetting),
    Release(&'static Release),
}

const RUN: &str = "*run.googleapis.com";

fn on_backend(method: &str, when: When, what: What) -> CloudFault {
    CloudFault { on: Pattern::new(method, RUN, "*/services/netra-backend-staging"), when, what }
}

fn refused(host: &str, path: &str) -> CloudFault {
    let what = What::Refuse(400, "Request contains an invalid argument.".to_owned());
    CloudFault { on: Pattern::new("POST", host, path), when: When::Always, what }
}

/// Boards show other numbers of this metric than services tell.
fn altered(metric: &'static str) -> CloudFault {
    let on = Pattern::new("POST", "monitoring.googleapis.com", "*/api/v1/query");
    CloudFault { on, when: When::Always, what: What::Altered(metric) }
}

/// A fault of the emulator's own catalogue.
fn named(name: &str) -> CloudFault {
    Named::find(name).unwrap_or_else(|| panic!("the emulator has no fault {name}")).fault()
}

/// What a load as short as that of the demonstration finds, of what only virtual users meet.
const UNDER_LOAD: [&str; 12] = [
    "leak",
    "shared-global",
    "errors",
    "memory-leak",
    "shared-crash",
    "orphans",
    "fewer-than-100",
    "ws-drop",
    "ws-duplicate",
    "ws-reorder",
    "ws-silent",
    "ws-half-open",
];

/// What is judged on domains of the team's own, which the demonstration has none of.
const OF_OWN_DOMAINS: [&str; 2] = ["no-hsts", "certificate-expired"];

const RELEASES: &[Release] = &[
    Release {
        name: "database-stopped",
        requirement: "CRIT-5",
        exit: 1,
        description: "nobody listens where the database should be",
        what: Wrong::Store(Trouble::DatabaseStopped),
    },
    Release {
        name: "cache-paused",
        requirement: "CRIT-5",
        exit: 1,
        description: "the cache takes connections, and says nothing",
        what: Wrong::Store(Trouble::CachePaused),
    },
    Release {
        name: "analytics-not-writable",
        requirement: "CRIT-5",
        exit: 1,
        description: "the analytics store takes no entries",
        what: Wrong::Store(Trouble::PlaceGone),
    },
    Release {
        name: "database-password",
        requirement: "CRIT-5",
        exit: 1,
        description: "the password of the database is another",
        what: Wrong::Store(Trouble::PasswordChanged),
    },
    Release {
        name: "secret-in-log",
        requirement: "SEC-4",
        exit: 1,
        description: "a line in the log of the backend tells a key",
        what: Wrong::Log,
    },
    Release {
        name: "identity-refused",
        requirement: "PRE-1.identity",
        exit: 1,
        description: "nobody gives the pipeline a token",
        what: Wrong::Cloud(|| named("login-refused")),
    },
    Release {
        name: "identity-ends",
        requirement: "PRE-1.identity",
        exit: 1,
        description: "the tokens of the pipeline end before anything could be deployed",
        what: Wrong::Cloud(|| named("token-short-lived")),
    },
    Release {
        name: "project-elsewhere",
        requirement: "PRE-1.project",
        exit: 1,
        description: "gcloud is set to another project than the bundle",
        what: Wrong::Elsewhere,
    },
    Release {
        name: "project-forbidden",
        requirement: "PRE-1.project",
        exit: 1,
        description: "the project is not shown to whoever deploys",
        what: Wrong::Cloud(|| named("project-forbidden")),
    },
    Release {
        name: "does-not-start",
        requirement: "P2.1.local",
        exit: 5,
        description: "the new revision of the backend does not start",
        what: Wrong::Cloud(|| on_backend("PUT", When::Always, What::DoesNotStart)),
    },
    Release {
        name: "candidate-unavailable",
        requirement: "P2.1.local",
        exit: 5,
        description: "the new version of the auth service answers 503",
        what: Wrong::Version(Service::Auth, Change::Unavailable),
    },
    Release {
        name: "image-missing",
        requirement: "P2.1.local",
        exit: 5,
        description: "the registry has no image with the digest of the backend",
        what: Wrong::Image,
    },
    Release {
        name: "update-forbidden",
        requirement: "P2.1.local",
        exit: 1,
        description: "whoever deploys may not change services",
        what: Wrong::Cloud(|| {
            let message = "Permission 'run.services.update' denied on resource.".to_owned();
            CloudFault { on: Pattern::new("PUT", RUN, "*"), when: When::Always, what: What::Refuse(403, message) }
        }),
    },
    Release {
        name: "stale-generation",
        requirement: "P2.1.local",
        exit: 1,
        description: "the status of the backend stays behind what was asked for",
        what: Wrong::Cloud(|| CloudFault {
            on: Pattern::new("GET", RUN, "*"),
            when: When::Always,
            what: What::StaleGeneration,
        }),
    },
    Release {
        name: "deployed-meanwhile",
        requirement: "P2.1.local",
        exit: 6,
        description: "another pipeline deploys the backend just before its traffic moves",
        what: Wrong::Cloud(|| on_backend("PUT", When::Nth(3), What::DeployedElsewhere)),
    },
    Release {
        name: "gap",
        requirement: "SUC-1.gap",
        exit: 1,
        description: "the backend answers 503 for 2 s when its traffic moves",
        what: Wrong::Cloud(|| on_backend("PUT", When::Nth(3), What::Gap(Duration::from_secs(2)))),
    },
    Release {
        name: "release-unwell",
        requirement: "P3.1",
        exit: 5,
        description: "the new version of the backend answers, and says that it is not well",
        what: Wrong::Version(Service::Backend, Change::WrongBody(WrongBody::Status("degraded"))),
    },
    Release {
        name: "release-leaks",
        requirement: "P3.2.isolation",
        exit: 5,
        description: "the new version of the backend shows one user's text to another",
        what: Wrong::Version(Service::Backend, Change::Leak(Leak { one_in: 20, form: LeakForm::Base64 })),
    },
    Release {
        name: "dashboard-rejected",
        requirement: "P4.2.dashboards",
        exit: 1,
        description: "the dashboard is not taken",
        what: Wrong::Cloud(|| refused("monitoring.googleapis.com", "*/dashboards")),
    },
    Release {
        name: "alerts-rejected",
        requirement: "P4.2.alerts",
        exit: 1,
        description: "the alert policies are not taken",
        what: Wrong::Cloud(|| refused("monitoring.googleapis.com", "*/alertPolicies")),
    },
    Release {
        name: "panel-altered-health",
        requirement: "DASH-1",
        exit: 1,
        description: "the board of service health shows other errors than the backend tells",
        what: Wrong::Cloud(|| altered("errors_total")),
    },
    Release {
        name: "panel-altered-isolation",
        requirement: "DASH-2",
        exit: 1,
        description: "the board of request isolation shows other connections than the backend tells",
        what: Wrong::Cloud(|| altered("db_pool_in_use")),
    },
    Release {
        name: "panel-altered-resources",
        requirement: "DASH-3",
        exit: 1,
        description: "the board of system resources shows another disk than the backend tells",
        what: Wrong::Cloud(|| altered("disk_used_bytes")),
    },
];

impl Fault {
    /// Every fault.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let under_load = holdpoint_staging_double::Fault::under_load();
        let under_load = under_load.iter().filter(|fault| UNDER_LOAD.contains(&fault.name));
        let over_a_day = holdpoint_staging_double::Fault::over_a_day();
        let at_hours = holdpoint_staging_double::Fault::at_hours();
        let of_security = holdpoint_staging_double::Fault::of_security();
        let of_security = of_security.iter().filter(|fault| !OF_OWN_DOMAINS.contains(&fault.name));
        let in_logic = holdpoint_staging_double::Fault::in_logic();
        let of_resources = holdpoint_staging_double::Fault::of_resources();
        let of_next_steps = holdpoint_staging_double::Fault::of_next_steps();
        let staging =
            holdpoint_staging_double::Fault::all().iter().chain(under_load).chain(of_security).chain(in_logic);
        let in_frontend = holdpoint_staging_double::Fault::in_frontend();
        let staging = staging.chain(of_resources).chain(of_next_steps).chain(in_frontend);
        let staging = staging.chain(over_a_day).chain(at_hours).map(Self::Staging);
        staging.chain(RELEASES.iter().map(Self::Release))
    }

    /// The one with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::all().find(|fault| fault.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Staging(fault) => fault.name,
            Self::Release(fault) => fault.name,
        }
    }

    /// The row that must catch it.
    pub(crate) fn requirement(self) -> &'static str {
        match self {
            Self::Staging(fault) => fault.requirement,
            Self::Release(fault) => fault.requirement,
        }
    }

    /// The exit code of a run that catches it.
    pub(crate) fn exit(self) -> u8 {
        match self {
            Self::Staging(fault) => fault.exit,
            Self::Release(fault) => fault.exit,
        }
    }

    /// Which phases find it. What was wrong before is found without a deployment, and sooner.
    pub(crate) fn scope(self) -> Scope {
        match self {
            Self::Staging(fault) if UNDER_LOAD.contains(&fault.name) => Scope::Load,
            Self::Staging(fault) if is_of(holdpoint_staging_double::Fault::over_a_day(), fault.name) => Scope::Watch,
            Self::Staging(fault) => match fault.requirement {
                "ALERT-4" => Scope::Evening,
                "P4.3.t4" => Scope::Night,
                row if row.starts_with("P4.3.") => Scope::Stress,
                // SUC-2 wants no drift, and errors and times as they should be, too.
                "P4.1.errors" | "P4.1.p95" | "SUC-2" => Scope::Hours,
                "SEC-5" => Scope::Rate,
                "CRIT-6" | "KI-3" => Scope::Sockets,
                "NOTE-1" => Scope::Logic,
                "DASH-4" => Scope::Frontend,
                "KI-2" | "P4.1.pool" => Scope::Pool,
                "KI-4" => Scope::Churn,
                "P4.1.cleanup" | "P4.1.memory-per-request" => Scope::Load,
                row if row.starts_with("NEXT-") => Scope::NextSteps,
                row if row.starts_with("SEC-") => Scope::Security,
                row if row.starts_with("BIZ-") => Scope::Logic,
                _ => Scope::Quiet,
            },
            Self::Release(Release { what: Wrong::Store(_), .. }) => Scope::Stores,
            Self::Release(Release { what: Wrong::Log, .. }) => Scope::Logs,
            Self::Release(fault) if ["P4.2.", "DASH-"].iter().any(|rows| fault.requirement.starts_with(rows)) => {
                Scope::Monitoring
            }
            Self::Release(_) => Scope::Release,
        }
    }

    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Staging(fault) => fault.description,
            Self::Release(fault) => fault.description,
        }
    }

    /// The fault with its parameters drawn.
    pub(crate) fn settle(self, seed: u64) -> Setting {
        match self {
            Self::Staging(fault) => Setting::Staging(fault.settle(seed)),
            Self::Release(fault) => Setting::Release(fault),
        }
    }
}

fn is_of(list: &[holdpoint_staging_double::Fault], name: &str) -> bool {
    list.iter().any(|fault| fault.name == name)
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Staging(setting) => setting.fmt(f),
            Self::Release(release) => write!(f, "{}: {}", release.name, release.description),
        }
    }
}

impl Setting {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Staging(setting) => setting.name,
            Self::Release(release) => release.name,
        }
    }

    /// What it was drawn from, if anything was.
    pub(super) fn seed(&self) -> Option<u64> {
        match self {
            Self::Staging(setting) => Some(setting.seed),
            Self::Release(_) => None,
        }
    }

    /// The fault of the staging double that it is.
    pub(super) fn of_staging(&self) -> Option<&FaultSetting> {
        match self {
            Self::Staging(setting) => Some(setting),
            Self::Release(_) => None,
        }
    }

    /// Whether the image of a service that is deployed is nowhere.
    pub(super) fn lacks_image(&self, service: Service) -> bool {
        matches!(self, Self::Release(Release { what: Wrong::Image, .. })) && service == Service::Backend
    }

    /// What is wrong with a store.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Release(Release { what: Wrong::Store(trouble), .. }) => Some(*trouble),
            _ => None,
        }
    }

    /// Whether gcloud is set to another project.
    pub(super) fn is_elsewhere(&self) -> bool {
        matches!(self, Self::Release(Release { what: Wrong::Elsewhere, .. }))
    }

    /// Makes it so.
    pub(super) async fn switch(&self, system: &System) -> Result<()> {
        let release = match self {
            Self::Staging(setting) => return system.switch(setting).await,
            Self::Release(release) => release,
        };
        match &release.what {
            Wrong::Version(service, change) => {
                let drawn = Drawn::Server { service: *service, change: change.clone() };
                let setting = FaultSetting { name: release.name, seed: 0, drawn };
                system.new.switch(setting).await.context("switch the fault on")
            }
            Wrong::Cloud(fault) => {
                system.cloud.set_fault(fault());
                Ok(())
            }
            Wrong::Store(trouble) => system.trouble(*trouble),
            Wrong::Log => {
                let key = environment(None).into_iter().find(|variable| variable.name == "OPENAI_API_KEY");
                let key = key.and_then(|variable| variable.value).context("the key has a value")?;
                system.write_log(Service::Backend, &format!("could not authenticate with {key}"));
                Ok(())
            }
            // These are the command line's, which gets them when it starts.
            Wrong::Image | Wrong::Elsewhere => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<&str> = Fault::all().map(Fault::name).collect();
        assert_eq!(names.len(), Fault::all().count());
        assert!(Fault::named("does-not-start").is_some_and(|fault| fault.exit() == 5));
        assert!(Fault::named("nothing").is_none());
    }

    #[test]
    fn only_the_image_of_the_backend_is_missing_and_only_with_that_fault() {
        let setting = |name: &str| Fault::named(name).map(|fault| fault.settle(0));
        let lacks = |name: &str, service| setting(name).is_some_and(|setting| setting.lacks_image(service));
        assert!(lacks("image-missing", Service::Backend));
        assert!(!lacks("image-missing", Service::Auth) && !lacks("does-not-start", Service::Backend));
    }
}
