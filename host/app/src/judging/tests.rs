//! The bench with policies that are functions: what they are shown, what is kept, and what ends them.

use std::sync::{Arc, Mutex};

use holdpoint_journal::{Durability, Reader, Row, RowKind, Writer};
use holdpoint_model::{
    Check, Ordinal, PhaseEnd, PhaseId, PolicyId, RequirementId, RunId, Statement, Verdict,
    policy::{Evaluation, Evidence, Finding, Judgement},
};

use super::*;
use crate::plan::tests::{bundle, staged};
use holdpoint_model::Level;

type Function = dyn Fn(&[u8], &dyn Evidence) -> Result<Evaluation, Failed> + Send + Sync;

struct By(Box<Function>);

impl Judge for By {
    fn evaluate(&self, _: &str, state: &[u8], evidence: Arc<dyn Evidence>) -> Result<(Evaluation, u64), Failed> {
        (self.0)(state, &*evidence).map(|evaluation| (evaluation, 7))
    }
}

fn row(text: &str) -> RequirementId {
    RequirementId::parse(text).unwrap()
}

fn finding(claim: &str, observed: String) -> Finding {
    Finding {
        name: "rule".into(),
        requirements: vec![row(claim)],
        verdict: Verdict::Pass,
        severity: None,
        expected: String::new(),
        observed,
        since: None,
        firing: false,
        action: None,
    }
}

fn bench(judge: impl Fn(&[u8], &dyn Evidence) -> Result<Evaluation, Failed> + Send + Sync + 'static) -> Bench {
    bench_of(0, judge)
}

/// One whose policy judges to the end of a stage.
fn bench_of(
    stage: usize,
    judge: impl Fn(&[u8], &dyn Evidence) -> Result<Evaluation, Failed> + Send + Sync + 'static,
) -> Bench {
    let seat = Seat {
        stage,
        id: PolicyId::parse("p").unwrap(),
        judge: Arc::new(By(Box::new(judge))),
        config: "{}".into(),
        requirements: vec![(row("CLAIM"), row("A"))],
    };
    Bench::new(RunId::parse("RUN").unwrap(), &staged(), vec![seat])
}

/// One that counts its evaluations in its state and says how many checks it saw, when, and whether it is the last time.
fn counting() -> Bench {
    counting_in(0)
}

fn counting_in(stage: usize) -> Bench {
    bench_of(stage, |state, evidence| {
        let count = state.first().copied().unwrap_or(0) + 1;
        let observed = format!(
            "{} checks at {}{}",
            evidence.checks().len(),
            evidence.now().0,
            if evidence.is_last() { ", last" } else { "" }
        );
        Ok(Evaluation { findings: vec![finding("CLAIM", observed)], state: vec![count] })
    })
}

struct Journal {
    folder: tempfile::TempDir,
    writer: Writer,
}

impl Journal {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::create(&folder.path().join("run.db"), Durability::Scratch, None).unwrap();
        Self { folder, writer }
    }

    async fn append(&self, row: Row) {
        self.writer.append_committed(row).await.unwrap();
    }

    /// A phase states a check and ends, and then there is a tick.
    async fn phase_and_tick(&self, ordinal: u32, at: f64, last: bool) {
        let check = Check {
            requirements: vec![],
            name: "c".into(),
            verdict: Verdict::Pass,
            expected: String::new(),
            observed: String::new(),
            evidence: vec![],
        };
        let phase = PhaseId::parse("a").unwrap();
        let stated = Row::of_statement(&phase, Ordinal(ordinal), &Statement::Check(check), at);
        self.append(stated).await;
        self.append(Row::phase_ended(&phase, &PhaseEnd::Completed, at)).await;
        self.append(Row::tick(last, at)).await;
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.folder.path().join("run.db")).unwrap()
    }

    fn judge(&self, bench: &mut Bench) -> Vec<Judged> {
        let reader = self.reader();
        let (until, _) = reader.head().unwrap();
        bench.go_on(&reader, until).unwrap()
    }
}

fn observed(judged: &[Judged]) -> Vec<(u64, String, Vec<u8>)> {
    let of = |judged: &Judged| {
        let said = match &judged.found.judgement {
            Judgement::Findings { findings, .. } => findings[0].observed.clone(),
            Judgement::Ended(why) => format!("ended: {why}"),
        };
        (judged.found.tick, said, judged.state.clone())
    };
    judged.iter().map(of).collect()
}

