//! The use cases of holdpoint: check, allow, run, resume, replay, report. Here the real parts are put together.
//!
//! Nothing here prints, and nothing decides what a check or a row means: the first is the command line's, the second the model's.

mod allow;
mod backends;
mod drive;
mod error;
mod machine;
mod plan;
mod record;
mod replay;
mod report;
mod resume;
mod run;
mod secrets;
mod source;
mod store;
mod tokens;
mod workshop;

pub use allow::{Allowance, allow};
pub use drive::{Cancel, Live};
pub use error::{Error, ErrorKind};
pub use machine::{Machine, OperatorChoice};
pub use replay::{Replay, ReplayChoices, replay};
pub use report::{StoredRun, event_rows, report_of};
pub use resume::{Resumed, resume};
pub use run::{RunChoices, Started, check, run};
pub use source::BundleChoices;
pub use store::{RunRef, RunState, RunSummary, runs};
