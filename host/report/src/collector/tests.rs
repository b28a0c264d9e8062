use holdpoint_model::{
    Class, LogLevel, Ordinal, Scale, Verdict,
    policy::{Finding, Judgement},
};

use super::*;
use crate::fixture::{self, call, check, phase};

fn build(kinds: Vec<EventKind>) -> Report {
    build_as(fixture::header(), kinds)
}

fn build_as(header: RunHeader, kinds: Vec<EventKind>) -> Report {
    let kinds = std::iter::once(EventKind::RunStarted(header)).chain(kinds);
    let events = kinds.zip(1..).map(|(kind, position)| Event { position, at: Timestamp(position as f64), kind });
    Report::build(&fixture::checklist(), &fixture::plan(), events)
}

fn ended(of: &str, end: PhaseEnd) -> EventKind {
    EventKind::PhaseEnded { phase: phase(of), end }
}

fn stated(of: &str, statement: Statement) -> EventKind {
    EventKind::Stated { phase: phase(of), ordinal: Ordinal(0), statement }
}

#[test]
fn the_fixture_is_held_for_its_failed_row() {
    let report = fixture::report();
    assert_eq!(report.decision, Some(Decision::Hold));
    assert_eq!(report.failed().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["P3.1"]);
    assert_eq!(report.not_exercised().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["KI-1"]);
    assert_eq!(report.notes, [""; 0]);
    let health = &report.phases[1];
    assert_eq!((health.calls.total(), health.calls.of_class(Class::Effect), health.calls.not_answered()), (4, 1, 2));
    assert_eq!(health.slowest[0].milliseconds, 181.2);
    assert_eq!(health.slowest.len(), 3, "the effect's duration is known from its beginning, the denial's is not");
    assert_eq!(health.duration(), Some(1_200.0));
}

#[test]
fn an_unfinished_run_has_no_decision() {
    let report = fixture::unfinished(18);
    assert_eq!((report.decision, report.ended), (None, None));
    assert_eq!(fixture::unfinished(10).with(Verdict::Pending).count(), 2);
    assert_eq!(fixture::unfinished(10).phases[1].calls.under_way, 1);
}

#[test]
fn a_run_without_a_header_is_not_released() {
    let report = Report::build(&fixture::checklist(), &fixture::plan(), fixture::events().into_iter().skip(1));
    assert_eq!((report.decision, report.notes.len()), (None, 1));
}

#[test]
fn a_recorded_release_does_not_hide_a_failure() {
    let mut events = fixture::events();
    events.last_mut().unwrap().kind = EventKind::RunEnded { decision: Decision::Release, next: None };
    let report = Report::build(&fixture::checklist(), &fixture::plan(), events);
    assert_eq!(report.decision, Some(Decision::Hold));
    assert!(report.notes[0].starts_with("the run recorded the decision release"), "{:?}", report.notes);
}

#[test]
fn phases_outside_of_only_are_not_exercised() {
    let header = RunHeader { only: Some(vec![phase("config")]), ..fixture::header() };
    let report = build_as(
        header,
        vec![
            stated("config", check(&["P1.3"], "clean", Verdict::Pass, "none", "none", 0)),
            ended("config", PhaseEnd::Completed),
            EventKind::RunEnded { decision: Decision::Partial, next: None },
        ],
    );
    assert_eq!((report.decision, report.notes.len()), (Some(Decision::Partial), 0));
    assert_eq!(report.not_exercised().count(), 3);
}

#[test]
fn a_planned_phase_that_never_ran_prevents_a_release() {
    let report = build(vec![
        stated("config", check(&["P1.3"], "clean", Verdict::Pass, "none", "none", 0)),
        ended("config", PhaseEnd::Completed),
        EventKind::RunEnded { decision: Decision::Release, next: None },
    ]);
    assert_eq!(report.decision, Some(Decision::Inconclusive));
}

#[test]
fn an_unplanned_phase_judges_nothing() {
    let report = build(vec![stated("intruder", check(&["P3.1"], "all is well", Verdict::Pass, "", "", 0))]);
    assert_eq!(report.with(Verdict::Pass).count(), 0);
    assert_eq!(report.notes, ["phase `intruder` is not in the plan; it judges no row"]);
}

#[test]
fn lists_are_bounded_and_counts_are_not() {
    let denied = r#"{"denied":{"wanted":"w","reason":"r","remedy":"m"}}"#;
    let calls = (0..5_000).flat_map(|seq| {
        [
            call(
                "health",
                seq,
                Class::Read,
                "http GET backend /",
                Some(OutcomeKind::Failed),
                r#"{"failed":"refused"}"#,
            ),
            call("health", seq, Class::Read, "http GET other /", Some(OutcomeKind::Denied), denied),
            stated("health", Statement::Log { level: LogLevel::Info, message: "again".into() }),
        ]
    });
    let report = build(calls.collect());
    assert_eq!(report.unanswered.len(), Report::KEPT);
    assert_eq!(report.unanswered[0].reason, "refused");
    assert_eq!((report.denials.len(), report.denials[0].times), (1, 5_000));
    assert_eq!(report.phases[1].calls.not_answered(), 10_000);
    assert_eq!((report.phases[1].log.len(), report.phases[1].log_left_out), (200, 4_800));
}

