//! The one thread that writes a journal: it gathers rows, links them, commits them together, and tells who waits.

use std::{
    path::Path,
    sync::{
        Arc, OnceLock,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use holdpoint_model::Digest;
use rusqlite::{Connection, params};
use tokio::sync::{Semaphore, oneshot};

use crate::{Error, Reader, Row, bodies, chain, schema};

/// Called with every batch of rows after it was committed, and the position of the first.
pub type Watch = Box<dyn Fn(u64, &[Row]) + Send>;

/// How long rows that nobody waits for may gather.
const LINGER: Duration = Duration::from_millis(2);
/// How many rows are committed together at most.
const BATCH: usize = 4_096;
/// Bytes of rows that may wait to be written; whoever has more to say waits.
const BACKLOG: usize = 32 << 20;

/// Whether an append must outlive a loss of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Each append that asks for it is on the disk when it returns.
    Full,
    /// For journals that can be made again, as those of a replay.
    Scratch,
}

enum Message {
    Append { row: Row, done: Option<oneshot::Sender<Result<(), String>>> },
    Close,
}

/// Appends to a journal. Clones write to the same one.
#[derive(Clone)]
pub struct Writer {
    messages: Sender<Message>,
    backlog: Arc<Semaphore>,
    failed: Arc<OnceLock<String>>,
    thread: Arc<std::sync::Mutex<Option<JoinHandle<()>>>>,
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
        let (messages, inbox) = channel();
        let backlog = Arc::new(Semaphore::new(BACKLOG));
        let failed = Arc::new(OnceLock::new());
        let synchronous = if durability == Durability::Full { "NORMAL" } else { "OFF" };
        connection.pragma_update(None, "synchronous", synchronous)?;
        let (position, hash) = head;
        let mut thread = WriterThread {
            connection,
            inbox,
            backlog: backlog.clone(),
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
        let thread = Arc::new(std::sync::Mutex::new(Some(handle)));
        Ok(Self { messages, backlog, failed, thread })
    }

    /// Appends a row. It will be committed soon, and before any row that is appended after it.
    pub async fn append(&self, row: Row) -> Result<(), Error> {
        self.reserve(&row).await?;
        self.send(Message::Append { row, done: None })
    }

    /// Appends a row and waits until it, and every row before it, is durable.
    pub async fn append_durable(&self, row: Row) -> Result<(), Error> {
        self.reserve(&row).await?;
        let (done, wait) = oneshot::channel();
        self.send(Message::Append { row, done: Some(done) })?;
        match wait.await {
            Ok(result) => result.map_err(Error::Write),
            Err(_) => Err(self.failure()),
        }
    }

    async fn reserve(&self, row: &Row) -> Result<(), Error> {
        if self.failed.get().is_some() {
            return Err(self.failure());
        }
        let size = row.size().min(BACKLOG) as u32;
        match self.backlog.try_acquire_many(size) {
            Ok(permit) => permit.forget(),
            Err(_) => self.backlog.acquire_many(size).await.map_err(|_| self.failure())?.forget(),
        }
        Ok(())
    }

    fn send(&self, message: Message) -> Result<(), Error> {
        self.messages.send(message).map_err(|_| self.failure())
    }

    fn failure(&self) -> Error {
        Error::Write(self.failed.get().cloned().unwrap_or_else(|| "the journal is closed".into()))
    }

    /// Writes what is left and leaves one plain file behind.
    pub fn close(&self) -> Result<(), Error> {
        let handle = self.thread.lock().expect("no holder of this lock panics").take();
        if let Some(handle) = handle {
            self.send(Message::Close)?;
            handle.join().map_err(|_| Error::Write("the journal's thread crashed".into()))?;
        }
        if self.failed.get().is_some() { Err(self.failure()) } else { Ok(()) }
    }
}

struct WriterThread {
    connection: Connection,
    inbox: Receiver<Message>,
    backlog: Arc<Semaphore>,
    failed: Arc<OnceLock<String>>,
    watch: Option<Watch>,
    position: u64,
    hash: Digest,
    durability: Durability,
    synchronous_full: bool,
}

/// What one commit takes in.
#[derive(Default)]
struct Batch {
    rows: Vec<Row>,
    waiting: Vec<oneshot::Sender<Result<(), String>>>,
    close: bool,
}

impl Batch {
    fn take(&mut self, message: Message) {
        match message {
            Message::Append { row, done } => {
                self.rows.push(row);
                self.waiting.extend(done);
            }
            Message::Close => self.close = true,
        }
    }

    fn urgent(&self) -> bool {
        self.close || !self.waiting.is_empty() || self.rows.len() >= BATCH
    }
}

impl WriterThread {
    fn run(&mut self) {
        while let Some(batch) = self.gather() {
            let first = self.position + 1;
            let result = self.commit(&batch).map_err(|e| e.to_string());
            if let Err(reason) = &result {
                // The first failure is the one to tell; nothing is appended after it.
                let _ = self.failed.set(reason.clone());
                self.backlog.close();
            }
            self.backlog.add_permits(batch.rows.iter().map(|row| row.size().min(BACKLOG)).sum());
            if let (Ok(()), Some(watch)) = (&result, &self.watch) {
                watch(first, &batch.rows);
            }
            for waiter in batch.waiting {
                // Whoever does not wait any more does not need to know.
                let _ = waiter.send(result.clone());
            }
            if batch.close || result.is_err() {
                break;
            }
        }
        self.fold();
    }

    fn gather(&self) -> Option<Batch> {
        let mut batch = Batch::default();
        batch.take(self.inbox.recv().ok()?);
        while !batch.urgent() {
            match self.inbox.recv_timeout(LINGER) {
                Ok(message) => batch.take(message),
                Err(RecvTimeoutError::Timeout) => return Some(batch),
                Err(RecvTimeoutError::Disconnected) => batch.close = true,
            }
        }
        while batch.rows.len() < BATCH
            && let Ok(message) = self.inbox.try_recv()
        {
            batch.take(message);
        }
        Some(batch)
    }

    fn commit(&mut self, batch: &Batch) -> rusqlite::Result<()> {
        self.synchronise(!batch.waiting.is_empty())?;
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
            // Failing to fold loses nothing: the log stays beside the file and is read with it.
            let _ = self.connection.pragma_update(None, "journal_mode", "DELETE");
        }
    }
}
