//! What a run has found, as one value, and the texts that people and machines read of it.
//!
//! [`Report`] is built from the events of a run and from nothing else, so that a run while it goes on, a stored one and a replayed
//! one are reported by the same code. The renderers only render: they decide nothing, look nothing up and return a `String`.
//!
//! Guests are not trusted, and their words end on terminals and in the parsers of other programs. No renderer lets a control
//! character pass, and every list and line of the texts for people has a bound.
//!
//! ```
//! use holdpoint_model::Checklist;
//! use holdpoint_report::{Report, Style, render};
//!
//! let report = Report::build(&Checklist::default(), &[], []);
//! assert_eq!(render::terminal(&report, Style::PLAIN, false), "the run has no header: it was not started\n");
//! ```

mod answer;
mod body;
mod collector;
mod counts;
mod difference;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod hostile;
mod item;
mod page;
mod policy;
#[cfg(test)]
mod properties;
pub mod render;
mod report;
mod text;

pub use collector::{Collector, PlannedPhase};
pub use counts::CallCounts;
pub use difference::{Difference, Subject, body_differences};
pub use item::{Item, ItemError};
pub use page::{Page, Style, Tone};
pub use policy::{PlannedPolicy, PolicyReport, Turn};
pub use report::{
    AttachmentFacts, DeniedCall, LogLine, Measure, NoticeReport, PhaseReport, Report, SlowCall, UnansweredCall,
};