#[test]
fn a_resumed_run_is_unfinished_again() {
    let report = build(vec![EventKind::RunEnded { decision: Decision::Hold, next: None }, EventKind::RunResumed]);
    assert_eq!((report.decision, report.ended, report.resumed), (None, None, 1));
}

#[test]
fn where_a_run_goes_on_changes_nothing_in_its_report() {
    let ended = vec![EventKind::RunEnded { decision: Decision::Hold, next: None }];
    let moved = [ended.clone(), vec![EventKind::RunHandedOver, EventKind::RunImported]].concat();
    assert_eq!(build(moved), build(ended));
}

/// A deployment that judges P1.3, a way back that judges RB-C1, and a look afterwards that judges RB-V1. All rows are required.
fn released(header: RunHeader, kinds: Vec<EventKind>) -> Report {
    let ids = ["P1.3", "RB-C1", "RB-V1"].map(fixture::requirement);
    let row = |id: &RequirementId| holdpoint_model::ChecklistRow {
        id: id.clone(),
        title: String::new(),
        level: holdpoint_model::Level::Required,
    };
    let checklist = Checklist { rows: ids.iter().map(row).collect() };
    // The last one judges nothing.
    let plan =
        [("deploy", 0, false), ("back", 1, true), ("look", 2, true), ("tell", 3, true)].map(|(id, row, rollback)| {
            PlannedPhase {
                id: phase(id),
                requirements: ids.get(row).cloned().into_iter().collect(),
                needs: vec![],
                stage: 0,
                rollback,
            }
        });
    let kinds = std::iter::once(EventKind::RunStarted(header)).chain(kinds);
    let events = kinds.zip(1..).map(|(kind, position)| Event { position, at: Timestamp(position as f64), kind });
    Report::build(&checklist, &plan, events)
}

/// A phase from its start to its end, with one check.
fn done(of: &str, row: &str, verdict: Verdict) -> Vec<EventKind> {
    let stated = stated(of, check(&[row], "it", verdict, "so", "thus", 0));
    vec![EventKind::PhaseStarted { phase: phase(of) }, stated, ended(of, PhaseEnd::Completed)]
}

fn left_out(of: &str) -> Vec<EventKind> {
    vec![ended(of, PhaseEnd::Skipped("nothing called for it".into()))]
}

#[test]
fn where_nothing_is_taken_back_nobody_misses_the_rows_of_the_rollback() {
    let kinds = [done("deploy", "P1.3", Verdict::Pass), left_out("back"), left_out("look"), left_out("tell")].concat();
    assert_eq!(released(fixture::header(), kinds).comes_to(), Decision::Release);
    let kinds = [done("deploy", "P1.3", Verdict::Fail), left_out("back"), left_out("look")].concat();
    assert_eq!(released(fixture::header(), kinds).comes_to(), Decision::Hold);
}

#[test]
fn a_rollback_comes_to_how_all_of_it_went() {
    let failed = done("deploy", "P1.3", Verdict::Fail);
    let comes_to = |back: Vec<EventKind>, look: Vec<EventKind>| {
        let told = vec![ended("tell", PhaseEnd::Completed)];
        released(fixture::header(), [failed.clone(), back, look, told].concat()).comes_to()
    };
    let (well, unwell) = (done("look", "RB-V1", Verdict::Pass), done("look", "RB-V1", Verdict::Fail));
    assert_eq!(comes_to(done("back", "RB-C1", Verdict::Pass), well.clone()), Decision::RolledBack);
    assert_eq!(comes_to(done("back", "RB-C1", Verdict::Pass), unwell), Decision::RollbackFailed);
    assert_eq!(comes_to(done("back", "RB-C1", Verdict::Fail), well.clone()), Decision::RollbackFailed);
    assert_eq!(comes_to(done("back", "RB-C1", Verdict::Inconclusive), well.clone()), Decision::RollbackFailed);
    assert_eq!(comes_to(done("back", "RB-C1", Verdict::Pass), left_out("look")), Decision::RollbackFailed);
    let mut crashed = done("back", "RB-C1", Verdict::Pass);
    crashed.pop();
    crashed.push(ended("back", PhaseEnd::Trapped("x".into())));
    assert_eq!(comes_to(crashed, well.clone()), Decision::RollbackFailed);
    let untold = vec![ended("tell", PhaseEnd::Trapped("x".into()))];
    let kinds = [failed, done("back", "RB-C1", Verdict::Pass), well, untold].concat();
    assert_eq!(
        released(fixture::header(), kinds).comes_to(),
        Decision::RollbackFailed,
        "it judges nothing, and crashed"
    );
}

