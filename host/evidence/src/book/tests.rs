use std::sync::Arc;

use holdpoint_model::{
    Class, Decision, Digest, Ordinal, PhaseEnd, RequirementId, RunId, Verdict, Waiver,
    policy::{Comparison, Evidence as _, Matcher, Selector},
};

use super::*;
use crate::Shown;

fn phase(id: &str) -> PhaseId {
    PhaseId::parse(id).unwrap()
}

/// The book of these events; times are seconds.
fn book(events: Vec<(f64, EventKind)>) -> Book {
    let mut book = Book::new([phase("disturb")]);
    for ((at, kind), position) in events.into_iter().zip(1..) {
        book.take(&Event { position, at: Timestamp(at * 1_000.0), kind });
    }
    book
}

fn call(capability: &str, seq: u32, request: &str, outcome: Option<(OutcomeKind, &str)>) -> EventKind {
    EventKind::Call(CallEvent {
        phase: phase("watch"),
        seq: Seq(seq),
        capability: capability.into(),
        class: Some(Class::Read),
        summary: String::new(),
        attempt: 1,
        outcome: outcome.map(|(outcome, _)| outcome),
        request: request.into(),
        answer: outcome.map(|(_, answer)| answer.into()),
    })
}

fn get(path: &str) -> String {
    format!(
        r#"{{"target":{{"service":{{"service":"backend","path":"{path}"}}}},"method":"GET","headers":[],"timeout_ms":1}}"#
    )
}

fn answer(status: u16) -> String {
    format!(r#"{{"status":{status},"timings":{{"total":12.5}}}}"#)
}

fn shown(book: Book, now: f64) -> Shown {
    Shown {
        book: Arc::new(book),
        run: RunId::parse("RUN").unwrap(),
        now: Timestamp(now * 1_000.0),
        is_last: false,
        requirements: vec![RequirementId::parse("P4.1.p95").unwrap()],
    }
}

/// Moments in seconds and values of the series of a name whose label is this.
fn samples(shown: &Shown, name: &str, label: &str, value: &str) -> Vec<(f64, f64)> {
    let matcher = Matcher { label: label.into(), comparison: Comparison::Is, value: value.into() };
    let selector = Selector { name: name.into(), matchers: vec![matcher] };
    let found = shown.select(&selector, 0.0, f64::INFINITY).unwrap();
    found.iter().flat_map(|series| series.samples.iter().map(|sample| (sample.at / 1_000.0, sample.value))).collect()
}

#[test]
fn a_request_that_is_answered_below_500_is_a_sign_of_life() {
    use OutcomeKind::{Answered, Denied, Exhausted, Failed, InDoubt, Interrupted, Timeout};
    let (ok, teapot, bad) = (answer(200), answer(418), answer(500));
    let calls = [
        (Answered, ok.as_str()),
        (Answered, teapot.as_str()),
        (Answered, bad.as_str()),
        (Timeout, r#"{"timeout":1}"#),
        (Failed, r#"{"failed":"x"}"#),
        (InDoubt, r#"{"in-doubt":"x"}"#),
        (Denied, "{}"),
        (Interrupted, "{}"),
        (Exhausted, "{}"),
        (Answered, "no answer"),
    ];
    let events = calls
        .into_iter()
        .zip(0..)
        .map(|(outcome, n)| (f64::from(n), call("http", n, &get("/health?a=b"), Some(outcome))));
    let shown = shown(book(events.collect()), 100.0);
    let up = samples(&shown, "up", "route", "GET backend /health");
    assert_eq!(up, [(0.0, 1.0), (1.0, 1.0), (2.0, 0.0), (3.0, 0.0), (4.0, 0.0), (5.0, 0.0)]);
    assert_eq!(samples(&shown, "up_duration_ms", "service", "backend"), [(0.0, 12.5), (1.0, 12.5), (2.0, 12.5)]);
    assert_eq!(samples(&shown, "up", "phase", "watch").len(), 6);
}

#[test]
fn the_answer_of_an_effect_belongs_to_the_request_before_it() {
    let events = vec![
        (1.0, call("http", 0, &get("/pay"), None)),
        (2.0, call("http", 0, "", Some((OutcomeKind::Answered, &answer(200))))),
        (3.0, call("http", 1, "", Some((OutcomeKind::Answered, &answer(200))))),
    ];
    assert_eq!(samples(&shown(book(events), 9.0), "up", "phase", "watch"), [(2.0, 1.0)]);
}

#[test]
fn routes_beyond_the_bound_are_one() {
    let events = (0..ROUTES as u32 + 10)
        .map(|n| (f64::from(n), call("http", n, &get(&format!("/{n}")), Some((OutcomeKind::Answered, &answer(200))))));
    let shown = shown(book(events.collect()), 9_000.0);
    assert_eq!(samples(&shown, "up", "route", "other").len(), 10);
}

/// A window of a second with so many exchanges, of which these failed and those were made to fail.
fn window(at_ms: u32, incarnation: u32, (exchanges, bad, deliberate): (u32, u32, u32)) -> String {
    let latency = match exchanges > deliberate {
        true => r#"{"min":1.0,"mean":100.0,"p50":90.0,"p90":240.0,"p95":600.0,"p99":1900.0,"max":2100.0}"#,
        false => "null",
    };
    format!(
        r#"{{"at_ms":{at_ms}.0,"length_ms":1000.0,"incarnation":{incarnation},"users":4,"iterations":{{}},"routes":[{{"route":"GET backend /","exchanges":{exchanges},
            "failures":{{"connect":0,"tls":0,"timeout":{bad},"reset":0,"malformed":0,"status":0,"content":0}},"deliberate":{deliberate},"sent_bytes":0,"received_bytes":0,
            "latency":{latency},"service":null}}]}}"#
    )
}

