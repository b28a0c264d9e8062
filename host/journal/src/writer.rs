//! The one thread that writes a journal: it takes what has gathered, links the rows, commits them together, and tells who waits.

use std::{
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread::JoinHandle,
};

use holdpoint_model::Digest;
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use crate::{
    Error, Reader, Row, bodies, chain,
    queue::{Batch, Queue},
    schema,
};

/// Called with every batch of rows after it was committed, and the position of the first.
pub type Watch = Box<dyn Fn(u64, &[Row]) + Send>;

/// Whether an append must outlive a loss of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Each append that asks for it is on the disk when it returns.
    Full,
    /// For journals that can be made again, as those of a replay.
    Scratch,
}

/// Appends to a journal. Clones write to the same one.
#[derive(Clone)]
pub struct Writer {
    queue: Arc<Queue>,
    failed: Arc<OnceLock<String>>,
    thread: Arc<Thread>,
}

/// Ends the thread when the last writer is gone.
struct Thread {
    queue: Arc<Queue>,
    handle: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.queue.end();
    }
}

impl Writer {
    /// Begins a new journal.
    pub fn create(path: &Path, durability: Durability, watch: Option<Watch>) -> Result<Self, Error> {
        let connection = schema::create(path)?;
        Self::start(connection, (0, chain::START), durability, watch)
    }

    /// Goes on with a journal.
    pub fn open(path: &Path, watch: Option<Watch>) -> Result<Self, Error> {
        let head = Reader::open(path)?.head()?;
        Self::start(schema::open(path)?, head, Durability::Full, watch)
    }

    fn start(
        connection: Connection,
        head: (u64, Digest),
        durability: Durability,
        watch: Option<Watch>,
    ) -> Result<Self, Error> {
        let queue = Arc::new(Queue::new());
        let failed = Arc::new(OnceLock::new());
        let synchronous = if durability == Durability::Full { "NORMAL" } else { "OFF" };
        connection.pragma_update(None, "synchronous", synchronous)?;
        let (position, hash) = head;
        let mut thread = WriterThread {
            connection,
            queue: queue.clone(),
            failed: failed.clone(),
            watch,
            position,
            hash,
            durability,
            synchronous_full: false,
        };
        let handle = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || thread.run())
            .map_err(|e| Error::Write(e.to_string()))?;
        let thread = Arc::new(Thread { queue: queue.clone(), handle: Mutex::new(Some(handle)) });
        Ok(Self { queue, failed, thread })
    }

    /// Appends a row. It will be committed soon, and before any row that is appended after it.
    pub async fn append(&self, row: Row) -> Result<(), Error> {
        if self.queue.push([row], None, false).await { Ok(()) } else { Err(self.failure()) }
    }

    /// Appends a row and waits until it, and every row before it, is committed: every reader sees it, and it survives this process.
    pub async fn append_committed(&self, row: Row) -> Result<(), Error> {
        self.append_and_wait([row], false).await
    }

    /// Appends a row and waits until it, and every row before it, is on the disk: it survives a loss of power.
    pub async fn append_durable(&self, row: Row) -> Result<(), Error> {
        self.append_and_wait([row], true).await
    }

    /// Appends rows of which a crash leaves all or none, and waits until they are on the disk.
    pub async fn append_whole(&self, rows: Vec<Row>) -> Result<(), Error> {
        self.append_and_wait(rows, true).await
    }

    /// Waits until every row that was appended is committed.
    pub async fn committed(&self) -> Result<(), Error> {
        self.append_and_wait([], false).await
    }

    async fn append_and_wait<R>(&self, rows: R, durable: bool) -> Result<(), Error>
    where
        R: IntoIterator<Item = Row> + AsRef<[Row]>,
    {
        let (done, wait) = oneshot::channel();
        if !self.queue.push(rows, Some(done), durable).await {
            return Err(self.failure());
        }
        match wait.await {
            Ok(result) => result.map_err(Error::Write),
            Err(_) => Err(self.failure()),
        }
    }

    fn failure(&self) -> Error {
        Error::Write(self.failed.get().cloned().unwrap_or_else(|| "the journal is closed".into()))
    }

    /// Writes what is left and leaves one plain file behind.
    pub fn close(&self) -> Result<(), Error> {
        let handle = self.thread.handle.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(handle) = handle {
            self.queue.end();
            handle.join().map_err(|_| Error::Write("the journal's thread crashed".into()))?;
        }
        if self.failed.get().is_some() { Err(self.failure()) } else { Ok(()) }
    }
}

