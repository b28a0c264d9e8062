//! The run that the tests report: two phases, a failed row, a denial, an effect in doubt, rows that nobody judged.

use holdpoint_model::{
    Approval, ApprovalAnswer, ApprovalAsk, Attachment, CallEvent, Check, Checklist, ChecklistRow, Class, Decision,
    Digest, Event, EventKind, Level, LogLevel, Ordinal, Origin, OutcomeKind, PhaseEnd, PhaseId, PolicyId,
    RequirementId, Retry, RunHeader, RunId, Seq, Statement, Timestamp, Verdict, Waiver,
    policy::{Finding, Found, Judgement, Severity},
};

use crate::{Collector, PlannedPhase, PlannedPolicy, Report};

pub(crate) fn phase(id: &str) -> PhaseId {
    PhaseId::parse(id).unwrap()
}

pub(crate) fn requirement(id: &str) -> RequirementId {
    RequirementId::parse(id).unwrap()
}

pub(crate) fn checklist() -> Checklist {
    let row = |id: &str, title: &str, level| ChecklistRow { id: requirement(id), title: title.into(), level };
    Checklist {
        rows: vec![
            row("P1.3", "no localhost URLs in staging configuration", Level::Required),
            row("P3.1", "comprehensive health", Level::Required),
            row("CRIT-2", "health 200 within 2 s", Level::Required),
            row("KI-1", "cold start", Level::Advisory),
            row("NEXT-5", "team training", Level::Off),
        ],
    }
}

pub(crate) fn plan() -> Vec<PlannedPhase> {
    vec![
        PlannedPhase {
            id: phase("config"),
            requirements: vec![requirement("P1.3")],
            needs: vec![],
            stage: 0,
            rollback: false,
        },
        PlannedPhase {
            id: phase("health"),
            requirements: vec![requirement("P3.1"), requirement("CRIT-2")],
            needs: vec![phase("config")],
            stage: 0,
            rollback: false,
        },
    ]
}

pub(crate) fn header() -> RunHeader {
    RunHeader {
        run: RunId::parse("01JDC5W8Z3N4Q2M7K9T1R6V0XB").unwrap(),
        bundle: "netra-staging".into(),
        bundle_version: "1.0.0".into(),
        bundle_digest: Digest::of(b"bundle"),
        environment: "staging".into(),
        only: None,
        dry_run: false,
        scale: None,
        modules: [(phase("config"), Digest::of(b"config")), (phase("health"), Digest::of(b"health"))].into(),
        policies: [].into(),
        operator_digest: Digest::of(b"operator"),
        retry: None,
    }
}

pub(crate) fn check(
    requirements: &[&str],
    name: &str,
    verdict: Verdict,
    expected: &str,
    observed: &str,
    evidence: u32,
) -> Statement {
    Statement::Check(Check {
        requirements: requirements.iter().map(|id| requirement(id)).collect(),
        name: name.into(),
        verdict,
        expected: expected.into(),
        observed: observed.into(),
        evidence: vec![Seq(evidence)],
    })
}

pub(crate) fn call(
    of: &str,
    seq: u32,
    class: Class,
    summary: &str,
    outcome: Option<OutcomeKind>,
    answer: &str,
) -> EventKind {
    EventKind::Call(CallEvent {
        phase: phase(of),
        seq: Seq(seq),
        capability: "http".into(),
        class: Some(class),
        summary: summary.into(),
        attempt: 1,
        outcome,
        request: r#"{"method":"GET","target":"backend"}"#.into(),
        answer: outcome.map(|_| answer.to_owned()),
    })
}

