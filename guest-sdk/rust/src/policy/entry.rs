//! What the host calls: configuration and state in, findings and state out. It judges nothing.

use serde::de::DeserializeOwned;

use super::{Context, Finding};
use crate::{Result, entry::parse};

/// Parses `config` and judges with it. An error names the field that is wrong.
pub fn evaluate<C: DeserializeOwned>(
    config: &str,
    state: Vec<u8>,
    judge: impl Fn(&mut Context, C) -> Result<()>,
) -> Result<(Vec<Finding>, Vec<u8>), String> {
    let judged = parse(config).and_then(|config| {
        let mut cx = Context::new(state)?;
        judge(&mut cx, config)?;
        Ok(cx.finish())
    });
    judged.map_err(String::from)
}
