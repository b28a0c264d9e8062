//! The demonstration: the unmodified shipped bundle, run by the built command line against an emulated cloud on loopback with two
//! versions of the staging system behind it, with or without a fault.
//!
//! A fault changes servers, the files under judgement or the environment of the command line, never the bundle, the modules or the
//! operator's file; their digests are printed so that anybody can see it.

mod browser;
mod child;
mod command;
mod fault;
mod lane;
mod login;
mod phases;
mod ports;
mod run;
mod seed;
mod stores;
mod system;

pub(crate) use browser::ensure_browser;
pub(crate) use child::Signals;
pub(crate) use command::{Arguments, run};
pub(crate) use fault::Fault;
pub(crate) use lane::Lane;
pub(crate) use phases::Scope;
pub(crate) use run::{BUNDLE, Demo, Outcome, Stdout, build};
pub(crate) use seed::fresh as fresh_seed;
pub(crate) use stores::ensure_stores;
pub(crate) use system::gcloud_is_here;
