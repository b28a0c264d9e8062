//! Load: how much of it a phase may put on what its other grants let it ask.
//!
//! A grant of load holds bounds and no destination: every request of a load needs a grant of `http` as well. A bound that is not stated is
//! not granted. Where the work of a load is done by users of the bundle, it names which; each of those has grants of its own.

use std::time::Duration;

use super::{Missing, format_duration};
use crate::{Denial, PhaseId};

/// The most that a phase may have going at once and in all, or that the operator allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadGrant {
    /// Users side by side: requests that may be under way at once.
    pub max_users: u32,
    /// Iterations started in any second.
    pub max_rate: u32,
    /// Of one load, from its start to its last start of an iteration.
    pub max_duration: Duration,
    /// Requests of one load.
    pub max_requests: u32,
    /// Some users of a load may misbehave on purpose, and their connections be disturbed.
    pub disturb: bool,
    /// Users of the bundle that a load may be made of. The operator allows what these may ask, and not their names.
    pub users: Vec<PhaseId>,
}

/// What a plan of a load comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadAsk {
    pub users: u32,
    /// Iterations a second at the highest; none where the pace is the users' own.
    pub rate: Option<f64>,
    pub duration: Duration,
    /// Iterations in all, where the plan says.
    pub iterations: Option<f64>,
}

impl LoadGrant {
    /// The first bound that a plan exceeds, in words.
    fn exceeded(&self, ask: &LoadAsk) -> Option<String> {
        let Self { max_users, max_rate, max_duration, max_requests, .. } = *self;
        if ask.users > max_users {
            return Some(format!("{} users are more than max-users = {max_users}", ask.users));
        }
        if let Some(rate) = ask.rate.filter(|rate| rate.is_nan() || *rate > f64::from(max_rate)) {
            return Some(format!("{rate} iterations a second are more than max-rate = {max_rate}"));
        }
        if ask.duration > max_duration {
            let (asked, most) = (format_duration(ask.duration), format_duration(max_duration));
            return Some(format!("{asked} is longer than max-duration = \"{most}\""));
        }
        let iterations = ask.iterations.filter(|all| all.is_nan() || *all > f64::from(max_requests));
        iterations.map(|all| format!("{all} iterations are more than max-requests = {max_requests}"))
    }

    /// What it lets through, for a person.
    pub fn words(&self) -> String {
        let Self { max_users, max_rate, max_duration, max_requests, disturb, users } = self;
        let disturb = if *disturb { ", which disturbs on purpose" } else { "" };
        let duration = format_duration(*max_duration);
        let users: Vec<&str> = users.iter().map(PhaseId::as_str).collect();
        let users = if users.is_empty() { String::new() } else { format!(", also by {}", users.join(", ")) };
        format!(
            "load of at most {max_users} users, {max_rate} iterations a second, {duration} and {max_requests} requests{users}{disturb}"
        )
    }

    /// Its bounds as a line of an operator's file.
    pub fn to_toml(&self) -> String {
        let Self { max_users, max_rate, max_duration, max_requests, disturb, .. } = self;
        let duration = format_duration(*max_duration);
        let disturb = if *disturb { ", disturb = true" } else { "" };
        format!(
            "{{ max-users = {max_users}, max-rate = {max_rate}, max-duration = \"{duration}\", max-requests = {max_requests}{disturb} }}"
        )
    }

    /// The smallest bounds that let through what either does.
    pub fn union(&self, other: &Self) -> Self {
        Self {
            max_users: self.max_users.max(other.max_users),
            max_rate: self.max_rate.max(other.max_rate),
            max_duration: self.max_duration.max(other.max_duration),
            max_requests: self.max_requests.max(other.max_requests),
            disturb: self.disturb || other.disturb,
            users: vec![],
        }
    }

    fn within(&self, other: &Self) -> bool {
        self.max_users <= other.max_users
            && self.max_rate <= other.max_rate
            && self.max_duration <= other.max_duration
            && self.max_requests <= other.max_requests
            && self.disturb <= other.disturb
    }
}

