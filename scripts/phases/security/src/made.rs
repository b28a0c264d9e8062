//! What was made while asking, and is taken away again. What stays is said, and judges nothing.

use holdpoint::prelude::*;

use crate::asking::{Asker, seen};
use crate::config::below_service;

/// Where what an operation makes is found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Created {
    /// A pointer into the answer of the operation, as in RFC 6901.
    pub(crate) id: String,
    /// Where it is taken away with DELETE; `{id}` is what stands at `id`.
    path: String,
}

impl Created {
    pub(crate) fn check(&self, field: &str) -> Result<()> {
        below_service(field, &self.path)?;
        if !self.path.contains("{id}") || !self.id.starts_with('/') {
            return Err(Error::new(format!(
                "config.{field}: `path` has the place {{id}}, and `id` is a pointer such as /id"
            )));
        }
        Ok(())
    }

    pub(crate) fn place(&self, made: &Response) -> Option<String> {
        place(&self.path, Some(&self.id), made)
    }
}

/// A path with what an answer has at `id` in the place of `{id}`. An id with signs that mean something in a path is none.
pub(crate) fn place(path: &str, id: Option<&str>, made: &Response) -> Option<String> {
    let Some(pointer) = id else { return Some(path.to_owned()) };
    let json: Value = made.json().ok()?;
    let id = match json.pointer(pointer)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let is_plain = id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    (is_plain && !id.is_empty() && !id.starts_with('.')).then(|| path.replace("{id}", &id))
}

/// Sends a DELETE. What is not there any more is taken away, too.
pub(crate) fn take_away(asker: &Asker<'_>, delete: Request) {
    let shown = delete.to_string();
    let why = match asker.send(delete) {
        Ok(response) if matches!(response.status(), 200..=299 | 404 | 410) => return,
        Ok(response) => seen(&response),
        Err(error) => error.to_string(),
    };
    asker.cx.log(Level::Warn, format!("{shown} → {why}; what was made there stays"));
}
