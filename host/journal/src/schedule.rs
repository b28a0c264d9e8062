//! The record of a scheduled start: until when a phase waits. Since format 4.

use holdpoint_model::{PhaseId, ScheduledStart, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Error, Row, RowKind, record::parse};

#[derive(Serialize, Deserialize)]
struct ScheduledV1 {
    phase: String,
    /// Milliseconds since 1970, as `until`.
    at: f64,
    until: f64,
}

/// It belongs to the run: a phase that is executed again does not meet it.
impl Row {
    /// A phase waits for its time.
    pub fn phase_scheduled(start: &ScheduledStart, now: f64) -> Self {
        let ScheduledStart { phase, at, until } = start;
        let record = ScheduledV1 { phase: phase.to_string(), at: at.0, until: until.0 };
        Self { summary: record.phase.clone(), ..Self::of(RowKind::PhaseScheduled, "", &record, now) }
    }
}

pub(crate) fn scheduled(position: u64, row: &Row) -> Result<ScheduledStart, Error> {
    let ScheduledV1 { phase, at, until } = parse(position, &row.request)?;
    let phase =
        PhaseId::parse(&phase).map_err(|_| Error::Damaged { position, what: "its phase has no valid id".into() })?;
    Ok(ScheduledStart { phase, at: Timestamp(at), until: Timestamp(until) })
}

#[cfg(test)]
mod tests {
    use holdpoint_model::EventKind;

    use super::*;

    #[test]
    fn a_scheduled_start_survives_and_one_that_makes_no_sense_is_damage() {
        let phase = PhaseId::parse("stress").unwrap();
        let start = ScheduledStart { phase, at: Timestamp(1.5e12), until: Timestamp(1.6e12) };
        let mut row = Row::phase_scheduled(&start, 5.0);
        assert_eq!((row.guest.as_ref(), row.summary.as_str()), ("", "stress"));
        assert_eq!(row.event(7).unwrap().kind, EventKind::PhaseScheduled(start));
        for json in [r#"{"phase":"No Id","at":0,"until":1}"#, r#"{"phase":"a","at":0}"#] {
            row.request.json = json.into();
            assert!(row.event(3).unwrap_err().to_string().contains('3'), "{json}");
        }
    }
}
