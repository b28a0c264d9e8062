//! Alerts as a team writes them, for everybody who reads the file: the policy `alerts` judges a run by them, the host writes them out for others.
//!
//! Pure functions of texts. Nothing is judged here, and nothing is read from a disk.
//!
//! - [`Config`]: the configuration of the policy, and what it comes to as [`Alert`]s.
//! - [`prometheus()`]: a file of rules.
//! - [`cloud_monitoring()`]: alert policies of Google Cloud.
//! - [`Sources`]: what series are called where alerts are written for.
//!
//! ```
//! use holdpoint_alerts::{Config, Source, prometheus};
//!
//! let config = Config::default();
//! let named = [("requests", "http_requests_total"), ("requests_bad", "http_requests_total{code=~\"5..\"}")];
//! let named: Vec<(String, Source)> = named.map(|(name, source)| (name.to_owned(), Source::parse(source).unwrap())).into();
//! let sources = config.sources(&named, None).unwrap();
//! let rules = prometheus("guide", &config.written(&sources).unwrap(), &sources);
//! assert!(rules.contains("sum (increase(http_requests_total{code=~\\\"5..\\\"}[1m]))"), "{rules}");
//! ```

mod cloud_monitoring;
mod config;
mod error;
mod file;
mod prometheus;
mod series;

pub use cloud_monitoring::cloud_monitoring;
pub use config::{Alert, Config, Trend};
pub use error::Error;
pub use file::{LARGEST, MOST, Written, read};
pub use holdpoint_rules::Counted;
pub use holdpoint_rules::alerts::prometheus::{differences, needs};
pub use holdpoint_rules::alerts::{Source, Sources};
pub use prometheus::prometheus;

/// The guide's file as it stands.
pub const GUIDE: &str = include_str!("../guide.yaml");
