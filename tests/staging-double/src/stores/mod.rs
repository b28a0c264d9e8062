//! The stores of data that the services stand on, where there are real ones: how they are is asked anew by whoever asks how a service is.
//! Nothing is kept in them.

mod asking;
mod clickhouse;
mod postgres;
mod redis;

pub(crate) use asking::Asking;

/// A store: where it is, and who asks there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// As `127.0.0.1:5432`.
    pub address: String,
    /// Who logs in.
    pub user: String,
    /// With what.
    pub password: String,
}

/// Those that the services stand on, by the names that health answers have for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stores {
    /// PostgreSQL; the user's database has the user's name.
    pub postgres: Store,
    /// Redis.
    pub redis: Store,
    /// ClickHouse, over HTTP.
    pub clickhouse: Store,
}
