//! What every recorder must do, tried on the SQLite journal: resume, settle, restore, divergence, order, replay.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{path::PathBuf, sync::Arc};

use holdpoint_gate::{Gate, Guest, Halt, Limits, Recorder, Rules, Unscrubbed};
use holdpoint_journal::{Durability, LiveRecorder, Reader, ReplayRecorder, Row, Writer};
use holdpoint_model::{
    Answer, CallError, Check, Digest, EventKind, OutcomeKind, PhaseEnd, PhaseId, Seq, Statement, Timestamp, Verdict,
};
use holdpoint_testkit::{Ask, Echo, EchoBackend, EchoGrants, Mood, Said, SimulatedClock};

/// A journal in a folder of its own, and a backend that outlives the hosts.
struct Scene {
    folder: tempfile::TempDir,
    backend: Arc<EchoBackend>,
}

/// One host process, as far as a recorder can tell.
struct Host {
    recorder: Arc<LiveRecorder>,
    writer: Writer,
    gate: Arc<Gate>,
    backend: Arc<EchoBackend>,
}

fn gate(recorder: Arc<dyn Recorder>, dry_run: bool) -> Arc<Gate> {
    Gate::new(
        recorder,
        Arc::new(Unscrubbed),
        Rules { run: "RUN".into(), seed: Digest::of(b"seed"), dry_run, may_disrupt: false },
    )
}

fn id(name: &str) -> PhaseId {
    PhaseId::parse(name).unwrap()
}

impl Scene {
    fn new(mood: Mood) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), backend: Arc::new(EchoBackend::new(mood)) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("run.db")
    }

    fn host(&self) -> Host {
        let writer = if self.path().exists() {
            Writer::open(&self.path(), None).unwrap()
        } else {
            Writer::create(&self.path(), Durability::Full, None).unwrap()
        };
        let recorder =
            Arc::new(LiveRecorder::new(&self.path(), writer.clone(), Arc::new(SimulatedClock::at(1_000))).unwrap());
        let gate = gate(recorder.clone(), false);
        Host { recorder, writer, gate, backend: self.backend.clone() }
    }

    fn calls(&self) -> Vec<(u32, &'static str, Option<OutcomeKind>)> {
        let events = Reader::open(&self.path()).unwrap().events().unwrap();
        events
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::Call(call) => Some((call.seq.0, call.class.map_or("-", |class| class.word()), call.outcome)),
                _ => None,
            })
            .collect()
    }
}

impl Host {
    fn guest(&self, name: &str) -> Guest {
        Guest::new(self.gate.clone(), id(name), Timestamp(500.0), Limits::default())
    }

    async fn ask(&self, guest: &mut Guest, ask: Ask) -> Answer<Said> {
        guest.call::<Echo, _>(&self.backend, &EchoGrants::Everything, ask).await.unwrap()
    }

    fn close(self) {
        self.writer.close().unwrap();
    }
}

fn said(text: &str) -> Answer<Said> {
    Ok(Said { text: format!("said {text}"), body: Default::default() })
}

#[tokio::test]
async fn answers_from_the_journal_after_a_restart() {
    let scene = Scene::new(Mood::Well);
    let host = scene.host();
    let mut guest = host.guest("a");
    let mut times = vec![];
    for text in ["1", "2", "3"] {
        assert_eq!(host.ask(&mut guest, Ask::read(text)).await, said(text));
        times.push(guest.now());
    }
    assert_eq!(host.ask(&mut guest, Ask::effect("4")).await, said("4"));
    host.close();

    let host = scene.host();
    let mut guest = host.guest("a");
    for (text, time) in ["1", "2", "3"].into_iter().zip(times) {
        assert_eq!(host.ask(&mut guest, Ask::read(text)).await, said(text));
        assert_eq!(guest.now(), time, "the guest's clock is the journal's");
    }
    assert_eq!(host.ask(&mut guest, Ask::effect("4")).await, said("4"));
    assert_eq!(scene.backend.acted().len(), 4, "nothing is done twice");
    assert_eq!(host.ask(&mut guest, Ask::read("5")).await, said("5"));
    assert_eq!(guest.finish(), Ok(()));
    host.close();
    assert_eq!(scene.backend.acted().len(), 5);
}

