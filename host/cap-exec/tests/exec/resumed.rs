//! What a phase sees of a job after its host was gone: it is interrupted, and a start whose answer was lost is in doubt.

use std::sync::Arc;

use holdpoint_cap_exec::{Confinement, Exec, ExecBackend, Machine, Request, Response, Tool};
use holdpoint_gate::{
    Act, Acted, Admission, Boxed, EncodedAnswer, Gate, Guest, Halt, Limits, Performed, Recorder, Rules, StatementEntry,
    Unscrubbed,
};
use holdpoint_model::{
    Answer, Body, CallError, Digest, PhaseId, Timestamp,
    grant::{ExecGrant, Grants, ToolName},
};
use holdpoint_supervise::Supervisor;
use holdpoint_testkit::Forgetful;

/// Knows the first call, a start, from a journal, and acts on every other.
struct Resumed;

impl Recorder for Resumed {
    fn perform<'a>(&'a self, calls: Vec<Box<dyn Act + 'a>>, _: usize) -> Boxed<'a, Result<Vec<Performed>, Halt>> {
        Box::pin(async move {
            let mut performed = Vec::new();
            for mut call in calls {
                let from_journal = call.entry().seq.0 == 0;
                let answer = if from_journal {
                    let started: Answer<Response> =
                        Ok(Response::Started { job: 0, confinement: Confinement::default() });
                    EncodedAnswer::of(&started).unwrap()
                } else {
                    match call.admit() {
                        Admission::Refused(error) => EncodedAnswer::of_error(&error),
                        Admission::Granted(_) => match call.act(1).await {
                            Acted::Answer(answer) => answer,
                            Acted::NotHappened => return Err(Halt::Journal("not happened".into())),
                        },
                    }
                };
                performed.push(Performed { answer, at: Timestamp(0.0), from_journal });
            }
            Ok(performed)
        })
    }

    fn state(&self, _: StatementEntry) -> Boxed<'_, Result<(), Halt>> {
        Box::pin(async { Ok(()) })
    }

    fn finish(&self, _: &PhaseId) -> Result<(), Halt> {
        Ok(())
    }
}

async fn answers(gate: Arc<Gate>, requests: Vec<Request>) -> Vec<Answer<Response>> {
    let folder = tempfile::tempdir().unwrap();
    let (id, name) = (PhaseId::parse("unit").unwrap(), ToolName::parse("tool").unwrap());
    let machine = Machine {
        supervisor: Supervisor::with(env!("CARGO_BIN_EXE_holdpoint-stage-of-exec")),
        scratch: folder.path().to_owned(),
        scrubber: Arc::new(Unscrubbed),
    };
    let grants =
        Grants { exec: vec![ExecGrant { tools: vec![name.clone()], class: None }], ..Grants::none(id.clone()) };
    let backend = Arc::new(ExecBackend::new(machine, [(name, Tool::new("/bin/true"))].into(), &[]).unwrap());
    let mut guest = Guest::new(gate, id, Timestamp(0.0), Limits::default());
    let mut answers = Vec::new();
    for request in requests {
        answers.push(guest.call::<Exec, _>(&backend, &grants, request).await.unwrap());
    }
    answers
}

fn start() -> Request {
    Request::Start { tool: "tool".into(), args: vec![], stdin: Body::default() }
}

#[tokio::test]
async fn a_job_of_a_host_that_is_gone_is_interrupted() {
    let rules = Rules { run: "R".into(), seed: Digest::of(b""), dry_run: false, may_disrupt: false };
    let gate = Gate::new(Arc::new(Resumed), Arc::new(Unscrubbed), rules);
    let poll = Request::Poll { job: 0, wait_ms: 0 };
    let answers = answers(gate, vec![start(), poll, Request::Stop { job: 0 }, start()]).await;
    for answer in &answers[1..3] {
        let Err(CallError::Interrupted(why)) = answer else { panic!("{answer:?}") };
        assert!(why.contains("job 0 ended with the host that had started it"), "{why}");
    }
    assert!(matches!(answers[3], Ok(Response::Started { job: 3, .. })), "{answers:?}");
}

#[tokio::test]
async fn a_start_whose_answer_was_lost_is_in_doubt() {
    let answers = answers(Forgetful::settling().gate(), vec![start()]).await;
    let Err(CallError::InDoubt(why)) = &answers[0] else { panic!("{answers:?}") };
    assert!(why.contains("it does not run any more"), "{why}");
}
