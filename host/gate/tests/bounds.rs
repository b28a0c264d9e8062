//! What a guest may bring into the host, and what is left of it in the records.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use holdpoint_gate::{
    Act, Boxed, Gate, Guest, Halt, Limits, Performed, Recorder, Rules, Scrubbed, Scrubber, StatementEntry,
};
use holdpoint_model::{
    Attachment, CallError, Check, Digest, LogLevel, PhaseId, RequirementId, Statement, Timestamp, Verdict,
};
use holdpoint_testkit::{Ask, Echo, EchoBackend, EchoGrants, Forgetful, Mood};

/// Keeps what is recorded, and acts like one that forgets.
#[derive(Default)]
struct Keeping {
    requests: Mutex<Vec<String>>,
    statements: Mutex<Vec<Statement>>,
}

impl Recorder for Keeping {
    fn perform<'a>(&'a self, calls: Vec<Box<dyn Act + 'a>>, most: usize) -> Boxed<'a, Result<Vec<Performed>, Halt>> {
        Box::pin(async move {
            self.requests.lock().unwrap().extend(calls.iter().map(|call| call.entry().request.json.clone()));
            Forgetful::acting().perform(calls, most).await
        })
    }

    fn state(&self, entry: StatementEntry) -> Boxed<'_, Result<(), Halt>> {
        self.statements.lock().unwrap().push(entry.statement);
        Box::pin(async { Ok(()) })
    }

    fn finish(&self, _: &PhaseId) -> Result<(), Halt> {
        Ok(())
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

fn guest(limits: Limits) -> (Guest, Arc<Keeping>) {
    let recorder = Arc::new(Keeping::default());
    let rules = Rules { run: "R".into(), seed: Digest::of(b""), dry_run: false, may_disrupt: false };
    let gate = Gate::new(recorder.clone(), Arc::new(Knowing), rules);
    (Guest::new(gate, PhaseId::parse("guest").unwrap(), Timestamp(0.0), limits), recorder)
}

fn log(message: &str) -> Statement {
    Statement::Log { level: LogLevel::Info, message: message.into() }
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused_and_not_kept() {
    let (mut guest, recorder) = guest(Limits::default());
    let backend = Arc::new(EchoBackend::new(Mood::Well));
    let large = Ask { body: vec![0; (16 << 20) + 1].into(), ..Ask::effect("large") };
    let answer = guest.call::<Echo, _>(&backend, &EchoGrants::Everything, large.clone()).await.unwrap();
    assert!(matches!(answer, Err(CallError::Exhausted(_))), "{answer:?}");
    // A denial comes first: it says what would allow the request.
    let answer = guest.call::<Echo, _>(&backend, &EchoGrants::Nothing, large).await.unwrap();
    assert!(matches!(answer, Err(CallError::Denied(_))), "{answer:?}");
    assert_eq!(backend.acted(), [""; 0]);
    let requests = recorder.requests.lock().unwrap();
    assert!(requests.iter().all(|json| json.starts_with("{\"not-kept\":")), "{requests:?}");
}

#[tokio::test]
async fn requests_are_bounded_together() {
    let (mut guest, _) = guest(Limits { request_bytes: 1_000, ..Limits::default() });
    let backend = Arc::new(EchoBackend::new(Mood::Well));
    let mut answers = Vec::new();
    for _ in 0..3 {
        let ask = Ask { body: vec![0; 400].into(), ..Ask::effect("again") };
        answers.push(guest.call::<Echo, _>(&backend, &EchoGrants::Everything, ask).await.unwrap().is_ok());
    }
    assert_eq!(answers, [true, true, false]);
    assert_eq!(backend.acted().len(), 2);
}

#[tokio::test]
async fn the_answers_of_a_batch_are_bounded_together_and_the_rest_is_not_asked() {
    let (mut guest, _) = guest(Limits { batch_bytes: 2_500, ..Limits::default() });
    let backend = Arc::new(EchoBackend::new(Mood::Well));
    backend.answer_with(vec![0; 1_000].into());
    let asks = vec![Ask::read("one of many"); 5];
    let answers = guest.call_all::<Echo, _>(&backend, &EchoGrants::Everything, asks, 4).await.unwrap();
    let came: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(came, [true, true, false, false, false]);
    let text = "the answers of a batch come to more than 2500 bytes".to_owned();
    assert_eq!(answers[4], Err(CallError::Exhausted(text)));
    assert_eq!(backend.acted().len(), 3, "once it is full nothing more is sent");
}

#[tokio::test]
async fn a_secret_is_taken_out_of_every_text_of_a_statement() {
    let (mut guest, recorder) = guest(Limits::default());
    let text = || "a hunter2".to_owned();
    let check = Check {
        requirements: vec![],
        name: text(),
        verdict: Verdict::Pass,
        expected: text(),
        observed: text(),
        evidence: vec![],
    };
    let attachment = Attachment { name: text(), media_type: text(), content: text().into_bytes().into() };
    for statement in [
        Statement::Check(check),
        Statement::Measure { name: text(), value: 1.0, unit: text() },
        Statement::Sample { name: text(), labels: vec![(text(), text())], at: Timestamp(0.0), value: 1.0 },
        Statement::Attach(attachment),
        Statement::Progress { done: 0, total: 0, message: text() },
        log(&text()),
    ] {
        guest.state(statement).await.unwrap().unwrap();
    }
    let statements = format!("{:?}", recorder.statements.lock().unwrap());
    assert!(statements.contains("a ***") && !statements.contains("hunter2"), "{statements}");
    let contents = recorder.statements.lock().unwrap().iter().find_map(|statement| match statement {
        Statement::Attach(attachment) => Some(attachment.content.bytes().to_vec()),
        _ => None,
    });
    assert_eq!(contents.as_deref(), Some(&b"a ***"[..]));
}

#[tokio::test]
async fn the_first_statement_that_is_not_taken_is_told_of_once() {
    let (mut guest, recorder) = guest(Limits { statements: 2, ..Limits::default() });
    let mut taken = Vec::new();
    for _ in 0..5 {
        taken.push(guest.state(log("x")).await.unwrap().is_ok());
    }
    assert_eq!(taken, [true, true, false, false, false]);
    let message = "the phase's budget of 2 statements is used up; what the phase states beyond it is not kept";
    let told = Statement::Log { level: LogLevel::Warn, message: message.into() };
    assert_eq!(*recorder.statements.lock().unwrap(), [log("x"), log("x"), told]);
}

#[tokio::test]
async fn the_rows_of_a_check_count_like_its_other_texts() {
    let (mut guest, _) = guest(Limits { statement_bytes: 100, ..Limits::default() });
    let check = Check {
        requirements: vec![RequirementId::parse("P3.1").unwrap(); 30],
        name: String::new(),
        verdict: Verdict::Pass,
        expected: String::new(),
        observed: String::new(),
        evidence: vec![],
    };
    assert!(guest.state(Statement::Check(check)).await.unwrap().is_err());
}
