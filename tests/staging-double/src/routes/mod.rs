//! From a request to an answer: the routes of each service behind the changes that faults
//! make to all of them. Every body is bounded, every answer but the web page is JSON.

mod answering;
mod api;
mod auth;
mod backend;
mod breached;
mod control;
mod cors;
mod frontend;
mod issuer;

pub(crate) use answering::{Answering, Shared};
