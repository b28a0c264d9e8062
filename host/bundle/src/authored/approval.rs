//! `[phase.approval]`: a phase that waits for somebody's word before it starts.

use std::time::Duration;

use holdpoint_model::grant::{format_duration, parse_duration};
use holdpoint_model::{ApprovalTerms, parse_name};

use crate::diagnostic::Problems;
use crate::reading::Fields;

/// What a phase wants, where it says so.
pub(crate) fn read(fields: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<ApprovalTerms> {
    let mut fields = fields.table("approval", problems)?;
    let not_before = fields.parsed("not-before", bounded, problems);
    let within = fields.parsed("within", bounded, problems);
    let by = fields.parsed("by", parse_name, problems);
    fields.close(problems);
    Some(ApprovalTerms {
        not_before: not_before.map_or(Duration::ZERO, |time| time.value),
        within: within.map_or(ApprovalTerms::WITHIN, |time| time.value),
        by: by.map(|by| by.value).unwrap_or_default(),
    })
}

/// A time that an approval has: longer than nothing, and bounded.
pub(crate) fn bounded(text: &str) -> Result<Duration, String> {
    let most = ApprovalTerms::LONGEST;
    match parse_duration(text) {
        Ok(time) if time.is_zero() => Err("a time for an approval is longer than nothing".to_owned()),
        Ok(time) if time > most => Err(format!("an approval is waited for at most {}", format_duration(most))),
        other => other.map_err(|e| e.to_string()),
    }
}