#[test]
fn a_rollback_that_is_asked_for_by_name_is_judged_by_what_was_asked_for() {
    let header =
        |only: &[&str]| RunHeader { only: Some(only.iter().map(|id| phase(id)).collect()), ..fixture::header() };
    let back = done("back", "RB-C1", Verdict::Pass);
    assert_eq!(released(header(&["back"]), back.clone()).comes_to(), Decision::RolledBack);
    assert_eq!(
        released(header(&["back", "look"]), back.clone()).comes_to(),
        Decision::RollbackFailed,
        "look is missing"
    );
    let dry = RunHeader { dry_run: true, ..header(&["back"]) };
    assert_eq!(released(dry, back).comes_to(), Decision::Partial, "a dry run takes nothing back");
}

/// The report of a run of two stages after these events: `health` is of the second.
fn staged(kinds: Vec<EventKind>) -> Report {
    let mut plan = fixture::plan();
    plan[1].stage = 1;
    let kinds = std::iter::once(EventKind::RunStarted(fixture::header())).chain(kinds);
    let mut collector = Collector::new(&plan).in_stages(vec!["deploy".into(), "day".into()]);
    kinds.zip(1..).for_each(|(kind, position)| {
        collector.take(Event { position, at: Timestamp(position as f64), kind });
    });
    collector.finish(&fixture::checklist())
}

#[test]
fn a_stage_is_decided_by_what_it_can_find_out() {
    let config = done("config", "P1.3", Verdict::Pass);
    let ends = EventKind::Ticked { last: true };
    let begun = staged(config.clone());
    assert_eq!((begun.next_stage(), begun.comes_to()), (None, Decision::Inconclusive));
    let between = staged([config.clone(), vec![ends.clone()]].concat());
    assert_eq!((between.next_stage(), between.comes_to()), (Some("day"), Decision::Release));
    assert_eq!(between.stage_of(&fixture::requirement("P3.1")), 1);
    let verdict = |report: &Report| report.rows.iter().find(|row| row.id.as_str() == "P3.1").map(|row| row.verdict);
    assert_eq!(verdict(&between), Some(Verdict::Pending));
    // What fails counts at once, and what is open when all is over.
    let failed = [config.clone(), done("health", "P3.1", Verdict::Fail), vec![ends.clone()]].concat();
    assert_eq!(staged(failed).comes_to(), Decision::Hold);
    let open = [config, vec![ends.clone(), ends]].concat();
    assert_eq!((staged(open.clone()).next_stage(), staged(open).comes_to()), (None, Decision::Inconclusive));
}

#[test]
fn a_stage_that_failed_is_no_release_though_the_next_is_to_come() {
    let failed = [done("config", "P1.3", Verdict::Fail), vec![EventKind::Ticked { last: true }]].concat();
    assert_eq!(staged(failed).comes_to(), Decision::Hold);
}

#[test]
fn of_a_stage_that_never_began_only_what_failed_is_said() {
    let found = |verdict: Verdict| {
        let finding = Finding {
            name: "p95".into(),
            requirements: vec![fixture::requirement("P3.1")],
            verdict,
            severity: None,
            expected: String::new(),
            observed: "181 ms".into(),
            since: None,
            firing: false,
            action: None,
        };
        let judgement = Judgement::Findings { findings: vec![finding], fuel: 1 };
        EventKind::Found(Found { policy: fixture::policy("p"), tick: 1, judgement })
    };
    let row = |verdict: Verdict, stage_begins: bool| {
        let mut plan = fixture::plan();
        plan[1].stage = 1;
        let policy =
            PlannedPolicy { id: fixture::policy("p"), requirements: vec![fixture::requirement("P3.1")], stage: 1 };
        let begins = stage_begins.then(|| EventKind::PhaseStarted { phase: phase("health") });
        let why = "stage `deploy` came to hold";
        let skipped = ended("health", PhaseEnd::Skipped(why.into()));
        let kinds = [EventKind::RunStarted(fixture::header())].into_iter().chain(begins);
        let kinds =
            kinds.chain([EventKind::Ticked { last: true }, skipped, EventKind::Ticked { last: true }, found(verdict)]);
        let mut collector = Collector::new(&plan).judged_by(&[policy]).in_stages(vec!["deploy".into(), "day".into()]);
        kinds.zip(1..).for_each(|(kind, position)| {
            collector.take(Event { position, at: Timestamp(position as f64), kind });
        });
        let report = collector.finish(&fixture::checklist());
        report.rows.into_iter().find(|row| row.id.as_str() == "P3.1").map(|row| (row.verdict, row.observed)).unwrap()
    };
    let never = (Verdict::NotExercised, "stage `deploy` came to hold".to_owned());
    assert_eq!((row(Verdict::Pending, false), row(Verdict::Inconclusive, false)), (never.clone(), never));
    assert_eq!(
        (row(Verdict::Fail, false).0, row(Verdict::Inconclusive, true).0),
        (Verdict::Fail, Verdict::Inconclusive)
    );
}