struct WriterThread {
    connection: Connection,
    queue: Arc<Queue>,
    failed: Arc<OnceLock<String>>,
    watch: Option<Watch>,
    position: u64,
    hash: Digest,
    durability: Durability,
    synchronous_full: bool,
}

impl WriterThread {
    fn run(&mut self) {
        loop {
            let batch = self.queue.take();
            let first = self.position + 1;
            let result = self.commit(&batch).map_err(|e| e.to_string());
            if let Err(reason) = &result {
                // The first failure is the one to tell; nothing is appended after it.
                let _ = self.failed.set(reason.clone());
                self.queue.close();
            }
            self.queue.written(&batch);
            if let (Ok(()), Some(watch)) = (&result, &self.watch) {
                watch(first, &batch.rows);
            }
            for waiter in batch.waiting {
                // Whoever does not wait any more does not need to know.
                let _ = waiter.send(result.clone());
            }
            if batch.last || result.is_err() {
                break;
            }
        }
        self.fold();
    }

    fn commit(&mut self, batch: &Batch) -> rusqlite::Result<()> {
        if batch.rows.is_empty() {
            return Ok(());
        }
        self.synchronise(batch.durable)?;
        let transaction = self.connection.transaction()?;
        let (mut position, mut hash) = (self.position, self.hash);
        {
            let mut insert = transaction
                .prepare_cached("INSERT INTO event VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)")?;
            let mut keep = transaction.prepare_cached("INSERT OR IGNORE INTO body VALUES (?1, ?2)")?;
            for row in &batch.rows {
                let (blob, stored) = bodies::encode(&row.request.bodies, &row.answer.bodies);
                for (digest, body) in stored {
                    keep.execute(params![digest.0, body.bytes()])?;
                }
                position += 1;
                hash = chain::link(&hash, position, row, &blob);
                insert.execute(params![
                    position as i64,
                    row.at,
                    row.kind.word(),
                    row.guest,
                    row.number,
                    row.capability,
                    row.version,
                    row.class.map_or("", |class| class.word()),
                    row.attempt,
                    row.digest.as_ref().map_or(&[][..], |digest| &digest.0),
                    row.summary,
                    row.outcome.map_or("", |outcome| outcome.word()),
                    row.request.json,
                    row.answer.json,
                    blob,
                    hash.0,
                ])?;
            }
        }
        transaction.commit()?;
        (self.position, self.hash) = (position, hash);
        Ok(())
    }

    /// A commit that somebody waits for goes to the disk, and takes those before it along.
    fn synchronise(&mut self, full: bool) -> rusqlite::Result<()> {
        if self.durability == Durability::Full && full != self.synchronous_full {
            self.connection.pragma_update(None, "synchronous", if full { "FULL" } else { "NORMAL" })?;
            self.synchronous_full = full;
        }
        Ok(())
    }

    /// Leaves one file: the write-ahead log folded in, unless somebody reads just now.
    fn fold(&self) {
        if self.failed.get().is_none() {
            // Failing to fold loses nothing: the log stays beside the file and is read with it. Once the rows are in the file and on the disk,
            // what is left is a mark in its first page, which is right with or without the log.
            let checkpoint =
                self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
            if matches!(checkpoint, Ok(0)) {
                let _ = self.connection.pragma_update(None, "synchronous", "OFF");
            }
            let _ = self.connection.pragma_update(None, "journal_mode", "DELETE");
        }
    }
}
