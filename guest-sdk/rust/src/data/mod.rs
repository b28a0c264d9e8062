//! Stores of data that the system stands on: PostgreSQL, Redis and ClickHouse.
//!
//! ```
//! use holdpoint::prelude::*;
//!
//! #[holdpoint::phase]
//! fn run(cx: &Context, _: Value) -> Result<()> {
//!     let check = cx.check(["CRIT-5"], "the database answers");
//!     match cx.data("database").look() {
//!         Ok(facts) => check.pass(observed(&facts.version), &facts),
//!         Err(error) => error.close(check, expected("an answer")),
//!     }
//!     Ok(())
//! }
//!
//! # use holdpoint::data::{StoreKind, TroubleKind};
//! # use holdpoint::testing::{facts, trouble};
//! # fn main() {
//! let t = holdpoint::test(run).data("look at database", facts(StoreKind::Postgresql, "16.3"));
//! t.expect("CRIT-5", Pass, "16.3");
//! let t = holdpoint::test(run).data("look at database", trouble(TroubleKind::Full, "too many clients already"));
//! t.expect("CRIT-5", Fail, "too many clients already (full); raise its bound");
//! # }
//! ```
//!
//! A store that says no is one of what is validated, so it fails a check; a grant that is missing does not.

mod answer;
mod ask;
mod error;

pub use answer::{Facts, Found, Rows, StoreKind};
pub use ask::Data;
pub(crate) use ask::Target;
pub(crate) use error::Lost;
pub use error::{DataError, Trouble, TroubleKind};
