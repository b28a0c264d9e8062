//! The report as JUnit XML, for the test view of a pipeline: one test case per requirement that is not off.

use std::time::Duration;

use holdpoint_model::{Row, Verdict};
use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestRerun, TestSuite};

use crate::{Report, text};

/// Renders a report. A failed row is a failure, one without a verdict an error, one that was not tried is skipped.
///
/// A waived row is skipped with its waiver as the message: as a failure it would turn a pipeline red that the decision lets go on, and
/// as a pass nobody would see it. A flaky row passes, with the earlier failure as pipelines show flaky tests.
pub fn junit(report: &Report) -> String {
    let mut junit = Junit::new("holdpoint");
    let mut suite = TestSuite::new(report.header.as_ref().map_or("run".into(), |header| text::line(&header.bundle)));
    properties(&mut suite, report);
    if let Some(taken) = report.started.zip(report.ended).and_then(|(started, ended)| span(ended.since(started))) {
        junit.set_time(taken);
        suite.set_time(taken);
    }
    suite.add_test_cases(report.judged().map(|row| case(report, row)));
    junit.add_test_suite(suite);
    junit.to_string().expect("writing to memory does not fail")
}

/// None for what no clock can have measured.
fn span(milliseconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(milliseconds / 1_000.0).ok()
}

fn properties(suite: &mut TestSuite, report: &Report) {
    let mut property = |name: &str, value: &str| {
        suite.add_property((name, text::line(value).as_str()));
    };
    property("decision", report.decision.map_or("unfinished", |decision| decision.word()));
    if let Some(header) = &report.header {
        property("run", header.run.as_str());
        property("version", &header.bundle_version);
        property("bundle-digest", &header.bundle_digest.to_string());
        property("environment", &header.environment);
        if let Some(retry) = &header.retry {
            property("retry-of", retry.run.as_str());
        }
    }
    if let Some(cancellation) = &report.cancelled {
        property("cancelled", &cancellation.to_string());
    }
    for (name, at) in [("started", report.started), ("ended", report.ended)] {
        if let Some(at) = at {
            property(name, &at.to_string());
        }
    }
    report.notes.iter().for_each(|note| property("note", note));
}

fn case(report: &Report, row: &Row) -> TestCase {
    let mut status = match row.verdict {
        _ if row.waived.is_some() => TestCaseStatus::skipped(),
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Inconclusive | Verdict::Pending => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::NotExercised => TestCaseStatus::skipped(),
    };
    if row.verdict != Verdict::Pass {
        status.set_message(text::short(&row.observed, 500));
        status.set_type(row.verdict.word());
    }
    if let Some(waiver) = &row.waived {
        let until = text::moment(waiver.until);
        let message = format!("waived by {} until {until}: {} ({})", waiver.by, waiver.reason, row.verdict);
        status.set_message(text::short(&message, 900));
        status.set_type("waived");
    }
    if matches!(row.verdict, Verdict::Fail | Verdict::Inconclusive | Verdict::Pending) {
        status.set_description(description(report, row));
    }
    if let Some((_, before)) = report.flaky().find(|(flaky, _)| flaky.id == row.id) {
        status.add_rerun(rerun(report, before));
    }
    let mut case = TestCase::new(row.id.as_str(), status);
    case.set_classname(report.header.as_ref().map_or("checklist".into(), |header| text::line(&header.bundle)));
    case.add_property(("title", text::line(&row.title).as_str()));
    case.add_property(("level", row.level.word()));
    if let Some(waiver) = &row.waived {
        case.add_property(("verdict", row.verdict.word()));
        case.add_property(("waived-by", text::line(&waiver.by).as_str()));
        case.add_property(("waived-until", waiver.until.to_string().as_str()));
        case.add_property(("waived-reason", text::line(&waiver.reason).as_str()));
    }
    case
}

/// What a row came to in the run that was done again.
fn rerun(report: &Report, before: Verdict) -> TestRerun {
    let kind = if before == Verdict::Fail { NonSuccessKind::Failure } else { NonSuccessKind::Error };
    let mut rerun = TestRerun::new(kind);
    rerun.set_type(before.word());
    let retry = report.header.as_ref().and_then(|header| header.retry.as_ref());
    rerun.set_message(
        retry.map_or_else(String::new, |retry| format!("{before} before run {} was done again", retry.run)),
    );
    rerun
}

