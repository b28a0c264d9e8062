//! The lines of a run as it goes on. What a policy finds bad is told when it changes, and not at every tick of a day.

use std::collections::BTreeMap;

use holdpoint_model::{
    Event, EventKind, PolicyId, Verdict,
    policy::{Finding, Judgement},
};

use super::{LINE, line};
use crate::text;

/// Knows what it has said of each policy.
#[derive(Debug, Default)]
pub struct Lines {
    said: BTreeMap<PolicyId, Vec<String>>,
}

impl Lines {
    /// The line for the next event, if a person should hear of it at once; no line break at its end.
    pub fn next(&mut self, event: &Event) -> Option<String> {
        let EventKind::Found(found) = &event.kind else { return line(event) };
        let now = standing(&found.judgement);
        let is_well = now.is_empty();
        let before = self.said.insert(found.policy.clone(), now.clone()).unwrap_or_default();
        if before == now {
            return None;
        }
        if is_well {
            let said = format!("{} {}: nothing fires or fails any more", event.at.clock(), found.policy);
            return Some(text::short(&said, LINE));
        }
        line(event)
    }
}

/// What fires or fails, by name, or that the policy has ended. What was observed of it changes all the time.
fn standing(judgement: &Judgement) -> Vec<String> {
    let one = |finding: &Finding| match (finding.firing, finding.verdict) {
        (true, _) => Some(format!("firing {}", finding.name)),
        (false, Verdict::Fail) => Some(format!("fail {}", finding.name)),
        _ => None,
    };
    match judgement {
        Judgement::Ended(why) => vec![format!("ended {why}")],
        Judgement::Findings { findings, .. } => findings.iter().filter_map(one).collect(),
    }
}

#[cfg(test)]
mod tests {
    use holdpoint_model::{Timestamp, policy::Found};

    use super::*;

    fn finding(name: &str, verdict: Verdict, firing: bool, observed: &str) -> Finding {
        Finding {
            name: name.into(),
            requirements: vec![],
            verdict,
            severity: None,
            expected: "little".into(),
            observed: observed.into(),
            since: None,
            firing,
            action: None,
        }
    }

    /// What is said of one policy, tick by tick.
    fn said(ticks: &[Judgement]) -> Vec<Option<String>> {
        let mut lines = Lines::default();
        let event = |(tick, judgement): (u64, &Judgement)| Event {
            position: tick,
            at: Timestamp(0.0),
            kind: EventKind::Found(Found {
                policy: PolicyId::parse("alerts").unwrap(),
                tick,
                judgement: judgement.clone(),
            }),
        };
        let mut next = |event: Event| lines.next(&event).map(|line| line["00:00:00 alerts: ".len()..].to_owned());
        (1..).zip(ticks).map(event).map(&mut next).collect()
    }

    #[test]
    fn what_is_bad_is_told_when_it_changes() {
        let found = |findings: Vec<Finding>| Judgement::Findings { findings, fuel: 1 };
        let ticks = [
            found(vec![finding("errors", Verdict::Pending, false, "1 %")]),
            found(vec![finding("errors", Verdict::Fail, true, "3 %")]),
            found(vec![finding("errors", Verdict::Fail, true, "4 %")]),
            found(vec![finding("errors", Verdict::Fail, false, "1 %")]),
            found(vec![finding("errors", Verdict::Fail, false, "0.5 %"), finding("slow", Verdict::Fail, true, "4 s")]),
            found(vec![finding("errors", Verdict::Pass, false, "0 %")]),
            found(vec![finding("errors", Verdict::Pass, false, "0 %")]),
            Judgement::Ended("no fuel".into()),
            Judgement::Ended("no fuel".into()),
        ];
        let lines = said(&ticks);
        let begins = |at: usize, text: &str| lines[at].as_deref().is_some_and(|line| line.starts_with(text));
        assert_eq!([&lines[0], &lines[2], &lines[6], &lines[8]], [&None; 4], "{lines:?}");
        assert!(begins(1, "firing") && begins(3, "fail") && begins(4, "fail"), "{lines:?}");
        assert!(lines[4].as_deref().is_some_and(|line| line.ends_with("and 1 more")), "{lines:?}");
        assert!(begins(5, "nothing fires or fails any more") && begins(7, "ended: no fuel"), "{lines:?}");
    }
}
