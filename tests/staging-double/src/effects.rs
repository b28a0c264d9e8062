//! The ledger of effects: what a client has caused, exactly as often as it was caused. The
//! proof of "exactly once" in crash tests, so it never tidies up a repetition.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};

use crate::options::Options;

/// As many effects as are kept; far more than any crash test makes.
const KEPT: usize = 1_000_000;

/// One arrival of an effect, in the order of arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The header `Idempotency-Key`.
    pub key: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an effect that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was applied, as the n-th of all (from 1), with this body (JSON without blanks).
    Applied {
        /// Which one of all.
        number: usize,
        /// The request's body.
        body: String,
    },
    /// The key was known; nothing was applied.
    Repeated,
}

/// Why an effect was not taken.
#[derive(Debug)]
pub(crate) enum Refusal {
    Full,
    LogBroken(std::io::Error),
}

#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) before: Duration,
    pub(crate) after: Duration,
    dedupe: bool,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    effects: Vec<Effect>,
    answers: HashMap<String, Value>,
    applied: usize,
    log: Option<File>,
}

impl Ledger {
    pub(crate) fn open(options: &Options) -> anyhow::Result<Ledger> {
        let log = options.effect_log.as_deref().map(open_log).transpose()?;
        Ok(Ledger {
            before: Duration::from_millis(options.effect_before_ms),
            after: Duration::from_millis(options.effect_after_ms),
            dedupe: options.dedupe,
            book: Mutex::new(Book { log, ..Book::default() }),
        })
    }

    /// Applies the effect, or recognises its key, and returns the answer. Log and memory
    /// change together or not at all.
    pub(crate) fn apply(&self, key: &str, body: &Value) -> Result<Value, Refusal> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        if book.effects.len() >= KEPT {
            return Err(Refusal::Full);
        }
        let known = book.answers.get(key).filter(|_| self.dedupe).cloned();
        if let Some(answer) = known {
            book.note(key, "REPEATED", Outcome::Repeated)?;
            return Ok(answer);
        }
        let number = book.applied + 1;
        let body = body.to_string();
        book.note(key, &body, Outcome::Applied { number, body: body.clone() })?;
        book.applied = number;
        let answer = json!({ "applied": true, "number": number, "key": key });
        book.answers.entry(key.to_owned()).or_insert_with(|| answer.clone());
        Ok(answer)
    }

    /// The first answer that was given for this key.
    pub(crate) fn answer(&self, key: &str) -> Option<Value> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).answers.get(key).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Effect> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).effects.clone()
    }
}

impl Book {
    fn note(&mut self, key: &str, text: &str, outcome: Outcome) -> Result<(), Refusal> {
        if let Some(log) = &mut self.log {
            log.write_all(format!("{key}\t{text}\n").as_bytes()).map_err(Refusal::LogBroken)?;
        }
        self.effects.push(Effect { key: key.to_owned(), outcome });
        Ok(())
    }
}

fn open_log(path: &Path) -> anyhow::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("open the effect log {}", path.display()))
}
