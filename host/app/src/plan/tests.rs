//! Which phases start, which can't any more, when what was deployed is taken back, and when evidence is judged.

use std::sync::Arc;

use holdpoint_bundle::{EnvironmentFacts, Rollback, RollbackMode};
use holdpoint_model::{
    CallEvent, Checklist, ChecklistRow, Digest, Ordinal,
    grant::{Grants, LoadGrant},
    policy::{Finding, Found, Judgement},
};

use super::*;

pub(crate) fn id(text: &str) -> PhaseId {
    PhaseId::parse(text).expect("a phase id")
}

pub(crate) fn row(text: &str) -> RequirementId {
    RequirementId::parse(text).expect("a requirement id")
}

/// A phase that judges the row of its own name in capitals.
fn phase(name: &str, needs: &[&str]) -> VerifiedPhase {
    let own = row(&name.to_uppercase());
    VerifiedPhase {
        id: id(name),
        module: name.into(),
        bytes: Arc::from([]),
        digest: Digest::of(b""),
        config: "{}".into(),
        stage: "deploy".into(),
        approval: None,
        schedule: None,
        tolerates_disruption: false,
        needs: needs.iter().map(|name| id(name)).collect(),
        requirements: vec![(own.clone(), own)],
        services: vec![],
        grants: Grants::none(id(name)),
    }
}

/// `b` needs `a`, `c` needs `b`, `d` needs nothing.
pub(crate) fn bundle(level: Level) -> Verified {
    let rows = ["A", "B", "C", "D"].map(|name| ChecklistRow { id: row(name), title: String::new(), level });
    Verified {
        name: "test".into(),
        version: "1".into(),
        digest: Digest::of(b""),
        operator_digest: Digest::of(b""),
        environment: EnvironmentFacts {
            name: "test".into(),
            project: None,
            region: None,
            secrets: vec![],
            public: vec![],
            stores: vec![],
        },
        services: vec![],
        phases: vec![phase("a", &[]), phase("b", &["a"]), phase("c", &["b"]), phase("d", &[])],
        users: vec![],
        policies: vec![],
        stages: vec!["deploy".into()],
        tick: std::time::Duration::from_secs(30),
        only: None,
        checklist: Checklist { rows: rows.into() },
        rollback: None,
        notify: vec![],
        notifier: None,
        connect_to: BTreeMap::new(),
        ca_file: None,
        secrets: vec![],
        secrets_elsewhere: vec![],
        id_tokens: BTreeMap::new(),
        gcloud: holdpoint_bundle::GcloudBinding::default(),
        tools: BTreeMap::new(),
        stores: BTreeMap::new(),
        parallel: 16,
        dry_run_only: false,
        may_disrupt: false,
    }
}

pub(crate) fn take(progress: &mut Progress, kind: EventKind) {
    progress.take(&Event { position: 0, at: Timestamp(0.0), kind });
}

pub(crate) fn ended(progress: &mut Progress, name: &str, verdict: Verdict, end: PhaseEnd) {
    let check = Check {
        requirements: vec![row(&name.to_uppercase())],
        name: "it".into(),
        verdict,
        expected: String::new(),
        observed: String::new(),
        evidence: vec![],
    };
    let statement = Statement::Check(check);
    take(progress, EventKind::Stated { phase: id(name), ordinal: Ordinal(0), statement });
    take(progress, EventKind::PhaseEnded { phase: id(name), end });
}

#[test]
fn phases_start_side_by_side_and_after_what_they_need() {
    let (bundle, mut progress) = (bundle(Level::Required), Progress::new());
    assert_eq!(progress.next(&bundle, &[]), [Step::Start(id("a")), Step::Start(id("d"))]);
    assert_eq!(progress.next(&bundle, &[id("a"), id("d")]), []);
    ended(&mut progress, "a", Verdict::Pass, PhaseEnd::Completed);
    assert_eq!(progress.next(&bundle, &[id("d")]), [Step::Start(id("b"))]);
}

