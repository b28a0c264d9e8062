//! From checks to rows: what the phases found, laid over the checklist.

use crate::{Check, Checklist, Level, PhaseEnd, PhaseId, RequirementId, Verdict, Waiver};

/// What judging needs to know about a phase.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseFacts {
    pub id: PhaseId,
    /// The rows that the bundle lets it claim.
    pub requirements: Vec<RequirementId>,
    pub checks: Vec<Check>,
    /// How it ended; none while it runs.
    pub end: Option<PhaseEnd>,
}

/// A row of the checklist with its verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub id: RequirementId,
    pub title: String,
    pub level: Level,
    pub verdict: Verdict,
    /// What should have been seen, of the check that decided.
    pub expected: String,
    /// What was seen, or why there is no verdict.
    pub observed: String,
    /// Who decided: `phase: name of the check`. Empty if nobody did.
    pub by: String,
    /// Who answers for it although it did not pass.
    pub waived: Option<Waiver>,
}

/// Lays waivers over rows, later ones over earlier. Only a required row that did not pass can be waived.
pub fn waive(rows: &mut [Row], waivers: &[Waiver]) {
    for row in rows.iter_mut().filter(|row| row.level == Level::Required && row.verdict != Verdict::Pass) {
        row.waived = waivers.iter().rev().find(|waiver| waiver.row == row.id).cloned();
    }
}

/// A voice for one row: a check, or a phase that owes one.
struct Voice {
    verdict: Verdict,
    expected: String,
    observed: String,
    by: String,
}

/// The verdict of every row. A row is as good as its worst voice; a phase that ended badly, or made no check for a row that it
/// was to judge, speaks `inconclusive` for it. A row without a phase is `not-exercised`.
pub fn judge(checklist: &Checklist, phases: &[PhaseFacts]) -> Vec<Row> {
    checklist
        .rows
        .iter()
        .map(|row| {
            let voices: Vec<Voice> = phases.iter().flat_map(|phase| voices(&row.id, phase)).collect();
            let verdict = Verdict::fold(voices.iter().map(|v| v.verdict)).unwrap_or(Verdict::NotExercised);
            let worst = voices.into_iter().find(|v| v.verdict == verdict).unwrap_or_else(|| Voice {
                verdict,
                expected: String::new(),
                observed: if row.level == Level::Off { "off".into() } else { "no phase of this run judges it".into() },
                by: String::new(),
            });
            Row {
                id: row.id.clone(),
                title: row.title.clone(),
                level: row.level,
                verdict,
                expected: worst.expected,
                observed: worst.observed,
                by: worst.by,
                waived: None,
            }
        })
        .collect()
}

fn voices(id: &RequirementId, phase: &PhaseFacts) -> Vec<Voice> {
    // A claim on a row that is not the phase's own was refused when it was made; it must not count here either.
    if !phase.requirements.contains(id) {
        return Vec::new();
    }
    let mut voices: Vec<Voice> = phase
        .checks
        .iter()
        .filter(|check| check.requirements.contains(id))
        .map(|check| Voice {
            verdict: check.verdict,
            expected: check.expected.clone(),
            observed: check.observed.clone(),
            by: format!("{}: {}", phase.id, check.name),
        })
        .collect();
    let owed = match &phase.end {
        None => Some((Verdict::Pending, "still running".to_owned())),
        Some(PhaseEnd::Completed) if voices.is_empty() => {
            Some((Verdict::Inconclusive, "the phase made no check for it".to_owned()))
        }
        Some(PhaseEnd::Completed) => None,
        Some(PhaseEnd::Skipped(reason)) => Some((Verdict::NotExercised, reason.clone())),
        Some(end) => Some((Verdict::Inconclusive, format!("the phase {}: {}", ended(end), end.reason()))),
    };
    voices.extend(owed.map(|(verdict, observed)| Voice {
        verdict,
        expected: String::new(),
        observed,
        by: phase.id.to_string(),
    }));
    voices
}