#[tokio::test]
async fn an_edited_grant_does_not_change_the_past() {
    let scene = Scene::new(Mood::Well);
    let host = scene.host();
    assert_eq!(host.ask(&mut host.guest("a"), Ask::read("1")).await, said("1"));
    host.close();
    let host = scene.host();
    let mut guest = host.guest("a");
    let mut ask =
        async |text| guest.call::<Echo, _>(&host.backend, &EchoGrants::Nothing, Ask::read(text)).await.unwrap();
    assert_eq!(ask("1").await, said("1"));
    assert!(matches!(ask("2").await, Err(CallError::Denied(_))));
}

#[tokio::test]
async fn a_denial_is_one_record_and_no_act() {
    let scene = Scene::new(Mood::Well);
    let host = scene.host();
    let mut guest = host.guest("a");
    let denied = guest.call::<Echo, _>(&host.backend, &EchoGrants::Nothing, Ask::effect("1")).await.unwrap();
    assert!(matches!(denied, Err(CallError::Denied(_))));
    host.close();
    assert_eq!(scene.calls(), [(0, "-", Some(OutcomeKind::Denied))]);
    assert!(scene.backend.acted().is_empty());
}

#[tokio::test]
async fn a_dry_run_refuses_every_effect() {
    let scene = Scene::new(Mood::Well);
    let host = scene.host();
    let mut guest = Guest::new(gate(host.recorder.clone(), true), id("a"), Timestamp(0.0), Limits::default());
    assert!(matches!(host.ask(&mut guest, Ask::effect("1")).await, Err(CallError::Denied(_))));
    assert_eq!(host.ask(&mut guest, Ask::read("2")).await, said("2"));
}

/// Starts an effect that the backend does and never answers, and stops the host there.
async fn crash_in_an_effect(scene: &Scene) {
    let host = scene.host();
    let mut guest = host.guest("a");
    scene.backend.set_mood(Mood::Silent);
    let call = host.ask(&mut guest, Ask::effect("1"));
    let acted = async {
        while scene.backend.acted().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = call => panic!("the backend is silent"),
        () = acted => {}
    }
    scene.backend.set_mood(Mood::Well);
    host.close();
}

#[tokio::test]
async fn an_effect_that_happened_is_settled_with_its_answer() {
    let scene = Scene::new(Mood::Well);
    crash_in_an_effect(&scene).await;
    let host = scene.host();
    assert_eq!(host.ask(&mut host.guest("a"), Ask::effect("1")).await, said("1"));
    host.close();
    assert_eq!(scene.backend.acted(), ["RUN/a/0"], "it was not done again");
    assert_eq!(scene.calls(), [(0, "effect", None), (0, "effect", Some(OutcomeKind::Answered))]);
}

#[tokio::test]
async fn an_effect_that_did_not_happen_is_done_as_attempt_two() {
    let scene = Scene::new(Mood::Well);
    crash_in_an_effect(&scene).await;
    scene.backend.undo();
    let host = scene.host();
    assert_eq!(host.ask(&mut host.guest("a"), Ask::effect("1")).await, said("1"));
    host.close();
    assert_eq!(scene.backend.acted(), ["RUN/a/0"], "with the same key");
    assert_eq!(scene.calls().len(), 3, "intent, intent again, answer");

    let host = scene.host();
    assert_eq!(host.ask(&mut host.guest("a"), Ask::effect("1")).await, said("1"));
    assert_eq!(scene.backend.acted().len(), 1, "and from now on it is the past");
}

