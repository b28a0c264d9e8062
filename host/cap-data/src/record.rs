//! Requests and responses, version 1 of the records.

use holdpoint_gate::{Message, Scrubber};
use holdpoint_model::grant::StoreKind;
use serde::{Deserialize, Serialize};

use crate::Trouble;

/// The limit of a call that states none.
pub const DEFAULT_TIMEOUT_MS: u32 = 10_000;

/// What a guest wants of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub store: String,
    /// For the whole call, in milliseconds.
    pub timeout_ms: u32,
    pub act: Act,
}

/// One thing that is done with a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Act {
    /// Looks at it.
    Look,
    /// Runs a text of SQL. Parameters are texts, or absent for NULL; the server reads each as what stands in its place.
    Query { sql: String, parameters: Vec<Option<String>> },
    /// Reads an entry.
    Get { place: String, key: String },
    /// Writes an entry.
    Put { place: String, key: String, value: String },
    /// Removes an entry.
    Remove { place: String, key: String },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Response {
    Facts(Facts),
    Rows(Rows),
    /// The value of an entry; none if there is no such entry.
    Value(Option<String>),
    /// It was written, or is not there any more.
    Done,
    /// The store did not do it, and what it said or showed.
    Trouble(Trouble),
}

/// A store that answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    pub kind: Kind,
    /// As the server says it: `16.3`.
    pub version: String,
    /// `TLSv1.3`; none without TLS.
    pub tls: Option<String>,
    /// Milliseconds from the look-up of its name to the end of the handshake; of ClickHouse, to its first answer.
    pub connected: f64,
    /// Milliseconds of one question.
    pub answered: f64,
    /// It takes no writes: it is a replica, or set so.
    pub read_only: bool,
    /// Connections that are open.
    pub connections: Option<u32>,
    /// How many may be.
    pub most_connections: Option<u32>,
    /// Bytes of memory that its data take.
    pub memory: Option<f64>,
    /// How many may be; none without a bound.
    pub most_memory: Option<f64>,
}

/// [`StoreKind`] in records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    PostgreSql,
    Redis,
    ClickHouse,
}

/// Rows of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    pub columns: Vec<String>,
    /// As many cells each as there are columns; none is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// How many rows it changed, where the server says so.
    pub changed: Option<u32>,
}

impl Facts {
    /// Of a server of which only this is known so far.
    pub(crate) fn of(kind: Kind, version: impl Into<String>) -> Self {
        Self {
            kind,
            version: version.into(),
            tls: None,
            connected: 0.0,
            answered: 0.0,
            read_only: false,
            connections: None,
            most_connections: None,
            memory: None,
            most_memory: None,
        }
    }
}

impl From<StoreKind> for Kind {
    fn from(kind: StoreKind) -> Self {
        match kind {
            StoreKind::PostgreSql => Self::PostgreSql,
            StoreKind::Redis => Self::Redis,
            StoreKind::ClickHouse => Self::ClickHouse,
        }
    }
}

impl Message for Request {}

impl Message for Response {
    fn scrub(&mut self, scrubber: &dyn Scrubber) {
        match self {
            Self::Facts(facts) => scrubber.scrub_text(&mut facts.version),
            Self::Rows(Rows { columns, rows, .. }) => {
                let cells = rows.iter_mut().flatten().flatten();
                columns.iter_mut().chain(cells).for_each(|text| scrubber.scrub_text(text));
            }
            Self::Value(Some(value)) => scrubber.scrub_text(value),
            Self::Trouble(trouble) => scrubber.scrub_text(&mut trouble.said),
            Self::Value(None) | Self::Done => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use holdpoint_gate::{Encoded, Scrubbed};

    use super::*;
    use crate::TroubleKind;

    struct Stars;

    impl Scrubber for Stars {
        fn scrub(&self, bytes: &[u8]) -> Option<Scrubbed> {
            let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains("secret"))?;
            Some(Scrubbed { bytes: text.replace("secret", "***").into_bytes(), replaced: vec![] })
        }
    }

    #[test]
    fn no_text_of_a_server_is_left_unsearched() {
        let rows = Rows {
            columns: vec!["a secret".into()],
            rows: vec![vec![Some("\"secret\"".into())], vec![None]],
            changed: None,
        };
        let trouble = Trouble::new(TroubleKind::Wrong, "near secret");
        for (mut response, shown) in [
            (Response::Facts(Facts::of(Kind::Redis, "7 secret")), "7 ***"),
            (Response::Rows(rows), "\\\"***\\\""),
            (Response::Value(Some("a secret".into())), "a ***"),
            (Response::Trouble(trouble), "near ***"),
        ] {
            response.scrub(&Stars);
            let text = Encoded::of(&response).unwrap().json;
            assert!(text.contains(shown) && !text.contains("secret"), "{text}");
        }
    }

    #[test]
    fn records_survive_encoding() {
        let (place, key) = ("holdpoint".to_owned(), "a".to_owned());
        for act in [
            Act::Look,
            Act::Query { sql: "select $1".into(), parameters: vec![Some("x".into()), None] },
            Act::Get { place: place.clone(), key: key.clone() },
            Act::Put { place: place.clone(), key: key.clone(), value: "v".into() },
            Act::Remove { place, key },
        ] {
            let request = Request { store: "database".into(), timeout_ms: 5, act };
            assert_eq!(Encoded::of(&request).unwrap().decode::<Request>().unwrap(), request);
        }
        for response in [
            Response::Facts(Facts { answered: 0.1 + 0.2, memory: Some(1e9), ..Facts::of(Kind::PostgreSql, "16.3") }),
            Response::Value(None),
            Response::Done,
            Response::Trouble(Trouble::new(TroubleKind::ReadOnly, "x")),
        ] {
            assert_eq!(Encoded::of(&response).unwrap().decode::<Response>().unwrap(), response);
        }
    }
}
