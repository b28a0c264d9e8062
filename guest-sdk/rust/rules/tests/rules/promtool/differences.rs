//! Where we say something else than Prometheus, and why. What has no name here is a mistake of ours.

use std::collections::BTreeMap;

use holdpoint_rules::{Finding, LONGEST_SPAN, Missing, NoData, Rule, Status, Time};

use super::Case;
use super::file::state;

/// Each difference, and why it is meant.
const NAMED: [(&str, &str); 8] = [
    ("no data is not good news", "Prometheus has no alert without a series or a sample; we are inconclusive"),
    ("no number is not good news", "zero of zero is NaN, which is never above a limit; we are inconclusive"),
    ("too few observations", "Prometheus has no alert below the number that a rule wants; we are inconclusive"),
    (
        "evidence is too old",
        "Prometheus looks at all of a window, however long ago its latest sample was; a rule of ours says how fresh it must be",
    ),
    ("no data holds", "Prometheus drops an alert whose series is gone; a rule of ours may leave it as it was"),
    (
        "no histogram",
        "without its last bucket a quantile is NaN there, which is never above a limit; we are inconclusive",
    ),
    (
        "no data counts",
        "Prometheus has no alert of a series that is gone; a rule of ours may count that as the condition",
    ),
    (
        "beyond the buckets",
        "what lies above the highest finite bound is that bound there, which is not above a greater limit; we are inconclusive",
    ),
];

/// The rules without what Prometheus has no word for. It must agree with these everywhere.
pub(super) fn twins(rules: &[Rule]) -> Vec<Rule> {
    let twin = |rule: &Rule| Rule { fresh: LONGEST_SPAN, no_data: NoData::Inconclusive, ..rule.clone() };
    rules.iter().map(twin).collect()
}

/// How often each was seen.
#[derive(Default)]
pub(super) struct Differences(BTreeMap<&'static str, usize>);

impl Differences {
    /// Compares, tick by tick, what rules say with what their twins say, and so Prometheus.
    pub(super) fn add(
        &mut self,
        case: &Case,
        rules: &[Rule],
        ours: &[(Time, Vec<Finding>)],
        theirs: &[(Time, Vec<Finding>)],
    ) {
        for ((tick, ours), (_, theirs)) in ours.iter().zip(theirs) {
            assert_eq!(ours.len(), theirs.len());
            for (own, other) in ours.iter().zip(theirs) {
                assert_eq!((&own.rule, &own.labels), (&other.rule, &other.labels));
                let rule = rules.iter().find(|rule| rule.name == own.rule).unwrap();
                // For Prometheus there is an alert or none; of none we say whether that is good news.
                let alike = state(own.status) == state(other.status) && !matches!(own.status, Status::Inconclusive(_));
                if !alike {
                    let name = name(rule, own.status);
                    let name = name.unwrap_or_else(|| panic!("{} at {tick:?}: {own:?} and {other:?}", case.name));
                    *self.0.entry(name).or_default() += 1;
                }
            }
        }
    }

    pub(super) fn each_is_named_and_seen(&self) {
        for (name, why) in NAMED {
            let seen = self.0.get(name).copied().unwrap_or(0);
            println!("  {seen:>6} ticks: {name}: {why}");
            assert!(seen > 0, "nothing in the corpus shows: {name}");
        }
        assert_eq!(self.0.len(), NAMED.len(), "{:?}", self.0);
    }
}

fn name(rule: &Rule, status: Status) -> Option<&'static str> {
    match status {
        // After a gap it goes on from before, and so fires earlier, or is pending instead of firing.
        _ if rule.no_data == NoData::Holds && state(status).is_some() => Some(NAMED[4].0),
        _ if rule.no_data == NoData::Counts && state(status).is_some() => Some(NAMED[6].0),
        Status::Inconclusive(Missing::Ambiguous) => Some(NAMED[5].0),
        Status::Inconclusive(Missing::Series | Missing::Samples) => Some(NAMED[0].0),
        Status::Inconclusive(Missing::NotANumber) => Some(NAMED[1].0),
        Status::Inconclusive(Missing::TooFew) => Some(NAMED[2].0),
        Status::Inconclusive(Missing::Old) => Some(NAMED[3].0),
        Status::Inconclusive(Missing::Undecided) => Some(NAMED[7].0),
        _ => None,
    }
}
