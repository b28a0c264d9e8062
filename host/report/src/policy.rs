//! What a run's policies found: where each stands, and when what it says changed.

use holdpoint_model::{
    PolicyId, RequirementId, Timestamp, Verdict,
    policy::{Finding, Found, Judgement, Standing},
};

/// A policy as the bundle plans it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedPolicy {
    pub id: PolicyId,
    /// The rows that it may claim.
    pub requirements: Vec<RequirementId>,
    /// The place of the stage that it judges to the end of.
    pub stage: usize,
}

/// What one policy found.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyReport {
    pub id: PolicyId,
    pub requirements: Vec<RequirementId>,
    /// The place of the stage that it judges to the end of.
    pub stage: usize,
    pub standing: Standing,
    /// The moment of its last tick.
    pub judged: Option<Timestamp>,
    /// The most fuel that one evaluation took.
    pub fuel: u64,
    /// The first changes of what its rules say; at most [`PolicyReport::TURNS`].
    pub turns: Vec<Turn>,
    pub turns_left_out: u64,
}

/// A rule says something else than at the tick before.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The moment of the tick.
    pub at: Timestamp,
    /// The rule.
    pub name: String,
    /// What it said before, and whether it fired; none if it was not there.
    pub before: Option<(Verdict, bool)>,
    /// None if it is not there any more.
    pub after: Option<(Verdict, bool)>,
    /// What was observed then.
    pub observed: String,
}

impl PolicyReport {
    /// Most changes that are kept.
    pub const TURNS: usize = 200;

    pub(crate) fn new(PlannedPolicy { id, requirements, stage }: &PlannedPolicy) -> Self {
        Self {
            id: id.clone(),
            requirements: requirements.clone(),
            stage: *stage,
            standing: Standing::default(),
            judged: None,
            fuel: 0,
            turns: Vec::new(),
            turns_left_out: 0,
        }
    }

    pub(crate) fn take(&mut self, at: Timestamp, Found { judgement, .. }: &Found) {
        self.judged = Some(at);
        if let Judgement::Findings { findings, fuel } = judgement {
            self.fuel = self.fuel.max(*fuel);
            for turn in turns(at, &self.standing.findings, findings) {
                // What is said for the first time takes no room from what changes.
                let changes = turn.before.is_some();
                if self.turns.iter().filter(|known| known.before.is_some() == changes).count() < Self::TURNS {
                    self.turns.push(turn);
                } else if changes {
                    self.turns_left_out += 1;
                }
            }
        }
        self.standing.take(judgement);
    }

    /// The worst that it says of its rows, and of whatever else is of weight. None if it has said nothing.
    pub fn verdict(&self) -> Option<Verdict> {
        let of_rows = self.requirements.iter().flat_map(|row| self.standing.voices(row));
        let of_weight = self.standing.findings.iter().filter(|finding| self.heeds(finding));
        let ended = self.standing.ended.as_ref().map(|_| Verdict::Inconclusive);
        Verdict::fold(of_rows.chain(of_weight).map(|finding| finding.verdict).chain(ended))
    }

    /// Whether a finding is of weight here: it is of one of its rows, or bad. The same module may know rules that another bundle has rows for.
    pub fn heeds(&self, finding: &Finding) -> bool {
        let is_bad = finding.firing || finding.verdict == Verdict::Fail;
        is_bad || self.requirements.is_empty() || !finding.requirements.is_empty()
    }

    /// The rules that fire.
    pub fn firing(&self) -> impl Iterator<Item = &Finding> {
        self.standing.findings.iter().filter(|finding| finding.firing)
    }
}

