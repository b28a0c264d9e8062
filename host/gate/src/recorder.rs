//! Remembering calls. The trait is a message protocol, so that another engine than the SQLite journal can stand behind it.

use std::{fmt, pin::Pin, sync::Arc};

use holdpoint_model::{CallError, Class, Digest, Ordinal, PhaseId, Seq, Statement, Timestamp};

use crate::{Encoded, EncodedAnswer};

/// A future without a name.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A call, as a recorder sees it.
#[derive(Debug, Clone)]
pub struct Entry {
    pub guest: PhaseId,
    pub seq: Seq,
    pub capability: &'static str,
    pub version: u32,
    /// Of the capability, its version and the request.
    pub digest: Digest,
    /// One line for people.
    pub summary: String,
    pub request: Encoded,
}

/// Whether a call may be made.
#[derive(Debug)]
pub enum Admission {
    Granted(Class),
    /// It is answered without acting.
    Refused(CallError),
}

/// What came of acting.
#[derive(Debug, Clone)]
pub enum Acted {
    /// To be recorded and given to the guest.
    Answer(EncodedAnswer),
    /// Reading back showed that it has not happened: act again.
    NotHappened,
}

/// The gate's side of one call. A recorder calls `admit` at most once and only if the journal has no answer.
pub trait Act: Send {
    fn entry(&self) -> &Arc<Entry>;

    /// Judges grant, class and budget.
    fn admit(&mut self) -> Admission;

    /// Acts and scrubs. Needs an admission, or an intent in the journal. The future lives on if the guest is dropped.
    fn act(&mut self, attempt: u32) -> Boxed<'static, Acted>;

    /// Reads back whether an effect has happened whose intent is recorded and whose answer is not.
    fn settle(&mut self) -> Boxed<'static, Acted>;
}

/// An answer and where in time it belongs.
#[derive(Debug, Clone)]
pub struct Performed {
    pub answer: EncodedAnswer,
    /// When it was given; a guest's clock moves to it.
    pub at: Timestamp,
    /// It was there already: the guest is being executed again.
    pub from_journal: bool,
}

/// Why a guest can't go on. It never sees this: it is stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// The guest was executed again and asked something else than before.
    #[error("{0}")]
    Diverged(Divergence),
    /// What was asked could not be written down, so it was not done.
    #[error("the journal can't be written: {0}")]
    Journal(String),
    /// The guest went on calling long after its budget was used up.
    #[error("{0}")]
    Flood(String),
}

/// Two calls where one was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    pub guest: PhaseId,
    /// Where: `call 7` or `statement 2`.
    pub place: String,
    /// What the journal has, or that it ends here.
    pub recorded: String,
    /// What the guest asked now, or that it ended.
    pub asked: String,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { guest, place, recorded, asked } = self;
        write!(f, "phase `{guest}` diverged at {place}\n  recorded: {recorded}\n  asked:    {asked}")
    }
}

/// A statement, as a recorder sees it.
#[derive(Debug, Clone)]
pub struct StatementEntry {
    pub guest: PhaseId,
    pub ordinal: Ordinal,
    pub statement: Statement,
}

/// Owns look-up, intent, act and answer, so that another engine can wrap the act.
///
/// Contract:
/// - Calls are keyed by (guest, seq). An answer in the journal is given back without `admit`, so an edited grant can't change the past. Its
///   digest must be that of the entry, else the guest has diverged.
/// - A refusal is one record.
/// - A read or a repeatable is one record with its answer; it need not be durable before the guest goes on.
/// - An effect is two records: the intent is durable before the act, the answer before the guest sees it. If the guest is dropped
///   between them, the act goes on and its answer is recorded all the same.
/// - An intent without an answer is settled first. Only a settlement that knows nothing gives `in-doubt`, itself recorded.
/// - Records of one guest stand in the order of their numbers, also those of a batch.
pub trait Recorder: Send + Sync + 'static {
    /// Performs calls of one guest with consecutive numbers, at most `concurrency` at once.
    fn perform<'a>(
        &'a self,
        calls: Vec<Box<dyn Act + 'a>>,
        concurrency: usize,
    ) -> Boxed<'a, Result<Vec<Performed>, Halt>>;

    /// Records a statement.
    fn state(&self, entry: StatementEntry) -> Boxed<'_, Result<(), Halt>>;

    /// The guest has ended. What the journal still has of it is a divergence.
    fn finish(&self, guest: &PhaseId) -> Result<(), Halt>;
}