#[tokio::test]
async fn each_tick_is_judged_once_over_what_stands_before_it() {
    let journal = Journal::new();
    journal.phase_and_tick(0, 10.0, false).await;
    journal.phase_and_tick(1, 20.0, true).await;
    let expected = [(3, "1 checks at 10".to_owned(), vec![1]), (6, "2 checks at 20, last".to_owned(), vec![2])];
    let mut whole = counting();
    let judged = journal.judge(&mut whole);
    assert_eq!(observed(&judged), expected);
    assert_eq!(journal.judge(&mut whole), []);
    let Judgement::Findings { findings, fuel } = &judged[0].found.judgement else { panic!("findings") };
    assert_eq!((findings[0].requirements.as_slice(), *fuel), (&[row("A")][..], 7), "a claim speaks for its row");
}

#[tokio::test]
async fn a_crash_between_a_tick_and_what_was_found_loses_nothing_and_repeats_nothing() {
    let journal = Journal::new();
    journal.phase_and_tick(0, 10.0, false).await;
    let mut first = counting();
    for judged in journal.judge(&mut first) {
        journal.append(judged.row()).await;
    }
    // The host dies after the second tick and before it was judged.
    journal.phase_and_tick(1, 20.0, false).await;
    let mut second = counting();
    second.recall(&journal.reader()).unwrap();
    let judged = journal.judge(&mut second);
    assert_eq!(observed(&judged), [(7, "2 checks at 20".to_owned(), vec![2])]);
    assert_eq!(judged[0].number, 2);
    for judged in judged {
        journal.append(judged.row()).await;
    }
    let mut third = counting();
    third.recall(&journal.reader()).unwrap();
    assert_eq!(journal.judge(&mut third), []);
    let rows: Vec<u32> = {
        let mut numbers = Vec::new();
        let see = |_, row: Row| {
            if row.kind == RowKind::Found {
                numbers.push(row.number);
            }
            Ok(())
        };
        journal.reader().for_each_row(see).unwrap();
        numbers
    };
    assert_eq!(rows, [1, 2]);
}

#[tokio::test]
async fn a_policy_that_is_ended_judges_no_more_and_stays_ended() {
    let journal = Journal::new();
    journal.phase_and_tick(0, 10.0, false).await;
    journal.phase_and_tick(1, 20.0, true).await;
    let calls = Arc::new(Mutex::new(0));
    let ending = |calls: &Arc<Mutex<u32>>| {
        let calls = calls.clone();
        bench(move |_, _| {
            *calls.lock().unwrap() += 1;
            Err(Failed::Policy("out of fuel".into()))
        })
    };
    let judged = journal.judge(&mut ending(&calls));
    assert_eq!(observed(&judged), [(3, "ended: out of fuel".to_owned(), vec![])]);
    for judged in judged {
        journal.append(judged.row()).await;
    }
    let mut again = ending(&calls);
    again.recall(&journal.reader()).unwrap();
    assert_eq!(journal.judge(&mut again), []);
    assert_eq!(*calls.lock().unwrap(), 1);
}

#[tokio::test]
async fn what_the_host_fails_at_is_not_the_policy_s_end() {
    let journal = Journal::new();
    journal.phase_and_tick(0, 10.0, false).await;
    let mut failing = bench(|_, _| Err(Failed::Host("no memory".into())));
    let error = failing.go_on(&journal.reader(), u64::MAX).unwrap_err();
    assert_eq!(error.to_string(), "policy `p`: no memory");
}

#[tokio::test]
async fn a_foreign_claim_and_too_much_to_keep_end_a_policy() {
    let journal = Journal::new();
    journal.phase_and_tick(0, 10.0, false).await;
    journal.phase_and_tick(1, 20.0, false).await;
    let said = |mut bench: Bench| observed(&journal.judge(&mut bench)).pop().unwrap().1;
    let foreign = said(bench(|_, _| Ok(Evaluation { findings: vec![finding("A", String::new())], state: vec![] })));
    assert_eq!(foreign, "ended: `rule` claims row A, which the bundle does not let it claim");
    let much =
        said(bench(|_, _| Ok(Evaluation { findings: vec![finding("CLAIM", "x".repeat(257 << 20))], state: vec![] })));
    assert!(much.starts_with("ended: its findings and states come to more than the 268435456 bytes"), "{much}");
}

