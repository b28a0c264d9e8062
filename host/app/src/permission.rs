//! What the operator's file of today lets people say of a run: a run can't bring its own permission along.

use holdpoint_bundle::Operator;
use holdpoint_model::grant::Missing;

use crate::{Error, Machine};

/// What the file says; without one it permits nothing.
pub(crate) fn operator(machine: &Machine) -> Result<Operator, Error> {
    let source = machine.operator()?;
    Ok(source.as_ref().map(Operator::parse).transpose()?.unwrap_or_default())
}

/// What was not done since the file lacks something, with the lines that would allow it; nothing if it lacks nothing.
pub(crate) fn refusal(what: &str, missing: Vec<Missing>, machine: &Machine) -> Option<String> {
    if missing.is_empty() {
        return None;
    }
    let path = machine.operator_path();
    let path = std::path::absolute(&path).unwrap_or(path);
    let mut message = format!("{what}: the operator's file {} does not allow it", path.display());
    for Missing { what, table, line } in missing {
        message.push_str(&format!("\n  to {what}, add to [{table}]:\n      {line}"));
    }
    Some(message)
}
