//! Whether a faulted run differs from the clean one in the way that its fault makes it, and in no other.
//!
//! Decides over what the runs printed; starts nothing.

use serde_json::Value;

use crate::demo::Outcome;

/// What a fault must do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) requirement: &'a str,
    /// Of a run of the phases that find it.
    pub(super) exit: u8,
    /// What the row is in the clean run: a rehearsal passes none.
    pub(super) well: &'a str,
}

/// What is wrong with a clean run, a line each.
pub(super) fn of_clean(clean: &Outcome, (exit, wanted): (u8, &str)) -> Vec<String> {
    let mut wrong = Vec::new();
    if clean.exit != exit {
        wrong.push(format!("the clean run ended with {}, not with {exit}", clean.exit));
    }
    if clean.object.as_ref().is_none_or(|object| !object["rows"].is_object()) {
        wrong.push("the clean run printed no rows".to_owned());
    }
    if decision(clean) != Some(wanted) {
        wrong.push(format!("the clean run decided {}, not {wanted}", decision(clean).unwrap_or("nothing")));
    }
    wrong
}

/// What is wrong with a faulted run beside the clean one.
pub(super) fn of_faulted(clean: &Outcome, faulted: &Outcome, wanted: Wanted<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    let Wanted { requirement, exit, well } = wanted;
    if faulted.exit != exit {
        wrong.push(format!("ended with {}, not with {exit}", faulted.exit));
    }
    if verdict(clean, requirement) != Some(well) {
        wrong.push(format!("{requirement} is not {well} in the clean run"));
    }
    if verdict(faulted, requirement) != Some("fail") {
        wrong.push(format!("{requirement} is {}, not fail", verdict(faulted, requirement).unwrap_or("absent")));
    }
    let failed: Vec<&str> = failed(faulted).collect();
    if !failed.contains(&requirement) {
        wrong.push(format!("{requirement} is not among the failed rows {failed:?}"));
    }
    let triggered = must_trigger(requirement).filter(|trigger| verdict(clean, trigger) == Some(well));
    if let Some(trigger) = triggered.filter(|trigger| verdict(faulted, trigger) != Some("fail")) {
        wrong.push(format!("{trigger} does not fail with it"));
    }
    if clean.digests != faulted.digests {
        wrong.push("bundle, modules or the operator's file are not those of the clean run".to_owned());
    }
    wrong
}

/// Rows that changed though the fault has nothing to do with them, with how. Checks that judge two rows at once fail both, so a fault of one
/// row may take along the rows that are judged by the same phase. Phases that need the failed one are not started.
pub(super) fn unrelated(clean: &Outcome, faulted: &Outcome, report: &Value, wanted: Wanted<'_>) -> Vec<Changed> {
    let Wanted { requirement, well, .. } = wanted;
    let rows = clean.object.as_ref().and_then(|o| o["rows"].as_object());
    rows.into_iter()
        .flat_map(serde_json::Map::keys)
        .filter(|id| *id != requirement && !goes_along(requirement, id) && !was_skipped(report, requirement, id))
        .filter(|id| !follows(report, (requirement, well), id) && !is_open_either_way(clean, report, id))
        .filter(|id| verdict(clean, id) != verdict(faulted, id))
        .map(|id| {
            let said = |outcome| verdict(outcome, id).unwrap_or("nothing").to_owned();
            Changed { row: id.clone(), from: said(clean), to: said(faulted) }
        })
        .collect()
}

/// A row that says something else than in the clean run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) row: String,
    from: String,
    to: String,
}

impl std::fmt::Display for Changed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} changed from {} to {}", self.row, self.from, self.to)
    }
}

/// Whether a row waits for a stage that is to come, and has no verdict where that never comes: its phase was left out, or its policy saw too little. A
/// policy that was ended is another matter.
fn is_open_either_way(clean: &Outcome, report: &Value, id: &str) -> bool {
    let row = &report["rows"][id];
    let observed = row["observed"].as_str().unwrap_or_default();
    let open = match row["verdict"].as_str() {
        Some("not-exercised") => ["rolled back: ", "stage `", "needs `"].iter().any(|why| observed.starts_with(why)),
        Some("inconclusive") => !observed.starts_with("the policy was ended"),
        _ => false,
    };
    verdict(clean, id) == Some("pending") && open
}