#[tokio::test]
async fn what_was_kept_before_a_crash_counts_after_it() {
    let journal = Journal::new();
    let large =
        || bench(|_, _| Ok(Evaluation { findings: vec![finding("CLAIM", String::new())], state: vec![1; 100 << 20] }));
    for (ordinal, at) in (0..3).zip([10.0, 20.0, 30.0]) {
        journal.phase_and_tick(ordinal, at, false).await;
        let mut resumed = large();
        resumed.recall(&journal.reader()).unwrap();
        for judged in journal.judge(&mut resumed) {
            journal.append(judged.row()).await;
        }
    }
    journal.phase_and_tick(3, 40.0, false).await;
    let mut resumed = large();
    resumed.recall(&journal.reader()).unwrap();
    // Without the states, which are large.
    let said = |judged: Vec<Judged>| observed(&judged).into_iter().map(|(_, said, _)| said).collect::<Vec<_>>();
    let (live, all) = (said(journal.judge(&mut resumed)), said(journal.judge(&mut large())));
    assert!(live[0].starts_with("ended: its findings and states come to more"), "{live:?}");
    assert_eq!(all.last(), live.first(), "as for whoever judges it all at once");
}

#[tokio::test]
async fn a_policy_judges_to_the_end_of_its_stage() {
    let journal = Journal::new();
    for (ordinal, (at, last)) in (0..4).zip([(10.0, false), (20.0, true), (30.0, false), (40.0, true)]) {
        if at == 30.0 {
            journal.append(Row::phase_started(&PhaseId::parse("c").unwrap(), at)).await;
        }
        journal.phase_and_tick(ordinal, at, last).await;
    }
    let judged_in = |stage: usize| {
        observed(&journal.judge(&mut counting_in(stage))).into_iter().map(|(_, said, _)| said).collect::<Vec<_>>()
    };
    let (first, second) = (judged_in(0), judged_in(1));
    assert_eq!(first.iter().map(|said| said.ends_with(", last")).collect::<Vec<_>>(), [false, true], "{first:?}");
    assert_eq!(second.len(), 4, "{second:?}");
    assert_eq!(second.iter().filter(|said| said.ends_with(", last")).count(), 1, "{second:?}");
    assert!(second[3].ends_with(", last"), "{second:?}");
}

#[tokio::test]
async fn of_a_stage_that_never_began_there_is_no_last_word() {
    let journal = Journal::new();
    for (ordinal, at) in (0..2).zip([10.0, 20.0]) {
        journal.phase_and_tick(ordinal, at, true).await;
    }
    for (stage, last_words) in [(0, 1), (1, 0)] {
        let judged = observed(&journal.judge(&mut counting_in(stage)));
        assert_eq!(judged.iter().filter(|(_, said, _)| said.ends_with(", last")).count(), last_words, "{judged:?}");
    }
}

#[tokio::test]
async fn what_is_to_follow_is_kept_too() {
    let journal = Journal::new();
    for (ordinal, at) in (0..2).zip([10.0, 20.0]) {
        journal.phase_and_tick(ordinal, at, false).await;
    }
    let action = || Some("x".repeat(257 << 20));
    let mut bench = bench(move |_, _| {
        let finding = Finding { action: action(), ..finding("CLAIM", String::new()) };
        Ok(Evaluation { findings: vec![finding], state: vec![] })
    });
    let said = observed(&journal.judge(&mut bench)).pop().unwrap().1;
    assert!(said.starts_with("ended: its findings and states come to more"), "{}", &said[..80.min(said.len())]);
}

#[tokio::test]
async fn a_policy_that_is_ended_silences_no_other() {
    let journal = Journal::new();
    for (ordinal, at) in (0..2).zip([10.0, 20.0]) {
        journal.phase_and_tick(ordinal, at, false).await;
    }
    let seat = |id: &str, judge: Box<Function>| Seat {
        stage: 0,
        id: PolicyId::parse(id).unwrap(),
        judge: Arc::new(By(judge)),
        config: "{}".into(),
        requirements: vec![],
    };
    let rude = seat("rude", Box::new(|_, _| Err(Failed::Policy("out of fuel".into()))));
    let calm = seat("calm", Box::new(|_, _| Ok(Evaluation::default())));
    let mut bench = Bench::new(RunId::parse("RUN").unwrap(), &bundle(Level::Required), vec![rude, calm]);
    let who: Vec<String> = journal.judge(&mut bench).iter().map(|judged| judged.found.policy.to_string()).collect();
    assert_eq!(who, ["rude", "calm", "calm"]);
}
