//! The report for machines. The keys are a promise: they are added to, and neither renamed nor removed, within a `format`.
//!
//! Top level: `format` (1), `decision` (a word, or null while the run is unfinished), `failed`, `inconclusive` (ids), `rows` {id: {`verdict`,
//! `expected`, `observed`, `by`, `level`, `title`, `waived`}}, `not_exercised` [{`id`, `title`, `reason`}], `waived` [{`id`, `verdict`, `by`, `reason`,
//! `until`}], `flaky` [{`id`, `before`}], `approvals` [{`phase`, `asked`, `from`, `until`, `who`, `cause` (of a rollback),
//! `answer` (null or {`approved`, `by`, `reason`, `at`})}], `notifications` [{`key`, `kind`, `to`, `delivered` (null while it is not known), `tries`, `reason`}], `cancelled` (null or {`by`, `reason`}), `run` (null without a header), `phases`, `policies`, `checks`, `measures`, `denials`,
//! `unanswered`, `notes`. Rows that are off stand in `rows` and in no other list, and those that somebody answers for only in `rows` and
//! `waived`. A phase that was taken over has its run in `taken_over`. A phase's `verdict` is `waiting` before its start, and its `end` if it had nothing to judge. Times are RFC 3339 in UTC,
//! durations milliseconds, sizes bytes, digests `sha256:…`.
//!
//! `run.scale` says how many times faster waits passed in a rehearsal; null otherwise. `run.stages` [{`name`, `over`}]
//! are those that it is decided in; while one is to come, `decision` is that of the last one that is over.
//!
//! A policy has `id`, `verdict` (a word, or null before it has judged), `ended` (null, or why), `requirements`, `ticks`, `judged`, `fuel` (the most
//! of one evaluation), `findings` (of the last tick) and `turns` (when a rule came to say something else).

use std::collections::BTreeMap;

use holdpoint_model::{
    Approval, Class, Level, OutcomeKind, PhaseEnd, Row, Scale, Timestamp, Verdict, Waiver,
    policy::{Finding, Severity},
};
use serde::Serialize;
use serde_json::{Value, json as value};

use super::phase_word;
use crate::{CallCounts, NoticeReport, PhaseReport, PolicyReport, Report, Turn, body::number, text};

/// The full report as pretty JSON.
pub fn json(report: &Report) -> String {
    let phases = || report.phases.iter();
    let checks = phases().flat_map(|phase| {
        phase.checks.iter().map(|check| {
            value!({
                "phase": phase.id.as_str(),
                "name": check.name,
                "requirements": check.requirements.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
                "verdict": check.verdict.word(),
                "expected": check.expected,
                "observed": check.observed,
                "evidence": check.evidence.iter().map(|seq| seq.0).collect::<Vec<_>>(),
            })
        })
    });
    let measures = phases().flat_map(|phase| {
        phase.measures.iter().map(|measure| {
            value!({
                "phase": phase.id.as_str(),
                "name": measure.name,
                "value": number(measure.value),
                "unit": measure.unit,
            })
        })
    });
    let whole = value!({
        "format": 1,
        "decision": report.decision.map(|decision| decision.word()),
        "run": run(report),
        "failed": ids(report.failed()),
        "inconclusive": ids(report.inconclusive()),
        "rows": report.rows.iter().map(|row| (row.id.as_str(), self::row(row))).collect::<BTreeMap<_, _>>(),
        "not_exercised": report.not_exercised().map(|row| value!({
            "id": row.id.as_str(), "title": row.title, "reason": row.observed,
        })).collect::<Vec<_>>(),
        "waived": report.waived().map(|(row, given)| waiver(row, given)).collect::<Vec<_>>(),
        "flaky": report.flaky().map(|(row, before)| value!({
            "id": row.id.as_str(), "before": before.word(),
        })).collect::<Vec<_>>(),
        "approvals": report.approvals.iter().map(approval).collect::<Vec<_>>(),
        "notifications": report.notices.iter().map(told).collect::<Vec<_>>(),
        "cancelled": report.cancelled.as_ref().map(|cancellation| value!({
            "by": cancellation.by, "reason": cancellation.reason,
        })),
        "phases": phases().map(phase).collect::<Vec<_>>(),
        "policies": report.policies.iter().map(policy).collect::<Vec<_>>(),
        "checks": checks.collect::<Vec<_>>(),
        "measures": measures.collect::<Vec<_>>(),
        "denials": report.denials.iter().map(|denied| value!({
            "phase": denied.phase.as_str(),
            "seq": denied.seq.0,
            "times": denied.times,
            "wanted": denied.denial.wanted,
            "reason": denied.denial.reason,
            "remedy": denied.denial.remedy,
        })).collect::<Vec<_>>(),
        "unanswered": report.unanswered.iter().map(|call| value!({
            "position": call.position,
            "at": call.at.to_string(),
            "phase": call.phase.as_str(),
            "seq": call.seq.0,
            "summary": call.summary,
            "outcome": call.outcome.word(),
            "reason": call.reason,
        })).collect::<Vec<_>>(),
        "notes": report.notes,
    });
    text::json_escaped(format!("{whole:#}\n"))
}

