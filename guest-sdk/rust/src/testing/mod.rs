//! Native tests of a phase: the world is a script, time is simulated, nothing is waited for.
//!
//! [`test()`] scripts one case in Rust; [`fixtures`] runs a folder of cases written as data. What is asked and not scripted panics and
//! says so: a test that answers by accident shows nothing.

mod answer;
mod asked;
mod command;
pub(crate) mod data;
mod data_fixture;
mod fixture;
pub(crate) mod load;
#[cfg(test)]
mod load_tests;
mod metrics;
mod metrics_fixture;
mod outcome;
mod policy;
mod policy_fixture;
pub(crate) mod questions;
pub(crate) mod scene;
mod script;
mod socket;
#[cfg(test)]
mod socket_tests;
mod tool;
#[cfg(test)]
mod tool_tests;
mod user;
pub(crate) mod world;

pub use answer::{Scripted, denied, ok, refused, status, text, timeout};
pub use asked::{Asked, get, post, request};
pub use command::{Ends, denied_command, fails, late_command, prints};
pub use data::{Stored, denied_store, done, doubtful_store, facts, kept, rows, trouble, value};
pub use fixture::fixtures;
pub use load::{LoadEnds, loads, refused_load};
pub use metrics::{
    Numbers, Past, denied_numbers, exhausted_numbers, failed_numbers, histories, late_numbers, numbers, page,
};
pub use outcome::{CheckRow, Measure, Outcome, Sample};
pub use policy::{Judged, PolicyTest, policy, span};
pub use policy_fixture::policy_fixtures;
pub use script::{Test, test};
pub use socket::{ScriptedSocket, declines, denied_socket, opens, unreachable_socket};
pub use tool::{ToolEnds, case, denied_tool, ends, exits, reports, unstartable};
pub use user::{CANARY, UserOutcome, UserTest, user};
