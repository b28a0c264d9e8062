//! What a virtual user may ask, and that none of it is recorded.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use holdpoint_gate::{
    Act, Boxed, Gate, Halt, Limits, Performed, Recorder, Rules, Scrubbed, Scrubber, StatementEntry, Unrecorded,
};
use holdpoint_model::{CallError, Digest, OutcomeKind, PhaseId};
use holdpoint_testkit::{Ask, Echo, EchoBackend, EchoGrants, Mood};

/// A journal that must not be asked.
struct Closed;

impl Recorder for Closed {
    fn perform<'a>(&'a self, _: Vec<Box<dyn Act + 'a>>, _: usize) -> Boxed<'a, Result<Vec<Performed>, Halt>> {
        Box::pin(async { Err(Halt::Journal("a user's call is never recorded".into())) })
    }

    fn state(&self, _: StatementEntry) -> Boxed<'_, Result<(), Halt>> {
        Box::pin(async { Err(Halt::Journal("a user states nothing".into())) })
    }

    fn finish(&self, _: &PhaseId) -> Result<(), Halt> {
        Err(Halt::Journal("a user's end is never recorded".into()))
    }
}

/// Knows one secret.
struct Knowing;

impl Scrubber for Knowing {
    fn scrub(&self, bytes: &[u8]) -> Option<Scrubbed> {
        let text = String::from_utf8_lossy(bytes);
        text.contains("hunter2").then(|| Scrubbed { bytes: text.replace("hunter2", "***").into(), replaced: vec![] })
    }
}

fn user(limits: Limits, dry_run: bool) -> Unrecorded {
    user_where(limits, dry_run, false)
}

fn user_where(limits: Limits, dry_run: bool, may_disrupt: bool) -> Unrecorded {
    let rules = Rules { run: "R".into(), seed: Digest::of(b""), dry_run, may_disrupt };
    let gate = Gate::new(Arc::new(Closed), Arc::new(Knowing), rules);
    gate.unrecorded(PhaseId::parse("shopper-7").unwrap(), limits)
}

async fn outcome(user: &mut Unrecorded, backend: &EchoBackend, grants: EchoGrants, ask: Ask) -> OutcomeKind {
    let answer = user.call::<Echo, _>(backend, &grants, ask).await.unwrap();
    answer.map_or_else(|error| error.kind(), |_| OutcomeKind::Answered)
}

#[tokio::test]
async fn a_call_is_answered_and_scrubbed_without_a_record() {
    let backend = EchoBackend::new(Mood::Well);
    let mut user = user(Limits::default(), false);
    let said = user.call::<Echo, _>(&backend, &EchoGrants::Everything, Ask::effect("the hunter2 of it")).await;
    let text = said.unwrap().unwrap().text;
    assert!(text.contains("the *** of it") && !text.contains("hunter2"), "{text}");
    assert_eq!((user.calls(), backend.acted().len()), (1, 1));
}

#[tokio::test]
async fn what_is_not_granted_is_denied_and_nothing_acts() {
    let backend = EchoBackend::new(Mood::Well);
    let mut dry = user(Limits::default(), true);
    let mut user = user(Limits::default(), false);
    assert_eq!(outcome(&mut user, &backend, EchoGrants::Nothing, Ask::read("a")).await, OutcomeKind::Denied);
    let disruptive = Ask { class: "disruptive".into(), ..Ask::read("a") };
    assert_eq!(outcome(&mut user, &backend, EchoGrants::Everything, disruptive).await, OutcomeKind::Denied);
    assert_eq!(outcome(&mut dry, &backend, EchoGrants::Everything, Ask::effect("a")).await, OutcomeKind::Denied);
    assert!(backend.acted().is_empty());
    assert_eq!(outcome(&mut dry, &backend, EchoGrants::Everything, Ask::read("a")).await, OutcomeKind::Answered);
}

#[tokio::test]
async fn what_disturbs_is_made_where_the_operator_says_so_and_in_no_dry_run() {
    let backend = EchoBackend::new(Mood::Well);
    let disruptive = || Ask { class: "disruptive".into(), ..Ask::read("a") };
    let mut dry = user_where(Limits::default(), true, true);
    assert_eq!(outcome(&mut dry, &backend, EchoGrants::Everything, disruptive()).await, OutcomeKind::Denied);
    assert!(backend.acted().is_empty());
    let mut user = user_where(Limits::default(), false, true);
    assert_eq!(outcome(&mut user, &backend, EchoGrants::Everything, disruptive()).await, OutcomeKind::Answered);
}

#[tokio::test]
async fn an_effect_without_an_answer_stays_in_doubt() {
    let mut user = user(Limits::default(), false);
    for (mood, ask, kind) in [
        (Mood::Lossy, Ask::effect("a"), OutcomeKind::InDoubt),
        (Mood::Lossy, Ask::read("a"), OutcomeKind::Failed),
        (Mood::Unreachable, Ask::effect("a"), OutcomeKind::Failed),
    ] {
        let backend = EchoBackend::new(mood);
        assert_eq!(outcome(&mut user, &backend, EchoGrants::Everything, ask).await, kind, "{mood:?}");
    }
}

#[tokio::test]
async fn an_iteration_has_so_many_calls_and_who_goes_on_is_stopped() {
    let backend = EchoBackend::new(Mood::Well);
    let mut user = user(Limits { calls: 2, ..Limits::default() }, false);
    for _ in 0..2 {
        // The first iteration uses one of its calls for a denial.
        user.begin();
        assert_eq!(outcome(&mut user, &backend, EchoGrants::Nothing, Ask::read("a")).await, OutcomeKind::Denied);
        assert_eq!(outcome(&mut user, &backend, EchoGrants::Everything, Ask::read("a")).await, OutcomeKind::Answered);
    }
    let beyond = user.call::<Echo, _>(&backend, &EchoGrants::Everything, Ask::read("a")).await.unwrap();
    assert_eq!(beyond, Err(CallError::Exhausted("the user's budget of 2 calls is used up".into())));
    let halt = loop {
        if let Err(halt) = user.call::<Echo, _>(&backend, &EchoGrants::Everything, Ask::read("a")).await {
            break halt;
        }
    };
    assert!(matches!(halt, Halt::Flood(why) if why.contains("the user went on calling")));
    assert_eq!(backend.acted().len(), 2);
}

#[tokio::test]
async fn answers_beyond_the_budget_end_the_iterations_calls() {
    let backend = EchoBackend::new(Mood::Well);
    backend.answer_with(vec![b'x'; 600].into());
    let mut user = user(Limits { answer_bytes: 1_000, ..Limits::default() }, false);
    for kind in [OutcomeKind::Answered, OutcomeKind::Answered, OutcomeKind::Exhausted] {
        assert_eq!(outcome(&mut user, &backend, EchoGrants::Everything, Ask::read("a")).await, kind);
    }
    user.begin();
    assert_eq!(outcome(&mut user, &backend, EchoGrants::Everything, Ask::read("a")).await, OutcomeKind::Answered);
}
