//! Cloud Run, as its first API has it: services, their revisions, and how traffic is shared among them.

mod answer;
mod policy;
mod revision;
mod service;
mod state;
mod traffic;
mod view;

pub(crate) use answer::region_of;
pub(crate) use service::resource;
pub(crate) use state::Run;
pub(crate) use view::Share;