fn ended(end: &PhaseEnd) -> &'static str {
    match end {
        PhaseEnd::Completed => "completed",
        PhaseEnd::Refused(_) => "could not do its work",
        PhaseEnd::Trapped(_) => "crashed",
        PhaseEnd::Deadline(_) => "reached its deadline",
        PhaseEnd::Diverged(_) => "diverged",
        PhaseEnd::Skipped(_) => "was not started",
        PhaseEnd::Cancelled(_) => "was stopped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChecklistRow;

    fn id(text: &str) -> RequirementId {
        RequirementId::parse(text).unwrap()
    }

    fn check(row: &str, verdict: Verdict) -> Check {
        Check {
            requirements: vec![id(row)],
            name: "it works".into(),
            verdict,
            expected: "up".into(),
            observed: format!("saw {verdict}"),
            evidence: vec![],
        }
    }

    fn verdict_of(checks: Vec<Check>, end: Option<PhaseEnd>) -> Row {
        let checklist =
            Checklist { rows: vec![ChecklistRow { id: id("P3.1"), title: "health".into(), level: Level::Required }] };
        let phase = PhaseFacts { id: PhaseId::parse("health").unwrap(), requirements: vec![id("P3.1")], checks, end };
        judge(&checklist, &[phase]).remove(0)
    }

    #[test]
    fn the_worst_check_decides_and_is_named() {
        let row =
            verdict_of(vec![check("P3.1", Verdict::Pass), check("P3.1", Verdict::Fail)], Some(PhaseEnd::Completed));
        assert_eq!((row.verdict, row.observed.as_str()), (Verdict::Fail, "saw fail"));
        assert_eq!(row.by, "health: it works");
    }

    #[test]
    fn zero_checks_never_pass() {
        assert_eq!(verdict_of(vec![], Some(PhaseEnd::Completed)).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn a_crash_after_a_pass_is_inconclusive() {
        let row = verdict_of(vec![check("P3.1", Verdict::Pass)], Some(PhaseEnd::Trapped("out of memory".into())));
        assert_eq!(row.verdict, Verdict::Inconclusive);
        assert_eq!(row.observed, "the phase crashed: out of memory");
    }

    #[test]
    fn a_crash_after_a_failure_still_fails() {
        let row = verdict_of(vec![check("P3.1", Verdict::Fail)], Some(PhaseEnd::Trapped("x".into())));
        assert_eq!(row.verdict, Verdict::Fail);
    }

    #[test]
    fn a_skipped_phase_is_not_exercised_with_its_reason() {
        let row = verdict_of(vec![], Some(PhaseEnd::Skipped("needs `config`, which failed".into())));
        assert_eq!((row.verdict, row.observed.as_str()), (Verdict::NotExercised, "needs `config`, which failed"));
    }

    #[test]
    fn a_claim_on_another_row_counts_for_nothing() {
        assert_eq!(
            verdict_of(vec![check("P3.2", Verdict::Pass)], Some(PhaseEnd::Completed)).verdict,
            Verdict::Inconclusive
        );
    }

    #[test]
    fn a_phase_that_was_stopped_is_inconclusive_and_says_by_whom() {
        let row = verdict_of(vec![check("P3.1", Verdict::Pass)], Some(PhaseEnd::Cancelled("cancelled by a: b".into())));
        assert_eq!(
            (row.verdict, row.observed.as_str()),
            (Verdict::Inconclusive, "the phase was stopped: cancelled by a: b")
        );
    }

    #[test]
    fn the_last_waiver_of_a_row_counts_and_passed_rows_have_none() {
        let mut rows = [Verdict::Fail, Verdict::Pass]
            .map(|verdict| verdict_of(vec![check("P3.1", verdict)], Some(PhaseEnd::Completed)));
        let waiver =
            |by: &str| Waiver { row: id("P3.1"), by: by.into(), reason: "r".into(), until: crate::Timestamp(1.0) };
        waive(&mut rows, &[waiver("a"), waiver("b")]);
        assert_eq!(rows[0].waived.as_ref().map(|waiver| waiver.by.as_str()), Some("b"));
        assert_eq!((rows[0].verdict, &rows[1].waived), (Verdict::Fail, &None));
        waive(&mut rows, &[]);
        assert_eq!(rows[0].waived, None);
    }
}
