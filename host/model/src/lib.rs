//! The words of Holdpoint as types: ids, grants, calls, events, verdicts, the checklist and the decision.
//!
//! Everything here is data and pure decisions over data. There is no IO, no clock, no runtime, and nothing is serialised: the
//! crates at the edges have record types of their own for what they store.

mod approval;
mod body;
mod call;
mod checklist;
mod decision;
mod digest;
mod event;
pub mod grant;
mod http_versions;
mod ids;
mod judge;
mod notice;
pub mod policy;
mod scale;
mod schedule;
mod statement;
mod time;
mod verdict;
mod waiver;

pub use approval::{Approval, ApprovalAnswer, ApprovalAsk, ApprovalCeiling, ApprovalTerms, PhasePattern};
pub use body::Body;
pub use call::{Answer, CallError, Class, Denial, OutcomeKind};
pub use checklist::{Checklist, ChecklistRow, Level};
pub use decision::{Decision, RunFacts, decide};
pub use digest::{Digest, DigestError, Hasher};
pub use event::{CallEvent, Cancellation, Event, EventKind, Origin, PhaseEnd, Retry, RunHeader};
pub use http_versions::{HttpVersions, VersionError};
pub use ids::{IdError, Ordinal, PhaseId, PolicyId, RequirementId, RunId, Seq, ServiceName};
pub use judge::{PhaseFacts, PolicyFacts, Row, judge, rehearse, waive};
pub use notice::{Carrier, Notice, NoticeEnd, NoticeKind, NoticeTarget};
pub use scale::{NoScale, Scale};
pub use schedule::{MissedRun, PhaseSchedule, ScheduledStart, TimeOfDay};
pub use statement::{Attachment, Check, LogLevel, Statement};
pub use time::Timestamp;
pub use verdict::Verdict;
pub use waiver::{
    LONGEST_NAME, LONGEST_REASON, RowPattern, Waiver, WaiverCeiling, WordsError, parse_name, parse_reason,
};