/// The trigger that must fire for a row: one failed check of isolation is enough, and so are minutes in which a critical service is down. That of
/// authentication needs all checks, and that of memory more than a day of a slow leak.
fn must_trigger(requirement: &str) -> Option<&'static str> {
    match requirement {
        "P3.2.isolation" => Some("RB-T3"),
        "P4.1.availability" => Some("RB-T1"),
        _ => None,
    }
}

/// CRIT-2 (health answers 200 within two seconds) says again, more narrowly, what P3.1 says; without an identity nothing is known of the
/// project; who is shown another's text has no state of its own, and who reads another's state was not served; who fails because another
/// does was not isolated, and may have left something behind; a socket that is not stable drops; CRIT-7 to CRIT-9 and SUC-2 say again what
/// P4.1 says, and ALERT-3 with a higher limit, at which a day uses up the memory; RB-T2 says with a higher limit and for longer what ALERT-1 says;
/// CRIT-3 says again what P3.2 says of service and isolation; who can't serve some users can't serve more; who shows texts of others does so at every
/// hour; what fails anyway is not blamed on failures on purpose. Services say in their health that a store is gone, or says nothing; that it takes no
/// entries, or that the pipeline has another password, they can't see. A trigger fires for the rows that it watches.
fn goes_along(requirement: &str, id: &str) -> bool {
    matches!(
        (requirement, id),
        ("P3.1", "CRIT-2")
            | ("CRIT-5", "P3.1")
            | ("PRE-1.identity", "PRE-1.project")
            | ("P3.2.isolation", "SUC-3.state" | "CRIT-3")
            | ("SUC-3.state", "P3.2.isolation" | "P3.2.success" | "CRIT-3" | "RB-T3")
            | ("P3.2.success", "CRIT-3")
            | ("CRIT-3", "P3.2.success")
            | ("BIZ-1", "SUC-3.failures" | "SUC-3.cleanup")
            | ("P3.2.isolation" | "SUC-3.state", "P4.1.shared-state")
            | ("BIZ-1" | "SUC-3.cleanup", "P4.1.cleanup")
            | ("P4.1.cleanup", "SUC-3.cleanup" | "KI-4")
            | ("P3.2.memory", "P4.1.memory-per-request")
            | ("P4.1.memory-per-request", "P3.2.memory")
            | (
                "P4.1.availability"
                    | "P4.1.errors"
                    | "P4.1.p95"
                    | "P4.1.leak"
                    | "ALERT-3"
                    | "P4.3.t1"
                    | "P4.3.t2"
                    | "P4.3.t3",
                "SUC-2"
            )
            | ("CRIT-6", "KI-3")
            | ("KI-3", "CRIT-6")
            | ("RB-T2", "ALERT-1")
            | ("ALERT-4", "P4.3.t1" | "P4.3.t2" | "P4.3.t3" | "P4.3.t4")
            | ("P4.1.leak", "CRIT-7" | "ALERT-3")
            | ("ALERT-3", "P4.1.leak" | "CRIT-7" | "P4.1.memory" | "RB-T4")
            | ("P4.1.errors", "CRIT-8" | "P4.3.t4")
            | ("P4.1.p95", "CRIT-9" | "P4.3.t4")
            | ("P4.3.t1", "P4.3.t2" | "P4.3.t3" | "P4.3.t4" | "P4.1.errors" | "CRIT-8")
            | ("P4.3.t2", "P4.3.t3" | "P4.1.errors" | "CRIT-8")
            | ("P4.3.t3", "P4.1.errors" | "CRIT-8")
            | ("P4.3.t4", "P4.3.t1" | "P4.3.t2" | "P4.3.t3")
    ) || watched(id).contains(&requirement)
}