#[test]
fn what_disturbs_runs_alone() {
    let mut bundle = bundle(Level::Required);
    let (a, d) = (id("a"), id("d"));
    assert!(may_start(&bundle, &d, std::slice::from_ref(&a)), "nobody disturbs anything");
    let most = std::time::Duration::from_secs(1);
    bundle.phases[0].grants.load = Some(LoadGrant {
        max_users: 1,
        max_rate: 1,
        max_duration: most,
        max_requests: 1,
        disturb: true,
        users: vec![],
    });
    assert!(may_start(&bundle, &a, &[]));
    assert!(!may_start(&bundle, &a, std::slice::from_ref(&d)), "it waits for those that run");
    assert!(!may_start(&bundle, &d, std::slice::from_ref(&a)), "and they for it");
    bundle.phases[3].tolerates_disruption = true;
    assert!(may_start(&bundle, &a, std::slice::from_ref(&d)), "that phase only watches");
    assert!(may_start(&bundle, &d, std::slice::from_ref(&a)));
    assert!(!may_start(&bundle, &a, &[d, id("b")]), "and another one does not");
}

#[test]
fn what_needs_a_failed_phase_is_skipped_and_so_on() {
    let (bundle, mut progress) = (bundle(Level::Required), Progress::new());
    ended(&mut progress, "a", Verdict::Fail, PhaseEnd::Completed);
    let reason = "needs `a`, whose row A is fail".to_owned();
    assert_eq!(progress.next(&bundle, &[id("d")]), [Step::Skip(id("b"), reason.clone())]);
    take(&mut progress, EventKind::PhaseEnded { phase: id("b"), end: PhaseEnd::Skipped(reason) });
    let reason = "needs `b`, which was skipped".to_owned();
    assert_eq!(progress.next(&bundle, &[id("d")]), [Step::Skip(id("c"), reason)]);
}

#[test]
fn a_crash_counts_whatever_was_found_before() {
    let (bundle, mut progress) = (bundle(Level::Required), Progress::new());
    ended(&mut progress, "a", Verdict::Pass, PhaseEnd::Trapped("x".into()));
    assert!(matches!(&progress.next(&bundle, &[id("d")])[..], [Step::Skip(..)]));
}

/// `c` takes back what `a` did if row B fails; `d` has nothing to do with it.
pub(crate) fn with_rollback(mode: RollbackMode) -> Verified {
    let mut bundle = bundle(Level::Required);
    let mut undo = phase("c", &[]);
    std::mem::swap(&mut undo, &mut bundle.phases[2]);
    bundle.rollback =
        Some(Rollback { phase: id("c"), phases: [id("c")].into(), undoes: vec![id("a")], when: vec![row("B")], mode });
    bundle
}

pub(crate) fn called(progress: &mut Progress, name: &str, outcome: OutcomeKind) {
    answered(progress, name, outcome, None);
}

/// An effect that was sent, and then answered.
fn answered(progress: &mut Progress, name: &str, outcome: OutcomeKind, answer: Option<&str>) {
    sent(progress, name, None, None);
    sent(progress, name, Some(outcome), answer);
}

fn sent(progress: &mut Progress, name: &str, outcome: Option<OutcomeKind>, answer: Option<&str>) {
    let call = CallEvent {
        phase: id(name),
        seq: Seq(0),
        capability: "gcloud".into(),
        class: Some(Class::Effect),
        summary: String::new(),
        attempt: 1,
        outcome,
        request: String::new(),
        answer: answer.map(str::to_owned),
    };
    take(progress, EventKind::Call(call));
}

#[test]
fn a_rollback_waits_and_is_left_out_where_nothing_calls_for_it() {
    let (bundle, mut progress) = (with_rollback(RollbackMode::Auto), Progress::new());
    assert_eq!(progress.next(&bundle, &[]), [Step::Start(id("a")), Step::Start(id("d"))]);
    called(&mut progress, "a", OutcomeKind::Answered);
    for name in ["a", "b", "d"] {
        ended(&mut progress, name, Verdict::Pass, PhaseEnd::Completed);
    }
    assert_eq!(progress.next(&bundle, &[]), [Step::Skip(id("c"), "nothing called for it".into())]);
}

