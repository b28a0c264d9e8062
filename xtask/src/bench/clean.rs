//! Demonstrations in which nothing is wrong, one after the other: whether any row of any of them is a false alarm.

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::round::{HEAD, Round};
use crate::demo::{self, Demo, Lane, Outcome, Scope, Stdout};
use crate::faults::{self, Tally};
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
fn each(project: &Project, count: u32, released: Option<&Outcome>, tell: impl Fn(&Round)) -> Result<()> {
    demo::build(project)?;
    let scopes = Scope::of_demo(demo::gcloud_is_here(), demo::ensure_stores()?, demo::ensure_browser()?);
    // What the first came to is what all must come to.
    let mut first = [released.cloned(), None, None];
    let mut wrong = Vec::new();
    for number in 1..=count {
        let round = one(project, number, scopes, &mut first)?;
        wrong.extend(round.alarms.iter().map(|alarm| format!("run {number} (seed {}): {alarm}", round.seed)));
        tell(&round);
    }
    match wrong.len() {
        0 => say("clean", &format!("{count} runs without a false alarm")),
        alarms => bail!("{alarms} false alarms in {count} runs, which are kept below {RUNS}\n  {}", wrong.join("\n  ")),
    }
    Ok(())
}

/// One demonstration, in which the cloud draws other names and the time is another.
fn one(project: &Project, number: u32, scopes: [Scope; 3], first: &mut [Option<Outcome>; 3]) -> Result<Round> {
    let (seed, begun) = (demo::fresh_seed(), Instant::now());
    let (mut alarms, mut outcomes) = (Vec::new(), Vec::new());
    for ((scope, name), first) in scopes.into_iter().zip(NAMES).zip(first) {
        let runs = project.root.join(RUNS).join(number.to_string()).join(name);
        let demo = Demo {
            project,
            setting: None,
            scope,
            json: true,
            stdout: Stdout::Keep,
            lane: Lane::FIRST,
            cloud_seed: seed,
            runs,
        };
        let outcome = faults::performed(&demo)?;
        let found = faults::alarms(first.as_ref(), &outcome, scope);
        if found.is_empty() {
            fs::remove_dir_all(&demo.runs).with_context(|| format!("remove {}", demo.runs.display()))?;
        }
        alarms.extend(found.into_iter().map(|alarm| format!("{name}: {alarm}")));
        if first.is_none() {
            *first = Some(outcome.clone());
        }
        outcomes.push(outcome);
    }
    let exits = outcomes.iter().map(|outcome| outcome.exit).collect();
    let seconds = begun.elapsed().as_secs_f64();
    Ok(Round { number, seed, seconds, exits, rows: Tally::of(&outcomes), alarms })
}
