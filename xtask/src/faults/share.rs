//! Which lane looks in which scope: a scope stays in one lane, beside one clean run of it, and what is sensitive to time is never side by side.
//!
//! Decides over lists; starts nothing.

use std::cmp::Reverse;

use crate::demo::{Fault, Scope};

/// Where faults are looked for.
const SCOPES: [Scope; 20] = [
    Scope::Quiet,
    Scope::Load,
    Scope::Security,
    Scope::Rate,
    Scope::Logs,
    Scope::Logic,
    Scope::Sockets,
    Scope::Stores,
    Scope::Frontend,
    Scope::Pool,
    Scope::Churn,
    Scope::NextSteps,
    Scope::Monitoring,
    Scope::Watch,
    Scope::Hours,
    Scope::Stress,
    Scope::Night,
    Scope::Evening,
    Scope::Day,
    Scope::Release,
];

/// What is judged there are times and queues, which another heavy load would change. No two of them are side by side.
const HEAVY: [Scope; 6] = [Scope::Hours, Scope::Stress, Scope::Night, Scope::Evening, Scope::Day, Scope::Pool];

/// A scope with the faults that are looked for in it, each with what its parameters are drawn from.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) scope: Scope,
    pub(super) faults: Vec<(u64, Fault)>,
}

/// About how many seconds a run takes on two cores.
fn weight(scope: Scope) -> usize {
    match scope {
        Scope::Day | Scope::Evening => 130,
        Scope::Pool => 62,
        Scope::Hours => 52,
        Scope::Stress => 37,
        Scope::Night => 35,
        Scope::Release | Scope::Pageless | Scope::Storeless | Scope::Standing => 30,
        Scope::Watch => 28,
        Scope::Churn => 22,
        Scope::Load => 20,
        Scope::Monitoring => 17,
        Scope::Sockets => 16,
        Scope::Frontend => 10,
        Scope::Rate | Scope::Logs | Scope::Logic | Scope::Stores => 3,
        Scope::Quiet | Scope::Security | Scope::NextSteps => 1,
    }
}

impl Work {
    /// Its faults and the clean run beside them.
    fn seconds(&self) -> usize {
        weight(self.scope) * (self.faults.len() + 1)
    }
}

fn seconds(works: &[Work]) -> usize {
    works.iter().map(Work::seconds).sum()
}

/// The scopes in which something is looked for, by the scope of each fault.
pub(super) fn works(scope_of: fn(Fault) -> Scope, chosen: impl Fn(Fault) -> bool) -> Vec<Work> {
    let works = SCOPES.into_iter().map(|scope| {
        let faults = (1..).zip(Fault::all()).filter(|(_, fault)| scope_of(*fault) == scope && chosen(*fault));
        Work { scope, faults: faults.collect() }
    });
    works.filter(|work| !work.faults.is_empty()).collect()
}

/// Shares scopes out between so many lanes at most: the longest first, each to the lane that has least to do. The lane with the release stands first,
/// for there is the operator's file that a release was run with which is there already.
pub(super) fn shared(works: Vec<Work>, lanes: u16) -> Vec<Vec<Work>> {
    let (heavy, light): (Vec<Work>, Vec<Work>) = works.into_iter().partition(|work| HEAVY.contains(&work.scope));
    let mut pieces: Vec<Vec<Work>> = light.into_iter().map(|work| vec![work]).collect();
    pieces.push(heavy);
    pieces.sort_by_key(|piece| Reverse(seconds(piece)));
    let mut shares = vec![Vec::new(); usize::from(lanes.max(1))];
    for piece in pieces {
        if let Some(least) = shares.iter_mut().min_by_key(|share| seconds(share)) {
            least.extend(piece);
        }
    }
    shares.retain(|share| !share.is_empty());
    shares.sort_by_key(|share| !share.iter().any(|work| work.scope == Scope::Release));
    shares
}

#[cfg(test)]
mod tests {
    use super::super::command::is_first;
    use super::super::whole;
    use super::*;
    use crate::demo::Lane;

    fn all() -> Vec<Work> {
        works(Fault::scope, |_| true)
    }

    fn quick() -> Vec<Work> {
        works(Fault::scope, is_first)
    }

    fn names(works: &[Work]) -> Vec<&'static str> {
        let mut names: Vec<_> = works.iter().flat_map(|work| &work.faults).map(|(_, fault)| fault.name()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn every_fault_is_looked_for_in_one_scope_and_one_lane() {
        assert_eq!(names(&all()).len(), Fault::all().count());
        assert!(names(&quick()).len() >= 60, "{}", names(&quick()).len());
        for lanes in 0..=Lane::MOST {
            let shares = shared(all(), lanes);
            assert!(shares.len() <= usize::from(lanes.max(1)));
            assert_eq!(names(&shares.concat()), names(&all()), "{lanes}");
            for scope in SCOPES {
                let within = shares.iter().filter(|share| share.iter().any(|work| work.scope == scope)).count();
                let is_of_a_fault = all().iter().any(|work| work.scope == scope);
                assert_eq!(within, usize::from(is_of_a_fault), "{lanes} {scope:?}");
            }
        }
    }

    #[test]
    fn every_fault_is_looked_for_in_a_whole_too() {
        let wholes = works(whole::scope, |_| true);
        assert_eq!(names(&wholes), names(&all()));
        assert!(wholes.iter().any(|work| work.scope == Scope::Day), "{wholes:?}");
    }

    #[test]
    fn what_is_sensitive_to_time_is_in_one_lane() {
        for scope_of in [Fault::scope, whole::scope] {
            for lanes in 1..=Lane::MOST {
                let shares = shared(works(scope_of, |_| true), lanes);
                let heavy = |share: &&Vec<Work>| share.iter().any(|work| HEAVY.contains(&work.scope));
                assert_eq!(shares.iter().filter(heavy).count(), 1, "{lanes}");
            }
        }
    }

    #[test]
    fn the_release_is_in_the_first_lane() {
        for lanes in 1..=Lane::MOST {
            assert!(shared(quick(), lanes)[0].iter().any(|work| work.scope == Scope::Release), "{lanes}");
        }
    }

    #[test]
    fn the_longest_comes_first_and_lanes_end_within_their_time() {
        let shares = shared(quick(), 2);
        let longest = shares.iter().map(|share| seconds(share)).max().unwrap();
        assert!(longest <= 15 * 60, "{longest}");
        for share in shares {
            let times: Vec<usize> =
                share.iter().filter(|work| !HEAVY.contains(&work.scope)).map(Work::seconds).collect();
            assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
        }
    }

    #[test]
    fn without_anything_to_look_for_there_is_no_lane() {
        assert!(shared(works(Fault::scope, |_| false), 2).is_empty());
        assert_eq!(shared(works(Fault::scope, |fault| fault.name() == "slow"), 4).len(), 1);
    }
}
