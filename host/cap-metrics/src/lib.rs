//! Metrics that others keep, asked by phases: PromQL over the HTTP API of Prometheus, pages in its text format or in OpenMetrics, and time series
//! of Google Cloud Monitoring.
//!
//! A guest names a service of the bundle and what it wants to know of it. Whether it may is judged from the request alone:
//!
//! ```
//! use holdpoint_cap_metrics::{Metrics, Question, Request, Source};
//! use holdpoint_gate::Capability as _;
//! use holdpoint_model::{Class, PhaseId, ServiceName, grant::{Grants, MetricsGrant}};
//!
//! let grants = Grants {
//!     metrics: vec![MetricsGrant {
//!         services: vec![ServiceName::parse("prometheus")?],
//!         queries: true,
//!         ..MetricsGrant::default()
//!     }],
//!     ..Grants::none(PhaseId::parse("watch")?)
//! };
//! let ask = |question| Request { source: Source::of("prometheus"), question };
//! let up = ask(Question::Query { promql: "up".into(), at: None });
//! assert_eq!(Metrics::summary(&up), "query prometheus up");
//! assert_eq!(Metrics::authorize(&grants, &up), Ok(Class::Read));
//! assert!(Metrics::authorize(&grants, &ask(Question::Scrape { path: "/metrics".into() })).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Questions go the way of any request of `cap-http`: its checked addresses, its TLS, its bounds, its vault. There is no other way out. What is
//! kept is the answer as it came, so that a replay reads it again; an answer that can't be read to its end, says that it failed, or exceeds a
//! bound is an error when it comes, and nothing is cut. It judges nothing: an answer without series is an answer.

mod answer;
mod ask;
mod backend;
mod bounds;
mod capability;
mod cloud;
mod labels;
mod page;
mod prometheus;
mod record;

pub use answer::{Answer, Sample, Series, Unread};
pub use backend::{MetricsBackend, Placeholders};
pub use capability::Metrics;
pub use page::{Exposed, Family, Format, Kind, Page};
pub use record::{CloudQuery, DEFAULT_TIMEOUT_MS, Question, Request, Response, Source};
