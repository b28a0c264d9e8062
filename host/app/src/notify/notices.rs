//! What is to be told of a run, from its events alone. Pure: what was sent and what came of it are events too.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_model::{
    Decision, Event, EventKind, Notice, NoticeKind, NoticeTarget, PhaseId, PolicyId, RunHeader, Timestamp,
    policy::Judgement,
};
use serde_json::{Value, json};

/// Most alerts that one run tells: a rule that begins to fire over and over is no news.
const ALERTS: usize = 50;
/// Most characters of the line for people.
const TEXT: usize = 600;

/// The notifications of a run and how far each is.
#[derive(Debug)]
pub(crate) struct Notices {
    targets: Vec<NoticeTarget>,
    rollback: Option<PhaseId>,
    header: Option<RunHeader>,
    /// The rules that fire.
    firing: BTreeSet<(PolicyId, String)>,
    alerts: usize,
    /// By key, in the order of keys; those that have ended are gone.
    open: BTreeMap<String, Open>,
    /// The last event.
    seen: u64,
}

/// A notification that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Open {
    pub(crate) notice: Notice,
    /// Which target it is for.
    pub(crate) target: usize,
    /// Its row is in the journal.
    pub(crate) intended: bool,
    /// Somebody sends it.
    handed: bool,
}

impl Notices {
    pub(crate) fn new(targets: &[NoticeTarget], rollback: Option<&PhaseId>) -> Self {
        Self {
            targets: targets.to_vec(),
            rollback: rollback.cloned(),
            header: None,
            firing: BTreeSet::new(),
            alerts: 0,
            open: BTreeMap::new(),
            seen: 0,
        }
    }

    /// Takes an event. One that was taken before is left alone.
    pub(crate) fn take(&mut self, event: &Event) {
        if event.position <= self.seen {
            return;
        }
        self.seen = event.position;
        match &event.kind {
            EventKind::RunStarted(header) => drop(self.header.get_or_insert_with(|| header.clone())),
            EventKind::NoticeIntended(notice) => {
                if let Some(open) = self.open.get_mut(&notice.key) {
                    // What was written down is what is sent.
                    open.notice = notice.clone();
                    open.intended = true;
                }
            }
            EventKind::NoticeEnded(end) => drop(self.open.remove(&end.key)),
            EventKind::Found(found) => {
                let Judgement::Findings { findings, .. } = &found.judgement else { return };
                let now: BTreeSet<(PolicyId, String)> = findings
                    .iter()
                    .filter(|finding| finding.firing)
                    .map(|finding| (found.policy.clone(), finding.name.clone()))
                    .collect();
                let begun: Vec<String> = findings
                    .iter()
                    .filter(|finding| finding.firing)
                    .filter(|finding| !self.firing.contains(&(found.policy.clone(), finding.name.clone())))
                    .map(|finding| format!("{} of policy {} fires: {}", finding.name, found.policy, finding.observed))
                    .collect();
                self.firing.retain(|(policy, _)| *policy != found.policy);
                self.firing.extend(now);
                if !begun.is_empty() && self.alerts < ALERTS {
                    self.alerts += 1;
                    self.tell(
                        event,
                        &[NoticeKind::Alert],
                        &begun.join("; "),
                        json!({ "policy": found.policy.as_str() }),
                    );
                }
            }
            EventKind::PhaseStarted { phase } if self.rollback.as_ref() == Some(phase) => {
                self.tell(event, &[NoticeKind::Rollback], "the rollback begins", json!({ "phase": phase.as_str() }));
            }
            EventKind::ApprovalAsked(ask) => {
                let cause =
                    if ask.cause.is_empty() { String::new() } else { format!(" (called for by {})", ask.cause) };
                let text =
                    format!("phase {} waits for approval until {}{cause}: {}", ask.phase, ask.until, ask.command());
                let more = json!({ "phase": ask.phase.as_str(), "command": ask.command() });
                let kinds = [NoticeKind::Approval, NoticeKind::Rollback];
                self.tell(event, if ask.cause.is_empty() { &kinds[..1] } else { &kinds }, &text, more);
            }
            EventKind::ApprovalAnswered(answer) => {
                let text = format!("phase {} was {answer}", answer.phase);
                self.tell(event, &[NoticeKind::Approval], &text, json!({ "phase": answer.phase.as_str() }));
            }
            EventKind::RowWaived(waiver) => {
                let text = format!("{} waived by {} until {}: {}", waiver.row, waiver.by, waiver.until, waiver.reason);
                self.tell(event, &[NoticeKind::Waive], &text, json!({ "row": waiver.row.as_str() }));
            }
            EventKind::WaiverWithdrawn { row, by, reason } => {
                let text = format!("waiver of {row} withdrawn by {by}: {reason}");
                self.tell(event, &[NoticeKind::Waive], &text, json!({ "row": row.as_str() }));
            }
            EventKind::RunEnded { decision, next } => {
                let (word, next) = (decision.word(), next.as_deref());
                let text = next.map_or_else(|| word.to_owned(), |next| format!("{word}; stage {next} is to come"));
                self.tell(event, &[of_decision(*decision)], &text, json!({ "decision": word, "next_stage": next }));
            }
            _ => {}
        }
    }

