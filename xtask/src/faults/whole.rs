//! The whole bundle for each fault: where it is looked for then, and what it comes to there. The catalogue says what a run of the phases that find it
//! comes to; in a whole release more follows.
//!
//! Decides over what the runs printed; starts nothing.

use anyhow::{Context, Result};
use toml_span::Value;

use super::compare;
use crate::demo::{Fault, Outcome, Scope};

/// The row of services that answer, and that of a deployment, which asks the same of each new version before it gets traffic.
const HEALTH: &str = "P3.1";
const CANDIDATE: &str = "P2.1.local";
/// The exit code of a release that was taken back.
const ROLLED_BACK: u8 = 5;

/// The whole that a fault is looked for in. What only a day shows has no release in it, and neither has what people write afterwards.
pub(super) fn scope(fault: Fault) -> Scope {
    match fault.scope() {
        part if part.is_of_the_day() => Scope::Day,
        Scope::NextSteps => Scope::NextSteps,
        _ => Scope::Release,
    }
}

/// The rows for which a release is taken back, by the text of the bundle.
pub(super) fn taken_back_for(bundle: &str) -> Result<Vec<String>> {
    let bundle = toml_span::parse(bundle)?;
    let rows = bundle.pointer("/rollback/when").and_then(Value::as_array);
    let rows = rows.context("the bundle does not say when a release is taken back")?;
    Ok(rows.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// The row that catches it and the exit code, by what failed.
pub(super) fn wanted(fault: Fault, faulted: &Outcome, taken_back_for: &[String]) -> (&'static str, u8) {
    let (own, exit) = (fault.requirement(), fault.exit());
    // Its figures are those of a release already, or of a run that has none in it.
    if fault.scope() == Scope::Release || scope(fault) != Scope::Release {
        return (own, exit);
    }
    let failed: Vec<&str> = compare::failed(faulted).collect();
    let sooner = own == HEALTH && failed.contains(&CANDIDATE) && !failed.contains(&HEALTH);
    let row = if sooner { CANDIDATE } else { own };
    let is_taken_back = failed.iter().any(|row| taken_back_for.iter().any(|other| other == row));
    let exit = if exit == fault.scope().clean_end().0 {
        // It decides nothing, here as there.
        Scope::Release.clean_end().0
    } else if is_taken_back {
        ROLLED_BACK
    } else {
        exit
    };
    (row, exit)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::digests::Digests;

    fn fault(name: &str) -> Fault {
        Fault::named(name).unwrap()
    }

    fn rows() -> Vec<String> {
        taken_back_for(include_str!("../../../scripts/bundles/netra-staging/bundle.toml")).unwrap()
    }

    fn wanted(name: &str, failed: &[&str]) -> (&'static str, u8) {
        let object = json!({ "decision": "hold", "failed": failed, "rows": {} });
        let faulted = Outcome { exit: 1, object: Some(object), digests: Digests::new() };
        super::wanted(fault(name), &faulted, &rows())
    }

    #[test]
    fn the_bundle_says_when_a_release_is_taken_back() {
        assert!(rows().iter().any(|row| row == CANDIDATE) && rows().iter().any(|row| row == HEALTH));
        assert!(taken_back_for("[rollback]\nphase = \"rollback\"\n").is_err());
    }

    #[test]
    fn each_fault_has_a_whole() {
        for (name, whole) in [
            ("slow", Scope::Release),
            ("leak", Scope::Release),
            ("database-stopped", Scope::Release),
            ("does-not-start", Scope::Release),
            ("outage", Scope::Day),
            ("saturated-by-50", Scope::Day),
            ("lessons-missing", Scope::NextSteps),
        ] {
            assert_eq!(scope(fault(name)), whole, "{name}");
        }
    }

    #[test]
    fn a_release_is_taken_back_for_some_rows_and_held_for_others() {
        assert_eq!(wanted("leak", &["P3.2.isolation"]), ("P3.2.isolation", 5));
        assert_eq!(wanted("localhost-name", &["P1.3"]), ("P1.3", 1));
        // What fails along with it counts, too.
        assert_eq!(wanted("request-keeps-memory", &["P4.1.memory-per-request"]).1, 1);
        assert_eq!(wanted("request-keeps-memory", &["P4.1.memory-per-request", "P3.2.memory"]).1, 5);
        assert_eq!(wanted("isolation-test-fails", &["P1.2"]), ("P1.2", 0));
        assert_eq!(wanted("leak", &[]), ("P3.2.isolation", 1), "what was not caught has its own row and code");
    }

    #[test]
    fn a_deployment_may_see_sooner_that_a_service_is_not_well() {
        assert_eq!(wanted("unavailable", &["P2.1.local"]), ("P2.1.local", 5));
        assert_eq!(wanted("slow", &["P3.1", "CRIT-2"]), ("P3.1", 5));
        assert_eq!(wanted("slow", &["P2.1.local", "P3.1"]), ("P3.1", 5));
        // Nothing else is excused by it.
        assert_eq!(wanted("leak", &["P2.1.local"]).0, "P3.2.isolation");
    }

    #[test]
    fn what_is_of_a_release_or_of_none_stays_as_it_is() {
        assert_eq!(wanted("update-forbidden", &["P2.1.local"]), ("P2.1.local", 1));
        assert_eq!(wanted("deployed-meanwhile", &["P2.1.local"]), ("P2.1.local", 6));
        assert_eq!(wanted("outage", &["P4.1.availability", "RB-T1"]), ("P4.1.availability", 1));
        assert_eq!(wanted("untrained", &["NEXT-5"]), ("NEXT-5", 1));
    }
}
