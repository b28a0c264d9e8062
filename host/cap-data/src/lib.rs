//! Stores of data that a system stands on, looked at and tried by phases: PostgreSQL, Redis and ClickHouse.
//!
//! A guest names a store of the bundle and what it wants there. Whether it may is judged from the request alone:
//!
//! ```
//! use holdpoint_cap_data::{Act, Data, Request};
//! use holdpoint_gate::Capability as _;
//! use holdpoint_model::{Class, PhaseId, grant::{DataGrant, Grants, StoreName}};
//!
//! let grants = Grants {
//!     data: vec![DataGrant { stores: vec![StoreName::parse("database")?], ..DataGrant::default() }],
//!     ..Grants::none(PhaseId::parse("data-stores")?)
//! };
//! let ask = |act| Request { store: "database".into(), timeout_ms: 5_000, act };
//! assert_eq!(Data::summary(&ask(Act::Look)), "look at database");
//! assert_eq!(Data::authorize(&grants, &ask(Act::Look)), Ok(Class::Read));
//! let sql = Act::Query { sql: "select 1".into(), parameters: vec![] };
//! assert!(Data::authorize(&grants, &ask(sql)).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Where a store is, and who asks there, is the operator's. Connections go by the checked addresses and the TLS of `cap-http`; each call has one of its
//! own, with a bound of what comes over it. No text of a guest becomes SQL: texts of SQL are those of the grant, everything else is a
//! parameter. What reads is run where no table can be written. A store that says no has answered: its [`Trouble`] tells what is wrong and what to do.
//! It keeps no pool and judges nothing.

mod ask;
mod backend;
mod bounds;
mod capability;
mod clickhouse;
mod link;
mod postgresql;
mod record;
mod redis;
mod rows;
mod stop;
mod store;
mod trouble;

pub use backend::DataBackend;
pub use capability::Data;
pub use record::{Act, DEFAULT_TIMEOUT_MS, Facts, Kind, Request, Response, Rows};
pub use store::{DataConfig, Password, Store};
pub use trouble::{Trouble, TroubleKind};
