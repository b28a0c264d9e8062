//! Load as it is granted, in `[phase.grants]` and in the entry of a bundle in the operator's file. Every bound has to be said: one that is not is
//! not granted.

use holdpoint_model::grant::{LoadGrant, parse_duration};

use crate::diagnostic::Problems;
use crate::reading::{Fields, Located};

/// What a grant looks like, for messages.
pub(crate) const EXAMPLE: &str =
    "load = { max-users = 20, max-rate = 10, max-duration = \"30m\", max-requests = 20000 }";

/// A phase's grant of load as it is written.
#[derive(Debug, Clone)]
pub(crate) struct AuthoredLoad {
    /// Names no users.
    pub(crate) bounds: LoadGrant,
    /// Users of the bundle.
    pub(crate) users: Vec<Located<String>>,
}

impl AuthoredLoad {
    /// Reads `load`, if it is there and whole.
    pub(crate) fn read(fields: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut load = fields.table("load", problems)?;
        let users = load.strings("users", problems).unwrap_or_default();
        Some(Self { bounds: bounds(load, problems)?, users })
    }

    /// Reads what an operator allows: bounds alone.
    pub(crate) fn read_allowed(fields: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<LoadGrant> {
        let load = fields.table("load", problems)?;
        bounds(load, problems)
    }
}

fn bounds(mut load: Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<LoadGrant> {
    let at = load.at;
    let max_users = load.count("max-users", problems);
    let max_rate = load.count("max-rate", problems);
    let max_duration = load.parsed("max-duration", parse_duration, problems);
    let max_requests = load.count("max-requests", problems);
    let disturb = load.boolean("disturb", problems).unwrap_or(false);
    let lacking = load.absent(&["max-users", "max-rate", "max-duration", "max-requests"]);
    load.close(problems);
    if !lacking.is_empty() {
        let hint = format!("say every bound, as in {EXAMPLE}");
        problems.at_with(at, format!("a grant of load lacks `{}`", lacking.join("`, `")), hint);
    }
    Some(LoadGrant {
        max_users: max_users?.value,
        max_rate: max_rate?.value,
        max_duration: max_duration?.value,
        max_requests: max_requests?.value,
        disturb,
        users: vec![],
    })
}