fn description(report: &Report, row: &Row) -> String {
    let mut lines = Vec::new();
    let parts = [("expected", &row.expected), ("observed", &row.observed), ("by", &row.by)];
    for (label, part) in parts.into_iter().filter(|(_, part)| !part.is_empty()) {
        lines.push(format!("{label}: {}", text::block(part).join("\n")));
    }
    let evidence = report.checks_behind(row).find_map(|(phase, check)| Some((phase, check.evidence.first()?)));
    if let (Some((phase, seq)), Some(header)) = (evidence, &report.header) {
        lines.push(format!("see: holdpoint show {} {}/{seq}", phase.executed_in(header), phase.id));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn every_row_that_counts_is_a_test_case() {
        insta::assert_snapshot!(junit(&fixture::report()), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="holdpoint" tests="4" skipped="1" failures="1" errors="0" time="1.800">
            <testsuite name="netra-staging" tests="4" skipped="1" errors="0" failures="1" time="1.800">
                <properties>
                    <property name="decision" value="hold"/>
                    <property name="run" value="01JDC5W8Z3N4Q2M7K9T1R6V0XB"/>
                    <property name="version" value="1.0.0"/>
                    <property name="bundle-digest" value="sha256:1e6ed65d77d6364eeaed5a745ba5c4985ae2b700dd85d7cf7f027bdf294a33fc"/>
                    <property name="environment" value="staging"/>
                    <property name="started" value="2025-12-01T12:00:00.000Z"/>
                    <property name="ended" value="2025-12-01T12:00:01.800Z"/>
                </properties>
                <testcase name="P1.3" classname="netra-staging">
                    <properties>
                        <property name="title" value="no localhost URLs in staging configuration"/>
                        <property name="level" value="required"/>
                    </properties>
                </testcase>
                <testcase name="P3.1" classname="netra-staging">
                    <properties>
                        <property name="title" value="comprehensive health"/>
                        <property name="level" value="required"/>
                    </properties>
                    <failure message="503" type="fail">expected: 200
        observed: 503
        by: health: GET backend /health is healthy
        see: holdpoint show 01JDC5W8Z3N4Q2M7K9T1R6V0XB health/1</failure>
                </testcase>
                <testcase name="CRIT-2" classname="netra-staging">
                    <properties>
                        <property name="title" value="health 200 within 2 s"/>
                        <property name="level" value="required"/>
                    </properties>
                </testcase>
                <testcase name="KI-1" classname="netra-staging">
                    <properties>
                        <property name="title" value="cold start"/>
                        <property name="level" value="advisory"/>
                    </properties>
                    <skipped message="no phase of this run judges it" type="not-exercised"/>
                </testcase>
            </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn an_unfinished_run_passes_nothing_that_is_pending() {
        let xml = junit(&fixture::unfinished(7));
        assert!(xml.contains(r#"<property name="decision" value="unfinished"/>"#), "{xml}");
        assert!(xml.contains(r#"<error message="still running" type="pending">"#), "{xml}");
    }

    fn case_of(report: &Report, id: &str) -> String {
        let xml = junit(report);
        let from = xml.find(&format!("<testcase name=\"{id}\"")).unwrap();
        xml[from..][..xml[from..].find("</testcase>").unwrap()].to_owned()
    }

    #[test]
    fn a_waived_row_is_skipped_and_says_who_answers_for_it() {
        insta::assert_snapshot!(case_of(&fixture::waived(), "P3.1"), @r#"
        <testcase name="P3.1" classname="netra-staging">
                    <properties>
                        <property name="title" value="comprehensive health"/>
                        <property name="level" value="required"/>
                        <property name="verdict" value="fail"/>
                        <property name="waived-by" value="alice"/>
                        <property name="waived-until" value="2025-12-08T12:00:00.000Z"/>
                        <property name="waived-reason" value="the backend of staging is being moved, OPS-17"/>
                    </properties>
                    <skipped message="waived by alice until 2025-12-08 12:00: the backend of staging is being moved, OPS-17 (fail)" type="waived">expected: 200
        observed: 503
        by: health: GET backend /health is healthy
        see: holdpoint show 01JDC5W8Z3N4Q2M7K9T1R6V0XB health/1</skipped>
        "#);
    }

    #[test]
    fn a_flaky_row_passes_and_shows_the_failure_before() {
        insta::assert_snapshot!(case_of(&fixture::retried(), "P3.1"), @r#"
        <testcase name="P3.1" classname="netra-staging">
                    <properties>
                        <property name="title" value="comprehensive health"/>
                        <property name="level" value="required"/>
                    </properties>
                    <flakyFailure message="fail before run 01JDC5W8Z3N4Q2M7K9T1R6V0XB was done again" type="fail">
                    </flakyFailure>
        "#);
    }
}
