//! From checks to rows: what the phases found, laid over the checklist.

use crate::{
    Check, Checklist, Level, PhaseEnd, PhaseId, PolicyId, RequirementId, Scale, Verdict, Waiver, policy::Standing,
};

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

/// What judging needs to know about a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyFacts {
    pub id: PolicyId,
    /// The rows that the bundle lets it claim.
    pub requirements: Vec<RequirementId>,
    pub standing: Standing,
    /// There will be no more ticks.
    pub over: bool,
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
    /// Who decided: `phase: name of the check`, or `policy: name of the finding`. Empty if nobody did.
    pub by: String,
    /// Who answers for it although it did not pass.
    pub waived: Option<Waiver>,
    /// It passed in a rehearsal, so that it has no verdict and nothing against it.
    pub rehearsed: bool,
}

/// Lays waivers over rows, later ones over earlier. Only a required row that did not pass can be waived.
pub fn waive(rows: &mut [Row], waivers: &[Waiver]) {
    for row in rows.iter_mut().filter(|row| row.level == Level::Required && row.verdict != Verdict::Pass) {
        row.waived = waivers.iter().rev().find(|waiver| waiver.row == row.id).cloned();
    }
}

/// What a rehearsal says of rows: it can fail one, and never passes one.
pub fn rehearse(rows: &mut [Row], scale: Scale) {
    for row in rows.iter_mut().filter(|row| row.verdict == Verdict::Pass) {
        row.rehearsed = true;
        row.verdict = Verdict::NotExercised;
        row.observed = format!("rehearsed with waits {scale} times as fast, where it passes");
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
/// was to judge, speaks `inconclusive` for it, and so does a policy that was ended or found nothing. A row without either is `not-exercised`.
pub fn judge(checklist: &Checklist, phases: &[PhaseFacts], policies: &[PolicyFacts]) -> Vec<Row> {
    checklist
        .rows
        .iter()
        .map(|row| {
            let of_phases = phases.iter().flat_map(|phase| voices(&row.id, phase));
            let of_policies = policies.iter().flat_map(|policy| voices_of_policy(&row.id, policy));
            let voices: Vec<Voice> = of_phases.chain(of_policies).collect();
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
                rehearsed: false,
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

fn voices_of_policy(id: &RequirementId, policy: &PolicyFacts) -> Vec<Voice> {
    if !policy.requirements.contains(id) {
        return Vec::new();
    }
    let PolicyFacts { id: policy, standing, over, .. } = policy;
    let said = standing.voices(id).map(|finding| Voice {
        verdict: finding.verdict,
        expected: finding.expected.clone(),
        observed: finding.observed.clone(),
        by: format!("{policy}: {}", finding.name),
    });
    let mut voices: Vec<Voice> = said.collect();
    let owed = match &standing.ended {
        Some(why) => Some((Verdict::Inconclusive, format!("the policy was ended: {why}"))),
        None if standing.ticks == 0 && !over => Some((Verdict::Pending, "nothing has been judged yet".to_owned())),
        None if standing.ticks == 0 => Some((Verdict::Inconclusive, "nothing was judged".to_owned())),
        None if voices.is_empty() => Some((Verdict::Inconclusive, "the policy found nothing for it".to_owned())),
        None => None,
    };
    voices.extend(owed.map(|(verdict, observed)| Voice {
        verdict,
        expected: String::new(),
        observed,
        by: policy.to_string(),
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
    use crate::{
        ChecklistRow,
        policy::{Finding, Judgement},
    };

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
        judge(&checklist, &[phase], &[]).remove(0)
    }

    fn of_policy(judgements: &[Judgement], over: bool, claims: &str) -> Row {
        let checklist =
            Checklist { rows: vec![ChecklistRow { id: id("P3.1"), title: "health".into(), level: Level::Required }] };
        let mut standing = Standing::default();
        judgements.iter().for_each(|judgement| standing.take(judgement));
        let policy = PolicyId::parse("objectives").unwrap();
        judge(&checklist, &[], &[PolicyFacts { id: policy, requirements: vec![id(claims)], standing, over }]).remove(0)
    }

    fn found(row: &str, verdict: Verdict) -> Judgement {
        let finding = Finding {
            name: "p95".into(),
            requirements: vec![id(row)],
            verdict,
            severity: None,
            expected: "at most 2 s".into(),
            observed: "1.9 s".into(),
            since: None,
            firing: false,
            action: None,
        };
        Judgement::Findings { findings: vec![finding], fuel: 1 }
    }

    #[test]
    fn a_finding_is_a_check_of_its_row() {
        let row = of_policy(&[found("P3.1", Verdict::Fail), found("P3.1", Verdict::Pass)], true, "P3.1");
        assert_eq!((row.verdict, row.by.as_str()), (Verdict::Pass, "objectives: p95"));
        assert_eq!((row.expected.as_str(), row.observed.as_str()), ("at most 2 s", "1.9 s"));
        assert_eq!(of_policy(&[found("P3.1", Verdict::Pass)], true, "P3.2").verdict, Verdict::NotExercised);
    }

    #[test]
    fn a_policy_that_says_nothing_is_no_good_news() {
        let ended = || Judgement::Ended("out of fuel".into());
        for (judgements, over, verdict, observed) in [
            (vec![], false, Verdict::Pending, "nothing has been judged yet"),
            (vec![], true, Verdict::Inconclusive, "nothing was judged"),
            (vec![found("P3.2", Verdict::Pass)], true, Verdict::Inconclusive, "the policy found nothing for it"),
            (vec![ended()], false, Verdict::Inconclusive, "the policy was ended: out of fuel"),
            (
                vec![found("P3.1", Verdict::Pass), ended()],
                true,
                Verdict::Inconclusive,
                "the policy was ended: out of fuel",
            ),
            (vec![found("P3.1", Verdict::Fail), ended()], true, Verdict::Fail, "1.9 s"),
        ] {
            let row = of_policy(&judgements, over, "P3.1");
            assert_eq!((row.verdict, row.observed.as_str()), (verdict, observed), "{judgements:?}");
        }
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
