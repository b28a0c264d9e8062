//! Which phases wait for somebody's word before they start, and what a word to them is worth. Pure: it looks at what has happened.

use std::{borrow::Cow, time::Duration};

use holdpoint_bundle::{RollbackMode, Verified};
use holdpoint_model::{Approval, ApprovalAnswer, ApprovalAsk, ApprovalTerms, PhaseId, Timestamp};

use crate::{
    plan::{Progress, Step},
    rollback,
};

/// What comes next, once approvals are looked at.
#[derive(Debug, Default)]
pub(crate) struct Due {
    /// Without the phases that wait.
    pub(crate) steps: Vec<Step>,
    /// To be asked for now.
    pub(crate) asks: Vec<ApprovalAsk>,
    /// When something changes by itself for those that wait; none if nothing waits.
    until: Option<Timestamp>,
    /// Somebody's word would count now.
    is_open: bool,
}

impl Due {
    /// Lays approvals over what could be done now. Whoever asks for phases by name, or for a dry run, is asked nothing.
    pub(crate) fn of(steps: Vec<Step>, verified: &Verified, progress: &Progress, now: Timestamp, asks: bool) -> Self {
        let mut due = Self::default();
        for step in steps {
            let Step::Start(phase) = &step else {
                due.steps.push(step);
                continue;
            };
            let terms = terms(verified, progress, phase).filter(|_| asks && verified.only.is_none());
            // What has been started once goes on, whatever was asked.
            let Some((terms, cause)) = terms.filter(|_| progress.started(phase).is_none()) else {
                due.steps.push(step);
                continue;
            };
            match progress.approval(phase) {
                None => due.asks.extend(progress.run().map(|(run, begun)| terms.ask(run, phase, *begun, now, cause))),
                Some(approval) if approval.is_given() => due.steps.push(step),
                Some(approval) if approval.is_open(now) => {
                    // Until it counts, nobody can say it.
                    let counts = approval.ask.from.since(now) <= 0.0;
                    due.is_open |= counts;
                    let until = if counts { approval.ask.until } else { approval.ask.from };
                    due.until = Timestamp::earlier(due.until, Some(until));
                }
                Some(approval) => due.steps.push(Step::Skip(phase.clone(), approval.refusal())),
            }
        }
        due
    }

    /// Whether something waits for somebody's word.
    pub(crate) fn waits(&self) -> bool {
        self.until.is_some()
    }

    /// Whether a person is waited for, which takes their time.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Until when nothing has to be looked at.
    pub(crate) fn until(&self) -> Option<Timestamp> {
        self.until
    }
}

/// What a phase wants before it starts, and what has called for it if it is a rollback.
fn terms<'v>(verified: &'v Verified, progress: &Progress, id: &PhaseId) -> Option<(Cow<'v, ApprovalTerms>, String)> {
    if let Some(rollback) = verified.rollback.as_ref().filter(|rollback| rollback.phase == *id) {
        let RollbackMode::Ask { within } = rollback.mode else { return None };
        let cause = rollback::called_for(verified, rollback, progress)?.noun();
        let terms = ApprovalTerms { not_before: Duration::ZERO, within, by: String::new() };
        return Some((Cow::Owned(terms), cause));
    }
    let phase = verified.phases.iter().find(|phase| phase.id == *id)?;
    Some((Cow::Borrowed(phase.approval.as_ref()?), String::new()))
}

/// The phases that may come to wait for somebody's word.
fn wanting(verified: &Verified) -> impl Iterator<Item = &PhaseId> {
    let asks = |phase: &PhaseId| {
        let asking = |mode| matches!(mode, RollbackMode::Ask { .. });
        verified.rollback.as_ref().is_some_and(|rollback| rollback.phase == *phase && asking(rollback.mode))
    };
    let wants = move |phase: &&holdpoint_bundle::VerifiedPhase| phase.approval.is_some() || asks(&phase.id);
    verified.phases.iter().filter(wants).map(|phase| &phase.id)
}

