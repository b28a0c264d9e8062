//! What waits to be written. Rows gather here for a moment, so that one wake-up and one commit serve many; whoever waits for the
//! disk ends the gathering at once.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{Semaphore, oneshot};

use crate::Row;

/// How long rows that nobody waits for may gather.
const LINGER: Duration = Duration::from_millis(2);
/// How many rows are committed together at most.
const BATCH: usize = 4_096;
/// Bytes of rows that may wait; whoever has more to say waits.
const BACKLOG: usize = 32 << 20;

/// Told when the rows up to its own are written, or why they never will be.
pub(crate) type Waiter = oneshot::Sender<Result<(), String>>;

/// What one commit takes in.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) rows: Vec<Row>,
    pub(crate) waiting: Vec<Waiter>,
    /// Somebody waits for the disk itself.
    pub(crate) durable: bool,
    /// Nothing comes after it.
    pub(crate) last: bool,
    /// The room that its rows have taken.
    pub(crate) taken: usize,
}

impl Batch {
    fn urgent(&self) -> bool {
        self.last || !self.waiting.is_empty() || self.rows.len() >= BATCH
    }
}

/// The rows that wait, and the room that is left.
pub(crate) struct Queue {
    batch: Mutex<Batch>,
    filled: Condvar,
    room: Semaphore,
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self { batch: Mutex::default(), filled: Condvar::new(), room: Semaphore::new(BACKLOG) }
    }

    fn lock(&self) -> MutexGuard<'_, Batch> {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds rows that are committed together or not at all, once there is room. Without rows the waiter hears of those that were
    /// added before. False if the queue is closed.
    pub(crate) async fn push<R>(&self, rows: R, waiter: Option<Waiter>, durable: bool) -> bool
    where
        R: IntoIterator<Item = Row> + AsRef<[Row]>,
    {
        // More than there is room for takes all of it.
        let size = rows.as_ref().iter().map(size).sum::<usize>().min(BACKLOG);
        let taken = match self.room.try_acquire_many(size as u32) {
            Ok(permit) => Ok(permit),
            Err(_) => self.room.acquire_many(size as u32).await,
        };
        let Ok(permit) = taken else { return false };
        permit.forget();
        let mut batch = self.lock();
        if batch.last {
            return false;
        }
        let first = batch.rows.is_empty();
        batch.rows.extend(rows);
        batch.taken += size;
        batch.waiting.extend(waiter);
        batch.durable |= durable;
        if first || batch.urgent() {
            self.filled.notify_one();
        }
        true
    }

    /// Takes no more rows after this.
    pub(crate) fn end(&self) {
        self.lock().last = true;
        self.filled.notify_one();
    }

    /// Waits for rows, lets them gather unless somebody waits for them, and takes them.
    pub(crate) fn take(&self) -> Batch {
        let mut batch = self.lock();
        while batch.rows.is_empty() && batch.waiting.is_empty() && !batch.last {
            batch = self.filled.wait(batch).unwrap_or_else(PoisonError::into_inner);
        }
        let until = deadline();
        while !batch.urgent() {
            let left = until.saturating_duration_since(deadline() - LINGER);
            if left.is_zero() {
                break;
            }
            (batch, _) = self.filled.wait_timeout(batch, left).unwrap_or_else(PoisonError::into_inner);
        }
        let last = batch.last;
        Batch { last, ..std::mem::replace(&mut *batch, Batch { last, ..Batch::default() }) }
    }

    /// Gives back the room of rows that were written.
    pub(crate) fn written(&self, batch: &Batch) {
        self.room.add_permits(batch.taken);
    }

    /// Nothing will ever be written again: whoever waits for room hears of it.
    pub(crate) fn close(&self) {
        // Those who wait for what has gathered hear of it, too: their waiters are dropped.
        *self.lock() = Batch { last: true, ..Batch::default() };
        self.room.close();
    }
}

#[expect(clippy::disallowed_methods, reason = "how long rows gather is no time that a guest or a record ever sees")]
fn deadline() -> Instant {
    Instant::now() + LINGER
}

/// The size that counts against the backlog.
fn size(row: &Row) -> usize {
    let bodies = row.request.bodies.iter().chain(&row.answer.bodies);
    256 + row.request.json.len() + row.answer.json.len() + bodies.map(|body| body.len()).sum::<usize>()
}