#[tokio::test]
async fn an_effect_that_nobody_can_know_of_is_in_doubt_for_good() {
    let scene = Scene::new(Mood::Well);
    crash_in_an_effect(&scene).await;
    scene.backend.forbid_read_back();
    let host = scene.host();
    let doubt = host.ask(&mut host.guest("a"), Ask::effect("1")).await;
    assert_eq!(doubt, Err(CallError::InDoubt("nothing to read back from".into())));
    host.close();
    let host = scene.host();
    assert_eq!(host.ask(&mut host.guest("a"), Ask::effect("1")).await, doubt, "the doubt is the recorded answer");
}

#[tokio::test]
async fn an_effect_outlives_its_guest() {
    let scene = Scene::new(Mood::Well);
    let host = scene.host();
    let mut guest = host.guest("a");
    {
        let mut call = Box::pin(host.ask(&mut guest, Ask::effect("1")));
        // Polled until the effect is on its own task, then dropped.
        while scene.backend.acted().is_empty() {
            assert!(futures::poll!(&mut call).is_pending());
            tokio::task::yield_now().await;
        }
    }
    host.recorder.settled().await;
    host.close();
    assert_eq!(scene.calls(), [(0, "effect", None), (0, "effect", Some(OutcomeKind::Answered))]);
}

/// An effect whose guest reached its deadline: the phase has ended before the answer is there. The clock of the test is nobody's.
#[tokio::test(start_paused = true)]
async fn a_replay_gives_no_guest_an_answer_that_came_after_its_end() {
    let scene = Scene::new(Mood::Silent);
    let host = scene.host();
    let mut guest = host.guest("a");
    {
        let mut call = Box::pin(host.ask(&mut guest, Ask::effect("1")));
        while scene.backend.acted().is_empty() {
            assert!(futures::poll!(&mut call).is_pending());
            tokio::task::yield_now().await;
        }
    }
    let end = PhaseEnd::Deadline("it was still running".into());
    host.writer.append_committed(Row::phase_ended(&id("a"), &end, 2_000.0)).await.unwrap();
    host.recorder.settled().await;
    host.close();
    assert_eq!(scene.calls(), [(0, "effect", None), (0, "effect", Some(OutcomeKind::Answered))]);

    let writer = Writer::create(&scene.folder.path().join("copy.db"), Durability::Scratch, None).unwrap();
    let clock = Arc::new(SimulatedClock::at(9_000));
    let replay = Arc::new(ReplayRecorder::new(&scene.path(), writer.clone(), clock).unwrap());
    let mut guest = Guest::new(gate(replay, false), id("a"), Timestamp(500.0), Limits::default());
    let asked = guest.call::<Echo, _>(&scene.backend, &EchoGrants::Everything, Ask::effect("1")).await;
    let halt = asked.unwrap_err().to_string();
    assert!(halt.contains("the journal ends here"), "{halt}");
    writer.close().unwrap();
}

#[tokio::test]
async fn a_lost_answer_is_read_back_at_once() {
    let scene = Scene::new(Mood::Lossy);
    let host = scene.host();
    assert_eq!(host.ask(&mut host.guest("a"), Ask::effect("1")).await, said("1"));
    scene.backend.forbid_read_back();
    let doubt = host.ask(&mut host.guest("b"), Ask::effect("1")).await;
    assert_eq!(doubt, Err(CallError::InDoubt("the connection was reset; nothing to read back from".into())));
}

#[tokio::test]
async fn what_was_not_sent_has_failed_and_is_not_in_doubt() {
    let scene = Scene::new(Mood::Unreachable);
    let host = scene.host();
    let failed = host.ask(&mut host.guest("a"), Ask::effect("1")).await;
    assert_eq!(failed, Err(CallError::Failed("nobody there".into())));
}

