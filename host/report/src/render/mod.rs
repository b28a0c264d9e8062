//! The texts of a report. Each renderer takes values and returns a `String`; none looks anything up.

mod approvals;
mod bodies;
mod calls;
mod differences;
mod exceptions;
mod github;
mod html;
mod json;
mod junit;
mod lessons;
pub mod live;
mod markdown;
mod policies;
mod rows;
mod terminal;

pub use bodies::body_in_full;
pub use calls::{event_in_full, event_line, events};
pub use differences::differences;
pub use github::{GitHub, github};
pub use html::html;
pub use json::{json, summary_line};
pub use junit::junit;
pub use lessons::lessons;
pub use terminal::terminal;

use terminal::{because, note};

use holdpoint_model::{Decision, PhaseEnd, Verdict};

use crate::{PhaseReport, page::Tone};

pub(crate) fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Pass => Tone::Good,
        Verdict::Fail => Tone::Bad,
        Verdict::Inconclusive => Tone::Doubt,
        Verdict::NotExercised | Verdict::Pending => Tone::Faint,
    }
}

pub(crate) fn decision_tone(decision: Decision) -> Tone {
    match decision {
        Decision::Release => Tone::Good,
        Decision::Hold | Decision::RollbackFailed => Tone::Bad,
        Decision::Inconclusive | Decision::Partial | Decision::Rehearsed | Decision::RolledBack => Tone::Doubt,
    }
}

/// The word for a phase: its verdict, or how it ended if it had nothing to judge.
pub(crate) fn phase_word(phase: &PhaseReport) -> (Tone, &'static str) {
    match (phase.verdict(), phase.started) {
        (Some(Verdict::Pending), None) => (Tone::Faint, "waiting"),
        (Some(verdict), _) => (tone(verdict), verdict.word()),
        (None, _) => (Tone::Plain, phase.end.as_ref().map_or("waiting", PhaseEnd::word)),
    }
}
