//! Runs in which nothing is wrong, and what in one of them is a false alarm.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use super::compare;
use super::runs::{self, performed};
use crate::demo::{Lane, Outcome, Scope};
use crate::project::Project;

/// A run in which nothing is wrong, and which says so.
pub(crate) fn clean(project: &Project, lane: Lane, scope: Scope) -> Result<Outcome> {
    let clean = performed(&runs::demo(project, lane, scope, None))?;
    let wrong = compare::of_clean(&clean, scope.clean_end());
    ensure!(wrong.is_empty(), "{}", wrong.join("\n  "));
    Ok(clean)
}

/// What of a clean run is a false alarm, a line each: an end that is another, a row that fails, or one that says something else than in the
/// clean run before it.
pub(crate) fn alarms(before: Option<&Outcome>, clean: &Outcome, scope: Scope) -> Vec<String> {
    let mut alarms = compare::of_clean(clean, scope.clean_end());
    let rows = verdicts(clean);
    alarms.extend(rows.iter().filter(|(_, verdict)| **verdict == "fail").map(|(row, _)| format!("{row} failed")));
    let Some(before) = before else { return alarms };
    let past = verdicts(before);
    for (row, verdict) in &rows {
        match past.get(row) {
            Some(past) if past == verdict => {}
            Some(past) => alarms.push(format!("{row} changed from {past} to {verdict}")),
            None => alarms.push(format!("{row} is {verdict}, and was not there before")),
        }
    }
    alarms.extend(past.keys().filter(|row| !rows.contains_key(*row)).map(|row| format!("{row} is gone")));
    if before.digests != clean.digests {
        alarms.push("bundle, modules or the operator's file are not those of the run before".to_owned());
    }
    alarms
}

/// The verdict of each row.
fn verdicts(outcome: &Outcome) -> BTreeMap<&str, &str> {
    let rows = outcome.object.iter().filter_map(|object| object["rows"].as_object()).flatten();
    rows.map(|(row, verdict)| (row.as_str(), verdict.as_str().unwrap_or("nothing"))).collect()
}

/// How many rows came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) pass: usize,
    pub(crate) fail: usize,
    pub(crate) inconclusive: usize,
    pub(crate) not_exercised: usize,
}

impl Tally {
    /// Of several runs, each of which exercises some rows: what is worse counts, and a verdict more than none.
    pub(crate) fn of(outcomes: &[Outcome]) -> Self {
        let mut worst: BTreeMap<&str, u8> = BTreeMap::new();
        for (row, verdict) in outcomes.iter().flat_map(verdicts) {
            let rank = worst.entry(row).or_default();
            *rank = (*rank).max(rank_of(verdict));
        }
        let count = |rank: u8| worst.values().filter(|other| **other == rank).count();
        Self { pass: count(1), fail: count(3), inconclusive: count(2), not_exercised: count(0) }
    }
}

/// What waits for a stage that never comes in that run is not exercised. A word that nobody knows is no good news.
fn rank_of(verdict: &str) -> u8 {
    match verdict {
        "pending" | "not-exercised" => 0,
        "pass" => 1,
        "inconclusive" => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::digests::Digests;

    fn outcome(exit: u8, decision: &str, rows: &Value) -> Outcome {
        let object = json!({ "decision": decision, "failed": [], "rows": rows });
        Outcome { exit, object: Some(object), digests: Digests::new() }
    }

    #[test]
    fn a_run_that_ends_well_and_as_before_is_no_alarm() {
        let clean = outcome(0, "release", &json!({ "P3.1": "pass", "P4.1.cpu": "pending" }));
        assert_eq!(alarms(None, &clean, Scope::Release), [""; 0]);
        assert_eq!(alarms(Some(&clean), &clean.clone(), Scope::Release), [""; 0]);
    }

    #[test]
    fn each_false_alarm_names_its_row() {
        let before = outcome(0, "release", &json!({ "P3.1": "pass", "KI-2": "pass" }));
        let told = |exit: u8, decision: &str, rows: &Value| {
            alarms(Some(&before), &outcome(exit, decision, rows), Scope::Release).join("; ")
        };
        let failed = told(1, "hold", &json!({ "P3.1": "fail", "KI-2": "pass" }));
        for words in ["ended with 1, not with 0", "decided hold", "P3.1 failed", "P3.1 changed from pass to fail"] {
            assert!(failed.contains(words), "{words}: {failed}");
        }
        assert!(!failed.contains("KI-2"), "{failed}");
        let doubted = told(0, "release", &json!({ "P3.1": "pass", "KI-2": "inconclusive" }));
        assert_eq!(doubted, "KI-2 changed from pass to inconclusive");
        assert_eq!(told(0, "release", &json!({ "P3.1": "pass" })), "KI-2 is gone");
        let new = told(0, "release", &json!({ "P3.1": "pass", "KI-2": "pass", "KI-3": "pass" }));
        assert_eq!(new, "KI-3 is pass, and was not there before");
        let silent = Outcome { object: None, ..before.clone() };
        assert!(alarms(None, &silent, Scope::Release).join("; ").contains("printed no rows"));
    }

    #[test]
    fn what_is_worse_counts_and_a_verdict_more_than_none() {
        let release = outcome(0, "release", &json!({ "A": "pass", "B": "pending", "C": "not-exercised", "D": "pass" }));
        let day =
            outcome(8, "rehearsed", &json!({ "A": "not-exercised", "B": "inconclusive", "C": "pending", "D": "fail" }));
        assert_eq!(Tally::of(&[release, day]), Tally { pass: 1, fail: 1, inconclusive: 1, not_exercised: 1 });
        assert_eq!(Tally::of(&[]), Tally::default());
    }
}
