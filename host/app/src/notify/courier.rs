//! Sends what is to be told, beside the run: each notification is a row before it is sent, and another when that has ended.

use std::{path::Path, sync::Arc, time::Duration};

use holdpoint_bundle::Verified;
use holdpoint_cap_clock::SystemClock;
use holdpoint_gate::Clock as _;
use holdpoint_journal::{Reader, Row, Writer};
use holdpoint_model::{Event, NoticeEnd, PhaseId, RunId, Timestamp};
use tokio::{
    sync::{Semaphore, mpsc},
    task::{JoinHandle, JoinSet},
};

use super::{
    carrier::Carriers,
    notices::{Notices, Open},
    patience::{Attempt, pause},
};
use crate::Error;

/// Most notifications that are under way at once.
const AT_ONCE: usize = 8;
/// Most characters of a reason.
const WHY: usize = 300;

/// Whoever sends the notifications of a run. Dropped, it stops where it is; what has not ended is sent when the run is gone on with.
pub(crate) struct Courier {
    events: mpsc::UnboundedSender<Event>,
    task: JoinHandle<()>,
}

impl Courier {
    /// Begins with what stands in the journal; none where the bundle tells nobody anything.
    pub(crate) fn start(
        verified: &Arc<Verified>,
        run: &RunId,
        journal: &Path,
        writer: &Writer,
    ) -> Result<Option<Self>, Error> {
        let Some(carriers) = Carriers::of(verified, run) else { return Ok(None) };
        let notices = known(verified, journal)?;
        let (events, receiver) = mpsc::unbounded_channel();
        let task = tokio::spawn(go(notices, Arc::new(carriers), writer.clone(), receiver));
        Ok(Some(Self { events, task }))
    }

    /// Tells it what has happened.
    pub(crate) fn take(&self, event: &Event) {
        // One that has broken off sends nothing more, and the run goes on.
        let _ = self.events.send(event.clone());
    }

    /// Waits until everything has ended. That is bounded.
    pub(crate) async fn finish(self) {
        let Self { events, task } = self;
        drop(events);
        let _ = task.await;
    }

    /// Stops at once.
    pub(crate) fn stop(self) {
        self.task.abort();
    }
}

/// Sends what is open in a journal that nobody else writes.
pub(crate) async fn deliver(
    verified: &Arc<Verified>,
    run: &RunId,
    journal: &Path,
    writer: &Writer,
) -> Result<(), Error> {
    writer.committed().await?;
    if let Some(courier) = Courier::start(verified, run, journal, writer)? {
        courier.finish().await;
    }
    Ok(())
}

/// How many notifications of a run have not ended.
pub(crate) fn has_open(verified: &Verified, journal: &Path) -> Result<usize, Error> {
    if verified.notifier.is_none() { Ok(0) } else { Ok(known(verified, journal)?.open()) }
}

fn known(verified: &Verified, journal: &Path) -> Result<Notices, Error> {
    let rollback = verified.rollback.as_ref().map(|rollback| &rollback.phase);
    let mut notices = Notices::new(&verified.notify, rollback);
    Reader::open(journal)?.for_each_event(|event| notices.take(&event))?;
    Ok(notices)
}

async fn go(mut notices: Notices, carriers: Arc<Carriers>, writer: Writer, mut events: mpsc::UnboundedReceiver<Event>) {
    let (clock, slots) = (SystemClock::new(), Arc::new(Semaphore::new(AT_ONCE)));
    let mut sending: JoinSet<NoticeEnd> = JoinSet::new();
    let mut goes_on = true;
    loop {
        for open in notices.hand_out() {
            // What can't be written down is not sent; the run finds out by itself that its journal fails.
            if !open.intended && writer.append_durable(Row::notice_intended(&open.notice, clock.now().0)).await.is_err()
            {
                return;
            }
            sending.spawn(send(open, carriers.clone(), slots.clone()));
        }
        tokio::select! {
            event = events.recv(), if goes_on => match event {
                Some(event) => notices.take(&event),
                None => goes_on = false,
            },
            Some(ended) = sending.join_next() => {
                let Ok(end) = ended else { continue };
                notices.ended(&end.key);
                if writer.append_durable(Row::notice_ended(&end, clock.now().0)).await.is_err() {
                    return;
                }
            }
            else => return,
        }
    }
}

/// Tries until it is delivered or there is no use in going on.
async fn send(open: Open, carriers: Arc<Carriers>, slots: Arc<Semaphore>) -> NoticeEnd {
    let clock = SystemClock::new();
    let key = open.notice.key.clone();
    let ended = |tries, failed: Option<String>| {
        let failed = failed.map(|why| why.chars().take(WHY).collect());
        NoticeEnd { key: key.clone(), failed, tries }
    };
    let sender = key.split('/').nth(1).and_then(|sender| PhaseId::parse(sender).ok());
    let (Some(sender), Ok(_slot)) = (sender, slots.acquire().await) else {
        return ended(0, Some("it has no sender".to_owned()));
    };
    let begun = clock.now();
    let mut tries = 0;
    loop {
        tries += 1;
        let (why, after) = match carriers.attempt(&open, &sender).await {
            Attempt::Delivered => return ended(tries, None),
            Attempt::Refused(why) => return ended(tries, Some(why)),
            Attempt::Failed { why, after } => (why, after),
        };
        match pause(tries, passed(begun, clock.now()), after) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return ended(tries, Some(why)),
        }
    }
}

fn passed(begun: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from_secs_f64(now.since(begun) / 1_000.0).unwrap_or_default()
}