fn running(elapsed: u32, windows: &[String]) -> String {
    format!(r#"{{"running":{{"elapsed_ms":{elapsed}.0,"leaks":2,"own_count":7,"windows":[{}]}}}}"#, windows.join(","))
}

const START: &str = r#"{"start":{"work":{"user":{"id":"u","config":""}}}}"#;
const POLL: &str = r#"{"poll":{"load":4,"wait_ms":1000}}"#;

#[test]
fn windows_of_a_load_are_slots_from_its_start_on() {
    let told =
        running(3_000, &[window(0, 1, (100, 2, 0)), window(1_000, 1, (50, 0, 50)), window(2_000, 1, (100, 0, 0))]);
    let events = vec![
        (10.0, call("load", 4, START, Some((OutcomeKind::Answered, r#""started""#)))),
        (13.5, call("load", 5, POLL, Some((OutcomeKind::Answered, &told)))),
    ];
    let shown = shown(book(events), 20.0);
    let of = |name: &str| samples(&shown, name, "load", "4");
    assert_eq!(of("requests"), [(10.0, 100.0), (11.0, 0.0), (12.0, 100.0)]);
    assert_eq!(of("requests_bad"), [(10.0, 2.0), (11.0, 0.0), (12.0, 0.0)]);
    assert_eq!(
        (of("load_requests"), of("load_requests_bad")),
        (of("requests"), of("requests_bad")),
        "it has one route"
    );
    assert_eq!(samples(&shown, "load_requests", "route", "").len(), 3, "of no route");
    assert_eq!(of("request_duration_sum"), [(10.0, 10.0), (12.0, 10.0)]);
    assert_eq!((of("leaks"), of("own_canaries")), (vec![(13.5, 2.0)], vec![(13.5, 7.0)]));
    let bucket = |le: &str| samples(&shown, "request_duration_bucket", "le", le);
    assert_eq!(samples(&shown, "load_request_duration_bucket", "le", "2"), bucket("2"));
    assert_eq!(of("users"), [(10.0, 4.0), (11.0, 4.0), (12.0, 4.0)]);
    assert_eq!(of("isolation_running"), [(10.0, 1.0), (13.5, 1.0)]);
    assert_eq!(of("isolation_success"), [(13.5, 0.5)], "two leaks may have been shown to two of four users");
    assert_eq!(
        (bucket("0.05"), bucket("0.1"), bucket("2"), bucket("+Inf")),
        (vec![(10.0, 0.0)], vec![(10.0, 100.0)], vec![(10.0, 198.0)], vec![(10.0, 200.0)],)
    );
}

#[test]
fn what_the_next_host_does_of_a_load_lies_where_it_was_done() {
    let before = running(1_000, &[window(0, 1, (1, 0, 0))]);
    let ended = format!(
        r#"{{"ended":{{"elapsed_ms":3000.0,"leak_count":0,"leaks":[],"own_count":1,"windows":[{},{}]}}}}"#,
        window(1_000, 2, (2, 0, 0)),
        window(2_000, 2, (3, 0, 0))
    );
    let events = vec![
        (10.0, call("load", 4, START, None)),
        (10.0, call("load", 4, "", Some((OutcomeKind::Answered, r#""started""#)))),
        (11.0, call("load", 5, POLL, Some((OutcomeKind::Answered, &before)))),
        (60.0, EventKind::RunResumed),
        (65.0, call("load", 6, POLL, Some((OutcomeKind::Answered, &ended)))),
    ];
    let shown = shown(book(events), 70.0);
    assert_eq!(samples(&shown, "requests", "load", "4"), [(10.0, 1.0), (63.0, 2.0), (64.0, 3.0)]);
    assert_eq!(samples(&shown, "load_requests", "load", "4"), samples(&shown, "requests", "load", "4"));
    for name in ["requests", "load_requests", "load_request_duration_bucket"] {
        let all = Selector { name: name.into(), matchers: vec![] };
        let ends = &shown.select(&all, 0.0, f64::INFINITY).unwrap()[0].ends;
        assert_eq!(ends, &[65_000.0], "{name} has ended with its plan");
    }
    assert_eq!(samples(&shown, "isolation_running", "load", "4").last(), Some(&(65.0, 0.0)));
    // What was told before is not told again.
    let counted = |name: &str| samples(&shown, name, "load", "4").iter().map(|(_, count)| count).sum::<f64>();
    assert_eq!((samples(&shown, "leaks", "load", "4").len(), counted("leaks")), (2, 2.0));
    assert_eq!((samples(&shown, "own_canaries", "load", "4").len(), counted("own_canaries")), (2, 7.0));
    let stretches: Vec<_> = shown.stretches().iter().map(|s| (s.kind, s.from.0, s.to.0)).collect();
    assert_eq!(stretches, [(StretchKind::Unobserved, 11_000.0, 60_001.0)]);
}

#[test]
fn on_its_way_to_another_machine_a_run_is_unobserved() {
    let events = vec![
        (10.0, EventKind::RunEnded { decision: Decision::Release, next: Some("day".into()) }),
        (20.0, EventKind::RunHandedOver),
        (30.0, EventKind::RunImported),
        (60.0, EventKind::RunResumed),
    ];
    let shown = shown(book(events), 70.0);
    let stretches: Vec<_> = shown.stretches().iter().map(|s| (s.kind, s.from.0, s.to.0)).collect();
    assert_eq!(stretches, [(StretchKind::Unobserved, 10_000.0, 60_001.0)]);
}

#[test]
fn what_people_say_after_a_decision_is_no_sign_that_somebody_looked() {
    let row = || RequirementId::parse("P3.1").unwrap();
    let by = || "ann".to_owned();
    let ended = || EventKind::RunEnded { decision: Decision::Hold, next: Some("day".into()) };
    let waived = Waiver { row: row(), by: by(), reason: "known".into(), until: Timestamp(90_000.0) };
    let events = vec![
        (10.0, ended()),
        (40.0, EventKind::RowWaived(waived)),
        (40.0, ended()),
        (50.0, EventKind::WaiverWithdrawn { row: row(), by: by(), reason: "mended".into() }),
        (50.0, ended()),
        (60.0, EventKind::RunResumed),
        (65.0, EventKind::PhaseStarted { phase: phase("watch") }),
        (68.0, EventKind::RunResumed),
    ];
    let shown = shown(book(events), 70.0);
    let stretches: Vec<_> = shown.stretches().iter().map(|s| (s.kind, s.from.0, s.to.0)).collect();
    let unobserved = StretchKind::Unobserved;
    assert_eq!(stretches, [(unobserved, 10_000.0, 60_001.0), (unobserved, 65_000.0, 68_001.0)]);
}

#[test]
fn a_leak_before_any_user_was_told_is_somebody_s() {
    let events = vec![
        (10.0, call("load", 4, START, Some((OutcomeKind::Answered, r#""started""#)))),
        (10.4, call("load", 5, POLL, Some((OutcomeKind::Answered, &running(400, &[]))))),
    ];
    assert_eq!(samples(&shown(book(events), 20.0), "isolation_success", "load", "4"), [(10.4, 0.0)]);
}

#[test]
fn what_a_phase_states_is_shown_with_its_phase_and_its_time() {
    let sample = |at: f64, of: &str| Statement::Sample {
        name: "memory_bytes".into(),
        labels: vec![("phase".into(), "forged".into()), ("service".into(), of.into())],
        at: Timestamp(at),
        value: at,
    };
    let stated = |statement| EventKind::Stated { phase: phase("watch"), ordinal: Ordinal(0), statement };
    let events = vec![(5.0, stated(sample(2_000.0, "auth"))), (5.0, stated(sample(1_000.0, "auth")))];
    let shown = shown(book(events), 20.0);
    assert_eq!(samples(&shown, "memory_bytes", "phase", "watch"), [(1.0, 1_000.0), (2.0, 2_000.0)]);
    assert_eq!(samples(&shown, "memory_bytes", "phase", "forged"), []);
}

#[test]
fn what_a_phase_stated_before_a_name_was_the_hosts_is_not_shown() {
    let sample = |name: &str| Statement::Sample {
        name: name.into(),
        labels: vec![("load".into(), "4".into())],
        at: Timestamp(1_000.0),
        value: 7.0,
    };
    let stated = |statement| EventKind::Stated { phase: phase("watch"), ordinal: Ordinal(0), statement };
    let events = vec![(5.0, stated(sample("load_requests"))), (5.0, stated(sample("load_requests_of_mine")))];
    let shown = shown(book(events), 20.0);
    assert_eq!(samples(&shown, "load_requests", "load", "4"), []);
    assert_eq!(samples(&shown, "load_requests_of_mine", "load", "4"), [(1.0, 7.0)]);
}

#[test]
fn nothing_later_than_the_tick_is_shown() {
    let events = vec![(5.0, call("http", 0, &get("/"), Some((OutcomeKind::Answered, &answer(200)))))];
    assert_eq!(samples(&shown(book(events.clone()), 4.999), "up", "phase", "watch"), []);
    assert_eq!(samples(&shown(book(events), 5.0), "up", "phase", "watch"), [(5.0, 1.0)]);
}

#[test]
fn a_phase_that_disturbs_is_a_stretch_from_its_start_to_its_end() {
    let (start, end) = (
        |id: &str| EventKind::PhaseStarted { phase: phase(id) },
        |id: &str| EventKind::PhaseEnded { phase: phase(id), end: PhaseEnd::Completed },
    );
    let events = vec![(1.0, start("watch")), (2.0, start("disturb")), (5.0, end("disturb")), (6.0, end("watch"))];
    let of = |events: Vec<(f64, EventKind)>| -> Vec<(f64, f64)> {
        shown(book(events), 3.0).stretches().iter().map(|stretch| (stretch.from.0, stretch.to.0)).collect()
    };
    assert_eq!(of(events.clone()), [(2_000.0, 5_001.0)]);
    assert_eq!(of(events[..2].to_vec()), [(2_000.0, 3_001.0)], "it is still under way");
}

#[test]
fn checks_and_facts_are_as_they_were_recorded() {
    let header = RunHeader {
        run: RunId::parse("01RUN").unwrap(),
        bundle: "b".into(),
        bundle_version: "1".into(),
        bundle_digest: Digest::of(b""),
        environment: "staging".into(),
        only: None,
        dry_run: false,
        scale: holdpoint_model::Scale::new(60).ok(),
        modules: [].into(),
        policies: [].into(),
        operator_digest: Digest::of(b""),
        retry: None,
    };
    let check = Check {
        requirements: vec![RequirementId::parse("P3.1").unwrap()],
        name: "it is".into(),
        verdict: Verdict::Fail,
        expected: "up".into(),
        observed: "down".into(),
        evidence: vec![],
    };
    let stated = EventKind::Stated { phase: phase("watch"), ordinal: Ordinal(0), statement: Statement::Check(check) };
    let shown = shown(book(vec![(1.0, EventKind::RunStarted(header)), (2.0, stated)]), 9.0);
    assert_eq!((shown.facts().run.as_str(), shown.facts().started), ("01RUN", Timestamp(1_000.0)));
    assert_eq!(shown.facts().scale, 60.0);
    assert_eq!((shown.checks()[0].verdict, shown.checks()[0].at), (Verdict::Fail, Timestamp(2_000.0)));
}

#[test]
fn more_than_is_kept_is_said() {
    let check = Check {
        requirements: vec![],
        name: String::new(),
        verdict: Verdict::Pass,
        expected: String::new(),
        observed: String::new(),
        evidence: vec![],
    };
    let stated = EventKind::Stated { phase: phase("watch"), ordinal: Ordinal(0), statement: Statement::Check(check) };
    let many = |count: usize| book(vec![(1.0, stated.clone()); count]);
    assert_eq!(many(MOST_CHECKS).beyond(), None);
    assert_eq!(many(MOST_CHECKS + 1).beyond(), Some(Beyond { what: "checks", most: MOST_CHECKS }));
    let asked = |count: usize| book((0..count as u32).map(|seq| (1.0, call("load", seq, START, None))).collect());
    assert_eq!(asked(UNDER_WAY).beyond(), None);
    assert_eq!(asked(UNDER_WAY + 1).beyond(), Some(Beyond { what: "effects under way", most: UNDER_WAY }));
    let resumed = book(vec![(1.0, EventKind::RunResumed); MOST_STRETCHES + 1]);
    assert_eq!(resumed.beyond(), Some(Beyond { what: "stretches", most: MOST_STRETCHES }));
}
