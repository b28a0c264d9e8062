//! The double from outside: over sockets, as its users meet it.

mod binary;
mod chat;
mod client;
mod documents;
mod effects;
mod environment;
mod faults;
mod files;
mod frontend;
mod logic;
mod logins;
mod pool;
mod routes;
mod security;
mod source;
mod tls;
mod under_load;
mod user;
mod users;
