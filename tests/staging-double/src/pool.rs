//! The backend's pool of connections, simulated: requests to its API take one each for as long as they are worked on, wait for one where none is free, and
//! give up after a while. Knows no routes.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::change::{Change, PoolFault};
use crate::load::Every;
use crate::resources::{Resource, nearly};

/// Connections that it has, as the files under judgement say it. More than there are ever requests at one time, so that nobody waits while all is well.
const SIZE: u16 = 200;
/// Those that other work has all the time.
const ELSEWHERE: u16 = 4;
/// How long somebody waits, as the files under judgement say it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pool as it was made by the last switch.
#[derive(Debug)]
struct Connections {
    size: u16,
    patience: Duration,
    /// How long a request works with its connection.
    work: Duration,
    /// One request in so many keeps it.
    leaks: Option<u32>,
    free: Arc<Semaphore>,
    taken: Every,
    waiting: AtomicUsize,
    given_up: AtomicU64,
}

impl Connections {
    fn of(changes: &[Change], work: Duration) -> Self {
        let (mut size, mut patience, mut work, mut leaks) = (SIZE, PATIENCE, work, None);
        for change in changes {
            match change {
                Change::Pool(PoolFault::Small(small)) => {
                    (size, patience, work) = (small.size, small.patience, small.work);
                }
                Change::Pool(PoolFault::Leaks(one_in)) => leaks = Some(*one_in),
                Change::Pool(PoolFault::OtherSize(other)) => size = *other,
                _ => {}
            }
        }
        let free = Arc::new(Semaphore::new(size.saturating_sub(ELSEWHERE).into()));
        let (taken, waiting, given_up) = (Every::default(), AtomicUsize::default(), AtomicU64::default());
        Self { size, patience, work, leaks, free, taken, waiting, given_up }
    }
}

/// What the metrics say of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Gauges {
    pub(crate) in_use: u64,
    pub(crate) size: u64,
    /// Requests that wait.
    pub(crate) waiting: u64,
    /// Requests that gave up.
    pub(crate) given_up: u64,
    pub(crate) patience: Duration,
}

#[derive(Debug)]
pub(crate) struct Pool {
    /// How long a request works with its connection while no fault says so.
    work: Duration,
    now: RwLock<Arc<Connections>>,
}

impl Pool {
    pub(crate) fn new(work: Duration) -> Self {
        Self { work, now: RwLock::new(Arc::new(Connections::of(&[], work))) }
    }

    /// Makes it anew, as these changes of the backend have it. Connections of before are nobody's any more.
    pub(crate) fn begin(&self, changes: &[Change]) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Connections::of(changes, self.work));
    }

    /// Takes a connection and works with it.
    pub(crate) async fn take(&self) -> Result<Connection, GaveUp> {
        let connections = self.now();
        let permit = match Arc::clone(&connections.free).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => wait(&connections).await?,
        };
        let keeps = connections.leaks.is_some_and(|one_in| connections.taken.one_in(one_in));
        let connection = Connection { permit: Some(permit), keeps };
        if !connections.work.is_zero() {
            tokio::time::sleep(connections.work).await;
        }
        Ok(connection)
    }

    pub(crate) fn gauges(&self, changes: &[Change]) -> Gauges {
        let connections = self.now();
        let size = u64::from(connections.size);
        let in_use = size.saturating_sub(connections.free.available_permits() as u64);
        let is_pressed = changes.contains(&Change::Pressed(Resource::Connections));
        Gauges {
            in_use: if is_pressed { in_use.max(nearly(size)) } else { in_use },
            size,
            waiting: connections.waiting.load(Ordering::Relaxed) as u64,
            given_up: connections.given_up.load(Ordering::Relaxed),
            patience: connections.patience,
        }
    }

    fn now(&self) -> Arc<Connections> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whoever waits is counted until the wait is over, however it ends.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn wait(connections: &Connections) -> Result<OwnedSemaphorePermit, GaveUp> {
    connections.waiting.fetch_add(1, Ordering::Relaxed);
    let _waiting = Waiting(&connections.waiting);
    let free = Arc::clone(&connections.free).acquire_owned();
    match tokio::time::timeout(connections.patience, free).await {
        Ok(Ok(permit)) => Ok(permit),
        // Nobody ever closes it.
        Ok(Err(_)) | Err(_) => {
            connections.given_up.fetch_add(1, Ordering::Relaxed);
            Err(GaveUp(connections.patience))
        }
    }
}

/// A connection that a request has. Dropped, it is free again, unless the request keeps it.
#[derive(Debug)]
pub(crate) struct Connection {
    permit: Option<OwnedSemaphorePermit>,
    keeps: bool,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.keeps
            && let Some(permit) = self.permit.take()
        {
            permit.forget();
        }
    }
}

/// None was free for so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GaveUp(Duration);

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no connection of the pool was free within {} ms", self.0.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::SmallPool;

    fn small(size: u16, patience: u64) -> [Change; 1] {
        let patience = Duration::from_millis(patience);
        [Change::Pool(PoolFault::Small(SmallPool { size, work: Duration::ZERO, patience }))]
    }

    fn counted(pool: &Pool) -> (u64, u64, u64) {
        let Gauges { in_use, waiting, given_up, .. } = pool.gauges(&[]);
        (in_use, waiting, given_up)
    }

    #[tokio::test]
    async fn a_connection_is_taken_and_given_back() {
        let pool = Pool::new(Duration::ZERO);
        assert_eq!(counted(&pool), (4, 0, 0));
        let connection = pool.take().await.expect("one is free");
        assert_eq!(counted(&pool), (5, 0, 0));
        drop(connection);
        assert_eq!(counted(&pool), (4, 0, 0));
        assert_eq!(pool.gauges(&[Change::Pressed(Resource::Connections)]).in_use, 190);
    }

    #[tokio::test]
    async fn who_finds_none_waits_and_gives_up() {
        let pool = Pool::new(Duration::ZERO);
        pool.begin(&small(5, 20));
        let connection = pool.take().await.expect("one is free");
        let error = pool.take().await.expect_err("none is free");
        assert_eq!(error.to_string(), "no connection of the pool was free within 20 ms");
        assert_eq!(counted(&pool), (5, 0, 1));
        pool.begin(&small(5, 60_000));
        drop(connection);
        let connection = pool.take().await.expect("those of before are nobody's");
        let mut second = Box::pin(pool.take());
        assert!(tokio::time::timeout(Duration::from_millis(20), &mut second).await.is_err());
        assert_eq!(counted(&pool), (5, 1, 0));
        drop(connection);
        assert!(second.await.is_ok());
        assert_eq!(counted(&pool), (4, 0, 0));
        let connection = pool.take().await.expect("one is free");
        let mut gone = Box::pin(pool.take());
        assert!(tokio::time::timeout(Duration::from_millis(20), &mut gone).await.is_err());
        drop(gone);
        assert_eq!(counted(&pool), (5, 0, 0), "who is gone does not wait");
        drop(connection);
    }

    #[tokio::test]
    async fn one_in_so_many_is_kept_until_the_next_switch() {
        let pool = Pool::new(Duration::ZERO);
        pool.begin(&[Change::Pool(PoolFault::Leaks(3))]);
        for _ in 0..7 {
            drop(pool.take().await.expect("one is free"));
        }
        assert_eq!(counted(&pool), (6, 0, 0));
        pool.begin(&[Change::Pool(PoolFault::OtherSize(50))]);
        assert_eq!((counted(&pool), pool.gauges(&[]).size), ((4, 0, 0), 50));
    }
}
