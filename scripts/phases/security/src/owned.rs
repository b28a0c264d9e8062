//! What one user has written, and another must not read. Part of SEC-2.

use holdpoint::prelude::*;

use crate::asking::{Asker, seen};
use crate::authentication::ROW;
use crate::config::below_service;
use crate::tokens::{Tokens, with};

/// What is written in the place of `{marker}`: known when it is seen, and worth nothing.
pub(crate) const MARKER: &str = "holdpoint-belongs-to-the-first-user";

/// Something that one user writes and reads back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Owned {
    service: String,
    write: Write,
    /// Where it is read; `{id}` is what the answer to the writing has at `id`.
    read: String,
    /// A pointer into that answer, as in RFC 6901.
    id: Option<String>,
    /// Whether it is taken away again, with DELETE where it is read.
    #[serde(default)]
    delete: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Write {
    method: String,
    path: String,
    json: Value,
}

impl Owned {
    pub(crate) fn check(&self) -> Result<()> {
        let Self { write, read, id, .. } = self;
        below_service("authentication.owned.write.path", &write.path)?;
        below_service("authentication.owned.read", read)?;
        if !matches!(write.method.as_str(), "POST" | "PUT" | "PATCH") {
            return Err(Error::new("config.authentication.owned.write.method is none of POST, PUT, PATCH"));
        }
        if !write.json.to_string().contains("{marker}") {
            return Err(Error::new(
                "config.authentication.owned.write.json has no `{marker}`, so nobody would know it again",
            ));
        }
        if id.is_some() != read.contains("{id}") {
            return Err(Error::new("config.authentication.owned: `id` and the place `{id}` in `read` go together"));
        }
        Ok(())
    }
}

pub(crate) fn judge(asker: &Asker<'_>, owned: &Owned, tokens: &Tokens) -> Result<()> {
    let Owned { service, write, read, .. } = owned;
    let wanted = "nothing of it";
    let name = format!("what a user writes with {} {service} {} is no other's to read", write.method, write.path);
    let check = asker.check(ROW, name).expecting(expected(wanted));
    let (user, other) = match (&tokens.user, &tokens.other) {
        (Ok(user), Ok(other)) => (user, other),
        (Err(why), _) | (_, Err(why)) => {
            check.not_exercised(why);
            return Ok(());
        }
    };
    let service = asker.cx.service(service)?;
    let json = marked(&write.json);
    let written = match asker.send(with(service.request(&write.method, &write.path).json(&json), user)) {
        Ok(response) if (200..300).contains(&response.status()) => response,
        Ok(response) => {
            check.inconclusive(observed(format!("it can't be written: {}", seen(&response))), &response);
            return Ok(());
        }
        Err(error) => {
            check.from_error(error);
            return Ok(());
        }
    };
    let Some(path) = place(read, owned.id.as_deref(), &written) else {
        check.inconclusive(observed(format!("no id in the answer: {}", seen(&written))), &written);
        return Ok(());
    };

    let own = asker.send(with(service.get(&path), user));
    match &own {
        Ok(response) if response.text().contains(MARKER) => {
            let others = asker.send(with(service.get(&path), other));
            match &others {
                Ok(response) if response.text().contains(MARKER) => {
                    let seen = format!("{}, with what the first has written", response.status());
                    check.fail(expected(wanted), observed(seen), (&own, &others));
                }
                Ok(response) if response.status() >= 500 => {
                    check.fail(expected(wanted), observed(response.status()), &others);
                }
                Ok(response) => check.pass(observed(format!("{} for the other", response.status())), (&own, &others)),
                Err(error) => check.from_error(error),
            }
        }
        Ok(response) => {
            // What the owner is not shown proves nothing about others.
            check.inconclusive(observed(format!("its owner does not read it back: {}", seen(response))), &own);
        }
        Err(error) => check.from_error(error),
    }
    if owned.delete {
        let gone = asker.send(with(service.request("DELETE", &path), user));
        if let Err(error) = gone {
            asker.cx.log(Level::Warn, format!("{path} was not taken away: {error}"));
        }
    }
    Ok(())
}

/// The same JSON with the marker in its place.
fn marked(json: &Value) -> Value {
    match json {
        Value::String(text) => text.replace("{marker}", MARKER).into(),
        Value::Array(items) => items.iter().map(marked).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), marked(value))).collect(),
        other => other.clone(),
    }
}

/// Where it is read. An id with signs that mean something in a path is none.
fn place(read: &str, id: Option<&str>, written: &Response) -> Option<String> {
    let Some(pointer) = id else { return Some(read.to_owned()) };
    let json: Value = written.json().ok()?;
    let id = match json.pointer(pointer)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let is_plain = id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    (is_plain && !id.is_empty() && !id.starts_with('.')).then(|| read.replace("{id}", &id))
}