fn turns(at: Timestamp, before: &[Finding], after: &[Finding]) -> Vec<Turn> {
    let said = |finding: &Finding| (finding.verdict, finding.firing);
    let find = |all: &[Finding], name: &str| all.iter().find(|finding| finding.name == name).map(said);
    let mut turns: Vec<Turn> = Vec::new();
    for finding in after {
        let known = find(before, &finding.name);
        if known != Some(said(finding)) {
            turns.push(Turn {
                at,
                name: finding.name.clone(),
                before: known,
                after: Some(said(finding)),
                observed: finding.observed.clone(),
            });
        }
    }
    for gone in before.iter().filter(|gone| find(after, &gone.name).is_none()) {
        let (name, before) = (gone.name.clone(), Some(said(gone)));
        turns.push(Turn { at, name, before, after: None, observed: String::new() });
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(name: &str, verdict: Verdict, firing: bool) -> Finding {
        Finding {
            name: name.into(),
            requirements: vec![],
            verdict,
            severity: None,
            expected: String::new(),
            observed: format!("saw {verdict}"),
            since: None,
            firing,
            action: None,
        }
    }

    fn report(ticks: &[&[Finding]]) -> PolicyReport {
        let id = PolicyId::parse("alerts").unwrap();
        let mut report = PolicyReport::new(&PlannedPolicy { id: id.clone(), requirements: vec![], stage: 0 });
        for (findings, tick) in ticks.iter().zip(1..) {
            let judgement = Judgement::Findings { findings: findings.to_vec(), fuel: tick };
            report.take(Timestamp(tick as f64), &Found { policy: id.clone(), tick, judgement });
        }
        report
    }

    #[test]
    fn what_is_said_of_none_of_its_rows_is_not_its_verdict() {
        let row = |text: &str| RequirementId::parse(text).unwrap();
        let of_a_row = Finding { requirements: vec![row("A")], ..finding("a", Verdict::Pass, false) };
        let findings = [of_a_row, finding("b", Verdict::Inconclusive, false)];
        let mut report = report(&[&findings]);
        assert_eq!(report.verdict(), Some(Verdict::Inconclusive), "it judges no row");
        report.requirements = vec![row("A")];
        assert_eq!(report.verdict(), Some(Verdict::Pass));
        assert_eq!(findings.each_ref().map(|finding| report.heeds(finding)), [true, false]);
        let bad = finding("b", Verdict::Fail, false);
        assert!(report.heeds(&bad), "what is bad is told");
        report.standing.findings.push(bad);
        assert_eq!(report.verdict(), Some(Verdict::Fail));
    }

    #[test]
    fn only_what_changes_is_a_turn() {
        use Verdict::{Fail, Pass, Pending};
        let report = report(&[
            &[finding("a", Pass, false), finding("b", Pending, false)],
            &[finding("a", Pass, false), finding("b", Fail, true)],
            &[finding("a", Pass, false)],
        ]);
        let turns: Vec<_> =
            report.turns.iter().map(|turn| (turn.at.0, turn.name.as_str(), turn.before, turn.after)).collect();
        assert_eq!(
            turns,
            [
                (1.0, "a", None, Some((Pass, false))),
                (1.0, "b", None, Some((Pending, false))),
                (2.0, "b", Some((Pending, false)), Some((Fail, true))),
                (3.0, "b", Some((Fail, true)), None),
            ]
        );
        assert_eq!((report.fuel, report.judged, report.firing().count()), (3, Some(Timestamp(3.0)), 0));
    }

    #[test]
    fn what_many_rules_say_first_takes_no_room_from_what_changes() {
        let all = |verdict| (0..300).map(|n| finding(&format!("r{n}"), verdict, false)).collect::<Vec<_>>();
        let (first, mut then) = (all(Verdict::Pending), all(Verdict::Pending));
        then[299] = finding("r299", Verdict::Fail, true);
        let report = report(&[&first, &then]);
        assert_eq!((report.turns.last().map(|turn| turn.name.as_str()), report.turns_left_out), (Some("r299"), 0));
    }

    #[test]
    fn turns_beyond_the_bound_are_counted() {
        let (on, off) = ([finding("a", Verdict::Fail, true)], [finding("a", Verdict::Pass, false)]);
        let flapping: Vec<&[Finding]> =
            (0..PolicyReport::TURNS + 5).map(|n| if n % 2 == 0 { &on[..] } else { &off[..] }).collect();
        let report = report(&flapping);
        assert_eq!((report.turns.len(), report.turns_left_out), (PolicyReport::TURNS + 1, 4));
    }
}
