//! What one lane does: scope by scope a clean run, and beside it a run for each fault.

use std::panic::{self, AssertUnwindSafe};
use std::time::Instant;

use anyhow::{Result, anyhow, ensure};

use super::clean::clean;
use super::compare;
use super::found::Found;
use super::lanes::Stop;
use super::runs::{self, judged};
use super::share::Work;
use super::whole;
use crate::demo::{Fault, Lane, Outcome, Scope};
use crate::project::Project;
use crate::sh::say;

/// How faults are looked for, whichever they are.
#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) project: &'a Project,
    /// A clean release of the first lane that is there already.
    pub(super) released: Option<&'a Outcome>,
    /// The rows for which a release is taken back, where the whole bundle is run for each fault.
    pub(super) whole: Option<Vec<String>>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) found: Vec<Found>,
    /// Why scopes were not looked through to their end, a line each.
    pub(super) failures: Vec<String>,
    /// How many faults nobody looked for, because what they strike is not here.
    pub(super) left_out: usize,
}

impl Look<'_> {
    /// Everything of a lane, told as it comes. A scope that can't be looked through keeps no other from being, and one that is not begun any more is
    /// told like it.
    pub(super) fn along(&self, lane: Lane, works: &[Work], stop: &Stop, tell: &impl Fn(&Found)) -> Looked {
        let mut looked = Looked::default();
        for work in works {
            let end = unpanicked(|| {
                self.within(lane, work, stop, |found| {
                    tell(&found);
                    looked.found.push(found);
                })
            });
            if let Err(error) = end {
                let failure = format!("{lane}, {:?}: {error:#}", work.scope);
                say("faults", &failure);
                looked.failures.push(failure);
            }
        }
        looked
    }

    fn within(&self, lane: Lane, work: &Work, stop: &Stop, mut take: impl FnMut(Found)) -> Result<()> {
        let scope = work.scope;
        ensure!(!stop.is_set(), "interrupted");
        let beside = match self.released.filter(|_| scope == Scope::Release && lane.is_first()) {
            Some(released) => released.clone(),
            None => clean(self.project, lane, scope)?,
        };
        for (seed, fault) in &work.faults {
            ensure!(!stop.is_set(), "interrupted");
            let found = self.one((lane, scope), (*fault, *seed), &beside)?;
            // What was ended has not shown anything.
            ensure!(!stop.is_set(), "interrupted");
            say("faults", &format!("{} {}", found.fault, if found.is_well() { "is caught" } else { "is not caught" }));
            take(found);
        }
        Ok(())
    }

    fn one(&self, (lane, scope): (Lane, Scope), (fault, seed): (Fault, u64), beside: &Outcome) -> Result<Found> {
        let begun = Instant::now();
        let (faulted, report) = judged(&runs::demo(self.project, lane, scope, Some((fault, seed))))?;
        let well = if scope.scale().is_some() { "not-exercised" } else { "pass" };
        let (requirement, exit) = match &self.whole {
            Some(taken_back_for) => whole::wanted(fault, &faulted, taken_back_for),
            None => (fault.requirement(), fault.exit()),
        };
        let wanted = compare::Wanted { requirement, exit, well };
        let mut wrong = compare::of_faulted(beside, &faulted, wanted);
        wrong.extend(compare::of_row(&report, requirement));
        let unrelated = compare::unrelated(beside, &faulted, &report, wanted);
        let (name, expected) = (fault.name(), fault.requirement());
        Ok(Found { fault: name, seed, expected, wrong, unrelated, seconds: begun.elapsed().as_secs_f64() })
    }
}

/// A store that can't be started panics, which is a failure of its scope alone.
fn unpanicked<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(anyhow!("it panicked")))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn what_is_not_begun_any_more_is_told() {
        let project = Project { root: PathBuf::new(), target: PathBuf::new(), packages: vec![] };
        let look = Look { project: &project, released: None, whole: None };
        let stop = Stop::default();
        stop.set();
        let works = [Scope::Quiet, Scope::Pool].map(|scope| Work { scope, faults: vec![] });
        let looked = look.along(Lane::FIRST, &works, &stop, &|_: &Found| {});
        assert_eq!(looked.failures, ["lane 1, Quiet: interrupted", "lane 1, Pool: interrupted"]);
    }

    #[test]
    fn a_panic_is_a_failure() {
        let end: Result<()> = unpanicked(|| panic!("on purpose"));
        assert_eq!(end.unwrap_err().to_string(), "it panicked");
        assert_eq!(unpanicked(|| Ok(3)).unwrap(), 3);
    }
}
