//! The real stores of the demonstration, on the ports that the operator's file names, and what can be made wrong with them.

use anyhow::Result;
use holdpoint_staging_double::{Store, Stores as Known};
use holdpoint_testkit::{Clickhouse, Postgresql, Redis};

use super::ports::StorePorts;
use crate::servers;

/// Running stores, each with a place where entries may be written.
#[derive(Debug)]
pub(super) struct Stores {
    database: Postgresql,
    cache: Redis,
    analytics: Clickhouse,
}

/// What is wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nobody listens.
    DatabaseStopped,
    /// It takes connections, and says nothing.
    CachePaused,
    /// What is written there is not taken.
    PlaceGone,
    /// Its password is another.
    PasswordChanged,
}

/// The variables that the operator's file takes passwords from.
const DATABASE: &str = "DATABASE_PASSWORD";
const CACHE: &str = "CACHE_PASSWORD";
const ANALYTICS: &str = "ANALYTICS_PASSWORD";

/// Whether all three can be started here. What is missing is installed first, where that may be done.
pub(crate) fn ensure_stores() -> Result<bool> {
    Ok(servers::ensure_stores()?.is_empty())
}

impl Stores {
    pub(super) fn start(ports: StorePorts) -> Self {
        let database = Postgresql::at(ports.database);
        database.run("create table holdpoint (key text primary key, value text not null)");
        let cache = Redis::at(ports.cache);
        let analytics = Clickhouse::at(ports.analytics);
        analytics.run("CREATE TABLE holdpoint (key String, value String) ENGINE = MergeTree ORDER BY key");
        Self { database, cache, analytics }
    }

    /// Where they are, for the services that stand on them.
    pub(super) fn known(&self) -> Known {
        let store = |address: String, user: &str, password: &str| Store {
            address,
            user: user.to_owned(),
            password: password.to_owned(),
        };
        Known {
            postgres: store(self.database.address(), "postgres", Postgresql::PASSWORD),
            redis: store(self.cache.address(), "default", Redis::PASSWORD),
            clickhouse: store(self.analytics.address(), "holdpoint", Clickhouse::PASSWORD),
        }
    }

    /// Makes it so.
    pub(super) fn trouble(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::DatabaseStopped => self.database.stop(),
            Trouble::CachePaused => self.cache.pause(),
            Trouble::PlaceGone => drop(self.analytics.run("DROP TABLE holdpoint")),
            // This is the command line's, which gets it when it starts.
            Trouble::PasswordChanged => {}
        }
    }
}

/// The variables of whoever starts the command line.
pub(super) fn environment(trouble: Option<Trouble>) -> [(&'static str, &'static str); 3] {
    let database = match trouble {
        Some(Trouble::PasswordChanged) => "the-password-before-this-one",
        _ => Postgresql::PASSWORD,
    };
    [(DATABASE, database), (CACHE, Redis::PASSWORD), (ANALYTICS, Clickhouse::PASSWORD)]
}
