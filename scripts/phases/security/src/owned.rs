//! What one user has written, and another must not read. Part of SEC-2.

use holdpoint::prelude::*;

use crate::asking::{Asker, is_good, seen};
use crate::authentication::ROW;
use crate::config::{Route, below_service};
use crate::made::{place, take_away};
use crate::tokens::{Tokens, untried, with};

/// What is written in the place of `{marker}`: known when it is seen, and worth nothing.
pub(crate) const MARKER: &str = "holdpoint-belongs-to-the-first-user";

/// Something that one user writes and reads back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Owned {
    pub(crate) service: String,
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

/// `control` is a route of the same service that lets users in.
pub(crate) fn judge(asker: &Asker<'_>, owned: &Owned, tokens: &Tokens, control: Option<&Route>) -> Result<()> {
    let Owned { service, write, read, .. } = owned;
    let wanted = "nothing of it";
    let name = format!("what a user writes with {} {service} {} is no other's to read", write.method, write.path);
    let check = asker.check(ROW, name).expecting(expected(wanted));
    let (user, other) = match (&tokens.user, &tokens.other) {
        (Ok(user), Ok(other)) => (user, other),
        (Err(why), _) | (_, Err(why)) => {
            untried(check, why);
            return Ok(());
        }
    };
    let Some(check) = if_good(asker, check, other, control)? else { return Ok(()) };
    let service = asker.cx.service(service)?;
    let json = marked(&write.json);
    let written = match asker.send(with(service.request(&write.method, &write.path).json(&json), user)) {
        Ok(response) if is_good(&response) => response,
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
        asker.cx.log(Level::Warn, format!("what was written with {} {} stays", write.method, write.path));
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
                Ok(response) if hides(response) => {
                    check.pass(observed(format!("{} for the other", response.status())), (&own, &others));
                }
                Ok(response) => {
                    let seen = format!("{} for the other, which says nothing of it", response.status());
                    check.inconclusive(observed(seen), (&own, &others));
                }
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
        take_away(asker, with(service.request("DELETE", &path), user));
    }
    Ok(())
}

/// The check, if the other's token is let in somewhere: who is refused everywhere reads nothing, which proves nothing.
fn if_good<'a>(asker: &Asker<'a>, check: Check<'a>, other: &str, control: Option<&Route>) -> Result<Option<Check<'a>>> {
    let Some(route) = control else {
        let why = "no route of config.authentication.routes reads from this service; name one that lets config.tokens.other in";
        check.inconclusive(observed(why), ());
        return Ok(None);
    };
    match asker.send(with(route.request(asker.cx)?, other)) {
        Ok(response) if is_good(&response) => return Ok(Some(check)),
        Ok(response) => {
            let why = format!("config.tokens.other is refused: {route} → {}", seen(&response));
            check.inconclusive(observed(why), &response);
        }
        Err(error) => {
            let why = format!("nothing shows that config.tokens.other is good: {route} → {error}");
            check.inconclusive(observed(why), &error);
        }
    }
    Ok(None)
}

/// Whether an answer without the marker shows that it is kept from the other.
fn hides(response: &Response) -> bool {
    !response.truncated() && (is_good(response) || matches!(response.status(), 403 | 404 | 410))
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