#[test]
fn a_row_that_fails_ends_what_is_under_way_and_then_takes_back() {
    let (bundle, mut progress) = (with_rollback(RollbackMode::Auto), Progress::new());
    called(&mut progress, "a", OutcomeKind::Answered);
    ended(&mut progress, "a", Verdict::Pass, PhaseEnd::Completed);
    ended(&mut progress, "b", Verdict::Fail, PhaseEnd::Completed);
    let why = || "rolled back: row B failed".to_owned();
    assert_eq!(progress.next(&bundle, &[id("d")]), [Step::Stop(id("d"), why())]);
    assert_eq!(progress.next(&bundle, &[]), [Step::Skip(id("d"), why())]);
    take(&mut progress, EventKind::PhaseEnded { phase: id("d"), end: PhaseEnd::Cancelled(why()) });
    assert_eq!(progress.next(&bundle, &[]), [Step::Start(id("c"))]);
}

#[test]
fn a_phase_that_breaks_off_in_the_midst_of_its_effects_is_taken_back() {
    let (bundle, mut progress) = (with_rollback(RollbackMode::Auto), Progress::new());
    called(&mut progress, "a", OutcomeKind::InDoubt);
    take(&mut progress, EventKind::PhaseEnded { phase: id("a"), end: PhaseEnd::Trapped("x".into()) });
    let why = || "rolled back: phase `a` was trapped".to_owned();
    assert_eq!(progress.next(&bundle, &[]), [Step::Skip(id("b"), why()), Step::Skip(id("d"), why())]);
}

#[test]
fn a_command_that_was_refused_has_changed_nothing() {
    for (failure, outcome, acted) in [
        ("permission-denied", OutcomeKind::Answered, false),
        ("conflict", OutcomeKind::Answered, false),
        ("conflict", OutcomeKind::InDoubt, true),
        ("unavailable", OutcomeKind::Answered, true),
    ] {
        let mut progress = Progress::new();
        let answer = format!("{{\"exit\":1,\"failure\":\"{failure}\",\"stderr\":\"\"}}");
        answered(&mut progress, "a", outcome, Some(&answer));
        assert_eq!(progress.has_acted(&id("a")), acted, "{failure} {outcome:?}");
    }
    let mut progress = Progress::new();
    sent(&mut progress, "a", None, None);
    assert!(progress.has_acted(&id("a")), "nobody knows what became of it");
}

#[test]
fn nothing_is_taken_back_that_nobody_did_or_wants_back() {
    for (mode, outcome) in [(RollbackMode::Auto, OutcomeKind::Denied), (RollbackMode::Never, OutcomeKind::Answered)] {
        let (bundle, mut progress) = (with_rollback(mode), Progress::new());
        called(&mut progress, "a", outcome);
        for (name, verdict) in [("a", Verdict::Pass), ("b", Verdict::Fail), ("d", Verdict::Pass)] {
            ended(&mut progress, name, verdict, PhaseEnd::Completed);
        }
        assert!(matches!(&progress.next(&bundle, &[])[..], [Step::Skip(skipped, _)] if *skipped == id("c")));
    }
    let mut alone = with_rollback(RollbackMode::Auto);
    alone.only = Some(vec![id("c")]);
    alone.phases.retain(|phase| phase.id == id("c"));
    assert_eq!(Progress::new().next(&alone, &[]), [Step::Start(id("c"))]);
}

#[test]
fn an_advisory_row_holds_nobody_up() {
    let (bundle, mut progress) = (bundle(Level::Advisory), Progress::new());
    ended(&mut progress, "a", Verdict::Fail, PhaseEnd::Completed);
    assert_eq!(progress.next(&bundle, &[id("d")]), [Step::Start(id("b"))]);
}

