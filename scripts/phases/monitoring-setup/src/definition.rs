//! Definitions from files. A file that can't be read makes its row inconclusive: it says nothing about what is there.

use holdpoint::prelude::*;
use holdpoint::{Content, Kind as EntryKind};

use crate::kind::Kind;
use crate::yaml;

/// The longest file, in bytes.
const LONGEST: usize = 1 << 20;
/// The most definitions of one kind.
const MOST: usize = 100;

/// Something that is to be there.
pub(crate) struct Definition {
    pub(crate) file: String,
    pub(crate) name: String,
    pub(crate) body: Value,
    /// The call that read it.
    pub(crate) calls: Vec<u32>,
}

/// What the files that these patterns name define, in order; whatever can't be read is stated.
pub(crate) fn read(cx: &Context, kind: &Kind, patterns: &[String]) -> Vec<Definition> {
    let mut all: Vec<Definition> = Vec::new();
    for path in patterns.iter().flat_map(|pattern| files(cx, kind, pattern)) {
        let unread = || cx.check([kind.row], format!("{path} defines what is to be there"));
        let content = match cx.files().read(&path) {
            Ok(content) => content,
            Err(error) => {
                unread().inconclusive(observed(&error), &error);
                continue;
            }
        };
        match defined(&path, &content, all.len()) {
            Ok(found) => {
                for one in found {
                    match all.iter().find(|other| other.name == one.name) {
                        Some(other) => {
                            let seen = format!("`{}` is defined in {} too", one.name, other.file);
                            unread().inconclusive(observed(seen), &content);
                        }
                        None => all.push(one),
                    }
                }
            }
            Err(why) => unread().inconclusive(observed(why), &content),
        }
    }
    all
}

/// The files of one pattern, in the order of their paths.
fn files(cx: &Context, kind: &Kind, pattern: &str) -> Vec<String> {
    let unfound = || cx.check([kind.row], format!("{pattern} names files"));
    let Some((directory, below)) = pattern.split_once('/') else {
        unfound().inconclusive(observed("a path begins with the name of a granted directory and a `/`"), ());
        return Vec::new();
    };
    match cx.files().glob(directory, below) {
        Ok(listing) => {
            let files = listing.iter().filter(|entry| entry.kind == EntryKind::File);
            let files: Vec<String> = files.map(|entry| entry.path.clone()).collect();
            if files.is_empty() {
                unfound().inconclusive(observed("no file"), &listing);
            }
            files
        }
        Err(error) => {
            unfound().inconclusive(observed(&error), &error);
            Vec::new()
        }
    }
}

fn defined(path: &str, content: &Content, before: usize) -> Result<Vec<Definition>, String> {
    if content.bytes().len() > LONGEST {
        return Err(format!("it has {} bytes, and {LONGEST} are read", content.bytes().len()));
    }
    let text = content.text().map_err(|error| format!("it is not UTF-8 from byte {}", error.valid_up_to()))?;
    // JSON is YAML, but its own reader says more of what is wrong with it.
    let is_json = path.rsplit('.').next().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let documents = if is_json {
        vec![serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?]
    } else {
        yaml::documents(text)?
    };
    let bodies: Vec<Value> = documents
        .into_iter()
        .flat_map(|document| match document {
            Value::Array(items) => items,
            one => vec![one],
        })
        .collect();
    if bodies.is_empty() {
        return Err("it defines nothing".to_owned());
    }
    if bodies.len() + before > MOST {
        return Err(format!("more than {MOST} are defined"));
    }
    let named = |body: Value| {
        let name = body.get("displayName").and_then(Value::as_str).filter(|name| !name.trim().is_empty());
        let name = name.ok_or("it has no displayName, by which it would be found again")?.to_owned();
        if let Some(field) = ["name", "etag"].iter().find(|field| body.get(**field).is_some()) {
            return Err(format!("`{name}` has a {field}, which the platform gives"));
        }
        Ok(Definition { file: path.to_owned(), name, body, calls: content.calls() })
    };
    bodies.into_iter().map(named).collect()
}
