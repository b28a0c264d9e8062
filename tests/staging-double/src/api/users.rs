//! All users, in shards, so that no lock is everybody's.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::budget::Budget;
use super::shelf::{Agent, Shelf};

const SHARDS: usize = 64;
const MOST_USERS: usize = 100_000;

/// Where the states of everybody are while a fault has them shared. No token has this name: names are not empty.
const EVERYBODY: &str = "";

/// There is no room for another.
#[derive(Debug)]
pub(crate) struct Full;

#[derive(Debug)]
pub(crate) struct Users {
    shards: Vec<Mutex<HashMap<String, Shelf>>>,
    hasher: RandomState,
    known: AtomicUsize,
    last_id: AtomicU64,
    pub(crate) budget: Budget,
    /// Agents that nobody cleans up.
    orphans: AtomicUsize,
}

impl Default for Users {
    fn default() -> Self {
        Users {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            known: AtomicUsize::default(),
            last_id: AtomicU64::default(),
            budget: Budget::default(),
            orphans: AtomicUsize::default(),
        }
    }
}

impl Users {
    /// A number that nothing else has.
    pub(crate) fn fresh_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Does something with what a user has.
    pub(crate) fn with<T>(&self, user: &str, act: impl FnOnce(&mut Shelf) -> T) -> Result<T, Full> {
        let mut shard = self.shard(user);
        if let Some(shelf) = shard.get_mut(user) {
            return Ok(act(shelf));
        }
        let room = |known| (known < MOST_USERS).then_some(known + 1);
        self.known.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).map_err(|_| Full)?;
        Ok(act(shard.entry(user.to_owned()).or_default()))
    }

    /// The same with states, which are everybody's while they are shared.
    pub(crate) fn with_states<T>(
        &self,
        user: &str,
        shared: bool,
        act: impl FnOnce(&mut Shelf) -> T,
    ) -> Result<T, Full> {
        self.with(if shared { EVERYBODY } else { user }, act)
    }

    /// Agents that live, those included that nobody cleans up. With `orphaned`, those whose time is over stay.
    pub(crate) fn live_agents(&self, now: Instant, orphaned: bool) -> usize {
        let mut live = 0;
        for shard in &self.shards {
            for shelf in locked(shard).values_mut() {
                self.sweep(shelf, now, orphaned);
                live += shelf.agents.len();
            }
        }
        live + self.orphans.load(Ordering::Relaxed)
    }

    /// Ends the agents of one user whose time is over.
    pub(crate) fn sweep(&self, shelf: &mut Shelf, now: Instant, orphaned: bool) {
        let (ended, bytes) = shelf.sweep(now);
        self.budget.give(bytes);
        if orphaned {
            self.orphans.fetch_add(ended, Ordering::Relaxed);
        }
    }

    /// An agent, whoever has it. What no service should look for.
    pub(crate) fn agent_of_anybody(&self, number: u64) -> Option<Agent> {
        let of_shard = |shard| {
            let shelves = locked(shard);
            let mut agents = shelves.values().flat_map(|shelf| shelf.agents.iter());
            agents.find(|agent| agent.id == number).cloned()
        };
        self.shards.iter().find_map(of_shard)
    }

    /// An agent is left behind.
    pub(crate) fn orphan(&self) {
        self.orphans.fetch_add(1, Ordering::Relaxed);
    }

    /// Cleans up the agents that were left behind.
    pub(crate) fn adopt(&self) {
        self.orphans.store(0, Ordering::Relaxed);
    }

    /// How many requests came with each user's token.
    pub(crate) fn served(&self) -> HashMap<String, u64> {
        let served = |shard| -> Vec<(String, u64)> {
            locked(shard).iter().map(|(user, shelf)| (user.clone(), shelf.served)).collect()
        };
        self.shards.iter().flat_map(served).filter(|(_, served)| *served > 0).collect()
    }

    fn shard(&self, user: &str) -> MutexGuard<'_, HashMap<String, Shelf>> {
        let number = usize::try_from(self.hasher.hash_one(user) % SHARDS as u64).unwrap_or(0);
        locked(&self.shards[number])
    }
}

fn locked(shard: &Mutex<HashMap<String, Shelf>>) -> MutexGuard<'_, HashMap<String, Shelf>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{MOST_USERS, Users};

    #[test]
    fn refuses_one_user_too_many_and_still_serves_the_others() {
        let users = Users::default();
        for number in 0..MOST_USERS {
            users.with(&number.to_string(), |shelf| shelf.served += 1).expect("there is room");
        }
        assert!(users.with("one more", |_| ()).is_err());
        assert_eq!(users.with("7", |shelf| shelf.served).expect("it is known"), 1);
    }
}
