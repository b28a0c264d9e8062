//! What stores answer.

use std::fmt;

use serde::Deserialize;

use crate::Evidence;

/// What a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// PostgreSQL, and what speaks as it does.
    Postgresql,
    /// Redis, and what speaks as it does.
    Redis,
    /// ClickHouse.
    Clickhouse,
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgresql => "PostgreSQL",
            Self::Redis => "Redis",
            Self::Clickhouse => "ClickHouse",
        })
    }
}

/// A store that answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    pub(crate) call: u32,
    /// What it is.
    pub kind: StoreKind,
    /// As the server says it.
    pub version: String,
    /// `TLSv1.3`; `None` without TLS.
    pub tls: Option<String>,
    /// Milliseconds until it was connected.
    pub connected: f64,
    /// Milliseconds of one question.
    pub answered: f64,
    /// It takes no writes.
    pub read_only: bool,
    /// Connections that are open.
    pub connections: Option<u32>,
    /// How many may be.
    pub most_connections: Option<u32>,
    /// Bytes of memory that it has taken.
    pub memory: Option<f64>,
    /// How many it may take.
    pub most_memory: Option<f64>,
}

/// Rows of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    pub(crate) call: u32,
    /// Their names.
    pub columns: Vec<String>,
    /// As many cells each as there are columns; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// How many rows were changed, where the server says so.
    pub changed: Option<u32>,
}

/// An entry that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub(crate) call: u32,
    /// `None`: there is no such entry.
    pub value: Option<String>,
}

impl Facts {
    /// The share of its connections that is taken, if it says so.
    pub fn connections_taken(&self) -> Option<f64> {
        let (taken, most) = (self.connections?, self.most_connections.filter(|most| *most > 0)?);
        Some(f64::from(taken) / f64::from(most))
    }

    /// The share of its memory that is taken, if it says so and has a bound.
    pub fn memory_taken(&self) -> Option<f64> {
        let (taken, most) = (self.memory?, self.most_memory.filter(|most| *most > 0.0)?);
        Some(taken / most)
    }

    /// The numbers at the beginning of its version: 16 and 3 of `16.3 (Debian 16.3-1)`.
    pub fn version_numbers(&self) -> Vec<u32> {
        numbers(&self.version)
    }
}

/// The numbers that a version begins with.
fn numbers(version: &str) -> Vec<u32> {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    version[..end].split('.').map_while(|part| part.parse().ok()).collect()
}

impl Rows {
    /// The first cell of the first row, where it is not NULL.
    pub fn first(&self) -> Option<&str> {
        self.rows.first()?.first()?.as_deref()
    }
}

impl Evidence for Facts {
    fn calls(&self) -> Vec<u32> {
        vec![self.call]
    }
}

impl Evidence for Rows {
    fn calls(&self) -> Vec<u32> {
        vec![self.call]
    }
}

impl Evidence for Found {
    fn calls(&self) -> Vec<u32> {
        vec![self.call]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_its_numbers() {
        for (version, expected) in [
            ("16.3 (Debian 16.3-1)", &[16, 3][..]),
            ("7.0.15", &[7, 0, 15][..]),
            ("17beta1", &[17][..]),
            ("24.3.2.23", &[24, 3, 2, 23][..]),
            ("unknown", &[][..]),
            ("", &[][..]),
        ] {
            assert_eq!(numbers(version), expected, "{version}");
        }
    }
}