    fn tell(&mut self, event: &Event, kinds: &[NoticeKind], text: &str, more: Value) {
        let Some(header) = &self.header else { return };
        for (number, target) in self.targets.iter().enumerate() {
            let Some(kind) = kinds.iter().copied().find(|kind| target.on.contains(kind)) else { continue };
            let key = format!("{}/{}/0", header.run, sender(number, event.position));
            let body = body(header, (&key, kind), event.at, text, &more);
            let notice = Notice { key: key.clone(), kind, to: target.to.to_string(), body };
            self.open.insert(key, Open { notice, target: number, intended: false, handed: false });
        }
    }

    /// Those that nobody sends yet. They are taken to be sent from now on.
    pub(crate) fn hand_out(&mut self) -> Vec<Open> {
        let waiting = self.open.values_mut().filter(|open| !open.handed);
        waiting
            .map(|open| {
                open.handed = true;
                open.clone()
            })
            .collect()
    }

    /// How many have not ended.
    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    /// One has ended.
    pub(crate) fn ended(&mut self, key: &str) {
        self.open.remove(key);
    }
}

/// Who sends a notification, as part of its key.
pub(crate) fn sender(target: usize, position: u64) -> String {
    format!("notify-{target}-{position}")
}

fn of_decision(decision: Decision) -> NoticeKind {
    match decision {
        Decision::Release => NoticeKind::Release,
        Decision::Hold => NoticeKind::Hold,
        Decision::Inconclusive => NoticeKind::Inconclusive,
        // Nobody is told of a rehearsal.
        Decision::Partial | Decision::Rehearsed => NoticeKind::Partial,
        Decision::RolledBack | Decision::RollbackFailed => NoticeKind::Rollback,
    }
}

/// The one object that is sent. `text` is the line that people see; the rest is for programs.
fn body(header: &RunHeader, (key, kind): (&str, NoticeKind), at: Timestamp, text: &str, more: &Value) -> String {
    let (bundle, version, environment) = (&header.bundle, &header.bundle_version, &header.environment);
    let text = format!("{bundle} {version} ({environment}): {text} · run {}", header.run);
    let mut body = json!({
        "text": line(&text),
        "kind": kind.word(),
        "key": key,
        "at": at.to_string(),
        "run": header.run.as_str(),
        "bundle": bundle,
        "version": version,
        "environment": environment,
    });
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more.clone());
    }
    body.to_string()
}