#[test]
fn a_tick_follows_what_has_ended_and_the_last_one_comes_before_anything_is_taken_back() {
    let (bundle, mut progress) = (with_rollback(RollbackMode::Auto), Progress::new());
    assert_eq!(progress.tick_due(&bundle), None, "nothing has ended");
    ended(&mut progress, "a", Verdict::Pass, PhaseEnd::Completed);
    assert_eq!(progress.tick_due(&bundle), Some(false));
    take(&mut progress, EventKind::Ticked { last: false });
    assert_eq!(progress.tick_due(&bundle), None);
    for name in ["b", "d"] {
        ended(&mut progress, name, Verdict::Pass, PhaseEnd::Completed);
    }
    assert_eq!(progress.tick_due(&bundle), Some(true), "what is left is the rollback");
    take(&mut progress, EventKind::Ticked { last: true });
    ended(&mut progress, "c", Verdict::Pass, PhaseEnd::Completed);
    assert_eq!(progress.tick_due(&bundle), None, "what a rollback leaves behind is not judged");

    // Whoever runs the rollback alone has nothing before it.
    let alone = Verified { only: Some(vec![id("c")]), ..with_rollback(RollbackMode::Auto) };
    let mut progress = Progress::new();
    assert_eq!(progress.tick_due(&alone), None, "nothing has ended");
    ended(&mut progress, "c", Verdict::Pass, PhaseEnd::Completed);
    assert!(progress.tick_due(&alone).is_some());
}

#[test]
fn a_crash_between_the_last_end_and_its_tick_loses_no_tick() {
    let (bundle, mut progress) = (bundle(Level::Required), Progress::new());
    for name in ["a", "b", "c"] {
        ended(&mut progress, name, Verdict::Pass, PhaseEnd::Completed);
        take(&mut progress, EventKind::Ticked { last: false });
    }
    ended(&mut progress, "d", Verdict::Pass, PhaseEnd::Completed);
    assert_eq!(progress.tick_due(&bundle), Some(true));
}

/// The rule of a policy that claims row B.
fn judged_by_policy(firing: bool, verdict: Verdict) -> EventKind {
    let finding = Finding {
        name: "too slow".into(),
        requirements: vec![row("B")],
        verdict,
        severity: None,
        expected: String::new(),
        observed: String::new(),
        since: None,
        firing,
        action: None,
    };
    let judgement = Judgement::Findings { findings: vec![finding], fuel: 1 };
    EventKind::Found(Found { policy: PolicyId::parse("triggers").expect("an id"), tick: 1, judgement })
}

#[test]
fn a_rule_that_fires_for_a_row_of_the_rollback_takes_back_what_was_done() {
    let policy = holdpoint_bundle::ResolvedPolicy {
        stage: "deploy".into(),
        id: PolicyId::parse("triggers").expect("an id"),
        module: "policies/triggers".into(),
        bytes: Arc::from([]),
        digest: Digest::of(b""),
        config: "{}".into(),
        requirements: vec![(row("B"), row("B"))],
    };
    for (firing, verdict, why) in [
        (true, Verdict::Pending, "rolled back: B: `too slow` of policy `triggers` fires"),
        (false, Verdict::Fail, "rolled back: row B failed"),
    ] {
        let mut bundle = with_rollback(RollbackMode::Auto);
        bundle.policies.push(policy.clone());
        let mut progress = Progress::new();
        called(&mut progress, "a", OutcomeKind::Answered);
        ended(&mut progress, "a", Verdict::Pass, PhaseEnd::Completed);
        take(&mut progress, judged_by_policy(false, Verdict::Pending));
        assert!(matches!(&progress.next(&bundle, &[id("d")])[..], [Step::Start(next)] if *next == id("b")));
        take(&mut progress, judged_by_policy(firing, verdict));
        let steps = progress.next(&bundle, &[id("d")]);
        assert_eq!(steps, [Step::Skip(id("b"), why.into()), Step::Stop(id("d"), why.into())]);
    }
}

/// `a` and `b` are of the first stage, `c` and `d` of the second; `d` needs nothing.
pub(crate) fn staged() -> Verified {
    let mut bundle = bundle(Level::Required);
    bundle.stages = vec!["deploy".into(), "day".into()];
    bundle.phases[2..].iter_mut().for_each(|phase| phase.stage = "day".into());
    bundle
}

