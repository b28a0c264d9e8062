//! The records of runs, phases and statements, each versioned by the journal's format, and their way to the domain's types.

use std::collections::BTreeMap;

use holdpoint_gate::Encoded;
use holdpoint_model::{
    Attachment, CallEvent, Cancellation, Check, Decision, Digest, Event, EventKind, LogLevel, Ordinal, Origin,
    PhaseEnd, PhaseId, PolicyId, RequirementId, Retry, RunHeader, RunId, Scale, Seq, Statement, Timestamp, Verdict,
    Waiver,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Error, Row, RowKind, approval, found, notice, schedule};

/// The first record of a run. The modules stand as bodies beside it, in the order of `modules` and then of `policies`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HeaderRecord {
    /// The version of holdpoint that began the run.
    pub holdpoint: String,
    pub run: String,
    pub bundle: String,
    pub bundle_version: String,
    pub bundle_digest: String,
    pub operator_digest: String,
    pub environment: String,
    pub only: Option<Vec<String>>,
    pub dry_run: bool,
    /// How many times faster waits pass, in a rehearsal. Since format 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<u32>,
    /// Digests by phase.
    pub modules: BTreeMap<String, String>,
    /// Digests of the modules of policies, since format 3.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, String>,
    /// The texts and choices that everything else follows from.
    pub sources: serde_json::Value,
    /// What this run does again, since format 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryRecord>,
}

/// The run that another does again in part.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RetryRecord {
    pub run: String,
    pub head: String,
    pub from: String,
    /// Verdicts by row.
    pub before: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct TakenOverV1 {
    run: String,
    head: String,
}

