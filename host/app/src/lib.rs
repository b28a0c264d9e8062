//! The use cases of holdpoint: check, plan, allow, run, resume, cancel, approve, waive, replay, report, export, import, alerts, test, inspect. Here the
//! real parts are put together.
//!
//! Nothing here prints, and nothing decides what a check or a row means: the first is the command line's, the second the model's.

mod alerts;
mod allow;
mod approval;
mod approve;
mod backends;
mod backtest;
mod canaries;
mod cancel;
mod closed;
mod control;
mod crews;
mod data_stores;
mod drive;
mod error;
mod export;
mod from_gcloud;
mod gcloud;
mod import;
mod inspect;
mod judging;
mod lacks;
mod logins;
mod machine;
mod movable;
mod notify;
mod permission;
mod places;
mod plan;
mod preview;
mod record;
mod replay;
mod report;
mod resume;
mod retry;
mod rollback;
mod run;
mod schedule;
mod secrets;
mod source;
mod store;
mod test;
mod together;
mod tokens;
mod tools;
mod user;
mod waive;
mod workshop;

pub use alerts::{AlertChoices, AlertForm, AlertsOf, AlertsOut, alerts};
pub use allow::{Allowance, allow};
pub use approve::{ApproveChoices, Approved, approve};
pub use backtest::{Backtest, BacktestChoices, Backtested, Trigger, backtest};
pub use cancel::{Cancelled, cancel};
pub use closed::closed_services;
pub use drive::{Cancel, Live};
pub use error::{Error, ErrorKind};
pub use export::{Export, ExportChoices, export};
pub use from_gcloud::{CloudPlace, bundle_from_gcloud};
pub use import::{Imported, import};
pub use inspect::{BundleChange, Inspected, bundle_change, inspect, module_change};
pub use machine::{Machine, OperatorChoice};
pub use places::why_not;
pub use preview::plan;
pub use replay::{Replay, ReplayChoices, replay};
pub use report::{StoredRun, event_rows, report_of, taken_over};
pub use resume::{Resumed, resume};
pub use retry::{RetryChoices, retry};
pub use run::{RunChoices, Started, check, run};
pub use source::BundleChoices;
pub use store::{RunRef, RunState, RunSummary, runs};
pub use test::{Came, Case, TestChoices, Tested, fixture_of, test, test_text};

/// What a program is whose first argument says so: a stage of a process that a host starts. The command line asks before anything else.
pub use holdpoint_supervise::stages;

/// New phases and bundles.
pub use holdpoint_scaffold as scaffold;

/// What alerts are written over.
pub use holdpoint_alerts::{Counted, Source as AlertSource};

/// What inspecting and planning come to.
pub use holdpoint_bundle::{
    Allowed, Ask, Builtin, Diagnostic, ImportKind, Inspection, Late, ModuleChange, Plan, PlannedPhase, PlannedPolicy,
    PlannedRow, PlannedSecret, PlannedService, PlannedUsers, RollbackMode, schema,
};
pub use holdpoint_fixture::{Difference as FixtureDifference, Kept, Mistake};
pub use waive::{Until, WaiveChoices, waive};
