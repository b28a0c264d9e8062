//! What a guest states: checks, measures, attachments, progress, log lines.

use std::fmt;

use crate::{Body, RequirementId, Seq, Timestamp, Verdict};

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The rows that it speaks for.
    pub requirements: Vec<RequirementId>,
    /// What was checked.
    pub name: String,
    pub verdict: Verdict,
    /// What should have been seen.
    pub expected: String,
    /// What was seen.
    pub observed: String,
    /// The calls that show it.
    pub evidence: Vec<Seq>,
}

/// A file kept with the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub name: String,
    pub media_type: String,
    pub content: Body,
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

impl LogLevel {
    /// Every level, for parsers.
    pub const ALL: [Self; 4] = [Self::Debug, Self::Info, Self::Warn, Self::Error];

    /// The word in journals and on the terminal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// The level of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.word() == word)
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Something that leaves a guest and brings nothing back.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    Check(Check),
    Measure {
        name: String,
        value: f64,
        unit: String,
    },
    /// One of many numbers over time, which policies judge.
    Sample {
        name: String,
        /// In the order of their names, each once, none empty.
        labels: Vec<(String, String)>,
        /// The guest's time.
        at: Timestamp,
        value: f64,
    },
    Attach(Attachment),
    Progress {
        done: u32,
        total: u32,
        message: String,
    },
    Log {
        level: LogLevel,
        message: String,
    },
}