fn run(report: &Report) -> Value {
    let Some(header) = &report.header else { return Value::Null };
    let stages = report.stages.iter().enumerate();
    value!({
        "id": header.run.as_str(),
        "bundle": header.bundle,
        "version": header.bundle_version,
        "bundle_digest": header.bundle_digest.to_string(),
        "operator_digest": header.operator_digest.to_string(),
        "environment": header.environment,
        "only": header.only.as_ref().map(|only| only.iter().map(|phase| phase.as_str()).collect::<Vec<_>>()),
        "dry_run": header.dry_run,
        "scale": header.scale.map(Scale::times),
        "stages": stages.map(|(place, name)| value!({ "name": name, "over": place < report.over })).collect::<Vec<_>>(),
        "modules": header.modules.iter().map(|(phase, digest)| (phase.as_str(), digest.to_string())).collect::<BTreeMap<_, _>>(),
        "started": report.started.map(|at| at.to_string()),
        "ended": report.ended.map(|at| at.to_string()),
        "resumed": report.resumed,
        "retry_of": header.retry.as_ref().map(|retry| retry.run.as_str()),
        "retry_from": header.retry.as_ref().map(|retry| retry.from.as_str()),
    })
}

fn approval(Approval { asked, ask, answer }: &Approval) -> Value {
    value!({
        "phase": ask.phase.as_str(),
        "asked": asked.to_string(),
        "from": ask.from.to_string(),
        "until": ask.until.to_string(),
        "who": ask.who,
        "cause": ask.cause,
        "answer": answer.as_ref().map(|(at, answer)| value!({
            "approved": answer.approved, "by": answer.by, "reason": answer.reason, "at": at.to_string(),
        })),
    })
}

fn told(NoticeReport { notice, end }: &NoticeReport) -> Value {
    value!({
        "key": notice.key,
        "kind": notice.kind.word(),
        "to": notice.to,
        "delivered": end.as_ref().map(|end| end.failed.is_none()),
        "tries": end.as_ref().map(|end| end.tries),
        "reason": end.as_ref().and_then(|end| end.failed.as_deref()),
    })
}

fn waiver(row: &Row, Waiver { by, reason, until, .. }: &Waiver) -> Value {
    value!({
        "id": row.id.as_str(),
        "verdict": row.verdict.word(),
        "by": by,
        "reason": reason,
        "until": until.to_string(),
    })
}

fn row(row: &Row) -> Value {
    value!({
        "verdict": row.verdict.word(),
        "expected": row.expected,
        "observed": row.observed,
        "by": row.by,
        "level": Level::word(row.level),
        "title": row.title,
        "waived": row.waived.is_some(),
    })
}

