//! The users of a closed model that are there from the start are made before its plan begins, as those of an open one are. Making thousands takes
//! a while, which is none of the target's, and whoever is made first would only get in the way of the others.

use std::{
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use tokio::sync::{Notify, watch};

use crate::shared::Shared;

/// How long is waited for them. Whoever is made later comes later.
const LONGEST: Duration = Duration::from_secs(10);

/// Users that gather, and whether the plan has begun.
pub(crate) struct Gathering {
    missing: AtomicU32,
    all: Notify,
    begun: watch::Sender<bool>,
}

impl Gathering {
    /// Of so many users.
    pub(crate) fn of(users: u32) -> Self {
        let gathering = Self { missing: AtomicU32::new(users), all: Notify::new(), begun: watch::Sender::new(false) };
        if users == 0 {
            gathering.all.notify_one();
        }
        gathering
    }

    /// One of them is there, or can't be made.
    pub(crate) fn arrived(&self) {
        if self.missing.fetch_sub(1, Relaxed) == 1 {
            self.all.notify_one();
        }
    }

    /// Begins the plan when all are there, when that takes too long, or when the load is ended.
    pub(crate) async fn begin(&self, shared: &Shared) {
        tokio::select! {
            () = self.all.notified() => {}
            () = tokio::time::sleep(LONGEST) => {}
            () = shared.ended() => {}
        }
        shared.begin();
        self.begun.send_replace(true);
    }

    /// Waits until the plan has begun.
    pub(crate) async fn begun(&self) {
        // The sender is in `self`.
        let _ = self.begun.subscribe().wait_for(|begun| *begun).await;
    }
}
