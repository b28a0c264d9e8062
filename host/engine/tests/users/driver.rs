//! Opens users and lets them iterate, each on a task of its own, as a load would.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use holdpoint_cap_http::user::Harm;
use holdpoint_cap_load::{Exchange, Failure, Leak, Observer, User as _, UserError, Users as _};
use holdpoint_engine::user::VirtualUsers;

/// An exchange, kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    pub(crate) user: u32,
    pub(crate) route: String,
    pub(crate) status: Option<u16>,
    pub(crate) failure: Option<Failure>,
    pub(crate) duration: Duration,
    pub(crate) sent_bytes: u64,
    pub(crate) received_bytes: u64,
    pub(crate) deliberate: bool,
}

/// Everything that was told.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) exchanges: Mutex<Vec<Kept>>,
    pub(crate) leaks: Mutex<Vec<Leak>>,
    pub(crate) own: Mutex<BTreeMap<u32, u64>>,
    pub(crate) shared: Mutex<BTreeMap<String, usize>>,
    pub(crate) harms: Mutex<Vec<Harm>>,
}

impl Observer for Tally {
    fn exchange(&self, exchange: Exchange<'_>) {
        let Exchange { user, route, status, failure, duration, sent_bytes, received_bytes, deliberate } = exchange;
        let route = route.to_owned();
        let kept = Kept { user, route, status, failure, duration, sent_bytes, received_bytes, deliberate };
        self.exchanges.lock().unwrap().push(kept);
    }

    fn leak(&self, leak: Leak) {
        self.leaks.lock().unwrap().push(leak);
    }

    fn own(&self, user: u32, times: u64) {
        *self.own.lock().unwrap().entry(user).or_default() += times;
    }

    fn harmed(&self, harm: Harm) {
        self.harms.lock().unwrap().push(harm);
    }

    fn shared(&self, route: &str) {
        *self.shared.lock().unwrap().entry(route.to_owned()).or_default() += 1;
    }
}

impl Tally {
    pub(crate) fn exchanges(&self) -> Vec<Kept> {
        self.exchanges.lock().unwrap().clone()
    }

    pub(crate) fn leaks(&self) -> Vec<Leak> {
        self.leaks.lock().unwrap().clone()
    }

    pub(crate) fn of(&self, user: u32) -> Vec<Kept> {
        self.exchanges().into_iter().filter(|exchange| exchange.user == user).collect()
    }
}

/// Runs so many users for so many iterations each. Gives what was told, and why users have ended that did not come to the end.
pub(crate) async fn run(users: &VirtualUsers, count: u32, iterations: u64) -> (Arc<Tally>, BTreeMap<u32, UserError>) {
    let tally = Arc::new(Tally::default());
    let mut opened = Vec::new();
    for number in 0..count {
        opened.push(users.open(number).await.unwrap());
    }
    let tasks = opened.into_iter().map(|mut user| {
        let tally = tally.clone();
        tokio::spawn(async move {
            for iteration in 0..iterations {
                user.iterate(iteration, &*tally).await?;
            }
            user.close(&*tally).await
        })
    });
    let mut ended = BTreeMap::new();
    for (number, task) in (0..).zip(tasks.collect::<Vec<_>>()) {
        if let Err(error) = task.await.unwrap() {
            ended.insert(number, error);
        }
    }
    (tally, ended)
}
