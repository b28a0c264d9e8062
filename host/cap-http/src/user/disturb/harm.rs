//! Which requests of which users go wrong on purpose, and how. Pure: the same seed gives the same plan, on every machine and after a crash.

use holdpoint_model::Digest;
use serde::{Deserialize, Serialize};

/// How a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Harm {
    /// The user is gone in the middle of its request.
    Abort,
    /// The request comes in pieces, with pauses between them.
    Slow,
    /// Bytes that are no HTTP come in its place.
    Malformed,
    /// The connection is reset in the middle of the request.
    Reset,
    /// Its head is larger than servers take.
    Oversized,
    /// The answer arrives late.
    Delay,
    /// The connection is reset when the answer comes.
    ResetAnswer,
    /// The answer ends early.
    Truncate,
    /// Nothing passes, and the connection stays open.
    Blackhole,
}

impl Harm {
    /// All of them: what users do, and then what happens to their connections.
    pub const ALL: [Self; 9] = [
        Self::Abort,
        Self::Slow,
        Self::Malformed,
        Self::Reset,
        Self::Oversized,
        Self::Delay,
        Self::ResetAnswer,
        Self::Truncate,
        Self::Blackhole,
    ];
}

/// Who is harmed how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disturbance {
    pub seed: u32,
    /// Of so many users one is harmed.
    pub users_one_in: u32,
    /// Of so many requests of a harmed user one goes wrong.
    pub requests_one_in: u32,
    /// They take turns.
    pub harms: Vec<Harm>,
}

/// What is done to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Harming {
    pub(crate) harm: Harm,
    /// For what of it differs from one request to the next.
    pub(crate) draw: u64,
}

impl Disturbance {
    /// Whether the user with this number is harmed at all: exactly one in each row of so many.
    pub fn is_harmed(&self, user: u32) -> bool {
        let one_in = self.users_one_in.max(1);
        let row = user / one_in;
        u64::from(user % one_in) == self.draw("user", &[row]) % u64::from(one_in)
    }

    /// What happens to a request of a user, both counted from 0: of each row of so many exactly one goes wrong.
    pub fn harm(&self, user: u32, request: u32) -> Option<Harm> {
        self.harming(user, request).map(|harming| harming.harm)
    }

    pub(crate) fn harming(&self, user: u32, request: u32) -> Option<Harming> {
        let kinds = self.harms.len() as u64;
        if kinds == 0 || !self.is_harmed(user) {
            return None;
        }
        let one_in = self.requests_one_in.max(1);
        let row = request / one_in;
        if u64::from(request % one_in) != self.draw("request", &[user, row]) % u64::from(one_in) {
            return None;
        }
        // In turns, so that a short load has all of them; where they begin is the user's own.
        let turn = (self.draw("turn", &[user]) % kinds + u64::from(row)) % kinds;
        let harm = usize::try_from(turn).ok().and_then(|turn| self.harms.get(turn))?;
        Some(Harming { harm: *harm, draw: self.draw("harm", &[user, request]) })
    }

    fn draw(&self, what: &str, numbers: &[u32]) -> u64 {
        let mut parts = vec![b"disturbance".to_vec(), what.as_bytes().to_vec(), self.seed.to_le_bytes().to_vec()];
        parts.extend(numbers.iter().map(|number| number.to_le_bytes().to_vec()));
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let digest = Digest::of_parts(&parts);
        digest.0.iter().take(8).fold(0, |drawn, byte| drawn << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn disturbance(seed: u32, users_one_in: u32, requests_one_in: u32) -> Disturbance {
        Disturbance { seed, users_one_in, requests_one_in, harms: Harm::ALL.to_vec() }
    }

    #[test]
    fn the_plan_of_a_seed_is_what_it_always_was() {
        let plan = disturbance(7, 4, 3);
        let harmed: Vec<u32> = (0..20).filter(|user| plan.is_harmed(*user)).collect();
        assert_eq!(harmed, HARMED);
        let first: Vec<_> = (0..12).filter_map(|request| Some((request, plan.harm(harmed[0], request)?))).collect();
        assert_eq!(first, FIRST);
    }

    #[test]
    fn without_a_kind_nobody_is_harmed() {
        let plan = Disturbance { harms: vec![], ..disturbance(7, 2, 1) };
        assert!((0..100).all(|user| plan.harm(user, user).is_none()));
    }

    proptest! {
        #[test]
        fn the_same_seed_is_the_same_plan_and_another_seed_another(seed in any::<u32>()) {
            let all = |seed| {
                let plan = disturbance(seed, 3, 4);
                (0..60).flat_map(|user| (0..40).map(move |request| (user, request)))
                    .map(|(user, request)| plan.harming(user, request)).collect::<Vec<_>>()
            };
            prop_assert_eq!(all(seed), all(seed));
            prop_assert_ne!(all(seed), all(seed.wrapping_add(1)));
        }

        #[test]
        fn exactly_one_in_so_many_is_harmed(seed in any::<u32>(), users in 2u32..50, requests in 1u32..50) {
            let plan = disturbance(seed, users, requests);
            for row in 0..20 {
                let harmed: Vec<u32> = (row * users..(row + 1) * users).filter(|user| plan.is_harmed(*user)).collect();
                prop_assert_eq!(harmed.len(), 1);
                let wrong = (row * requests..(row + 1) * requests).filter(|n| plan.harm(harmed[0], *n).is_some());
                prop_assert_eq!(wrong.count(), 1);
            }
        }

        #[test]
        fn nobody_else_is_ever_harmed(seed in any::<u32>(), one_in in 2u32..50, user in any::<u32>(), request in any::<u32>()) {
            let plan = disturbance(seed, one_in, 1);
            prop_assert_eq!(plan.harm(user, request).is_some(), plan.is_harmed(user));
        }

        #[test]
        fn all_kinds_take_turns(seed in any::<u32>(), requests in 1u32..9) {
            let plan = disturbance(seed, 2, requests);
            let user = (0..2).find(|user| plan.is_harmed(*user)).unwrap();
            let kinds: BTreeSet<Harm> = (0..9 * requests).filter_map(|request| plan.harm(user, request)).collect();
            prop_assert_eq!(kinds.len(), Harm::ALL.len());
        }
    }

    const HARMED: [u32; 5] = [2, 5, 11, 15, 17];
    const FIRST: [(u32, Harm); 4] =
        [(1, Harm::ResetAnswer), (4, Harm::Truncate), (8, Harm::Blackhole), (10, Harm::Abort)];
}
