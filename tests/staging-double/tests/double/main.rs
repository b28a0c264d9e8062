//! The double from outside: over sockets, as its users meet it.

mod binary;
mod client;
mod effects;
mod faults;
mod files;
mod routes;
mod tls;