/// Whether an answer counts now. Else why not.
pub(crate) fn judge(
    answer: &ApprovalAnswer,
    verified: &Verified,
    progress: &Progress,
    now: Timestamp,
    dry_run: bool,
) -> Result<(), String> {
    let id = &answer.phase;
    let wanting: Vec<String> = wanting(verified).map(|phase| format!("`{phase}`")).collect();
    let others = match wanting.as_slice() {
        [] => "none of the run does".to_owned(),
        some => format!("of the run {} can", some.join(", ")),
    };
    if verified.phases.iter().all(|phase| phase.id != *id) {
        return Err(format!("the run has no phase `{id}` that could wait for an approval; {others}"));
    }
    if !wanting.contains(&format!("`{id}`")) {
        return Err(format!("phase `{id}` needs no approval; {others}"));
    }
    if verified.only.is_some() || dry_run {
        let why = if dry_run { "a dry run" } else { "of some phases only" };
        return Err(format!("the run is {why}, and asks nobody for an approval"));
    }
    let Some(Approval { ask, answer: known, .. }) = progress.approval(id) else {
        return Err(match progress.end(id) {
            Some(end) => format!("phase `{id}` was {}: {}; it asked nobody", end.word(), end.reason()),
            None if verified.rollback.as_ref().is_some_and(|rollback| rollback.phase == *id) => {
                format!("nothing has called for the rollback, so phase `{id}` does not wait for an approval")
            }
            None => format!("phase `{id}` does not wait for an approval yet: what comes before it has not ended"),
        });
    };
    if let Some((at, known)) = known {
        return Err(format!("phase `{id}` has its answer already, since {at}: {known}"));
    }
    if let Some(end) = progress.end(id) {
        return Err(format!("phase `{id}` does not wait any more: it was {}: {}", end.word(), end.reason()));
    }
    if ask.until.since(now) <= 0.0 {
        return Err(format!("phase `{id}` could be approved until {}; it is too late", ask.until));
    }
    if answer.approved && ask.from.since(now) > 0.0 {
        return Err(format!("phase `{id}` can't be approved before {}; it is {now}", ask.from));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use holdpoint_model::{Event, EventKind, Level, OutcomeKind, PhaseEnd, Verdict};

    use super::*;
    use crate::plan::tests::{bundle, called, ended, id, take, with_rollback};

    const HOUR: f64 = 3_600_000.0;

    fn hour(at: f64) -> Timestamp {
        Timestamp(at * HOUR)
    }

    /// `b`, which needs `a`, wants an approval 48 hours after the beginning.
    fn gated() -> (Verified, Progress) {
        let mut bundle = bundle(Level::Required);
        let (not_before, within) = (Duration::from_secs(48 * 3_600), Duration::from_secs(24 * 3_600));
        bundle.phases[1].approval = Some(ApprovalTerms { not_before, within, by: "the team".into() });
        (bundle, begun())
    }

    fn begun() -> Progress {
        let mut progress = Progress::new();
        let header = holdpoint_model::RunHeader {
            run: holdpoint_model::RunId::parse("R1").unwrap(),
            bundle: "test".into(),
            bundle_version: "1".into(),
            bundle_digest: holdpoint_model::Digest::of(b""),
            environment: "test".into(),
            only: None,
            dry_run: false,
            scale: None,
            modules: [].into(),
            policies: [].into(),
            operator_digest: holdpoint_model::Digest::of(b""),
            retry: None,
        };
        take(&mut progress, EventKind::RunStarted(header));
        progress
    }

    fn due(verified: &Verified, progress: &Progress, now: Timestamp) -> Due {
        Due::of(progress.next(verified, &[]), verified, progress, now, true)
    }

    fn ask(progress: &mut Progress, due: Due) {
        for ask in due.asks {
            take(progress, EventKind::ApprovalAsked(ask));
        }
    }

    fn say(phase: &str, approved: bool) -> ApprovalAnswer {
        ApprovalAnswer { phase: id(phase), approved, by: "alice".into(), reason: "seen".into() }
    }

    fn answered(progress: &mut Progress, at: Timestamp, answer: ApprovalAnswer) {
        progress.take(&Event { position: 0, at, kind: EventKind::ApprovalAnswered(answer) });
    }

    /// The same, where it has asked after one hour.
    fn asked() -> (Verified, Progress) {
        let (bundle, mut progress) = gated();
        ended(&mut progress, "a", Verdict::Pass, PhaseEnd::Completed);
        ended(&mut progress, "d", Verdict::Pass, PhaseEnd::Completed);
        let first = due(&bundle, &progress, hour(1.0));
        assert!(first.steps.is_empty() && !first.waits());
        assert_eq!((first.asks[0].from, first.asks[0].until), (hour(48.0), hour(72.0)));
        ask(&mut progress, first);
        (bundle, progress)
    }

    #[test]
    fn a_phase_asks_once_when_it_could_start_and_others_go_on() {
        let (bundle, progress) = gated();
        let due = due(&bundle, &progress, hour(0.0));
        assert_eq!(due.steps, [Step::Start(id("a")), Step::Start(id("d"))]);
        assert!(due.asks.is_empty() && !due.waits(), "`b` can't start yet");
        let (bundle, progress) = asked();
        let due = super::tests::due(&bundle, &progress, hour(2.0));
        assert!(due.steps.is_empty() && due.asks.is_empty() && due.waits());
        assert_eq!((due.until(), due.is_open()), (Some(hour(48.0)), false), "nobody's word counts yet");
        let due = super::tests::due(&bundle, &progress, hour(49.0));
        assert_eq!((due.until(), due.is_open()), (Some(hour(72.0)), true));
    }

    #[test]
    fn an_approved_phase_starts_and_a_denied_one_never_does() {
        let (bundle, mut progress) = asked();
        answered(&mut progress, hour(49.0), say("b", true));
        assert_eq!(due(&bundle, &progress, hour(90.0)).steps, [Step::Start(id("b"))], "what was given in time stays");
        let (bundle, mut progress) = asked();
        answered(&mut progress, hour(3.0), say("b", false));
        assert_eq!(due(&bundle, &progress, hour(3.0)).steps, [Step::Skip(id("b"), "denied by alice: seen".into())]);
    }

    #[test]
    fn silence_never_starts_a_phase() {
        let (bundle, progress) = asked();
        assert!(due(&bundle, &progress, Timestamp(hour(72.0).0 - 1.0)).steps.is_empty());
        let reason = format!("nobody approved it until {}", hour(72.0));
        assert_eq!(due(&bundle, &progress, hour(72.0)).steps, [Step::Skip(id("b"), reason)]);
    }

    #[test]
    fn a_part_of_a_bundle_and_a_dry_run_ask_nobody() {
        let (mut bundle, mut progress) = gated();
        ended(&mut progress, "a", Verdict::Pass, PhaseEnd::Completed);
        let steps = progress.next(&bundle, &[id("d")]);
        assert_eq!(Due::of(steps.clone(), &bundle, &progress, hour(1.0), false).steps, [Step::Start(id("b"))]);
        let why = judge(&say("b", true), &bundle, &progress, hour(1.0), true).unwrap_err();
        assert_eq!(why, "the run is a dry run, and asks nobody for an approval");
        bundle.only = Some(vec![id("a"), id("b")]);
        assert_eq!(Due::of(steps, &bundle, &progress, hour(1.0), true).steps, [Step::Start(id("b"))]);
        assert!(judge(&say("b", true), &bundle, &progress, hour(1.0), false).is_err());
    }

    #[test]
    fn an_answer_counts_in_its_time_and_once() {
        let (bundle, mut progress) = asked();
        let says = |progress: &Progress, approved, now| judge(&say("b", approved), &bundle, progress, now, false);
        let early = says(&progress, true, Timestamp(hour(48.0).0 - 1.0)).unwrap_err();
        assert!(early.starts_with(&format!("phase `b` can't be approved before {}; it is ", hour(48.0))), "{early}");
        assert_eq!(says(&progress, false, hour(2.0)), Ok(()), "a denial needs no waiting");
        assert_eq!(says(&progress, true, hour(48.0)), Ok(()));
        assert_eq!(says(&progress, true, Timestamp(hour(72.0).0 - 1.0)), Ok(()));
        assert!(says(&progress, true, hour(72.0)).unwrap_err().ends_with("; it is too late"));
        answered(&mut progress, hour(49.0), say("b", true));
        let second = says(&progress, false, hour(50.0)).unwrap_err();
        assert!(second.contains("has its answer already") && second.contains("approved by alice: seen"), "{second}");
    }

    #[test]
    fn what_does_not_wait_can_not_be_answered() {
        let (bundle, progress) = gated();
        let refused = |phase: &str| judge(&say(phase, true), &bundle, &progress, hour(50.0), false).unwrap_err();
        assert_eq!(refused("a"), "phase `a` needs no approval; of the run `b` can");
        assert_eq!(refused("z"), "the run has no phase `z` that could wait for an approval; of the run `b` can");
        assert!(refused("b").contains("does not wait for an approval yet"));
        let mut stopped = progress.clone();
        take(&mut stopped, EventKind::PhaseEnded { phase: id("b"), end: PhaseEnd::Skipped("needs `a`".into()) });
        let why = judge(&say("b", true), &bundle, &stopped, hour(50.0), false).unwrap_err();
        assert_eq!(why, "phase `b` was skipped: needs `a`; it asked nobody");
        let plain = super::tests::bundle_without();
        assert_eq!(
            judge(&say("a", true), &plain, &progress, hour(1.0), false).unwrap_err(),
            "phase `a` needs no approval; none of the run does"
        );
    }

    fn bundle_without() -> Verified {
        bundle(Level::Required)
    }

    /// A rollback that asks, and what calls for it.
    fn rolling_back() -> (Verified, Progress) {
        let (bundle, mut progress) = (with_rollback(RollbackMode::Ask { within: Duration::from_secs(1_800) }), begun());
        called(&mut progress, "a", OutcomeKind::Answered);
        ended(&mut progress, "a", Verdict::Pass, PhaseEnd::Completed);
        (bundle, progress)
    }

    #[test]
    fn a_rollback_that_asks_stops_everything_first_and_then_waits() {
        let (bundle, mut progress) = rolling_back();
        let why = judge(&say("c", true), &bundle, &progress, hour(1.0), false).unwrap_err();
        assert!(why.starts_with("nothing has called for the rollback"), "{why}");
        ended(&mut progress, "b", Verdict::Fail, PhaseEnd::Completed);
        let why = || "a rollback was called for by row B, which failed".to_owned();
        assert_eq!(due(&bundle, &progress, hour(1.0)).steps, [Step::Skip(id("d"), why())]);
        take(&mut progress, EventKind::PhaseEnded { phase: id("d"), end: PhaseEnd::Cancelled(why()) });
        let asking = due(&bundle, &progress, hour(1.0));
        assert_eq!((asking.asks[0].phase.as_str(), asking.asks[0].cause.as_str()), ("c", "row B, which failed"));
        assert_eq!((asking.asks[0].from, asking.asks[0].until), (hour(1.0), hour(1.5)));
        ask(&mut progress, asking);
        assert!(due(&bundle, &progress, hour(1.2)).waits());
        let mut approved = progress.clone();
        answered(&mut approved, hour(1.3), say("c", true));
        assert_eq!(due(&bundle, &approved, hour(1.3)).steps, [Step::Start(id("c"))]);
        let said = format!("{}, and nobody approved it until {}", why(), hour(1.5));
        assert_eq!(due(&bundle, &progress, hour(1.5)).steps, [Step::Skip(id("c"), said)]);
    }

    #[test]
    fn a_rollback_that_nothing_calls_for_asks_nobody() {
        let (bundle, mut progress) = rolling_back();
        for name in ["b", "d"] {
            ended(&mut progress, name, Verdict::Pass, PhaseEnd::Completed);
        }
        let due = due(&bundle, &progress, hour(1.0));
        assert_eq!(due.steps, [Step::Skip(id("c"), "nothing called for it".into())]);
        assert!(due.asks.is_empty() && !due.waits());
    }
}
