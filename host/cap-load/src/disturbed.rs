//! What goes wrong on purpose in a load: whether such a plan has a meaning, and what was done of it. Pure.

use std::collections::BTreeMap;

use holdpoint_cap_http::{Misshapen, user::Harm};
use serde::{Deserialize, Serialize};

use crate::{Disturbed, HarmCount, PlannedDisturbance, Work, counted::add};

/// One user, or one request, in so many at least.
const RAREST: u32 = 10_000;

/// What was done so far. None of it feeds anything but this.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Harms {
    /// Iterations of users that were harmed.
    pub(crate) iterations: u32,
    /// Of these users those that ended before the load did.
    pub(crate) users_lost: u32,
    times: BTreeMap<Harm, u32>,
}

impl Harms {
    pub(crate) fn done(&mut self, harm: Harm) {
        add(self.times.entry(harm).or_default(), 1);
    }

    pub(crate) fn iteration(&mut self) {
        add(&mut self.iterations, 1);
    }

    pub(crate) fn loss(&mut self) {
        add(&mut self.users_lost, 1);
    }

    pub(crate) fn told(&self, seed: u32) -> Disturbed {
        let harms = self.times.iter().map(|(harm, times)| HarmCount { harm: *harm, times: *times }).collect();
        Disturbed { seed, iterations: self.iterations, users_lost: self.users_lost, harms }
    }
}

/// Checks a plan for so many users.
pub(crate) fn check(plan: &PlannedDisturbance, work: &Work, users: u32) -> Result<(), Misshapen> {
    let PlannedDisturbance { users_one_in, requests_one_in, harms, .. } = plan;
    let misshapen = |reason: String, remedy| Err(Misshapen { reason, remedy });
    if matches!(work, Work::Request { .. }) {
        return misshapen(
            "a request that is repeated is no user that could be harmed".into(),
            "let users of the bundle act",
        );
    }
    // One that harms everybody would leave nobody to compare with.
    if !(2..=RAREST).contains(users_one_in) || *users_one_in > users {
        let reason = format!("of {users} users one in {users_one_in} can't be harmed");
        return misshapen(reason, "harm one in 2 to 10,000, and no fewer than one of all");
    }
    if !(1..=RAREST).contains(requests_one_in) {
        let reason = format!("one in {requests_one_in} requests can't go wrong");
        return misshapen(reason, "let one in 1 to 10,000 go wrong");
    }
    if harms.is_empty() {
        return misshapen("no kind of harm is named".into(), "name at least one");
    }
    if harms.len() > Harm::ALL.len() {
        return misshapen(format!("{} harms are named, of {}", harms.len(), Harm::ALL.len()), "name each once");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use holdpoint_cap_http::{Request, Target};

    use super::*;

    #[test]
    fn somebody_is_harmed_by_something_and_somebody_is_not() {
        let fine = PlannedDisturbance { seed: None, users_one_in: 3, requests_one_in: 1, harms: Harm::ALL.to_vec() };
        let work = Work::User { id: "a".into(), config: String::new() };
        assert!(check(&fine, &work, 3).is_ok());
        let with = |users_one_in, requests_one_in| PlannedDisturbance { users_one_in, requests_one_in, ..fine.clone() };
        for (plan, why) in [
            (with(0, 1), "one in 0 can't be harmed"),
            (with(1, 1), "one in 1 can't be harmed"),
            (with(4, 1), "of 3 users one in 4 can't be harmed"),
            (with(u32::MAX, 1), "can't be harmed"),
            (with(3, 0), "one in 0 requests can't go wrong"),
            (with(3, 10_001), "one in 10001 requests can't go wrong"),
            (PlannedDisturbance { harms: vec![], ..fine.clone() }, "no kind of harm is named"),
            (PlannedDisturbance { harms: vec![Harm::Slow; 100_000], ..fine.clone() }, "100000 harms are named, of 9"),
        ] {
            let refused = check(&plan, &work, 3).unwrap_err();
            assert!(refused.reason.contains(why), "{}", refused.reason);
        }
        let request = Request::get(Target::Service { service: "backend".into(), path: "/".into() });
        let refused = check(&fine, &Work::Request { request, expected: vec![] }, 3).unwrap_err();
        assert!(refused.reason.contains("is no user"), "{}", refused.reason);
    }

    #[test]
    fn what_was_done_is_told_by_its_kind() {
        let mut harms = Harms::default();
        [Harm::Reset, Harm::Abort, Harm::Reset].into_iter().for_each(|harm| harms.done(harm));
        let told = harms.told(7);
        let expected = [HarmCount { harm: Harm::Abort, times: 1 }, HarmCount { harm: Harm::Reset, times: 2 }];
        assert_eq!((told.seed, &told.harms[..]), (7, &expected[..]));
    }
}