/// The rows whose checks a trigger follows from.
fn watched(trigger: &str) -> &'static [&'static str] {
    match trigger {
        "RB-T1" => &["P4.1.availability"],
        "RB-T3" => &["P3.2.isolation"],
        "RB-T5" => &["P3.3", "CRIT-4"],
        _ => &[],
    }
}

/// Whether a trigger says nothing because nothing that it watches was seen to be well.
fn could_not_fire(report: &Value, well: &str, id: &str) -> bool {
    let watched = watched(id);
    let none_is_well = watched.iter().all(|row| report["rows"][row]["verdict"] != well);
    !watched.is_empty() && none_is_well && report["rows"][id]["verdict"] == "inconclusive"
}

/// Whether a row has no verdict because its phase needs one whose row failed by the fault, or one that was skipped for that.
fn was_skipped(report: &Value, requirement: &str, id: &str) -> bool {
    let row = &report["rows"][id];
    let observed = row["observed"].as_str().unwrap_or_default();
    let because = observed.strip_prefix("needs `").and_then(|rest| rest.split_once("`, ")).map(|(_, why)| why);
    let failed = |why: &str| {
        let row = why.strip_prefix("whose row ").and_then(|rest| rest.strip_suffix(" is fail"));
        row.is_some_and(|row| row == requirement || goes_along(requirement, row))
    };
    row["verdict"] == "not-exercised" && because.is_some_and(|why| why == "which was skipped" || failed(why))
}

/// Whether a row is as it is because the release was stopped or taken back for the fault: what was not come to, what was under way, what a
/// rollback ended, and what it found itself.
fn follows(report: &Value, (requirement, well): (&str, &str), id: &str) -> bool {
    let row = &report["rows"][id];
    let observed = row["observed"].as_str().unwrap_or_default();
    let stopped = [&format!("rolled back: row {requirement} failed"), "the deployment was stopped before"];
    let not_come_to = row["verdict"] == "not-exercised" && stopped.contains(&observed);
    let under_way = row["verdict"] == "inconclusive"
        && observed == format!("the phase was stopped: rolled back: row {requirement} failed");
    not_come_to
        || under_way
        || could_not_fire(report, well, id)
        || id.starts_with("RB-C1")
        || id.starts_with("RB-V")
        || id == "SUC-1.rollback"
}

fn decision(outcome: &Outcome) -> Option<&str> {
    outcome.object.as_ref()?["decision"].as_str()
}

fn verdict<'a>(outcome: &'a Outcome, id: &str) -> Option<&'a str> {
    outcome.object.as_ref()?["rows"][id].as_str()
}

/// The rows that failed.
pub(super) fn failed(outcome: &Outcome) -> impl Iterator<Item = &str> {
    outcome.object.iter().flat_map(|object| object["failed"].as_array()).flatten().filter_map(Value::as_str)
}

