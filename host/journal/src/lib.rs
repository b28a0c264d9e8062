//! The journal: one SQLite file that is the crash recovery, the audit log, the fixture and the replay of a run.
//!
//! - [`Writer`] appends rows in batches, links them by a hash chain and says when they are durable.
//! - [`Reader`] reads a journal, also while another process writes it, and verifies the chain.
//! - [`LiveRecorder`] performs calls: answers those that the journal has, and makes and records the others.
//! - [`ReplayRecorder`] answers every call from one journal and writes a second one.
//!
//! Only this crate knows SQLite. Format 4 is described in `schema.rs`; a newer format is refused by name.

mod approval;
mod bodies;
pub mod chain;
mod error;
mod folder;
mod found;
mod live;
mod moves;
mod notice;
mod past;
mod queue;
mod reader;
mod record;
mod replay;
mod row;
mod schedule;
mod schema;
mod writer;

pub use error::Error;
pub use folder::{RunFolder, RunLock};
pub use live::LiveRecorder;
pub use reader::Reader;
pub use record::{HeaderRecord, RetryRecord};
pub use replay::ReplayRecorder;
pub use row::{Row, RowKind};
pub use writer::{Durability, Watch, Writer};