#[test]
fn a_stage_waits_for_the_one_before_and_for_leave() {
    let (bundle, mut progress) = (staged(), Progress::new());
    assert_eq!(progress.next(&bundle, &[]), [Step::Start(id("a"))], "`d` needs nothing, and is of a later stage");
    ended(&mut progress, "a", Verdict::Pass, PhaseEnd::Completed);
    assert_eq!(progress.tick_due(&bundle), Some(false));
    ended(&mut progress, "b", Verdict::Pass, PhaseEnd::Completed);
    assert_eq!((progress.tick_due(&bundle), progress.between(&bundle)), (Some(true), None), "it is to be judged first");
    take(&mut progress, EventKind::Ticked { last: true });
    assert_eq!((progress.tick_due(&bundle), progress.between(&bundle)), (None, Some(1)));
    assert_eq!(progress.next(&bundle, &[]), []);
    progress.enter(1);
    assert_eq!(progress.between(&bundle), None);
    assert_eq!(progress.next(&bundle, &[]), [Step::Start(id("c")), Step::Start(id("d"))]);
    for name in ["c", "d"] {
        ended(&mut progress, name, Verdict::Pass, PhaseEnd::Completed);
    }
    assert_eq!(progress.tick_due(&bundle), Some(true));
    take(&mut progress, EventKind::Ticked { last: true });
    assert!(progress.is_over(&bundle));
    assert_eq!(progress.tick_due(&bundle), None);
}

#[test]
fn a_host_that_comes_later_goes_on_with_a_stage_that_has_begun() {
    let (bundle, mut progress) = (staged(), Progress::new());
    for name in ["a", "b"] {
        ended(&mut progress, name, Verdict::Pass, PhaseEnd::Completed);
    }
    take(&mut progress, EventKind::Ticked { last: true });
    assert_eq!((progress.between(&bundle), progress.stage()), (Some(1), 1));
    take(&mut progress, EventKind::PhaseStarted { phase: id("c") });
    assert_eq!(progress.between(&bundle), None, "somebody has let it begin");
}

#[test]
fn what_another_run_found_begins_no_stage_and_what_waits_for_a_word_does() {
    let (bundle, mut before) = (staged(), Progress::new());
    for name in ["a", "b"] {
        ended(&mut before, name, Verdict::Pass, PhaseEnd::Completed);
    }
    take(&mut before, EventKind::Ticked { last: true });
    let mut taken = before.clone();
    let origin = Origin { run: RunId::parse("R").expect("a run"), head: Digest::of(b"") };
    take(&mut taken, EventKind::PhaseTakenOver { phase: id("c"), origin });
    assert_eq!(taken.between(&bundle), Some(1));
    let mut asked = before;
    let run = RunId::parse("R").expect("a run");
    let (phase, from, until) = (id("c"), Timestamp(1.0), Timestamp(2.0));
    take(
        &mut asked,
        EventKind::ApprovalAsked(holdpoint_model::ApprovalAsk {
            run,
            phase,
            from,
            until,
            who: String::new(),
            cause: String::new(),
        }),
    );
    assert_eq!(asked.between(&bundle), None, "somebody has let it begin");
}

#[test]
fn where_all_is_skipped_every_stage_has_its_last_tick() {
    let (bundle, mut progress) = (staged(), Progress::new());
    for name in ["a", "b", "c", "d"] {
        take(&mut progress, EventKind::PhaseEnded { phase: id(name), end: PhaseEnd::Skipped("x".into()) });
    }
    for _ in 0..2 {
        assert_eq!(progress.tick_due(&bundle), Some(true));
        take(&mut progress, EventKind::Ticked { last: true });
    }
    assert_eq!((progress.tick_due(&bundle), progress.between(&bundle)), (None, None));
}

#[test]
fn what_is_decided_at_once_has_one_stage() {
    let (bundle, progress) = (staged().in_one_stage(), Progress::new());
    assert_eq!(progress.next(&bundle, &[]), [Step::Start(id("a")), Step::Start(id("d"))]);
}
