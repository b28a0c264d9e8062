//! No renderer panics on, or lets pass, whatever a guest, a server or a damaged journal may say.

use holdpoint_model::{
    ApprovalAnswer, ApprovalAsk, CallEvent, Cancellation, Check, Class, Decision, Digest, Event, EventKind, LogLevel,
    Notice, NoticeEnd, NoticeKind, Ordinal, Origin, OutcomeKind, PhaseEnd, PolicyId, ScheduledStart, Seq, Statement,
    Timestamp, Verdict, Waiver,
    policy::{Finding, Found, Judgement, Severity},
};
use html5ever::{parse_document, tendril::TendrilSink as _};
use markup5ever_rcdom::RcDom;
use proptest::prelude::*;

use crate::{Style, body_differences, fixture, render, text};

fn text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        '\u{1b}', '\n', '\r', '\0', '\u{7f}', '\u{9b}', '\u{202e}', '\u{ffff}', '"', '<', ']', '{',
    ]);
    prop::collection::vec(prop_oneof![any::<char>(), nasty], 0..60).prop_map(|chars| chars.into_iter().collect())
}

fn found() -> impl Strategy<Value = EventKind> {
    let verdict = prop::sample::select(Verdict::ALL.to_vec());
    let severity = prop::option::of(prop::sample::select(Severity::ALL.to_vec()));
    let texts = (text(), text(), text(), prop::option::of(text()));
    let finding = (texts, verdict, severity, prop::option::of(any::<f64>()), any::<bool>()).prop_map(
        |((name, expected, observed, action), verdict, severity, since, firing)| Finding {
            name,
            requirements: vec![fixture::requirement("CRIT-2")],
            verdict,
            severity,
            expected,
            observed,
            since,
            firing,
            action,
        },
    );
    let findings = prop::collection::vec(finding, 0..3);
    let judgement = prop_oneof![
        (findings, any::<u64>()).prop_map(|(findings, fuel)| Judgement::Findings { findings, fuel }),
        text().prop_map(Judgement::Ended),
    ];
    let policy = prop::sample::select(vec!["objectives", "unplanned"]).prop_map(|id| PolicyId::parse(id).unwrap());
    (policy, judgement).prop_map(|(policy, judgement)| EventKind::Found(Found { policy, tick: 1, judgement }))
}

