//! The calls themselves: to the host in a component, to a script in a native build.
//!
//! Each is a free function, so that a component imports only what its phase reaches; one trait over all of them would import
//! everything. Nothing is counted, retried or judged here.

#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::{
    data::{get_entry, look, put_entry, query_store, remove_entry},
    load::{poll_load, start_load, stop_load},
    questions::{query, query_range, scrape, time_series},
    scene::{
        policy_checks, policy_facts, policy_is_last, policy_now, policy_requirements, policy_select, policy_stretches,
    },
    world::*,
};

#[cfg(target_family = "wasm")]
mod component;
#[cfg(target_family = "wasm")]
mod user;
#[cfg(target_family = "wasm")]
pub(crate) use component::*;
#[cfg(target_family = "wasm")]
mod policy;
#[cfg(target_family = "wasm")]
pub(crate) use policy::*;
#[cfg(target_family = "wasm")]
mod data;
#[cfg(target_family = "wasm")]
mod load;
#[cfg(target_family = "wasm")]
mod metrics;
#[cfg(target_family = "wasm")]
pub(crate) use data::*;
#[cfg(target_family = "wasm")]
pub(crate) use load::*;
#[cfg(target_family = "wasm")]
pub(crate) use metrics::*;
#[cfg(target_family = "wasm")]
pub(crate) use user::*;
