//! What nearly every phase uses, to be imported as a whole.

pub use crate::check::Verdict::{self, Fail, Inconclusive, NotExercised, Pass};
pub use crate::{
    CallError, Cause, Check, Command, Context, Error, Evidence, Level, Millis, Request, Response, Result, Service,
    Tool, expected, observed,
};
pub use serde::Deserialize;
pub use serde_json::{Value, json};

#[cfg(not(target_family = "wasm"))]
pub use crate::testing::{denied, get, ok, post, refused, status, text, timeout};