/// Decides about a plan.
pub(super) fn judge(phase: &PhaseId, grant: Option<&LoadGrant>, ask: &LoadAsk) -> Result<LoadGrant, Denial> {
    let denial = |reason: String, remedy: String| Denial { wanted: wanted(ask), reason, remedy };
    let Some(grant) = grant else {
        let line = "load = { max-users = …, max-rate = …, max-duration = \"…\", max-requests = … }";
        return Err(denial(
            "the phase has no grant of load".into(),
            format!(
                "to allow it, add to [phase.grants] of '{phase}' in bundle.toml:\n    {line}\nand to the operator's file, which bounds every bundle on this machine"
            ),
        ));
    };
    match grant.exceeded(ask) {
        None => Ok(grant.clone()),
        Some(reason) => Err(denial(
            reason,
            format!(
                "ask for less, or raise it in [phase.grants] of '{phase}' in bundle.toml and in the operator's file"
            ),
        )),
    }
}

/// Decides about faults on purpose.
pub(super) fn judge_disturbance(phase: &PhaseId, grant: Option<&LoadGrant>) -> Result<(), Denial> {
    if grant.is_some_and(|grant| grant.disturb) {
        return Ok(());
    }
    Err(Denial {
        wanted: "load that disturbs on purpose".into(),
        reason: "the grant of load does not let it disturb".into(),
        remedy: format!(
            "to allow it, add to `load` in [phase.grants] of '{phase}' in bundle.toml: disturb = true\nand name the environment in `disruptive` of \
             the operator's file"
        ),
    })
}

/// Decides about users of the bundle by their name.
pub(super) fn judge_user(phase: &PhaseId, grant: Option<&LoadGrant>, name: &str) -> Result<(), Denial> {
    let users = grant.map_or(&[][..], |grant| &grant.users);
    if users.iter().any(|user| user.as_str() == name) {
        return Ok(());
    }
    let granted: Vec<&str> = users.iter().map(PhaseId::as_str).collect();
    let reason = match &granted[..] {
        [] => "the grant of load names no users".to_owned(),
        granted => format!("the grant of load names other users: {}", granted.join(", ")),
    };
    let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    Err(Denial {
        wanted: format!("load by the users `{name}`"),
        reason,
        remedy: format!(
            "to allow it, add to `load` in [phase.grants] of '{phase}' in bundle.toml: users = [\"{name}\"]"
        ),
    })
}

fn wanted(ask: &LoadAsk) -> String {
    let rate = ask.rate.map_or(String::new(), |rate| format!(", {rate} iterations a second"));
    format!("load with {} users{rate} for {}", ask.users, format_duration(ask.duration))
}

