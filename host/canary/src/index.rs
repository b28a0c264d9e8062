//! Whose a group is. The only thing that grows with the number of users.

use std::collections::HashMap;

use crate::canaries::{Canaries, Canary};
use crate::code::{GROUPS, Guard};
use crate::finding::Owner;

/// How many users an index takes.
pub const MOST_USERS: u32 = 1 << 20;

/// Why there is no index or no scanner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More users than [`MOST_USERS`].
    #[error("an index of canaries for {wanted} users, more than {MOST_USERS}")]
    TooManyUsers {
        /// How many were asked for.
        wanted: u64,
    },
    /// Sets of several runs.
    #[error("an index over canaries of more than one run; each run has its own key")]
    OtherRun,
    /// No set, so nothing could be found.
    #[error("an index over no canaries, which finds nothing")]
    Empty,
    /// A receiver whose canary nobody knows, so that its own would not be told from others.
    #[error("no user {user} in set {set} of the index", user = .0.user, set = .0.set)]
    Unknown(Owner),
}

/// All canaries that may be found: of one load, or also of those beside it and of incarnations before it. About 100 bytes a user.
#[derive(Debug)]
pub struct Index {
    guard: Guard,
    /// Where the numbers of each set begin, and one entry behind the last.
    starts: Vec<u32>,
    canaries: Vec<Canary>,
    /// For each group the place of the last canary that has it: number of the canary × 4 + number of the group.
    places: HashMap<u64, u32>,
    /// For a place the one before it with the same group. Two users in thousands share one.
    twins: HashMap<u32, u32>,
}

impl Index {
    /// Looks for the canaries of these users: of each set the first ones, as many as are named.
    pub fn new<'c>(sets: impl IntoIterator<Item = (&'c Canaries, u32)>) -> Result<Self, Error> {
        let sets: Vec<_> = sets.into_iter().collect();
        let guard = sets.first().ok_or(Error::Empty)?.0.guard().clone();
        if sets.iter().any(|(canaries, _)| *canaries.guard() != guard) {
            return Err(Error::OtherRun);
        }
        let wanted = sets.iter().map(|(_, users)| u64::from(*users)).sum();
        if wanted == 0 {
            return Err(Error::Empty);
        }
        if wanted > u64::from(MOST_USERS) {
            return Err(Error::TooManyUsers { wanted });
        }
        let mut starts = vec![0];
        let mut all = Vec::with_capacity(wanted as usize);
        for (canaries, users) in sets {
            all.extend((0..users).map(|user| canaries.canary(user)));
            starts.push(all.len() as u32);
        }
        Ok(Self::over(guard, starts, all))
    }

    fn over(guard: Guard, starts: Vec<u32>, canaries: Vec<Canary>) -> Self {
        let mut places = HashMap::with_capacity(canaries.len() * GROUPS);
        let mut twins = HashMap::new();
        for (place, group) in canaries.iter().flat_map(|canary| canary.0).enumerate() {
            if let Some(before) = places.insert(group, place as u32) {
                twins.insert(place as u32, before);
            }
        }
        Self { guard, starts, canaries, places, twins }
    }

    /// Whether a group may be one of a canary.
    #[inline]
    pub(crate) fn may_hold(&self, group: u64) -> bool {
        self.guard.holds(group)
    }

    /// The canaries that have a group, and which of their groups it is.
    pub(crate) fn places(&self, group: u64) -> impl Iterator<Item = (u32, usize)> {
        std::iter::successors(self.places.get(&group), |place| self.twins.get(place))
            .map(|place| (place / GROUPS as u32, *place as usize % GROUPS))
    }

    pub(crate) fn canary(&self, number: u32) -> &Canary {
        &self.canaries[number as usize]
    }

    pub(crate) fn number(&self, owner: Owner) -> Result<u32, Error> {
        let bounds = self.starts.get(owner.set as usize..).unwrap_or_default();
        match bounds {
            [start, end, ..] if owner.user < end - start => Ok(start + owner.user),
            _ => Err(Error::Unknown(owner)),
        }
    }

    pub(crate) fn owner(&self, number: u32) -> Owner {
        let set = self.starts.partition_point(|start| *start <= number) - 1;
        Owner { set: set as u32, user: number - self.starts[set] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;

    fn canaries(load: &str) -> Canaries {
        Canaries::new(&Key::of_run(&[5; 32], "run"), load, 0)
    }

    #[test]
    fn a_group_names_its_owner() {
        let (one, two) = (canaries("one"), canaries("two"));
        let index = Index::new([(&one, 300), (&two, 200)]).unwrap();
        for (set, of, users) in [(0, &one, 300), (1, &two, 200)] {
            for user in 0..users {
                let number = index.number(Owner { set, user }).unwrap();
                assert_eq!(index.owner(number), Owner { set, user });
                for (place, group) in of.canary(user).0.into_iter().enumerate() {
                    assert!(index.places(group).any(|found| found == (number, place)), "{set} {user} {place}");
                }
            }
        }
        assert_eq!(index.places(one.canary(300).0[0]).count(), 0);
    }

    #[test]
    fn users_that_share_a_group_are_all_named() {
        let guard = canaries("one").guard().clone();
        let shared = Canary([guard.group(1), guard.group(2), guard.group(3), guard.group(1)]);
        let other = Canary([guard.group(4), guard.group(1), guard.group(5), guard.group(6)]);
        let index = Index::over(guard.clone(), vec![0, 2], vec![shared, other]);
        assert_eq!(index.places(guard.group(1)).collect::<Vec<_>>(), [(1, 1), (0, 3), (0, 0)]);
    }

    #[test]
    fn what_is_no_index_says_why() {
        let elsewhere = Canaries::new(&Key::of_run(&[5; 32], "other"), "one", 0);
        let one = canaries("one");
        let why = |sets: Vec<(&Canaries, u32)>| Index::new(sets).unwrap_err().to_string();
        assert_eq!(why(vec![]), "an index over no canaries, which finds nothing");
        assert_eq!(why(vec![(&one, 0)]), "an index over no canaries, which finds nothing");
        assert_eq!(
            why(vec![(&one, 1), (&elsewhere, 1)]),
            "an index over canaries of more than one run; each run has its own key"
        );
        assert_eq!(
            why(vec![(&one, MOST_USERS), (&one, 1)]),
            "an index of canaries for 1048577 users, more than 1048576"
        );
        let index = Index::new([(&one, 10)]).unwrap();
        for (set, user) in [(0, 10), (1, 0), (2, 0), (u32::MAX, 0)] {
            let unknown = Owner { set, user };
            assert_eq!(index.number(unknown), Err(Error::Unknown(unknown)));
        }
        assert_eq!(Error::Unknown(Owner { set: 1, user: 7 }).to_string(), "no user 7 in set 1 of the index");
    }
}
