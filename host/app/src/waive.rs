//! Waiving a row of a run that has its decision: a person answers for it, the operator's file of today allows that, and the run gets
//! the decision that then follows.

use std::time::Duration;

use holdpoint_bundle::Verified;
use holdpoint_cap_clock::SystemClock;
use holdpoint_gate::Clock as _;
use holdpoint_journal::{Reader, Row, RunLock, Writer};
use holdpoint_model::{Level, RequirementId, RunId, Timestamp, Verdict, Waiver};
use holdpoint_report::Report;

use crate::{
    Error, Machine, notify, permission,
    record::{Manner, StoredSources},
    report,
    store::{RunRef, RunState, Stored},
};

/// Until when a waiver counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Until {
    At(Timestamp),
    /// From now on.
    For(Duration),
}

/// A row, and who answers for it. Name and reason were checked.
#[derive(Debug, Clone, PartialEq)]
pub struct WaiveChoices {
    pub run: RunRef,
    pub row: RequirementId,
    pub by: String,
    pub reason: String,
    /// None withdraws the waiver that there is.
    pub until: Option<Until>,
}

/// Waives a row, or withdraws its waiver. The report is of the run as it then is.
pub async fn waive(choices: &WaiveChoices, machine: &Machine) -> Result<Report, Error> {
    let run = Decided::open(&choices.run, machine)?;
    let now = SystemClock::new().now();
    let row = match choices.until {
        Some(until) => Row::row_waived(&run.waiver(choices, until, now, machine)?, now.0),
        None => run.withdrawal(choices, now)?,
    };
    let journal = run.stored.journal();
    let writer = Writer::open(&journal, None)?;
    report::decide(&writer, &journal, &run.verified, vec![row], now.0).await?;
    let verified = std::sync::Arc::new(run.verified);
    if run.manner.is_for_good() {
        notify::deliver(&verified, &run.run, &journal, &writer).await?;
    }
    writer.close()?;
    drop(run.lock);
    report::of_journal(&journal, &verified)
}

/// A run that has its decision, and that nobody else changes now.
struct Decided {
    run: RunId,
    manner: Manner,
    stored: Stored,
    lock: RunLock,
    verified: Verified,
    report: Report,
}

impl Decided {
    fn open(reference: &RunRef, machine: &Machine) -> Result<Self, Error> {
        let stored = reference.find(machine)?;
        let lock = stored.folder_to("waived in")?.lock()?;
        let reader = Reader::open(&stored.journal())?;
        let header = StoredSources::of(&reader.header()?)?;
        if !matches!(stored.state()?, RunState::Ended(_) | RunState::Between { .. }) {
            let run = &header.run;
            return Err(Error::Usage(format!(
                "run {run} has no decision that a waiver could change; `holdpoint resume {run}` goes on with it, `holdpoint cancel {run}` ends it"
            )));
        }
        reader.verify()?;
        let verified = permission::to_act(&header, &reader, machine)?;
        drop(reader);
        let (run, manner) = (header.run.clone(), header.manner);
        let report = report::of_journal(&stored.journal(), &verified)?;
        Ok(Self { run, manner, stored, lock, verified, report })
    }

    fn waiver(&self, choices: &WaiveChoices, until: Until, now: Timestamp, machine: &Machine) -> Result<Waiver, Error> {
        let row = self.row(&choices.row)?;
        let id = &choices.row;
        let nothing = |why: String| Error::Usage(format!("{why}; there is nothing to waive"));
        match row.level {
            Level::Required if row.verdict == Verdict::Pass => return Err(nothing(format!("row {id} passed"))),
            Level::Required if row.rehearsed => return Err(nothing(format!("row {id} passes in a rehearsal"))),
            // Nobody answers for what nobody has seen.
            Level::Required if row.verdict == Verdict::Pending => {
                return Err(nothing(format!("row {id} has no verdict yet: {}", row.observed)));
            }
            Level::Required => {}
            Level::Advisory | Level::Off => {
                return Err(nothing(format!("row {id} is {} and decides nothing", row.level)));
            }
        }
        let until = match until {
            Until::At(at) => at,
            Until::For(duration) => Timestamp(now.0 + duration.as_secs_f64() * 1_000.0),
        };
        if until.since(now) <= 0.0 {
            return Err(Error::Usage(format!("a waiver until {until} would have ended already; give a later --until")));
        }
        if let Some(known) = row.waived.as_ref().filter(|known| known.until == until) {
            let (by, reason) = (&known.by, &known.reason);
            return Err(Error::Usage(format!("row {id} is waived until {until} already, by {by}: {reason}")));
        }
        let waiver = Waiver { row: id.clone(), by: choices.by.clone(), reason: choices.reason.clone(), until };
        allowed(&waiver, now, machine)?;
        // The decision that follows counts those too that came along in a file.
        permission::waivers(&Reader::open(&self.stored.journal())?, machine)?;
        Ok(waiver)
    }

    fn withdrawal(&self, choices: &WaiveChoices, now: Timestamp) -> Result<Row, Error> {
        let WaiveChoices { row, by, reason, .. } = choices;
        match self.row(row)?.waived {
            Some(_) => Ok(Row::waiver_withdrawn(row, by, reason, now.0)),
            None => Err(Error::Usage(format!("row {row} is not waived; there is nothing to withdraw"))),
        }
    }

    fn row(&self, id: &RequirementId) -> Result<&holdpoint_model::Row, Error> {
        let unknown = || {
            let rows = self.report.judged().take(20).map(|row| row.id.as_str()).collect::<Vec<_>>().join(", ");
            Error::Usage(format!("the run's checklist has no row {id}; those that count begin with {rows}"))
        };
        self.report.rows.iter().find(|row| row.id == *id).ok_or_else(unknown)
    }
}

/// Asks the operator's file of today.
fn allowed(waiver: &Waiver, now: Timestamp, machine: &Machine) -> Result<(), Error> {
    let ceiling = permission::operator(machine)?.waivers;
    let what = format!("row {} is not waived", waiver.row);
    permission::refusal(&what, ceiling.missing(waiver, now), machine).map_or(Ok(()), |why| Err(Error::Usage(why)))
}
