//! The client of a virtual user behind the gate, against servers on loopback that speak HTTP/2.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod away;
mod floods;
mod frames;
mod heads;
mod http2;
mod leaks;
mod meter;
mod server;
mod sessions;
mod user;