/// What is wrong with a row of the faulted run's full report: a failure must show something else than was expected.
pub(super) fn of_row(report: &Value, requirement: &str) -> Option<String> {
    let row = &report["rows"][requirement];
    match (row["expected"].as_str(), row["observed"].as_str()) {
        (Some(expected), Some(observed)) if !observed.is_empty() && expected != observed => None,
        (expected, observed) => {
            Some(format!("{requirement} shows no difference: expected {expected:?}, observed {observed:?}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// All that is wrong with it.
    fn of_faulted(clean: &Outcome, faulted: &Outcome, report: &Value, wanted: Wanted<'_>) -> Vec<String> {
        let unrelated = unrelated(clean, faulted, report, wanted);
        super::of_faulted(clean, faulted, wanted).into_iter().chain(unrelated.iter().map(ToString::to_string)).collect()
    }

    const WANTED: Wanted<'_> = Wanted { requirement: "P1.3", exit: 1, well: "pass" };

    fn outcome(exit: u8, decision: &str, config: &str, health: &str, digest: &str) -> Outcome {
        let failed: Vec<&str> =
            [("P1.3", config), ("P3.1", health)].into_iter().filter(|(_, v)| *v == "fail").map(|(id, _)| id).collect();
        Outcome {
            exit,
            object: Some(
                json!({ "decision": decision, "failed": failed, "rows": { "P1.3": config, "P3.1": health, "CRIT-2": health } }),
            ),
            digests: [("bundle".to_owned(), digest.to_owned())].into(),
        }
    }

    fn clean() -> Outcome {
        outcome(0, "release", "pass", "pass", "a")
    }

    #[test]
    fn a_fault_that_is_caught_for_its_reason_is_right() {
        assert_eq!(of_clean(&clean(), (0, "release")), [""; 0]);
        assert_eq!(of_faulted(&clean(), &outcome(1, "hold", "fail", "pass", "a"), &json!({}), WANTED), [""; 0]);
        let health = Wanted { requirement: "P3.1", exit: 1, well: "pass" };
        assert_eq!(of_faulted(&clean(), &outcome(1, "hold", "pass", "fail", "a"), &json!({}), health), [""; 0]);
    }

    #[test]
    fn what_needs_a_failed_phase_may_be_skipped_and_nothing_else() {
        let report = |verdict: &str, observed: &str| {
            let row = json!({ "verdict": verdict, "observed": observed });
            json!({ "rows": { "P3.1": row, "CRIT-2": row } })
        };
        let skipped = outcome(1, "hold", "fail", "not-exercised", "a");
        for observed in ["needs `config`, whose row P1.3 is fail", "needs `deploy`, which was skipped"] {
            assert_eq!(of_faulted(&clean(), &skipped, &report("not-exercised", observed), WANTED), [""; 0]);
        }
        for (verdict, observed) in [
            ("not-exercised", "needs `config`, whose row P1.1 is fail"),
            ("not-exercised", "needs `config`, which was trapped"),
            ("not-exercised", "no test issuer is given"),
            ("inconclusive", "needs `config`, whose row P1.3 is fail"),
        ] {
            let wrong = of_faulted(&clean(), &skipped, &report(verdict, observed), WANTED);
            assert_eq!(wrong.len(), 2, "{observed}: {wrong:?}");
        }
    }

    #[test]
    fn what_was_under_way_when_the_release_was_taken_back_for_it_may_say_nothing() {
        let report =
            |observed: &str| json!({ "rows": { "P3.1": { "verdict": "inconclusive", "observed": observed } } });
        let others = |observed: &str| {
            let faulted = outcome(5, "rolled-back", "fail", "inconclusive", "a");
            of_faulted(&clean(), &faulted, &report(observed), Wanted { exit: 5, ..WANTED })
        };
        // CRIT-2 is the other row, of which that report says nothing.
        assert_eq!(others("the phase was stopped: rolled back: row P1.3 failed").len(), 1);
        assert_eq!(others("the phase was stopped: rolled back: row P1.1 failed").len(), 2);
    }

    #[test]
    fn what_a_later_stage_decides_may_stay_open_and_may_not_fail() {
        let outcome = |day: &str, health: &str| {
            let failed: Vec<&str> = if health == "fail" { vec!["P3.1"] } else { vec![] };
            let rows = json!({ "P3.1": health, "P4.1.cpu": day });
            Outcome { exit: 1, object: Some(json!({ "decision": "hold", "failed": failed, "rows": rows })), ..clean() }
        };
        let health = Wanted { requirement: "P3.1", exit: 1, well: "pass" };
        let wrong = |clean: &str, faulted: &str, observed: &str| {
            let report = json!({ "rows": { "P4.1.cpu": { "verdict": faulted, "observed": observed } } });
            of_faulted(&outcome(clean, "pass"), &outcome(faulted, "fail"), &report, health).len()
        };
        assert_eq!(wrong("pending", "inconclusive", "no data: there is no series"), 0);
        assert_eq!(wrong("pending", "not-exercised", "stage `deploy` came to hold"), 0);
        assert_eq!(wrong("pending", "inconclusive", "the policy was ended: it ran out of fuel"), 1);
        assert_eq!(wrong("pending", "not-exercised", "no phase of this run judges it"), 1);
        for (clean, faulted) in [("pending", "fail"), ("pending", "pass"), ("pass", "inconclusive")] {
            assert_eq!(wrong(clean, faulted, "no data"), 1, "{clean} {faulted}");
        }
    }

    #[test]
    fn the_trigger_of_isolation_fails_with_it() {
        let outcome = |isolation: &str, trigger: &str| {
            let failed: Vec<&str> = if isolation == "fail" { vec!["P3.2.isolation"] } else { vec![] };
            let rows = json!({ "P3.2.isolation": isolation, "RB-T3": trigger });
            Outcome {
                exit: 5,
                object: Some(json!({ "decision": "rolled-back", "failed": failed, "rows": rows })),
                ..clean()
            }
        };
        let wanted = Wanted { requirement: "P3.2.isolation", exit: 5, well: "pass" };
        let wrong = |clean: &str, faulted: &str| {
            of_faulted(&outcome("pass", clean), &outcome("fail", faulted), &json!({}), wanted).join("; ")
        };
        assert_eq!(wrong("pass", "fail"), "");
        assert_eq!(wrong("pass", "pass"), "RB-T3 does not fail with it");
        // A run of some phases has no policy.
        assert_eq!(wrong("not-exercised", "not-exercised"), "");
    }

    #[test]
    fn a_trigger_that_saw_nothing_may_say_nothing_and_one_that_did_may_not() {
        let outcome = |trigger: &str| {
            let rows = json!({ "P1.3": "pass", "RB-T5": trigger });
            Outcome { object: Some(json!({ "decision": "release", "failed": [], "rows": rows })), ..clean() }
        };
        let others = |trigger: &str, login: &str| {
            let report = json!({ "rows": { "RB-T5": { "verdict": trigger }, "P3.3": { "verdict": login } } });
            unrelated(&outcome("pass"), &outcome(trigger), &report, WANTED).len()
        };
        assert_eq!(others("inconclusive", "not-exercised"), 0);
        assert_eq!(
            (others("inconclusive", "pass"), others("fail", "not-exercised"), others("fail", "fail")),
            (1, 1, 1)
        );
        assert!(goes_along("P3.3", "RB-T5") && !goes_along("P3.1", "RB-T5") && !goes_along("P3.3", "RB-T3"));
    }

    #[test]
    fn health_may_fail_with_a_store_and_not_the_other_way_round() {
        assert!(goes_along("CRIT-5", "P3.1") && !goes_along("P3.1", "CRIT-5") && !goes_along("CRIT-5", "CRIT-2"));
    }

    #[test]
    fn each_way_to_be_wrong_is_named() {
        for (faulted, words) in [
            (outcome(0, "release", "fail", "pass", "a"), "ended with 0"),
            (outcome(1, "hold", "inconclusive", "pass", "a"), "P1.3 is inconclusive"),
            (outcome(1, "hold", "fail", "fail", "a"), "P3.1 changed"),
            (outcome(1, "hold", "fail", "pass", "b"), "not those of the clean run"),
            (Outcome { object: None, ..outcome(1, "hold", "fail", "pass", "a") }, "P1.3 is absent"),
        ] {
            let wrong = of_faulted(&clean(), &faulted, &json!({}), WANTED).join("; ");
            assert!(wrong.contains(words), "{words}: {wrong}");
        }
        assert_eq!(of_clean(&outcome(3, "inconclusive", "pass", "pass", "a"), (0, "release")).len(), 2);
    }

    #[test]
    fn a_failed_row_shows_what_differs() {
        let row = |expected: &str, observed: &str| json!({ "rows": { "P1.3": { "expected": expected, "observed": observed } } });
        assert_eq!(of_row(&row("200", "503"), "P1.3"), None);
        assert!(of_row(&row("200", "200"), "P1.3").is_some());
        assert!(of_row(&row("200", ""), "P1.3").is_some());
        assert!(of_row(&json!({}), "P1.3").is_some());
    }
}
