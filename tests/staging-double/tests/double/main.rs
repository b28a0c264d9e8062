//! The double from outside: over sockets, as its users meet it.

mod binary;
mod client;
mod effects;
mod environment;
mod faults;
mod files;
mod logins;
mod routes;
mod source;
mod tls;
