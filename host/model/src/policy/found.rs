//! What a policy made of the evidence at a tick, and where it stands after all ticks so far.

use std::collections::BTreeMap;

use crate::{PolicyId, RequirementId, Verdict};

use super::Finding;

/// What one policy made of one tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub policy: PolicyId,
    /// The position of the tick in the run's order.
    pub tick: u64,
    pub judgement: Judgement,
}

/// What a policy found, or why it judges no more.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    Findings {
        findings: Vec<Finding>,
        /// What the evaluation took.
        fuel: u64,
    },
    /// The policy was ended, for good; why.
    Ended(String),
}

/// The most findings that are kept as failures of one row. A row that has so many is not taken back any more.
const MOST_FAILURES: usize = 64;

/// Where a policy stands after the ticks so far.
///
/// The last evaluation counts. What failed before stays a failure, unless the same rule says `pass` for the same row later on: a policy knows the
/// past and may have judged too early, but what it says nothing of any more, or is no longer sure of, has failed all the same.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// What the last evaluation found.
    pub findings: Vec<Finding>,
    /// Why it judges no more.
    pub ended: Option<String>,
    /// Ticks that it has judged.
    pub ticks: u64,
    failures: BTreeMap<RequirementId, Vec<Finding>>,
    fired: BTreeMap<RequirementId, String>,
}

impl Standing {
    /// Takes in what came of the next tick.
    pub fn take(&mut self, judgement: &Judgement) {
        let findings = match judgement {
            Judgement::Ended(why) => return self.ended = Some(why.clone()),
            Judgement::Findings { findings, .. } => findings,
        };
        self.ticks += 1;
        for finding in findings {
            for row in &finding.requirements {
                self.count(row, finding);
            }
        }
        self.findings.clone_from(findings);
    }

    fn count(&mut self, row: &RequirementId, finding: &Finding) {
        if finding.firing {
            self.fired.entry(row.clone()).or_insert_with(|| finding.name.clone());
        }
        match finding.verdict {
            Verdict::Fail => {
                let failures = self.failures.entry(row.clone()).or_default();
                match failures.iter().position(|known| known.name == finding.name) {
                    Some(known) => failures[known].clone_from(finding),
                    None if failures.len() < MOST_FAILURES => failures.push(finding.clone()),
                    None => {}
                }
            }
            Verdict::Pass => {
                if let Some(failures) = self.failures.get_mut(row).filter(|failures| failures.len() < MOST_FAILURES) {
                    failures.retain(|known| known.name != finding.name);
                }
            }
            Verdict::Inconclusive | Verdict::NotExercised | Verdict::Pending => {}
        }
    }

    /// What it has to say of a row: what the last evaluation found, and what failed before and was not taken back.
    pub fn voices<'a>(&'a self, row: &'a RequirementId) -> impl Iterator<Item = &'a Finding> {
        let now = self.findings.iter().filter(|finding| finding.requirements.contains(row));
        let failed = self.failures.get(row).into_iter().flatten();
        let fails = |finding: &Finding, failure: &Finding| {
            finding.name == failure.name && finding.verdict == Verdict::Fail && finding.requirements.contains(row)
        };
        now.chain(failed.filter(move |failure| !self.findings.iter().any(|finding| fails(finding, failure))))
    }

    /// The rule that has fired for a row, at whatever tick.
    pub fn fired(&self, row: &RequirementId) -> Option<&str> {
        self.fired.get(row).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> RequirementId {
        RequirementId::parse("P4.1.p95").unwrap()
    }

    fn finding(name: &str, verdict: Verdict) -> Finding {
        Finding {
            name: name.into(),
            requirements: vec![row()],
            verdict,
            severity: None,
            expected: String::new(),
            observed: verdict.to_string(),
            since: None,
            firing: false,
            action: None,
        }
    }

    fn after(ticks: &[&[(&str, Verdict)]]) -> Standing {
        let mut standing = Standing::default();
        for tick in ticks {
            let findings = tick.iter().map(|(name, verdict)| finding(name, *verdict)).collect();
            standing.take(&Judgement::Findings { findings, fuel: 1 });
        }
        standing
    }

    fn verdict(standing: &Standing) -> Option<Verdict> {
        Verdict::fold(standing.voices(&row()).map(|finding| finding.verdict))
    }

    #[test]
    fn the_last_evaluation_counts_and_a_failure_stays_until_its_rule_takes_it_back() {
        use Verdict::{Fail, Inconclusive, Pass, Pending};
        for (ticks, expected) in [
            (&[][..], None),
            (&[&[("a", Pending)][..], &[("a", Pass)]], Some(Pass)),
            (&[&[("a", Pass)], &[("a", Fail)]], Some(Fail)),
            (&[&[("a", Fail)], &[("a", Pass)]], Some(Pass)),
            (&[&[("a", Fail)], &[]], Some(Fail)),
            (&[&[("a", Fail)], &[("a", Pending)]], Some(Fail)),
            (&[&[("a", Fail)], &[("a", Inconclusive)]], Some(Fail)),
            (&[&[("a", Fail)], &[("b", Pass)]], Some(Fail)),
            (&[&[("a", Inconclusive)], &[]], None),
            (&[&[("a", Inconclusive)], &[("a", Pass)]], Some(Pass)),
        ] {
            assert_eq!(verdict(&after(ticks)), expected, "{ticks:?}");
        }
    }

    #[test]
    fn a_failure_of_a_row_is_not_forgotten_when_its_rule_fails_for_another() {
        let other = RequirementId::parse("P4.1.errors").unwrap();
        let mut standing = after(&[&[("a", Verdict::Fail)]]);
        let elsewhere = Finding { requirements: vec![other], ..finding("a", Verdict::Fail) };
        let findings = vec![elsewhere, finding("b", Verdict::Pass)];
        standing.take(&Judgement::Findings { findings, fuel: 1 });
        assert_eq!(verdict(&standing), Some(Verdict::Fail));
    }

    #[test]
    fn a_failure_speaks_once_and_with_its_last_words() {
        let standing = after(&[&[("a", Verdict::Fail)], &[("a", Verdict::Fail)]]);
        assert_eq!(standing.voices(&row()).count(), 1);
        assert_eq!(standing.ticks, 2);
    }

    #[test]
    fn a_row_with_more_failures_than_are_kept_is_not_taken_back() {
        let names: Vec<String> = (0..=MOST_FAILURES).map(|number| number.to_string()).collect();
        let all = |verdict| names.iter().map(|name| (name.as_str(), verdict)).collect::<Vec<_>>();
        let (failed, passed) = (all(Verdict::Fail), all(Verdict::Pass));
        assert_eq!(verdict(&after(&[&failed, &passed])), Some(Verdict::Fail));
        assert_eq!(verdict(&after(&[&failed[2..], &passed[2..]])), Some(Verdict::Pass));
    }

    #[test]
    fn what_has_fired_stays_known_and_what_was_ended_says_why() {
        let mut standing = Standing::default();
        let firing = Finding { firing: true, ..finding("a", Verdict::Pending) };
        standing.take(&Judgement::Findings { findings: vec![firing], fuel: 1 });
        standing.take(&Judgement::Findings { findings: vec![finding("a", Verdict::Pass)], fuel: 1 });
        assert_eq!(standing.fired(&row()), Some("a"));
        standing.take(&Judgement::Ended("out of fuel".into()));
        assert_eq!((standing.ended.as_deref(), standing.ticks), (Some("out of fuel"), 2));
        assert_eq!(verdict(&standing), Some(Verdict::Pass), "the host says what its end means");
    }
}