fn phase(phase: &PhaseReport) -> Value {
    value!({
        "id": phase.id.as_str(),
        "verdict": phase_word(phase).1,
        "end": phase.end.as_ref().map(PhaseEnd::word),
        "reason": phase.end.as_ref().map_or("", PhaseEnd::reason),
        "taken_over": phase.taken_over.as_ref().map(|origin| origin.run.as_str()),
        "scheduled": phase.scheduled.as_ref().map(|start| value!({ "at": start.at.to_string(), "until": start.until.to_string() })),
        "started": phase.started.map(|at| at.to_string()),
        "ended": phase.ended.map(|at| at.to_string()),
        "milliseconds": phase.duration(),
        "requirements": phase.requirements.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        "needs": phase.needs.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        "checks": phase.checks.len(),
        "samples": phase.samples,
        "calls": calls(&phase.calls),
        "slowest": phase.slowest.iter().map(|call| value!({
            "seq": call.seq.0, "summary": call.summary, "milliseconds": call.milliseconds,
        })).collect::<Vec<_>>(),
        "attachments": phase.attachments.iter().map(|attachment| value!({
            "name": attachment.name,
            "media_type": attachment.media_type,
            "size": attachment.size,
            "digest": attachment.digest.to_string(),
        })).collect::<Vec<_>>(),
        "log": phase.log.iter().map(|line| value!({
            "at": line.at.to_string(), "level": line.level.word(), "message": line.message,
        })).collect::<Vec<_>>(),
        "log_left_out": phase.log_left_out,
    })
}

fn policy(policy: &PolicyReport) -> Value {
    value!({
        "id": policy.id.as_str(),
        "verdict": policy.verdict().map(Verdict::word),
        "ended": policy.standing.ended,
        "requirements": policy.requirements.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        "ticks": policy.standing.ticks,
        "judged": policy.judged.map(|at| at.to_string()),
        "fuel": policy.fuel,
        "findings": policy.standing.findings.iter().map(finding).collect::<Vec<_>>(),
        "turns": policy.turns.iter().map(turn).collect::<Vec<_>>(),
        "turns_left_out": policy.turns_left_out,
    })
}

fn finding(finding: &Finding) -> Value {
    value!({
        "name": finding.name,
        "requirements": finding.requirements.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        "verdict": finding.verdict.word(),
        "severity": finding.severity.map(Severity::word),
        "expected": finding.expected,
        "observed": finding.observed,
        "since": finding.since.map(|since| Timestamp(since).to_string()),
        "firing": finding.firing,
        "action": finding.action,
    })
}

fn turn(turn: &Turn) -> Value {
    let said = |state: Option<(Verdict, bool)>| {
        state.map(|(verdict, firing)| value!({ "verdict": verdict.word(), "firing": firing }))
    };
    value!({
        "at": turn.at.to_string(),
        "name": turn.name,
        "before": said(turn.before),
        "after": said(turn.after),
        "observed": turn.observed,
    })
}

fn calls(counts: &CallCounts) -> Value {
    value!({
        "total": counts.total(),
        "under_way": counts.under_way,
        "by_class": Class::ALL.map(|class| (class.word(), counts.of_class(class))).into_iter().collect::<BTreeMap<_, _>>(),
        "by_outcome":
            OutcomeKind::ALL.map(|outcome| (outcome.word(), counts.of_outcome(outcome))).into_iter().collect::<BTreeMap<_, _>>(),
    })
}

fn ids<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<&'a str> {
    rows.map(|row| row.id.as_str()).collect()
}

#[derive(Serialize)]
struct Summary<'a> {
    decision: Option<&'static str>,
    failed: Vec<&'a str>,
    rows: BTreeMap<&'a str, &'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waived: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    flaky: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_stage: Option<&'a str>,
}

