//! Connections that wait for the next request to the same place. They belong to one phase.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{connection::Connection, route::Origin};

/// Idle connections, all together.
const MOST: usize = 64;
/// Servers close idle connections; the longer one waits, the more likely it is dead.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// The idle connections of a phase.
#[derive(Default)]
pub(crate) struct Pool(Mutex<HashMap<Origin, Vec<Connection>>>);

impl Pool {
    /// The connection that was used last, if one is ready.
    pub(crate) async fn take(&self, origin: &Origin) -> Option<Connection> {
        loop {
            let mut connection = self.lock().get_mut(origin)?.pop()?;
            let fresh = connection.used.elapsed() < LONGEST_WAIT && !connection.sender.is_closed();
            if fresh && connection.sender.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose exchange is over.
    pub(crate) fn put(&self, origin: Origin, mut connection: Connection) {
        connection.used = tokio::time::Instant::now();
        let mut idle = self.lock();
        if idle.values().map(Vec::len).sum::<usize>() < MOST {
            idle.entry(origin).or_default().push(connection);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Origin, Vec<Connection>>> {
        // Taking and putting can't leave it half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