/// What is asked beyond what the operator allows.
pub(super) fn missing(ask: Option<&LoadGrant>, ceiling: Option<&LoadGrant>) -> Vec<Missing> {
    let lacking = ask.filter(|ask| !ceiling.is_some_and(|ceiling| ask.within(ceiling)));
    let told =
        |grant: &LoadGrant| Missing { what: grant.words(), table: "", line: format!("load = {}", grant.to_toml()) };
    lacking.map(told).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRANT: LoadGrant = LoadGrant {
        max_users: 10,
        max_rate: 20,
        max_duration: Duration::from_secs(60),
        max_requests: 1_000,
        disturb: false,
        users: vec![],
    };
    const ASK: LoadAsk =
        LoadAsk { users: 10, rate: Some(20.0), duration: Duration::from_secs(60), iterations: Some(1_000.0) };

    fn judged(grant: Option<&LoadGrant>, ask: &LoadAsk) -> Result<LoadGrant, Denial> {
        judge(&PhaseId::parse("deploy").unwrap(), grant, ask)
    }

    #[test]
    fn a_plan_stays_within_every_bound() {
        assert_eq!(judged(Some(&GRANT), &ASK), Ok(GRANT));
        for (ask, why) in [
            (LoadAsk { users: 11, ..ASK }, "11 users are more than max-users = 10"),
            (LoadAsk { rate: Some(20.5), ..ASK }, "20.5 iterations a second are more than max-rate = 20"),
            (LoadAsk { rate: Some(f64::NAN), ..ASK }, "NaN iterations a second are more than max-rate = 20"),
            (LoadAsk { duration: Duration::from_secs(61), ..ASK }, "61s is longer than max-duration = \"1m\""),
            (LoadAsk { iterations: Some(1_001.0), ..ASK }, "1001 iterations are more than max-requests = 1000"),
        ] {
            assert_eq!(judged(Some(&GRANT), &ask).unwrap_err().reason, why);
        }
    }

    #[test]
    fn users_are_named() {
        let phase = PhaseId::parse("deploy").unwrap();
        let grant = LoadGrant { users: vec![PhaseId::parse("browse-user").unwrap()], ..GRANT };
        assert_eq!(judge_user(&phase, Some(&grant), "browse-user"), Ok(()));
        assert!(grant.words().ends_with("1000 requests, also by browse-user"), "{}", grant.words());
        let reason = |grant: Option<&LoadGrant>, name| judge_user(&phase, grant, name).unwrap_err().reason;
        assert_eq!(reason(Some(&grant), "chat-user"), "the grant of load names other users: browse-user");
        assert_eq!(reason(Some(&GRANT), "browse-user"), "the grant of load names no users");
        assert_eq!(reason(None, ""), "the grant of load names no users");
        assert_eq!(missing(Some(&grant), Some(&GRANT)), [], "whom a load is made of is the bundle's affair");
    }

    #[test]
    fn a_union_covers_both() {
        let (many, long) = (
            LoadGrant { max_users: 99, max_rate: 1, ..GRANT },
            LoadGrant { max_duration: Duration::from_secs(99), max_requests: 1, ..GRANT },
        );
        let both = many.union(&long);
        assert!(many.within(&both) && long.within(&both), "{both:?}");
        assert_eq!(both, LoadGrant { max_users: 99, max_duration: Duration::from_secs(99), ..GRANT });
    }

    #[test]
    fn no_grant_grants_nothing_and_says_what_would() {
        let denial = judged(None, &ASK).unwrap_err();
        assert_eq!(denial.wanted, "load with 10 users, 20 iterations a second for 1m");
        assert!(denial.remedy.contains("of 'deploy' in bundle.toml:\n    load = { max-users"), "{}", denial.remedy);
    }

    #[test]
    fn a_bundle_asks_no_more_than_the_operator_allows_in_any_bound() {
        assert_eq!(missing(None, None), []);
        assert_eq!(missing(Some(&GRANT), Some(&GRANT)), []);
        let line = "load = { max-users = 10, max-rate = 20, max-duration = \"1m\", max-requests = 1000 }";
        for ceiling in [
            None,
            Some(LoadGrant { max_users: 9, ..GRANT }),
            Some(LoadGrant { max_rate: 19, ..GRANT }),
            Some(LoadGrant { max_duration: Duration::from_secs(59), ..GRANT }),
            Some(LoadGrant { max_requests: 999, ..GRANT }),
        ] {
            assert_eq!(missing(Some(&GRANT), ceiling.as_ref())[0].line, line, "{ceiling:?}");
        }
        let disturbing = LoadGrant { disturb: true, ..GRANT };
        assert_eq!(missing(Some(&GRANT), Some(&disturbing)), []);
        let lacking = missing(Some(&disturbing), Some(&GRANT));
        assert!(lacking[0].line.ends_with("max-requests = 1000, disturb = true }"), "{lacking:?}");
        assert!(lacking[0].what.ends_with("which disturbs on purpose"), "{lacking:?}");
        assert_eq!(GRANT.union(&disturbing), disturbing);
    }

    #[test]
    fn who_may_disturb_is_said_apart() {
        let phase = PhaseId::parse("deploy").unwrap();
        assert_eq!(judge_disturbance(&phase, Some(&LoadGrant { disturb: true, ..GRANT })), Ok(()));
        for grant in [None, Some(&GRANT)] {
            let denial = judge_disturbance(&phase, grant).unwrap_err();
            assert!(denial.remedy.contains("disturb = true"), "{denial:?}");
        }
    }
}