/// One line of JSON for scripts: `decision`, `failed` (ids) and `rows` {id: verdict}; `waived` and `flaky` (ids) where there are any, and
/// `next_stage` where one is to come. No line break at its end.
pub fn summary_line(report: &Report) -> String {
    let summary = Summary {
        decision: report.decision.map(|decision| decision.word()),
        failed: ids(report.failed()),
        rows: report.rows.iter().map(|row| (row.id.as_str(), row.verdict.word())).collect(),
        waived: ids(report.waived().map(|(row, _)| row)),
        flaky: ids(report.flaky().map(|(row, _)| row)),
        next_stage: report.next_stage(),
    };
    serde_json::to_string(&summary).expect("a record of words always encodes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_summary_is_one_line() {
        insta::assert_snapshot!(summary_line(&fixture::report()), @r#"{"decision":"hold","failed":["P3.1"],"rows":{"CRIT-2":"pass","KI-1":"not-exercised","NEXT-5":"not-exercised","P1.3":"pass","P3.1":"fail"}}"#);
    }

    #[test]
    fn an_unfinished_run_has_no_decision() {
        assert!(summary_line(&fixture::unfinished(5)).starts_with(r#"{"decision":null,"failed":[],"#));
    }

    #[test]
    fn the_full_report_keeps_its_keys() {
        let whole: Value = serde_json::from_str(&json(&fixture::report())).unwrap();
        let mut keys: Vec<&str> = whole.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(
            keys.join(" "),
            "approvals cancelled checks decision denials failed flaky format inconclusive measures not_exercised notes notifications phases policies rows run \
             unanswered waived"
        );
        // Values, not text: the order of keys depends on how the JSON library was built.
        let by = "health: GET backend /health is healthy";
        assert_eq!(
            whole["rows"]["P3.1"],
            value!({
                "verdict": "fail", "expected": "200", "observed": "503", "by": by, "level": "required", "title": "comprehensive health",
                "waived": false,
            })
        );
        assert_eq!(whole["run"]["id"], "01JDC5W8Z3N4Q2M7K9T1R6V0XB");
        assert_eq!(whole["run"]["only"], Value::Null);
        let health = &whole["phases"][1];
        assert_eq!(health["verdict"], "fail");
        assert_eq!(health["calls"]["by_outcome"]["in-doubt"], 1);
        assert_eq!(
            health["slowest"][0],
            value!({ "seq": 1, "summary": "http GET backend /health", "milliseconds": 181.2 })
        );
        assert_eq!(health["attachments"][0]["size"], 2);
        assert_eq!(whole["denials"][0]["times"], 1);
        assert_eq!(whole["not_exercised"][0]["reason"], "no phase of this run judges it");
    }

    #[test]
    fn a_waived_row_keeps_its_verdict_and_is_in_no_list_of_what_went_wrong() {
        let whole: Value = serde_json::from_str(&json(&fixture::waived())).unwrap();
        assert_eq!((&whole["decision"], &whole["failed"]), (&value!("release"), &value!([])));
        assert_eq!(
            (&whole["rows"]["P3.1"]["verdict"], &whole["rows"]["P3.1"]["waived"]),
            (&value!("fail"), &value!(true))
        );
        let reason = "the backend of staging is being moved, OPS-17";
        assert_eq!(
            whole["waived"],
            value!([{ "id": "P3.1", "verdict": "fail", "by": "alice", "reason": reason, "until": "2025-12-08T12:00:00.000Z" }])
        );
        assert!(summary_line(&fixture::waived()).ends_with(r#","waived":["P3.1"]}"#));
    }

    #[test]
    fn a_retry_says_what_was_before() {
        let whole: Value = serde_json::from_str(&json(&fixture::retried())).unwrap();
        assert_eq!(whole["flaky"], value!([{ "id": "P3.1", "before": "fail" }]));
        assert_eq!(
            (&whole["run"]["retry_of"], &whole["run"]["retry_from"]),
            (&value!("01JDC5W8Z3N4Q2M7K9T1R6V0XB"), &value!("health"))
        );
        assert_eq!(whole["phases"][0]["taken_over"], "01JDC5W8Z3N4Q2M7K9T1R6V0XB");
        assert_eq!(whole["phases"][1]["taken_over"], Value::Null);
    }
}
