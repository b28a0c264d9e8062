//! The records of approvals: that a phase waits for one, and what somebody said. Since format 4.

use holdpoint_model::{ApprovalAnswer, ApprovalAsk, PhaseId, RunId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Error, Row, RowKind, record::parse};

#[derive(Serialize, Deserialize)]
struct AskedV1 {
    run: String,
    phase: String,
    /// Milliseconds since 1970, as `until`.
    from: f64,
    until: f64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    who: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    cause: String,
}

#[derive(Serialize, Deserialize)]
struct AnsweredV1 {
    phase: String,
    approved: bool,
    by: String,
    reason: String,
}

/// Rows of approvals. They belong to the run: a phase that is executed again does not meet them.
impl Row {
    /// A phase waits for an approval.
    pub fn approval_asked(ask: &ApprovalAsk, at: f64) -> Self {
        let ApprovalAsk { run, phase, from, until, who, cause } = ask.clone();
        let (run, phase) = (run.to_string(), phase.to_string());
        let record = AskedV1 { run, phase, from: from.0, until: until.0, who, cause };
        Self { summary: record.phase.clone(), ..Self::of(RowKind::ApprovalAsked, "", &record, at) }
    }

    /// Somebody approves it or denies it.
    pub fn approval_answered(answer: &ApprovalAnswer, at: f64) -> Self {
        let ApprovalAnswer { phase, approved, by, reason } = answer.clone();
        let record = AnsweredV1 { phase: phase.to_string(), approved, by, reason };
        Self { summary: record.phase.clone(), ..Self::of(RowKind::ApprovalAnswered, "", &record, at) }
    }
}

pub(crate) fn asked(position: u64, row: &Row) -> Result<ApprovalAsk, Error> {
    let AskedV1 { run, phase, from, until, who, cause } = parse(position, &row.request)?;
    let run = RunId::parse(&run).map_err(|_| damaged(position, "its run has no valid id"))?;
    let phase = phase_of(position, &phase)?;
    Ok(ApprovalAsk { run, phase, from: Timestamp(from), until: Timestamp(until), who, cause })
}

pub(crate) fn answered(position: u64, row: &Row) -> Result<ApprovalAnswer, Error> {
    let AnsweredV1 { phase, approved, by, reason } = parse(position, &row.request)?;
    Ok(ApprovalAnswer { phase: phase_of(position, &phase)?, approved, by, reason })
}

fn phase_of(position: u64, text: &str) -> Result<PhaseId, Error> {
    PhaseId::parse(text).map_err(|_| damaged(position, "its phase has no valid id"))
}

fn damaged(position: u64, what: &str) -> Error {
    Error::Damaged { position, what: what.into() }
}

#[cfg(test)]
mod tests {
    use holdpoint_model::EventKind;

    use super::*;

    #[test]
    fn an_ask_and_its_answer_survive() {
        let phase = PhaseId::parse("deploy").unwrap();
        let run = RunId::parse("R1").unwrap();
        for cause in ["", "row P3.1, which failed"] {
            let (from, until) = (Timestamp(1.5e12), Timestamp(1.6e12));
            let (run, phase) = (run.clone(), phase.clone());
            let ask = ApprovalAsk { run, phase, from, until, who: "the on-call".into(), cause: cause.into() };
            assert_eq!(Row::approval_asked(&ask, 5.0).event(7).unwrap().kind, EventKind::ApprovalAsked(ask));
        }
        for approved in [true, false] {
            let answer = ApprovalAnswer { phase: phase.clone(), approved, by: "alice".into(), reason: "seen".into() };
            let row = Row::approval_answered(&answer, 5.0);
            assert_eq!((row.guest.as_ref(), row.summary.as_str()), ("", "deploy"));
            assert_eq!(row.event(7).unwrap().kind, EventKind::ApprovalAnswered(answer));
        }
    }

    #[test]
    fn a_record_that_makes_no_sense_is_damage() {
        let row = |kind, json: &str| {
            let mut row = Row::new(kind, "", 1.0);
            row.request.json = json.into();
            row.event(3).unwrap_err().to_string()
        };
        for (kind, json) in [
            (RowKind::ApprovalAsked, r#"{"run":"R1","phase":"No Id","from":0,"until":1}"#),
            (RowKind::ApprovalAsked, r#"{"run":"","phase":"a","from":0,"until":1}"#),
            (RowKind::ApprovalAnswered, r#"{"phase":"a","by":"b","reason":"c"}"#),
        ] {
            assert!(row(kind, json).contains('3'), "{json}");
        }
    }
}