fn kind() -> impl Strategy<Value = EventKind> {
    let phase = prop::sample::select(vec!["config", "health", "unplanned"]).prop_map(fixture::phase);
    let verdict = prop::sample::select(Verdict::ALL.to_vec());
    let statement = prop_oneof![
        (text(), text(), text(), verdict).prop_map(|(name, expected, observed, verdict)| Statement::Check(Check {
            requirements: vec![fixture::requirement("P3.1")],
            name,
            verdict,
            expected,
            observed,
            evidence: vec![Seq(1)],
        })),
        (text(), any::<f64>(), text()).prop_map(|(name, value, unit)| Statement::Measure { name, value, unit }),
        (text(), text(), text(), any::<f64>()).prop_map(|(name, label, of, value)| Statement::Sample {
            name,
            labels: vec![(label, of)],
            at: Timestamp(value),
            value,
        }),
        (any::<u32>(), any::<u32>(), text()).prop_map(|(done, total, message)| Statement::Progress {
            done,
            total,
            message
        }),
        text().prop_map(|message| Statement::Log { level: LogLevel::Error, message }),
        (text(), text()).prop_map(|(name, media_type)| Statement::Attach(holdpoint_model::Attachment {
            name,
            media_type,
            content: b"x".as_slice().into(),
        })),
    ];
    let denial = (text(), text(), text()).prop_map(|(wanted, reason, remedy)| {
        serde_json::json!({ "denied": { "wanted": wanted, "reason": reason, "remedy": remedy } }).to_string()
    });
    let outcome = prop::option::of(prop::sample::select(OutcomeKind::ALL.to_vec()));
    let answer = prop::option::of(prop_oneof![
        text(),
        denial,
        text().prop_map(|t| serde_json::json!({ "failed": t }).to_string())
    ]);
    prop_oneof![
        (phase.clone(), 0..4u32, text(), text(), text(), outcome, answer).prop_map(
            |(phase, seq, capability, summary, request, outcome, answer)| EventKind::Call(CallEvent {
                phase,
                seq: Seq(seq),
                capability,
                class: Some(Class::Effect),
                summary,
                attempt: seq,
                outcome,
                request,
                answer,
            })
        ),
        (phase.clone(), any::<u32>(), statement).prop_map(|(phase, ordinal, statement)| EventKind::Stated {
            phase,
            ordinal: Ordinal(ordinal),
            statement
        }),
        (phase.clone(), text())
            .prop_map(|(phase, reason)| EventKind::PhaseEnded { phase, end: PhaseEnd::Trapped(reason) }),
        (phase.clone(), text())
            .prop_map(|(phase, reason)| EventKind::PhaseEnded { phase, end: PhaseEnd::Skipped(reason) }),
        phase.clone().prop_map(|phase| EventKind::PhaseStarted { phase }),
        phase.prop_map(|phase| EventKind::PhaseTakenOver {
            phase,
            origin: Origin { run: fixture::header().run, head: Digest::of(b"head") },
        }),
        (text(), text()).prop_map(|(by, reason)| EventKind::RunCancelled(Cancellation { by, reason })),
        (text(), text(), any::<f64>()).prop_map(|(by, reason, until)| EventKind::RowWaived(Waiver {
            row: fixture::requirement("P3.1"),
            by,
            reason,
            until: Timestamp(until),
        })),
        any::<f64>().prop_map(|at| EventKind::PhaseScheduled(ScheduledStart {
            phase: fixture::phase("health"),
            at: Timestamp(at),
            until: Timestamp(at),
        })),
        (text(), text(), any::<f64>()).prop_map(|(who, cause, until)| EventKind::ApprovalAsked(ApprovalAsk {
            run: fixture::header().run,
            phase: fixture::phase("health"),
            from: Timestamp(until),
            until: Timestamp(until),
            who,
            cause,
        })),
        (text(), text(), any::<bool>()).prop_map(|(by, reason, approved)| EventKind::ApprovalAnswered(
            ApprovalAnswer { phase: fixture::phase("health"), approved, by, reason }
        )),
        (text(), text()).prop_map(|(to, body)| EventKind::NoticeIntended(Notice {
            key: "k".into(),
            kind: NoticeKind::Hold,
            to,
            body,
        })),
        text().prop_map(|why| EventKind::NoticeEnded(NoticeEnd { key: "k".into(), failed: Some(why), tries: 5 })),
        (text(), text()).prop_map(|(by, reason)| EventKind::WaiverWithdrawn {
            row: fixture::requirement("P3.1"),
            by,
            reason,
        }),
        prop::sample::select(vec![EventKind::RunResumed, EventKind::RunHandedOver, EventKind::RunImported]),
        any::<bool>().prop_map(|last| EventKind::Ticked { last }),
        found(),
        prop::sample::select(Decision::ALL.to_vec()).prop_map(|decision| EventKind::RunEnded { decision, next: None }),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = (kind(), any::<f64>()).prop_map(|(kind, at)| Event { position: 1, at: Timestamp(at), kind });
    (prop::collection::vec(event, 0..12), text(), text()).prop_map(|(mut events, bundle, environment)| {
        let header = holdpoint_model::RunHeader { bundle, environment, ..fixture::header() };
        events.insert(0, Event { position: 1, at: Timestamp(0.0), kind: EventKind::RunStarted(header) });
        events
    })
}

fn assert_clean(text: &str) -> Result<(), TestCaseError> {
    let hidden = text.chars().find(|c| *c != '\n' && text::is_hidden(*c));
    prop_assert_eq!(hidden, None, "{:?}", text);
    Ok(())
}

proptest! {
    #[test]
    fn nothing_hidden_passes_and_nothing_panics(events in events(), width in 0..200usize) {
        let style = Style { colour: false, width };
        let report = fixture::judged(events.clone());
        let differences = body_differences(&fixture::report(), &report);
        for text in [
            render::terminal(&report, style, true),
            render::json(&report),
            render::summary_line(&report),
            render::junit(&report),
            render::html(&report),
            render::github(&report).whole(),
            render::lessons(&report),
            report.body(),
            render::differences(&fixture::header().run, &differences, style),
            render::events(&events, style),
        ] {
            assert_clean(&text)?;
        }
        let mut lines = render::live::Lines::default();
        for event in &events {
            let line = lines.next(event).unwrap_or_default() + &render::live::message(event).unwrap_or_default();
            assert_clean(&line)?;
            prop_assert!(!line.contains('\n') && line.chars().count() <= 400);
            assert_clean(&render::event_in_full(event, style))?;
            prop_assert_eq!(render::event_line(event, style).lines().count(), 1);
        }
        for line in render::terminal(&report, style, true).lines() {
            prop_assert!(line.chars().count() <= 1_000);
        }
    }

    #[test]
    fn machine_formats_stay_well_formed(events in events()) {
        let report = fixture::judged(events);
        for json in [render::json(&report), render::summary_line(&report), report.body()] {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
        }
        let read = quick_junit::Report::deserialize_from_str(&render::junit(&report));
        prop_assert!(read.is_ok(), "{:?}", read);
        let page = parse_document(RcDom::default(), Default::default()).one(render::html(&report));
        prop_assert!(page.errors.borrow().is_empty(), "{:?}", page.errors.borrow());
    }

    #[test]
    fn bodies_are_equal_exactly_if_nothing_differs(a in events(), b in events()) {
        let build = |events: Vec<Event>| fixture::judged(events);
        let (a, b) = (build(a), build(b));
        prop_assert_eq!(body_differences(&a, &b).is_empty(), a.body() == b.body());
        prop_assert_eq!(body_differences(&a, &a), vec![]);
    }
}
