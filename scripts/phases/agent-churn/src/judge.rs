//! What the rounds come to, series by series (KI-4).

use std::collections::BTreeSet;

use holdpoint::Expected;
use holdpoint::prelude::*;

use crate::ROW;
use crate::config::Config;
use crate::levels::{Course, course};
use crate::rounds::{Levels, Rest, Round};

/// The share of a load that may fail: of one that mostly failed nobody knows what it would have left behind.
const MOST_FAILED: f64 = 0.05;

/// What is not to grow.
#[derive(Debug, Clone, Copy)]
enum What {
    Agents,
    /// By more than this share of what it was at first.
    Memory(f64),
}

pub(crate) fn judge(cx: &Context, config: &Config, rounds: &[Round]) {
    let wanted = |what: &str| expected(format!("{what} over {} rounds", config.rounds));
    if let Some(gauge) = &config.live {
        let check = cx.check([ROW], "as many agents live after each round");
        close(check, wanted("no more agents"), of_gauge(rounds, gauge, What::Agents), rounds);
    }
    if let Some(gauge) = &config.memory {
        let check = cx.check([ROW], "as much memory is taken after each round");
        let most = format!("at most {} % more memory", config.growth * 100.0);
        close(check, wanted(&most), of_gauge(rounds, gauge, What::Memory(config.growth)), rounds);
    }
}

fn close(check: Check<'_>, wanted: Expected, (verdict, seen): (Verdict, String), rounds: &[Round]) {
    let seen = observed(seen);
    match verdict {
        Verdict::Fail => check.fail(wanted, seen, rounds),
        Verdict::Pass => check.expecting(wanted).pass(seen, rounds),
        Verdict::Inconclusive | Verdict::NotExercised => check.expecting(wanted).inconclusive(seen, rounds),
    }
}

impl What {
    fn levels(self, rest: &Rest) -> &Levels {
        match self {
            Self::Agents => &rest.live,
            Self::Memory(_) => &rest.memory,
        }
    }

    /// By how much it may grow over all rounds.
    fn most(self, first: f64) -> f64 {
        match self {
            Self::Agents => 0.0,
            Self::Memory(growth) => first * growth,
        }
    }

    fn shown(self, level: f64) -> String {
        match self {
            Self::Agents => level.to_string(),
            Self::Memory(_) => format!("{:.1} MiB", level / f64::from(1 << 20)),
        }
    }
}

/// All series of a gauge: the worst of them counts.
fn of_gauge(rounds: &[Round], gauge: &str, what: What) -> (Verdict, String) {
    if let Some(round) = rounds.iter().find(|round| came_through(round) == 0) {
        return (Verdict::Inconclusive, format!("nobody started an agent and ended it: {}", round.load.words()));
    }
    if let Some(round) = rounds.iter().find(|round| mostly_failed(round)) {
        let most = MOST_FAILED * 100.0;
        return (Verdict::Inconclusive, format!("more than {most} % of a round failed: {}", round.load.words()));
    }
    let series: BTreeSet<&String> = rounds.iter().flat_map(|round| what.levels(&round.rest).keys()).collect();
    let of_series = |series: &String| {
        let seen = rounds.iter().filter_map(|round| what.levels(&round.rest).get(series).copied()).collect::<Vec<_>>();
        let (verdict, words) = of_series(rounds, &seen, what);
        let name = if series.is_empty() { gauge } else { series };
        (verdict, format!("{name} {words}"))
    };
    let told: Vec<(Verdict, String)> = series.into_iter().map(of_series).collect();
    let has = |verdict: Verdict| told.iter().any(|(known, _)| *known == verdict);
    let verdict = match (has(Verdict::Fail), has(Verdict::Inconclusive)) {
        (true, _) => Verdict::Fail,
        (false, true) => Verdict::Inconclusive,
        (false, false) => Verdict::Pass,
    };
    (verdict, told.into_iter().map(|(_, words)| words).collect::<Vec<_>>().join("; "))
}

fn of_series(rounds: &[Round], seen: &[f64], what: What) -> (Verdict, String) {
    let (Some(first), Some(last)) = (seen.first(), seen.last()) else {
        return (Verdict::Inconclusive, "was not seen".to_owned());
    };
    let shown: Vec<String> = seen.iter().map(|level| what.shown(*level)).collect();
    let shown = shown.join(", ");
    let left = || match what {
        What::Agents => left_by_users(rounds, last - first),
        What::Memory(_) => None,
    };
    match course(seen, what.most(*first)) {
        Course::Leak(by) => match left() {
            Some(why) => (Verdict::Inconclusive, format!("grew: {shown}; {why}")),
            None => (Verdict::Fail, format!("grows by {} with each round: {shown}", what.shown(by))),
        },
        Course::Level => (Verdict::Pass, format!("stays, or comes down again: {shown}")),
        Course::Unclear => (Verdict::Inconclusive, format!("grew, and does not say whether it goes on: {shown}")),
        Course::TooFew => (Verdict::Inconclusive, format!("was seen too seldom: {shown}")),
    }
}

/// Iterations in which nothing failed.
fn came_through(round: &Round) -> u32 {
    round.load.iterations.ended.saturating_sub(round.load.iterations.failed)
}

/// Whether too much of a round failed, by its exchanges or by its iterations.
fn mostly_failed(round: &Round) -> bool {
    let (load, iterations) = (&round.load, &round.load.iterations);
    let is_more = |failed: u32, all: u32| f64::from(failed) > f64::from(all) * MOST_FAILED;
    is_more(load.failed(), load.exchanges()) || is_more(iterations.failed, iterations.ended)
}

/// Why so many agents may be there because their users did not end them; none if they can't be.
fn left_by_users(rounds: &[Round], left: f64) -> Option<String> {
    if rounds.iter().any(|round| round.load.interrupted) {
        return Some("the host was gone in between, and its users left theirs behind".to_owned());
    }
    let failed = rounds.iter().fold(0, |all: u32, round| all.saturating_add(round.load.failed()));
    (left <= f64::from(failed)).then(|| format!("{failed} requests failed, and may have left them behind"))
}