#[derive(Serialize, Deserialize)]
struct CancelledV1 {
    by: String,
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct WaivedV1 {
    row: String,
    by: String,
    reason: String,
    /// Milliseconds since 1970.
    until: f64,
}

#[derive(Serialize, Deserialize)]
struct WithdrawnV1 {
    row: String,
    by: String,
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct PhaseEndedV1 {
    end: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct RunEndedV1 {
    decision: String,
    /// Since format 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "statement")]
enum StatementV1 {
    Check {
        requirements: Vec<String>,
        name: String,
        verdict: String,
        expected: String,
        observed: String,
        evidence: Vec<u32>,
    },
    Measure {
        name: String,
        value: f64,
        unit: String,
    },
    /// Since format 3.
    Sample {
        name: String,
        labels: BTreeMap<String, String>,
        /// The guest's time, in milliseconds since 1970.
        at: f64,
        value: f64,
    },
    Attach {
        name: String,
        media_type: String,
    },
    Progress {
        done: u32,
        total: u32,
        message: String,
    },
    Log {
        level: String,
        message: String,
    },
}

impl HeaderRecord {
    /// Reads the header out of its row.
    pub fn of(row: &Row) -> Result<Self, Error> {
        parse(1, &row.request)
    }

    fn header(self) -> Option<RunHeader> {
        let phases =
            |names: Vec<String>| names.iter().map(|name| PhaseId::parse(name).ok()).collect::<Option<Vec<_>>>();
        Some(RunHeader {
            run: RunId::parse(&self.run).ok()?,
            bundle: self.bundle,
            bundle_version: self.bundle_version,
            bundle_digest: Digest::parse(&self.bundle_digest).ok()?,
            environment: self.environment,
            only: match self.only {
                Some(names) => Some(phases(names)?),
                None => None,
            },
            dry_run: self.dry_run,
            scale: match self.scale {
                Some(times) => Some(Scale::new(times).ok()?),
                None => None,
            },
            modules: self
                .modules
                .iter()
                .map(|(phase, digest)| Some((PhaseId::parse(phase).ok()?, Digest::parse(digest).ok()?)))
                .collect::<Option<_>>()?,
            policies: self
                .policies
                .iter()
                .map(|(policy, digest)| Some((PolicyId::parse(policy).ok()?, Digest::parse(digest).ok()?)))
                .collect::<Option<_>>()?,
            operator_digest: Digest::parse(&self.operator_digest).ok()?,
            retry: match self.retry {
                Some(retry) => Some(retry.retry()?),
                None => None,
            },
        })
    }
}

impl RetryRecord {
    fn retry(&self) -> Option<Retry> {
        let verdict = |(row, word): (&String, &String)| Some((RequirementId::parse(row).ok()?, Verdict::parse(word)?));
        Some(Retry {
            run: RunId::parse(&self.run).ok()?,
            head: Digest::parse(&self.head).ok()?,
            from: PhaseId::parse(&self.from).ok()?,
            before: self.before.iter().map(verdict).collect::<Option<_>>()?,
        })
    }
}

impl From<Retry> for RetryRecord {
    fn from(Retry { run, head, from, before }: Retry) -> Self {
        let word = |(row, verdict): (&RequirementId, &Verdict)| (row.to_string(), verdict.word().to_owned());
        Self {
            run: run.to_string(),
            head: head.to_string(),
            from: from.to_string(),
            before: before.iter().map(word).collect(),
        }
    }
}

pub(crate) fn json(record: &impl Serialize) -> String {
    serde_json::to_string(record).expect("a record of strings and numbers always encodes")
}

pub(crate) fn parse<T: DeserializeOwned>(position: u64, encoded: &Encoded) -> Result<T, Error> {
    serde_json::from_str(&encoded.json)
        .map_err(|e| Error::Damaged { position, what: format!("its record can't be read: {e}") })
}

/// Rows of the run and its phases.
impl Row {
    /// The run begins.
    pub fn run_started(header: &HeaderRecord, modules: Vec<holdpoint_model::Body>, at: f64) -> Self {
        let request = Encoded { json: json(header), bodies: modules };
        Self { request, ..Self::new(RowKind::RunStarted, "", at) }
    }

    /// Another host process takes the run up.
    pub fn run_resumed(at: f64) -> Self {
        Self::new(RowKind::RunResumed, "", at)
    }

    /// The run has its decision, or the stage that has ended; `next` is the one that is to come.
    pub fn run_ended(decision: Decision, next: Option<String>, at: f64) -> Self {
        Self::of(RowKind::RunEnded, "", &RunEndedV1 { decision: decision.word().into(), next }, at)
    }

    /// Somebody ends the run for good.
    pub fn run_cancelled(Cancellation { by, reason }: &Cancellation, at: f64) -> Self {
        Self::of(RowKind::RunCancelled, "", &CancelledV1 { by: by.clone(), reason: reason.clone() }, at)
    }

    /// Somebody answers for a row.
    pub fn row_waived(waiver: &Waiver, at: f64) -> Self {
        let Waiver { row, by, reason, until } = waiver.clone();
        let record = WaivedV1 { row: row.to_string(), by, reason, until: until.0 };
        Self { summary: record.row.clone(), ..Self::of(RowKind::RowWaived, "", &record, at) }
    }

    /// Nobody answers for a row any more.
    pub fn waiver_withdrawn(row: &RequirementId, by: &str, reason: &str, at: f64) -> Self {
        let record = WithdrawnV1 { row: row.to_string(), by: by.to_owned(), reason: reason.to_owned() };
        Self { summary: record.row.clone(), ..Self::of(RowKind::WaiverWithdrawn, "", &record, at) }
    }

    /// What another run found in a phase follows.
    pub fn phase_taken_over(phase: &PhaseId, Origin { run, head }: &Origin, at: f64) -> Self {
        let record = TakenOverV1 { run: run.to_string(), head: head.to_string() };
        Self::of(RowKind::PhaseTakenOver, phase.as_str(), &record, at)
    }

    pub(crate) fn of(kind: RowKind, guest: &str, record: &impl Serialize, at: f64) -> Self {
        Self { request: Encoded { json: json(record), bodies: Vec::new() }, ..Self::new(kind, guest, at) }
    }

    /// A phase begins.
    pub fn phase_started(phase: &PhaseId, at: f64) -> Self {
        Self::new(RowKind::PhaseStarted, phase.as_str(), at)
    }

    /// A phase has ended.
    pub fn phase_ended(phase: &PhaseId, end: &PhaseEnd, at: f64) -> Self {
        let record = PhaseEndedV1 { end: end.word().into(), reason: end.reason().into() };
        Self::of(RowKind::PhaseEnded, phase.as_str(), &record, at)
    }

    /// A guest states something.
    pub fn of_statement(phase: &PhaseId, ordinal: Ordinal, statement: &Statement, at: f64) -> Self {
        let request = encode(statement);
        let digest = Some(request.digest("statement", 1));
        let summary = summary(statement);
        Self { number: ordinal.0, digest, summary, request, ..Self::new(RowKind::Statement, phase.as_str(), at) }
    }
}

fn summary(statement: &Statement) -> String {
    match statement {
        Statement::Check(check) => format!("check {}: {}", check.verdict, check.name),
        Statement::Measure { name, value, unit } => format!("measure {name} = {value} {unit}"),
        Statement::Sample { name, value, .. } => format!("sample {name} = {value}"),
        Statement::Attach(attachment) => format!("attach {}", attachment.name),
        Statement::Progress { done, total, .. } => format!("progress {done}/{total}"),
        Statement::Log { level, .. } => format!("log {level}"),
    }
}

fn encode(statement: &Statement) -> Encoded {
    let mut bodies = Vec::new();
    let record = match statement.clone() {
        Statement::Check(Check { requirements, name, verdict, expected, observed, evidence }) => StatementV1::Check {
            requirements: requirements.iter().map(ToString::to_string).collect(),
            name,
            verdict: verdict.word().into(),
            expected,
            observed,
            evidence: evidence.iter().map(|seq| seq.0).collect(),
        },
        Statement::Measure { name, value, unit } => StatementV1::Measure { name, value, unit },
        Statement::Sample { name, labels, at, value } => {
            StatementV1::Sample { name, labels: labels.into_iter().collect(), at: at.0, value }
        }
        Statement::Attach(Attachment { name, media_type, content }) => {
            bodies.push(content);
            StatementV1::Attach { name, media_type }
        }
        Statement::Progress { done, total, message } => StatementV1::Progress { done, total, message },
        Statement::Log { level, message } => StatementV1::Log { level: level.word().into(), message },
    };
    Encoded { json: json(&record), bodies }
}

fn decode(position: u64, encoded: &Encoded) -> Result<Statement, Error> {
    let unknown = |what: &str| Error::Damaged { position, what: format!("its {what} is unknown") };
    Ok(match parse(position, encoded)? {
        StatementV1::Check { requirements, name, verdict, expected, observed, evidence } => Statement::Check(Check {
            requirements: requirements
                .iter()
                .map(|id| RequirementId::parse(id).map_err(|_| unknown("requirement")))
                .collect::<Result<_, _>>()?,
            name,
            verdict: Verdict::parse(&verdict).ok_or_else(|| unknown("verdict"))?,
            expected,
            observed,
            evidence: evidence.into_iter().map(Seq).collect(),
        }),
        StatementV1::Measure { name, value, unit } => Statement::Measure { name, value, unit },
        StatementV1::Sample { name, labels, at, value } => {
            Statement::Sample { name, labels: labels.into_iter().collect(), at: Timestamp(at), value }
        }
        StatementV1::Attach { name, media_type } => Statement::Attach(Attachment {
            name,
            media_type,
            content: encoded.bodies.first().cloned().unwrap_or_default(),
        }),
        StatementV1::Progress { done, total, message } => Statement::Progress { done, total, message },
        StatementV1::Log { level, message } => {
            Statement::Log { level: LogLevel::parse(&level).ok_or_else(|| unknown("level"))?, message }
        }
    })
}

/// The event of a row. Calls come without their bodies.
pub(crate) fn event(position: u64, row: &Row) -> Result<Event, Error> {
    let damaged = |what: &str| Error::Damaged { position, what: what.into() };
    let phase = || PhaseId::parse(&row.guest).map_err(|_| damaged("its phase has no valid id"));
    let kind = match row.kind {
        RowKind::RunStarted => {
            let record: HeaderRecord = parse(position, &row.request)?;
            EventKind::RunStarted(record.header().ok_or_else(|| damaged("its header can't be read"))?)
        }
        RowKind::RunResumed => EventKind::RunResumed,
        RowKind::RunHandedOver => EventKind::RunHandedOver,
        RowKind::RunImported => EventKind::RunImported,
        RowKind::PhaseStarted => EventKind::PhaseStarted { phase: phase()? },
        RowKind::PhaseTakenOver => {
            let TakenOverV1 { run, head } = parse(position, &row.request)?;
            let run = RunId::parse(&run).map_err(|_| damaged("its run has no valid id"))?;
            let head = Digest::parse(&head).map_err(|_| damaged("its digest is no digest"))?;
            EventKind::PhaseTakenOver { phase: phase()?, origin: Origin { run, head } }
        }
        RowKind::RunCancelled => {
            let CancelledV1 { by, reason } = parse(position, &row.request)?;
            EventKind::RunCancelled(Cancellation { by, reason })
        }
        RowKind::RowWaived => {
            let WaivedV1 { row, by, reason, until } = parse(position, &row.request)?;
            let row = RequirementId::parse(&row).map_err(|_| damaged("its requirement is unknown"))?;
            EventKind::RowWaived(Waiver { row, by, reason, until: Timestamp(until) })
        }
        RowKind::WaiverWithdrawn => {
            let WithdrawnV1 { row, by, reason } = parse(position, &row.request)?;
            let row = RequirementId::parse(&row).map_err(|_| damaged("its requirement is unknown"))?;
            EventKind::WaiverWithdrawn { row, by, reason }
        }
        RowKind::Call | RowKind::Intent | RowKind::Outcome => EventKind::Call(CallEvent {
            phase: phase()?,
            seq: Seq(row.number),
            capability: row.capability.to_string(),
            class: row.class,
            summary: row.summary.clone(),
            attempt: row.attempt,
            outcome: row.outcome,
            request: row.request.json.clone(),
            answer: row.outcome.map(|_| row.answer.json.clone()),
        }),
        RowKind::Statement => EventKind::Stated {
            phase: phase()?,
            ordinal: Ordinal(row.number),
            statement: decode(position, &row.request)?,
        },
        RowKind::PhaseEnded => {
            let PhaseEndedV1 { end, reason } = parse(position, &row.request)?;
            let end = PhaseEnd::parse(&end, reason).ok_or_else(|| damaged("its end is unknown"))?;
            EventKind::PhaseEnded { phase: phase()?, end }
        }
        RowKind::PhaseScheduled => EventKind::PhaseScheduled(schedule::scheduled(position, row)?),
        RowKind::ApprovalAsked => EventKind::ApprovalAsked(approval::asked(position, row)?),
        RowKind::ApprovalAnswered => EventKind::ApprovalAnswered(approval::answered(position, row)?),
        RowKind::NoticeIntended => EventKind::NoticeIntended(notice::intended(position, row)?),
        RowKind::NoticeEnded => EventKind::NoticeEnded(notice::ended(position, row)?),
        RowKind::Tick => EventKind::Ticked { last: found::is_last(position, row)? },
        RowKind::Found => EventKind::Found(found::of(position, row)?),
        RowKind::RunEnded => {
            let RunEndedV1 { decision, next } = parse(position, &row.request)?;
            EventKind::RunEnded {
                decision: Decision::parse(&decision).ok_or_else(|| damaged("its decision is unknown"))?,
                next,
            }
        }
    };
    Ok(Event { position, at: Timestamp(row.at), kind })
}

impl Row {
    /// The event of a row, for whoever watches a journal being written.
    pub fn event(&self, position: u64) -> Result<Event, Error> {
        event(position, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_survives() {
        let check = Check {
            requirements: vec![RequirementId::parse("P3.1").unwrap()],
            name: "n".into(),
            verdict: Verdict::Fail,
            expected: "e".into(),
            observed: "o".into(),
            evidence: vec![Seq(3)],
        };
        for statement in [
            Statement::Check(check),
            Statement::Measure { name: "p95".into(), value: 0.1 + 0.2, unit: "ms".into() },
            Statement::Sample {
                name: "memory_bytes".into(),
                labels: vec![("instance".into(), "0".into()), ("service".into(), "backend".into())],
                at: Timestamp(0.1 + 0.2),
                value: 1e9,
            },
            Statement::Attach(Attachment {
                name: "a".into(),
                media_type: "text/plain".into(),
                content: vec![1, 2].into(),
            }),
            Statement::Progress { done: 1, total: 2, message: "m".into() },
            Statement::Log { level: LogLevel::Warn, message: "l".into() },
        ] {
            assert_eq!(decode(1, &encode(&statement)).unwrap(), statement);
        }
    }

    #[test]
    fn every_end_survives() {
        let phase = PhaseId::parse("health").unwrap();
        for end in [
            PhaseEnd::Completed,
            PhaseEnd::Trapped("out of memory".into()),
            PhaseEnd::Skipped("x".into()),
            PhaseEnd::Cancelled("by a".into()),
        ] {
            let event = Row::phase_ended(&phase, &end, 5.0).event(7).unwrap();
            assert_eq!(event.kind, EventKind::PhaseEnded { phase: phase.clone(), end });
        }
    }

    #[test]
    fn what_people_do_to_a_run_survives() {
        let row = RequirementId::parse("KI-1").unwrap();
        let waiver = Waiver { row: row.clone(), by: "alice".into(), reason: "known".into(), until: Timestamp(1.5e12) };
        assert_eq!(Row::row_waived(&waiver, 5.0).event(7).unwrap().kind, EventKind::RowWaived(waiver));
        let withdrawn = Row::waiver_withdrawn(&row, "bob", "mended", 5.0).event(7).unwrap().kind;
        assert_eq!(withdrawn, EventKind::WaiverWithdrawn { row, by: "bob".into(), reason: "mended".into() });
        let cancellation = Cancellation { by: "alice".into(), reason: String::new() };
        let cancelled = Row::run_cancelled(&cancellation, 5.0).event(7).unwrap().kind;
        assert_eq!(cancelled, EventKind::RunCancelled(cancellation));
        let (phase, origin) =
            (PhaseId::parse("health").unwrap(), Origin { run: RunId::parse("R1").unwrap(), head: Digest::of(b"x") });
        let taken = Row::phase_taken_over(&phase, &origin, 5.0).event(7).unwrap().kind;
        assert_eq!(taken, EventKind::PhaseTakenOver { phase, origin });
    }
}