#[tokio::test]
async fn a_different_path_is_a_divergence_with_both_calls() {
    let scene = Scene::new(Mood::Well);
    let host = scene.host();
    let mut guest = host.guest("a");
    host.ask(&mut guest, Ask::read("1")).await.unwrap();
    host.ask(&mut guest, Ask::read("2")).await.unwrap();
    host.close();

    let host = scene.host();
    let mut guest = host.guest("a");
    let halt = guest.call::<Echo, _>(&host.backend, &EchoGrants::Everything, Ask::read("other")).await.unwrap_err();
    let text = halt.to_string();
    assert!(
        text.contains("phase `a` diverged at call 0") && text.contains("\"1\"") && text.contains("\"other\""),
        "{text}"
    );

    let mut guest = host.guest("a");
    assert!(matches!(guest.finish(), Err(Halt::Diverged(_))), "a call that is left over is one too");
    host.close();

    let host = scene.host();
    guest = host.guest("a");
    host.ask(&mut guest, Ask::read("1")).await.unwrap();
    host.ask(&mut guest, Ask::read("2")).await.unwrap();
    assert_eq!(guest.finish(), Ok(()));
}

fn check(observed: &str) -> Statement {
    Statement::Check(Check {
        requirements: vec![],
        name: "n".into(),
        verdict: Verdict::Pass,
        expected: String::new(),
        observed: observed.into(),
        evidence: vec![],
    })
}

#[tokio::test]
async fn statements_are_recorded_once_and_must_repeat_on_resume() {
    let scene = Scene::new(Mood::Well);
    let host = scene.host();
    let mut guest = host.guest("a");
    guest.state(check("x")).await.unwrap().unwrap();
    host.close();
    let host = scene.host();
    let mut guest = host.guest("a");
    guest.state(check("x")).await.unwrap().unwrap();
    guest.state(check("y")).await.unwrap().unwrap();
    host.close();
    assert_eq!(Reader::open(&scene.path()).unwrap().head().unwrap().0, 2);
    let host = scene.host();
    assert!(matches!(host.guest("a").state(check("z")).await, Err(Halt::Diverged(_))));
}

#[tokio::test]
async fn open_handles_come_back_when_the_guest_goes_live() {
    let scene = Scene::new(Mood::Well);
    let asks =
        || [Ask::read("open").handle("open"), Ask::read("open").handle("open"), Ask::read("close").handle("close 1")];
    let host = scene.host();
    let mut guest = host.guest("a");
    for ask in asks() {
        host.ask(&mut guest, ask).await.unwrap();
    }
    host.close();

    let host = scene.host();
    let mut guest = host.guest("a");
    for ask in asks() {
        host.ask(&mut guest, ask).await.unwrap();
    }
    assert!(scene.backend.restored().is_empty(), "not before it is needed");
    assert_eq!(host.ask(&mut guest, Ask::read("use").handle("use 0")).await, said("use"));
    assert_eq!(scene.backend.restored(), [Seq(0)], "the closed one stays closed");
}

#[tokio::test]
async fn a_handle_that_is_gone_answers_interrupted() {
    let scene = Scene::new(Mood::Well);
    let host = scene.host();
    host.ask(&mut host.guest("a"), Ask::read("open").handle("open")).await.unwrap();
    host.close();
    scene.backend.forbid_restore();
    let host = scene.host();
    let mut guest = host.guest("a");
    host.ask(&mut guest, Ask::read("open").handle("open")).await.unwrap();
    let gone = host.ask(&mut guest, Ask::read("use").handle("use 0")).await;
    assert!(matches!(&gone, Err(CallError::Interrupted(text)) if text.contains("closed in the meantime")), "{gone:?}");
}

