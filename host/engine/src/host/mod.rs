//! The contract's interfaces, one file each: generated types in, a call through the gate, generated types out.

mod clock;
mod context;
mod data;
mod exec;
mod files;
mod gcloud;
mod http;
mod load;
mod metrics;
mod report;
mod sample;
mod secrets;
mod types;
pub(crate) mod websocket;

pub(crate) use http::response;
pub(crate) use sample::SeriesOfPhase;
