//! Rules on made evidence: every boundary as data, and the same as Prometheus says of the same series.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it has compared"
)]

mod alerts;
mod data;
mod disruptions;
mod notation;
mod objectives;
mod promtool;
mod properties;
mod state;
mod trends;
mod triggers;