#[tokio::test]
async fn a_batch_is_recorded_in_order_and_takes_no_effects() {
    let scene = Scene::new(Mood::Well);
    let host = scene.host();
    let mut guest = host.guest("a");
    let mut asks: Vec<Ask> = (0..50).map(|n| Ask::read(&n.to_string())).collect();
    asks.push(Ask::effect("no"));
    let answers = guest.call_all::<Echo, _>(&host.backend, &EchoGrants::Everything, asks.clone(), 8).await.unwrap();
    assert_eq!(answers[7], said("7"));
    assert!(matches!(answers[50], Err(CallError::Denied(_))));
    host.close();
    let order: Vec<u32> = scene.calls().iter().map(|call| call.0).collect();
    assert_eq!(order, (0..51).collect::<Vec<_>>());

    let host = scene.host();
    let again = host.guest("a").call_all::<Echo, _>(&host.backend, &EchoGrants::Everything, asks, 8).await.unwrap();
    assert_eq!(again, answers);
    assert_eq!(scene.backend.acted().len(), 50);
}

#[tokio::test]
async fn large_bodies_are_stored_once_and_come_back() {
    let scene = Scene::new(Mood::Well);
    let body = holdpoint_model::Body::from(vec![7; 100_000]);
    let ask = || Ask { body: body.clone(), ..Ask::read("large") };
    let host = scene.host();
    let mut guest = host.guest("a");
    for _ in 0..20 {
        host.ask(&mut guest, ask()).await.unwrap();
    }
    host.close();
    assert!(std::fs::metadata(scene.path()).unwrap().len() < 300_000);
    let host = scene.host();
    assert_eq!(host.ask(&mut host.guest("a"), ask()).await.unwrap().body, body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_guests_share_one_chain() {
    let scene = Scene::new(Mood::Well);
    let host = Arc::new(scene.host());
    let guests = (0..16).map(|n| {
        let host = host.clone();
        tokio::spawn(async move {
            let mut guest = host.guest(&format!("g{n}"));
            for call in 0..200 {
                let ask = if call % 50 == 0 { Ask::effect(&call.to_string()) } else { Ask::read(&call.to_string()) };
                host.ask(&mut guest, ask).await.unwrap();
            }
        })
    });
    for guest in guests.collect::<Vec<_>>() {
        guest.await.unwrap();
    }
    host.writer.close().unwrap();
    let reader = Reader::open(&scene.path()).unwrap();
    reader.verify().unwrap();
    assert_eq!(reader.head().unwrap().0, 16 * 204);
}

#[tokio::test]
async fn a_replay_answers_from_the_journal_and_touches_nothing() {
    let scene = Scene::new(Mood::Well);
    let host = scene.host();
    let mut guest = host.guest("a");
    for n in 0..600 {
        host.ask(&mut guest, Ask::read(&n.to_string())).await.unwrap();
        guest.state(check(&n.to_string())).await.unwrap().unwrap();
    }
    host.close();

    let copy = scene.folder.path().join("copy.db");
    let writer = Writer::create(&copy, Durability::Scratch, None).unwrap();
    let clock = Arc::new(SimulatedClock::at(9_000));
    let recorder = Arc::new(ReplayRecorder::new(&scene.path(), writer.clone(), clock).unwrap());
    let gate = gate(recorder, false);
    let silent = Arc::new(EchoBackend::new(Mood::Silent));
    let mut guest = Guest::new(gate, id("a"), Timestamp(500.0), Limits::default());
    for n in 0..600 {
        let ask = Ask::read(&n.to_string());
        let answer = guest.call::<Echo, _>(&silent, &EchoGrants::Nothing, ask).await.unwrap();
        assert_eq!(answer, said(&n.to_string()));
        guest.state(check("something else")).await.unwrap().unwrap();
    }
    assert_eq!(guest.finish(), Ok(()));
    let halt = guest.call::<Echo, _>(&silent, &EchoGrants::Everything, Ask::read("more")).await.unwrap_err();
    assert!(halt.to_string().contains("the journal ends here"), "{halt}");
    writer.close().unwrap();
    assert!(silent.acted().is_empty());
    Reader::open(&copy).unwrap().verify().unwrap();
}
