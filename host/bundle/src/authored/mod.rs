//! `bundle.toml` as it is written.
//!
//! A field that nobody knows is a mistake, and so is one that only a later version knows. What can be read is read in spite of
//! mistakes elsewhere, so that resolving finds the rest of them in the same go.

pub(crate) mod approval;
pub(crate) mod data;
pub(crate) mod environment;
pub(crate) mod exec;
pub(crate) mod gcloud;
pub(crate) mod grants;
mod head;
pub(crate) mod inputs;
pub(crate) mod load;
pub(crate) mod metrics;
pub(crate) mod notify;
pub(crate) mod phase;
pub(crate) mod policy;
pub(crate) mod rollback;
pub(crate) mod schedule;
pub(crate) mod user;
pub(crate) mod websocket;

use environment::Environment;
use std::time::Duration;

pub(crate) use head::checklist_name;
use inputs::Input;
use notify::Notify;
use phase::Phase;
use policy::Policy;
use rollback::Rollback;
use user::User;

use crate::diagnostic::Problems;
use crate::reading::{self, Fields};

/// The longest list of phases.
const MAX_PHASES: usize = 256;

/// The longest list of users.
const MAX_USERS: usize = 16;

/// The longest list of policies.
const MAX_POLICIES: usize = 16;

/// The longest list of those who are told.
const MAX_NOTIFY: usize = 8;

/// A bundle as it is written.
#[derive(Debug, Default)]
pub(crate) struct Authored {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) inputs: Vec<Input>,
    pub(crate) environments: Vec<Environment>,
    pub(crate) phases: Vec<Phase>,
    pub(crate) users: Vec<User>,
    pub(crate) policies: Vec<Policy>,
    /// How far ticks are apart; none if it is not said.
    tick: Option<Duration>,
    pub(crate) rollback: Option<Rollback>,
    pub(crate) notify: Vec<Notify>,
}

impl Authored {
    /// Reads what can be read. None if the syntax is broken.
    pub(crate) fn parse(text: &str, problems: &mut Problems<'_>) -> Option<Self> {
        let value = reading::parse(text, problems)?;
        let mut top = Fields::open(&value, "a bundle", problems)?;
        let mut authored = Self::default();
        if top.take("bundle").is_none() {
            problems.whole("a bundle begins with [bundle]", None);
        } else if let Some(head) = top.table("bundle", problems) {
            authored.head(head, problems);
        }
        if let Some(value) = top.take("inputs") {
            inputs::read(value, "", &mut authored.inputs, problems);
        }
        for (name, value) in top.entries("environments", problems) {
            authored.environments.extend(Environment::read(&name, value, problems));
        }
        let phases = top.list("phase", problems).unwrap_or_default();
        if phases.is_empty() {
            problems.whole("a bundle has at least one [[phase]]", None);
        } else if phases.len() > MAX_PHASES {
            problems.whole(format!("a bundle has at most {MAX_PHASES} phases"), None);
        }
        authored.phases = phases.iter().take(MAX_PHASES).filter_map(|value| Phase::read(value, problems)).collect();
        let users = top.list("user", problems).unwrap_or_default();
        if users.len() > MAX_USERS {
            problems.whole(format!("a bundle has at most {MAX_USERS} kinds of users"), None);
        }
        authored.users = users.iter().take(MAX_USERS).filter_map(|value| User::read(value, problems)).collect();
        let policies = top.list("policy", problems).unwrap_or_default();
        if policies.len() > MAX_POLICIES {
            problems.whole(format!("a bundle has at most {MAX_POLICIES} policies"), None);
        }
        authored.policies =
            policies.iter().take(MAX_POLICIES).filter_map(|value| Policy::read(value, problems)).collect();
        authored.rollback = top.take("rollback").and_then(|value| Rollback::read(value, problems));
        let notify = top.list("notify", problems).unwrap_or_default();
        if notify.len() > MAX_NOTIFY {
            problems.whole(format!("a bundle has at most {MAX_NOTIFY} tables of notify"), None);
        }
        authored.notify = notify.iter().take(MAX_NOTIFY).filter_map(|value| Notify::read(value, problems)).collect();
        top.close(problems);
        Some(authored)
    }
}
