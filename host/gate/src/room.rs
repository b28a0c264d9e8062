//! Room for what the answers of a batch bring into the host.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use holdpoint_model::CallError;

use crate::EncodedAnswer;

/// What the answers of one batch come to. All of them are held until the last is there.
pub(crate) struct Batch {
    most: u64,
    used: AtomicU64,
    /// A batch that has once been too small has no more room at all.
    full: AtomicBool,
}

impl Batch {
    pub(crate) fn new(most: u64) -> Arc<Self> {
        Arc::new(Self { most, used: AtomicU64::new(0), full: AtomicBool::new(false) })
    }
}

/// Room for one answer. Alone it has the bounds of its capability; in a batch it shares what the whole batch may hold, and that
/// includes what is still being read.
#[derive(Clone)]
pub struct Room(Option<Arc<Share>>);

struct Share {
    batch: Arc<Batch>,
    taken: AtomicU64,
}

/// There is no more room: bytes that the answers of a batch may come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answers of a batch come to more than {0} bytes")]
pub struct NoRoom(u64);

impl Room {
    pub(crate) fn within(batch: Option<&Arc<Batch>>) -> Self {
        Self(batch.map(|batch| Arc::new(Share { batch: batch.clone(), taken: AtomicU64::new(0) })))
    }

    /// Takes room for bytes of an answer before they are kept. Backends whose answers are large ask as they read.
    pub fn take(&self, bytes: usize) -> Result<(), NoRoom> {
        let Some(Share { batch, taken }) = self.0.as_deref() else { return Ok(()) };
        let bytes = bytes as u64;
        taken.fetch_add(bytes, Ordering::Relaxed);
        if batch.used.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) > batch.most {
            batch.full.store(true, Ordering::Relaxed);
        }
        self.left()
    }

    /// Whether there is any.
    pub(crate) fn left(&self) -> Result<(), NoRoom> {
        match self.0.as_deref() {
            Some(Share { batch, .. }) if batch.full.load(Ordering::Relaxed) => Err(NoRoom(batch.most)),
            _ => Ok(()),
        }
    }

    /// Takes an answer in if there is room, for what it comes to now that it is whole.
    pub(crate) fn admit(&self, answer: EncodedAnswer) -> EncodedAnswer {
        let Some(Share { batch, taken }) = self.0.as_deref() else { return answer };
        batch.used.fetch_sub(taken.swap(0, Ordering::Relaxed), Ordering::Relaxed);
        let size = usize::try_from(answer.message.size()).unwrap_or(usize::MAX);
        match self.take(size) {
            Ok(()) => answer,
            Err(full) => full.into(),
        }
    }
}

impl From<NoRoom> for EncodedAnswer {
    fn from(full: NoRoom) -> Self {
        Self::of_error(&CallError::Exhausted(full.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use holdpoint_model::OutcomeKind;

    use super::*;
    use crate::Encoded;

    fn answer(bytes: usize) -> EncodedAnswer {
        let message = Encoded { json: String::new(), bodies: vec![vec![0; bytes].into()] };
        EncodedAnswer { kind: OutcomeKind::Answered, message }
    }

    #[test]
    fn what_is_being_read_counts() {
        let batch = Batch::new(100);
        let (one, other) = (Room::within(Some(&batch)), Room::within(Some(&batch)));
        assert_eq!(one.take(60), Ok(()));
        assert_eq!(other.take(41), Err(NoRoom(100)));
        assert_eq!(one.take(0), Err(NoRoom(100)), "what was too small once stays so");
    }

    #[test]
    fn a_whole_answer_counts_as_what_it_is() {
        let batch = Batch::new(100);
        let (one, other) = (Room::within(Some(&batch)), Room::within(Some(&batch)));
        one.take(90).unwrap();
        assert_eq!(one.admit(answer(10)), answer(10), "the rest was thrown away");
        assert_eq!(other.take(90), Ok(()));
        assert_eq!(other.admit(answer(91)).kind, OutcomeKind::Exhausted);
    }

    #[test]
    fn alone_there_is_no_bound_to_share() {
        let alone = Room::within(None);
        assert_eq!(alone.take(usize::MAX), Ok(()));
        assert_eq!(alone.admit(answer(9)), answer(9));
    }
}
