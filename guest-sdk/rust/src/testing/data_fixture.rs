//! Stores as fixtures have them.

use serde::Deserialize;

use super::data::{Stored, denied_store, done, doubtful_store, facts, kept, of_rows, trouble, value};
use crate::data::{StoreKind, TroubleKind};

/// What is asked, as `look at database`, `query database SQL`, `get database PLACE`, `put database PLACE` or `remove database PLACE`, and one answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Store {
    ask: String,
    facts: Option<Looks>,
    rows: Option<Vec<Vec<Option<String>>>>,
    #[serde(default)]
    columns: Vec<String>,
    value: Option<String>,
    /// There is no such entry.
    #[serde(default)]
    absent: bool,
    /// What was put there before.
    #[serde(default)]
    kept: bool,
    #[serde(default)]
    done: bool,
    trouble: Option<TroubleKind>,
    error: Option<Lost>,
    /// What the trouble says, or why it is in doubt.
    #[serde(default)]
    says: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Looks {
    kind: StoreKind,
    version: String,
    #[serde(default)]
    read_only: bool,
    connections: Option<u32>,
    most_connections: Option<u32>,
    memory: Option<f64>,
    most_memory: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Lost {
    Denied,
    InDoubt,
}

impl Store {
    /// What is asked with its answer. It is checked that the two fit.
    pub(super) fn scripted(self) -> Result<(String, Stored), String> {
        let Self {
            ask,
            facts: looks,
            rows,
            columns,
            value: text,
            absent,
            kept: keeps,
            done: is_done,
            trouble: kind,
            error,
            says,
        } = self;
        let word = ask.split(' ').next().unwrap_or_default();
        let mut answers: Vec<(&[&str], Stored)> = Vec::new();
        if let Some(looks) = looks {
            answers.push((&["look"], seen(looks)));
        }
        if let Some(rows) = rows {
            answers.push((&["query"], of_rows(columns, rows)));
        }
        if text.is_some() || absent {
            answers.push((&["get"], value(text.as_deref().filter(|_| !absent))));
        }
        if keeps {
            answers.push((&["get"], kept()));
        }
        if is_done {
            answers.push((&["put", "remove"], done()));
        }
        let all: &[&str] = &["look", "query", "get", "put", "remove"];
        if let Some(kind) = kind {
            answers.push((all, trouble(kind, &says)));
        }
        match error {
            Some(Lost::Denied) => answers.push((all, denied_store())),
            Some(Lost::InDoubt) => answers.push((&["query", "put", "remove"], doubtful_store(&says))),
            None => {}
        }
        if !all.contains(&word) {
            return Err(format!("`{ask}` begins with none of look, query, get, put and remove"));
        }
        match <[_; 1]>::try_from(answers) {
            Ok([(words, stored)]) if words.contains(&word) => Ok((ask, stored)),
            _ => Err(format!("`{ask}` has one answer, and one that fits")),
        }
    }
}

fn seen(looks: Looks) -> Stored {
    let Looks { kind, version, read_only, connections, most_connections, memory, most_memory } = looks;
    let mut seen = facts(kind, &version);
    if read_only {
        seen = seen.read_only();
    }
    if let Some((open, most)) = connections.zip(most_connections) {
        seen = seen.connections(open, most);
    }
    if let Some((taken, most)) = memory.zip(most_memory) {
        seen = seen.memory(taken, most);
    }
    seen
}