#[test]
fn what_a_stage_that_began_left_open_stays_so_though_the_next_never_began() {
    let mut plan = fixture::plan();
    // Both phases judge the row; the second one does in a stage that never begins.
    plan[0].requirements.push(fixture::requirement("P3.1"));
    plan[1].stage = 1;
    let ends = EventKind::Ticked { last: true };
    let skipped = ended("health", PhaseEnd::Skipped("stage `deploy` came to hold".into()));
    let kinds = [
        vec![EventKind::RunStarted(fixture::header())],
        done("config", "P3.1", Verdict::Inconclusive),
        vec![ends.clone(), skipped, ends],
    ];
    let mut collector = Collector::new(&plan).in_stages(vec!["deploy".into(), "day".into()]);
    kinds.concat().into_iter().zip(1..).for_each(|(kind, position)| {
        collector.take(Event { position, at: Timestamp(position as f64), kind });
    });
    let report = collector.finish(&fixture::checklist());
    let verdict = |id: &str| report.rows.iter().find(|row| row.id.as_str() == id).map(|row| row.verdict);
    assert_eq!(verdict("P3.1"), Some(Verdict::Inconclusive));
}

#[test]
fn a_rehearsal_can_fail_a_row_and_passes_none() {
    let header = RunHeader { scale: Scale::new(60).ok(), ..fixture::header() };
    let run = |verdict: Verdict| {
        let kinds = [done("config", "P1.3", Verdict::Pass), done("health", "P3.1", verdict)].concat();
        build_as(header.clone(), kinds)
    };
    let rehearsed = run(Verdict::Pass);
    let row = rehearsed.rows.iter().find(|row| row.id.as_str() == "P3.1").unwrap();
    assert_eq!((row.verdict, row.rehearsed), (Verdict::NotExercised, true));
    assert_eq!(row.observed, "rehearsed with waits 60 times as fast, where it passes");
    let failed = run(Verdict::Fail);
    assert_eq!(failed.comes_to(), Decision::Hold);
}

/// Somebody was asked whether this phase may start, and it was not.
fn denied(of: &str) -> Vec<EventKind> {
    let run = holdpoint_model::RunId::parse("R").unwrap();
    let (from, until) = (Timestamp(0.0), Timestamp(1e9));
    let ask =
        holdpoint_model::ApprovalAsk { run, phase: phase(of), from, until, who: String::new(), cause: String::new() };
    vec![EventKind::ApprovalAsked(ask), ended(of, PhaseEnd::Skipped("denied".into()))]
}

#[test]
fn what_nobody_approved_is_no_release_though_its_row_is_decided_later() {
    let mut plan = fixture::plan();
    // Both phases judge the row; the second one does in a stage that is to come.
    plan[0].requirements.push(fixture::requirement("P3.1"));
    plan[1].stage = 1;
    let judged = |kinds: Vec<EventKind>| {
        let kinds = std::iter::once(EventKind::RunStarted(fixture::header())).chain(kinds);
        let mut collector = Collector::new(&plan).in_stages(vec!["deploy".into(), "day".into()]);
        kinds.zip(1..).for_each(|(kind, position)| {
            collector.take(Event { position, at: Timestamp(position as f64), kind });
        });
        collector.finish(&fixture::checklist()).comes_to()
    };
    let ends = vec![EventKind::Ticked { last: true }];
    assert_eq!(judged([done("config", "P1.3", Verdict::Pass), ends.clone()].concat()), Decision::Release);
    assert_ne!(judged([denied("config"), ends].concat()), Decision::Release);
}

#[test]
fn a_rehearsed_rollback_that_passes_is_one() {
    let header = RunHeader { scale: Scale::new(60).ok(), ..fixture::header() };
    let back = |verdict: Verdict| {
        let kinds = [
            done("deploy", "P1.3", Verdict::Fail),
            done("back", "RB-C1", verdict),
            done("look", "RB-V1", Verdict::Pass),
            vec![EventKind::PhaseStarted { phase: phase("tell") }, ended("tell", PhaseEnd::Completed)],
        ];
        released(header.clone(), kinds.concat()).comes_to()
    };
    assert_eq!(back(Verdict::Pass), Decision::RolledBack);
    assert_eq!(back(Verdict::Fail), Decision::RollbackFailed);
}