/// The events; the backend's health is what the caller says.
fn events_with(status: u16) -> Vec<Event> {
    use OutcomeKind::{Answered, Denied, InDoubt};
    let healthy = if status == 200 { Verdict::Pass } else { Verdict::Fail };
    let stated =
        |of: &str, ordinal, statement| EventKind::Stated { phase: phase(of), ordinal: Ordinal(ordinal), statement };
    let denied = r#"{"denied":{"wanted":"http GET https://api.stripe.com/v1/charges","reason":"no grant covers host api.stripe.com","remedy":"to allow it, add to [phase.grants] of `health` in bundle.toml:\n    http = [{ hosts = [\"api.stripe.com\"], methods = [\"GET\"] }]"}}"#;
    let kinds = vec![
        EventKind::RunStarted(header()),
        EventKind::PhaseStarted { phase: phase("config") },
        call("config", 0, Class::Read, "files read config/app.yaml", Some(Answered), r#"{"size":120}"#),
        stated(
            "config",
            0,
            check(&["P1.3"], "no localhost URLs in config/app.yaml", Verdict::Pass, "none", "none in 12 values", 0),
        ),
        EventKind::PhaseEnded { phase: phase("config"), end: PhaseEnd::Completed },
        EventKind::PhaseStarted { phase: phase("health") },
        call(
            "health",
            0,
            Class::Read,
            "http GET auth /health",
            Some(Answered),
            r#"{"status":200,"timings":{"total":12.5}}"#,
        ),
        call(
            "health",
            1,
            Class::Read,
            "http GET backend /health",
            Some(Answered),
            &format!(r#"{{"status":{status},"timings":{{"total":181.2}}}}"#),
        ),
        call("health", 2, Class::Read, "http GET https://api.stripe.com/v1/charges", Some(Denied), denied),
        call("health", 3, Class::Effect, "http POST backend /warm", None, ""),
        call(
            "health",
            3,
            Class::Effect,
            "http POST backend /warm",
            Some(InDoubt),
            r#"{"in-doubt":"connection reset; read back: not seen yet"}"#,
        ),
        stated(
            "health",
            0,
            check(
                &["P3.1", "CRIT-2"],
                "GET auth /health is healthy",
                Verdict::Pass,
                "200 within 2000 ms",
                "200 in 12.5 ms",
                0,
            ),
        ),
        stated("health", 1, check(&["P3.1"], "GET backend /health is healthy", healthy, "200", &status.to_string(), 1)),
        stated("health", 2, Statement::Measure { name: "slowest".into(), value: 181.2, unit: "ms".into() }),
        stated("health", 3, Statement::Log { level: LogLevel::Warn, message: "one dependency is down".into() }),
        stated(
            "health",
            4,
            Statement::Attach(Attachment {
                name: "answers".into(),
                media_type: "application/json".into(),
                content: b"[]".as_slice().into(),
            }),
        ),
        stated("health", 5, Statement::Progress { done: 2, total: 2, message: "endpoints".into() }),
        EventKind::PhaseEnded { phase: phase("health"), end: PhaseEnd::Completed },
        EventKind::RunEnded { decision: if status == 200 { Decision::Release } else { Decision::Hold }, next: None },
    ];
    let numbered = kinds.into_iter().enumerate();
    // Noon of 1 December 2025, and an event every 100 ms.
    numbered
        .map(|(place, kind)| Event {
            position: place as u64 + 1,
            at: Timestamp(1_764_590_400_000.0 + 100.0 * place as f64),
            kind,
        })
        .collect()
}

pub(crate) fn events() -> Vec<Event> {
    events_with(503)
}

/// The run: its decision is `hold`.
pub(crate) fn report() -> Report {
    Report::build(&checklist(), &plan(), events())
}

pub(crate) fn policy(id: &str) -> PolicyId {
    PolicyId::parse(id).unwrap()
}

/// The report of events of a run that two policies judge.
pub(crate) fn judged(events: Vec<Event>) -> Report {
    let policies = [("alerts", &["KI-1"][..]), ("objectives", &["CRIT-2"])].map(|(id, rows)| PlannedPolicy {
        id: policy(id),
        requirements: rows.iter().map(|row| requirement(row)).collect(),
        stage: 0,
    });
    let mut collector = Collector::new(&plan()).judged_by(&policies);
    events.into_iter().for_each(|event| collector.take(event));
    collector.finish(&checklist())
}

/// The recovered run with two policies: an alert that fires at the second of two ticks, and objectives that were ended there.
pub(crate) fn with_policies() -> Report {
    let mut events = events_with(200);
    let end = events.pop().map(|event| event.at.0).unwrap_or_default();
    let alert = |verdict, firing: bool, observed: &str| Finding {
        name: "High Error Rate".into(),
        requirements: vec![requirement("KI-1")],
        verdict,
        severity: Some(Severity::Critical),
        expected: "error_rate at most 2 % for 5m".into(),
        observed: observed.into(),
        since: Some(end),
        firing,
        action: Some("page_on_call".into()),
    };
    let p95 = Finding {
        name: "p95".into(),
        requirements: vec![requirement("CRIT-2")],
        verdict: Verdict::Pass,
        severity: None,
        expected: "at most 2000 ms".into(),
        observed: "181 ms of 92,114".into(),
        since: None,
        firing: false,
        action: None,
    };
    let found = |id: &str, tick, findings| {
        let judgement = Judgement::Findings { findings, fuel: 1_234 * tick };
        EventKind::Found(Found { policy: policy(id), tick, judgement })
    };
    let kinds = [
        EventKind::Ticked { last: false },
        found("alerts", 19, vec![alert(Verdict::Pending, false, "2.1 % for 1m")]),
        found("objectives", 19, vec![p95]),
        EventKind::Ticked { last: true },
        found("alerts", 22, vec![alert(Verdict::Fail, true, "2.4 % for 5m")]),
        EventKind::Found(Found {
            policy: policy("objectives"),
            tick: 22,
            judgement: Judgement::Ended("it used up its 2,000,000,000 units of fuel".into()),
        }),
        EventKind::RunEnded { decision: Decision::Inconclusive, next: None },
    ];
    for (kind, position) in kinds.into_iter().zip(19..) {
        events.push(Event { position, at: Timestamp(end + 1_000.0 * position as f64), kind });
    }
    judged(events)
}

/// The same run with a healthy backend: its decision is `release`.
pub(crate) fn recovered() -> Report {
    Report::build(&checklist(), &plan(), events_with(200))
}

/// The run as it stands after so many events.
pub(crate) fn unfinished(events: usize) -> Report {
    Report::build(&checklist(), &plan(), self::events().into_iter().take(events))
}

/// The run after alice has waived its failed row: its decision is `release`.
pub(crate) fn waived() -> Report {
    let mut events = events();
    let next = |events: &[Event]| events.last().map_or((0, 0.0), |last| (last.position + 1, last.at.0 + 60_000.0));
    let waiver = Waiver {
        row: requirement("P3.1"),
        by: "alice".into(),
        reason: "the backend of staging is being moved, OPS-17".into(),
        until: Timestamp(1_764_590_400_000.0 + 7.0 * 86_400_000.0),
    };
    for kind in [EventKind::RowWaived(waiver), EventKind::RunEnded { decision: Decision::Release, next: None }] {
        let (position, at) = next(&events);
        events.push(Event { position, at: Timestamp(at), kind });
    }
    Report::build(&checklist(), &plan(), events)
}

/// The run while `health` waits for an approval; `cause` is what called for a rollback.
pub(crate) fn waiting(cause: &str) -> Report {
    Report::build(&checklist(), &plan(), asking(cause))
}

/// The run after alice has answered, and what follows from a denial.
pub(crate) fn answered(cause: &str, approved: bool) -> Report {
    let mut events = asking(cause);
    let (by, reason) = ("alice".into(), "not today, OPS-3".into());
    let answer = ApprovalAnswer { phase: phase("health"), approved, by, reason };
    let at = Timestamp(events.last().map_or(0.0, |last| last.at.0 + 60_000.0));
    let approval = Approval { asked: at, ask: ask(cause, at), answer: Some((at, answer.clone())) };
    let mut kinds = vec![EventKind::ApprovalAnswered(answer)];
    if !approved {
        let decision = if cause.is_empty() { Decision::Inconclusive } else { Decision::Hold };
        kinds.push(EventKind::PhaseEnded { phase: phase("health"), end: PhaseEnd::Skipped(approval.refusal()) });
        kinds.push(EventKind::RunEnded { decision, next: None });
    }
    for kind in kinds {
        events.push(Event { position: events.len() as u64 + 1, at, kind });
    }
    Report::build(&checklist(), &plan(), events)
}

/// The run up to the end of `config`, and an ask of `health`.
fn asking(cause: &str) -> Vec<Event> {
    let events = events().into_iter();
    let is_health =
        |event: &Event| matches!(&event.kind, EventKind::PhaseStarted { phase } if phase.as_str() == "health");
    let mut events: Vec<Event> = events.take_while(|event| !is_health(event)).collect();
    let at = events.last().map_or(Timestamp(0.0), |last| last.at);
    events.push(Event { position: events.len() as u64 + 1, at, kind: EventKind::ApprovalAsked(ask(cause, at)) });
    events
}

fn ask(cause: &str, at: Timestamp) -> ApprovalAsk {
    let until = Timestamp(at.0 + 86_400_000.0);
    ApprovalAsk {
        run: header().run,
        phase: phase("health"),
        from: at,
        until,
        who: "the release manager".into(),
        cause: cause.into(),
    }
}

/// A run that does the held one again from `health`, with a healthy backend, and takes `config` over.
pub(crate) fn retried() -> Report {
    let mut events = events_with(200);
    let origin = Origin { run: header().run, head: Digest::of(b"head") };
    let before = [("P1.3", Verdict::Pass), ("P3.1", Verdict::Fail), ("CRIT-2", Verdict::Pass)];
    let retry = Retry {
        run: origin.run.clone(),
        head: origin.head,
        from: phase("health"),
        before: before.map(|(row, verdict)| (requirement(row), verdict)).into(),
    };
    let run = RunId::parse("01JDC9GZ5T8B3H6W2Q4X7Y1N0K").unwrap();
    events[0].kind = EventKind::RunStarted(RunHeader { run, retry: Some(retry), ..header() });
    events[1].kind = EventKind::PhaseTakenOver { phase: phase("config"), origin };
    // Its call stays with the run that made it.
    events.remove(2);
    Report::build(&checklist(), &plan(), events)
}
