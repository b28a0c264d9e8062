//! `[phase.schedule]`: a phase that starts at a time of day.

use std::time::Duration;

use holdpoint_model::grant::{format_duration, parse_duration};
use holdpoint_model::{MissedRun, PhaseSchedule, TimeOfDay};

use crate::diagnostic::Problems;
use crate::reading::Fields;

/// When a phase starts, where it says so.
pub(crate) fn read(fields: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<PhaseSchedule> {
    let mut fields = fields.table("schedule", problems)?;
    let at = fields.required("at", problems).and_then(|at| crate::reading::parsed(&at, TimeOfDay::parse, problems));
    let within = fields.parsed("within", bounded, problems);
    let missed = fields.parsed("missed", MissedRun::parse, problems);
    fields.close(problems);
    Some(PhaseSchedule {
        at: at?.value,
        within: within.map_or(PhaseSchedule::WITHIN, |time| time.value),
        missed: missed.map(|rule| rule.value).unwrap_or_default(),
    })
}

fn bounded(text: &str) -> Result<Duration, String> {
    let most = PhaseSchedule::LONGEST;
    match parse_duration(text) {
        Ok(time) if time.is_zero() => Err("a phase needs time to start within".to_owned()),
        Ok(time) if time > most => Err(format!("a phase starts within at most {} of its time", format_duration(most))),
        other => other.map_err(|e| e.to_string()),
    }
}
