//! Numbers that others keep: PromQL over the HTTP API of Prometheus, pages of metrics, time series of Google Cloud Monitoring.
//!
//! ```
//! use holdpoint::prelude::*;
//!
//! fn run(cx: &Context, _: Value) -> Result<()> {
//!     let check = cx.check(["P4.2"], "nobody is shown a server error");
//!     let asked = cx.metrics("prometheus").query("sum(rate(http_requests_total{code=~\"5..\"}[5m])) or vector(0)");
//!     match asked {
//!         Err(error) => check.from_error(error),
//!         // Empty, too old, or doubted by the server itself: nothing that is good news.
//!         Ok(answer) => match answer.sound(Millis(300_000)) {
//!             Err(why) => check.inconclusive(observed(why), &answer),
//!             Ok(series) if series.iter().all(|one| one.last().is_some_and(|sample| sample.value == 0.0)) => {
//!                 check.pass(observed("none"), &answer)
//!             }
//!             Ok(_) => check.fail(expected("none"), observed("some"), &answer),
//!         },
//!     }
//!     Ok(())
//! }
//!
//! let query = "query prometheus sum(rate(http_requests_total{code=~\"5..\"}[5m])) or vector(0)";
//! holdpoint::test(run).metrics(query, holdpoint::testing::numbers([(&[][..], 0.0)])).expect("P4.2", Pass, "none");
//! holdpoint::test(run).metrics(query, holdpoint::testing::numbers([])).expect("P4.2", Inconclusive, "empty");
//! ```
//!
//! Times are milliseconds since 1970, as everywhere. A query at one time answers with samples that bear that time, however old the evidence
//! is that they follow from; [`Metrics::evidence_age`] asks how old that is.

mod answer;
mod ask;
mod page;
mod process;
#[cfg(test)]
mod tests;

pub use answer::{Answered, EvidenceAge, Sample, Series};
pub(crate) use ask::Source;
pub use ask::{CloudQuery, Metrics};
pub use page::{Exposed, Family, MetricKind, Page, PageFormat};
pub use process::OneProcess;
