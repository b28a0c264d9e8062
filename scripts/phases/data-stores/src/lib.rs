//! The stores of data that the system stands on are there and take what they have to: PostgreSQL, Redis, ClickHouse.
//!
//! ```toml
//! requirements = ["CRIT-5"]
//! [phase.grants]
//! data = [
//!     { stores = ["database", "cache", "analytics"], places = ["holdpoint"], write = true },
//!     { stores = ["database"], sql = ["select count(*) from users"] },
//! ]
//! [phase.config.stores.database]
//! kind = "postgresql"
//! version = "14"
//! place = "holdpoint"
//! reads = ["select count(*) from users"]
//! [phase.config.stores.cache]
//! kind = "redis"
//! place = "holdpoint"
//! [phase.config.stores.analytics]
//! kind = "clickhouse"
//! place = "holdpoint"
//! ```
//! Each store is looked at: it is connected to, logged in to and asked how it is. It has to be of its `kind`, of `version` at least, and to answer `within`
//! (2s). Of its connections at most `connections` (0.8) may be taken, and of its memory `memory` (0.9), where it says how many it may have; otherwise
//! that is shown as not exercised, and judges nothing.
//!
//! Each of `reads` has to give a row whose first cell is not NULL. With `place`, an entry of a name of its own is written, read back and removed; what comes
//! back has to be what was written. A table for that is `create table holdpoint (key text primary key, value text not null)`, in ClickHouse
//! `create table holdpoint (key String, value String, at DateTime default now()) engine = MergeTree order by key ttl at + interval 1 day`. A
//! store without `place` is only read.
//!
//! A store that can't be looked at fails once, with what is wrong and what to do about it, and nothing else of it is tried. The others go on.

mod config;
mod store;

use holdpoint::prelude::*;

use config::Config;

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    for (name, store) in &config.stores {
        store::check(cx, name, store);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
