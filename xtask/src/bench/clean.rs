//! Demonstrations in which nothing is wrong, one after the other: whether any row of any of them is a false alarm.

use std::fs;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::round::{HEAD, Round};
use crate::demo::{self, Demo, Lane, Outcome, Scope, Stdout};
use crate::faults::{self, Stop, Tally};
use crate::project::Project;
use crate::sh::say;

/// Where runs with a false alarm are kept, each until the next of its number.
const RUNS: &str = ".holdpoint/clean";
/// The names of what a demonstration does, in its order.
const NAMES: [&str; 3] = ["release", "day", "next-steps"];

/// So many clean demonstrations, each printed as it comes.
pub(super) fn figures(project: &Project, count: u32, json: bool) -> Result<()> {
    if !json {
        println!("{HEAD}");
    }
    each(project, count, None, |round| {
        if json {
            println!("{}", round.object());
        } else {
            println!("{}", round.row());
        }
    })
}

/// The same for people, compared with a release that is there already, if one is.
pub(crate) fn clean(project: &Project, count: u32, released: Option<&Outcome>) -> Result<()> {
    each(project, count, released, |round| say("clean", &round.row()))
}

/// Runs them all, also after a false alarm; fails if there was one.
fn each(project: &Project, count: u32, released: Option<&Outcome>, tell: impl Fn(&Round) + Sync) -> Result<()> {
    demo::build(project)?;
    let scopes = Scope::of_demo(demo::gcloud_is_here(), demo::ensure_stores()?, demo::ensure_browser()?);
    let clean = Clean { project, count, scopes, released };
    // One at a time: a signal that comes between two runs ends it as one that comes within a run does.
    faults::side_by_side(vec![()], |(), stop| clean.rounds(stop, &tell))?.into_iter().collect()
}

/// What is run how often.
#[derive(Debug)]
struct Clean<'a> {
    project: &'a Project,
    count: u32,
    scopes: [Scope; 3],
    released: Option<&'a Outcome>,
}

impl Clean<'_> {
    fn rounds(&self, stop: &Stop, tell: &impl Fn(&Round)) -> Result<()> {
        // What the first came to in which nothing was wrong is what all must come to.
        let mut first = [self.released.cloned(), None, None];
        let mut wrong = Vec::new();
        for number in 1..=self.count {
            let round = self.one(number, &mut first, stop)?;
            let found = round.alarms.iter().map(|alarm| format!("run {number} (seed {}): {alarm}", round.seed));
            // At once: whoever ends this in the midst of it knows them, too.
            found.clone().for_each(|alarm| say("clean", &alarm));
            wrong.extend(found);
            tell(&round);
        }
        let count = self.count;
        match wrong.len() {
            0 => say("clean", &well(count, self.scopes)),
            alarms => {
                bail!("{alarms} false alarms in {count} runs, which are kept below {RUNS}\n  {}", wrong.join("\n  "))
            }
        }
        Ok(())
    }

    /// One demonstration, in which the cloud draws other names and the time is another. As in any, the day passes beside the release.
    fn one(&self, number: u32, first: &mut [Option<Outcome>; 3], stop: &Stop) -> Result<Round> {
        let (seed, begun) = (demo::fresh_seed(), Instant::now());
        let demo = |part: usize, lane| Demo {
            project: self.project,
            setting: None,
            scope: self.scopes[part],
            json: true,
            stdout: Stdout::Keep,
            lane,
            cloud_seed: seed,
            runs: self.project.root.join(RUNS).join(number.to_string()).join(NAMES[part]),
        };
        let parts = [demo(0, Lane::FIRST), demo(1, Lane::numbered(2)), demo(2, Lane::FIRST)];
        ensure!(!stop.is_set(), "interrupted");
        let (release, day) = thread::scope(|scope| {
            let day = scope.spawn(|| faults::performed(&parts[1]));
            (faults::performed(&parts[0]), day.join().unwrap_or_else(|_| Err(anyhow!("it panicked"))))
        });
        let (release, day) = (release?, day?);
        ensure!(!stop.is_set(), "interrupted");
        let outcomes = [release, day, faults::performed(&parts[2])?];
        // What was ended has not shown anything.
        ensure!(!stop.is_set(), "interrupted");
        let mut alarms = Vec::new();
        for ((demo, outcome), (name, first)) in parts.iter().zip(&outcomes).zip(NAMES.into_iter().zip(first)) {
            let found = faults::alarms(first.as_ref(), outcome, demo.scope);
            keep(first, outcome, &found);
            if found.is_empty() {
                fs::remove_dir_all(&demo.runs).with_context(|| format!("remove {}", demo.runs.display()))?;
            }
            alarms.extend(found.into_iter().map(|alarm| format!("{name}: {alarm}")));
        }
        let exits = outcomes.iter().map(|outcome| outcome.exit).collect();
        let seconds = begun.elapsed().as_secs_f64();
        Ok(Round { number, seed, seconds, exits, rows: Tally::of(&outcomes), alarms })
    }
}

/// What is said where none was found. What was not run is not clean.
fn well(count: u32, [first, ..]: [Scope; 3]) -> String {
    match first {
        Scope::Release => format!("{count} runs without a false alarm"),
        part => format!("{count} runs without a false alarm, none of them of the whole release: {part:?}"),
    }
}

/// Keeps the first in which nothing is wrong. Beside one with a false alarm, those without it would be alarms.
fn keep(first: &mut Option<Outcome>, outcome: &Outcome, alarms: &[String]) {
    if first.is_none() && alarms.is_empty() {
        *first = Some(outcome.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Mutex;

    use super::*;
    use crate::digests::Digests;

    #[test]
    fn a_signal_between_two_runs_ends_them() {
        let project = Project { root: PathBuf::new(), target: PathBuf::new(), packages: vec![] };
        let scopes = Scope::of_demo(true, true, true);
        let (clean, stop) = (Clean { project: &project, count: 3, scopes, released: None }, Stop::default());
        stop.set();
        let told = Mutex::new(0);
        let end = clean.rounds(&stop, &|_: &Round| *told.lock().unwrap() += 1);
        assert_eq!(end.unwrap_err().to_string(), "interrupted");
        assert_eq!(told.into_inner().unwrap(), 0);
    }

    #[test]
    fn the_first_in_which_nothing_is_wrong_is_kept() {
        let outcome = |exit| Outcome { exit, object: None, digests: Digests::new() };
        let mut first = None;
        keep(&mut first, &outcome(1), &["P3.1 failed".to_owned()]);
        assert_eq!(first, None);
        keep(&mut first, &outcome(0), &[]);
        keep(&mut first, &outcome(7), &[]);
        assert_eq!(first, Some(outcome(0)));
    }

    #[test]
    fn what_was_left_out_is_said_beside_what_is_clean() {
        let whole = Scope::of_demo(true, true, true);
        assert_eq!(well(3, whole), "3 runs without a false alarm");
        assert!(well(3, Scope::of_demo(true, true, false)).ends_with("none of them of the whole release: Pageless"));
    }
}