/// One bounded line in which nothing is markup, a mention or a link of a chat.
fn line(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars().take(TEXT) {
        match c {
            '&' => line.push_str("&amp;"),
            '<' => line.push_str("&lt;"),
            '>' => line.push_str("&gt;"),
            c if c.is_control() => line.push(' '),
            c => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use holdpoint_model::{
        ApprovalAsk, Carrier, Digest, NoticeEnd, RequirementId, RunId, Verdict,
        grant::ToolName,
        policy::{Finding, Found},
    };

    use super::*;

    fn notices(on: &[&[NoticeKind]]) -> Notices {
        let to = |_: &&[NoticeKind]| Carrier::Command(ToolName::parse("pager").unwrap());
        let targets: Vec<NoticeTarget> = on.iter().map(|on| NoticeTarget { on: on.to_vec(), to: to(on) }).collect();
        let mut notices = Notices::new(&targets, Some(&PhaseId::parse("undo").unwrap()));
        let header = RunHeader {
            run: RunId::parse("R1").unwrap(),
            bundle: "b".into(),
            bundle_version: "1".into(),
            bundle_digest: Digest::of(b""),
            environment: "e".into(),
            only: None,
            dry_run: false,
            scale: None,
            modules: [].into(),
            policies: [].into(),
            operator_digest: Digest::of(b""),
            retry: None,
        };
        take(&mut notices, 1, EventKind::RunStarted(header));
        notices
    }

    fn take(notices: &mut Notices, position: u64, kind: EventKind) {
        notices.take(&Event { position, at: Timestamp(0.0), kind });
    }

    fn fires(names: &[&str]) -> EventKind {
        let finding = |name: &&str| Finding {
            name: (*name).into(),
            requirements: vec![RequirementId::parse("P1").unwrap()],
            verdict: Verdict::Fail,
            severity: None,
            expected: String::new(),
            observed: "<!channel> 5 %\n".into(),
            since: None,
            firing: true,
            action: None,
        };
        let findings = names.iter().map(finding).collect();
        let policy = PolicyId::parse("alerts").unwrap();
        EventKind::Found(Found { policy, tick: 1, judgement: Judgement::Findings { findings, fuel: 1 } })
    }

    fn kinds(notices: &mut Notices) -> Vec<&'static str> {
        notices.hand_out().iter().map(|open| open.notice.kind.word()).collect()
    }

    #[test]
    fn each_target_is_told_what_it_wants_once() {
        let mut notices = notices(&[&[NoticeKind::Hold], &[NoticeKind::Hold, NoticeKind::Waive], &[]]);
        take(&mut notices, 2, EventKind::RunEnded { decision: Decision::Release, next: None });
        assert_eq!(notices.open(), 0);
        for _ in 0..2 {
            take(&mut notices, 3, EventKind::RunEnded { decision: Decision::Hold, next: None });
        }
        let out = notices.hand_out();
        let keys: Vec<&str> = out.iter().map(|open| open.notice.key.as_str()).collect();
        assert_eq!(keys, ["R1/notify-0-3/0", "R1/notify-1-3/0"]);
        let body: Value = serde_json::from_str(&out[0].notice.body).unwrap();
        assert_eq!(body["text"], "b 1 (e): hold · run R1");
        assert_eq!((&body["key"], &body["decision"]), (&"R1/notify-0-3/0".into(), &"hold".into()));
        assert!(notices.hand_out().is_empty());
    }

    #[test]
    fn what_is_known_to_be_sent_is_not_sent_again_and_what_is_not_known_is() {
        let mut first = notices(&[&[NoticeKind::Hold], &[NoticeKind::Hold]]);
        take(&mut first, 3, EventKind::RunEnded { decision: Decision::Hold, next: None });
        let out = first.hand_out();
        // After a crash: both were intended, one has ended.
        let mut second = notices(&[&[NoticeKind::Hold], &[NoticeKind::Hold]]);
        take(&mut second, 3, EventKind::RunEnded { decision: Decision::Hold, next: None });
        for (place, open) in out.iter().enumerate() {
            take(&mut second, 4 + place as u64, EventKind::NoticeIntended(open.notice.clone()));
        }
        let end = NoticeEnd { key: out[0].notice.key.clone(), failed: Some("x".into()), tries: 5 };
        take(&mut second, 6, EventKind::NoticeEnded(end));
        let again = second.hand_out();
        assert_eq!(again.len(), 1);
        assert!(again[0].intended && again[0].notice == out[1].notice);
    }

    #[test]
    fn a_rule_that_goes_on_firing_is_told_once_and_nothing_of_it_is_markup() {
        let mut notices = notices(&[&[NoticeKind::Alert]]);
        take(&mut notices, 2, fires(&["a"]));
        take(&mut notices, 3, fires(&["a"]));
        take(&mut notices, 4, fires(&[]));
        take(&mut notices, 5, fires(&["a", "b"]));
        let out = notices.hand_out();
        assert_eq!(out.len(), 2);
        assert!(out[0].notice.body.contains("&lt;!channel&gt; 5 %  ·"), "{}", out[0].notice.body);
    }

    #[test]
    fn alerts_without_end_are_not_told_without_end() {
        let mut notices = notices(&[&[NoticeKind::Alert, NoticeKind::Hold]]);
        for position in 0..300 {
            take(&mut notices, 2 + position, fires(if position % 2 == 0 { &["a"] } else { &[] }));
        }
        assert_eq!(notices.open(), ALERTS);
        take(&mut notices, 400, EventKind::RunEnded { decision: Decision::Hold, next: None });
        assert_eq!(notices.open(), ALERTS + 1, "the decision is told all the same");
    }

    #[test]
    fn a_rollback_that_asks_is_told_to_who_wants_either() {
        let mut notices = notices(&[&[NoticeKind::Rollback], &[NoticeKind::Approval], &[NoticeKind::Alert]]);
        let phase = PhaseId::parse("undo").unwrap();
        let (run, until) = (RunId::parse("R1").unwrap(), Timestamp(1.0));
        let ask =
            ApprovalAsk { run, phase: phase.clone(), from: until, until, who: String::new(), cause: "row X".into() };
        take(&mut notices, 2, EventKind::ApprovalAsked(ask));
        assert_eq!(kinds(&mut notices), ["rollback", "approval"]);
        take(&mut notices, 3, EventKind::PhaseStarted { phase });
        take(&mut notices, 4, EventKind::RunEnded { decision: Decision::RollbackFailed, next: None });
        assert_eq!(kinds(&mut notices), ["rollback", "rollback"]);
    }

    #[test]
    fn a_line_has_a_bound() {
        assert!(line(&"x".repeat(10_000)).len() <= TEXT);
    }
}
