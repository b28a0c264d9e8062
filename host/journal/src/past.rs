//! What a journal has of one guest, read in order and a stretch at a time while the guest is executed again.

use std::{
    collections::{HashMap, VecDeque},
    path::Path,
    sync::{Mutex, PoisonError},
};

use holdpoint_gate::{Divergence, EncodedAnswer, Entry, Halt, Performed};
use holdpoint_model::{Digest, Ordinal, PhaseId, Seq, Timestamp};

use crate::{Error, Reader, Row, RowKind};

/// Rows read at once.
const STRETCH: usize = 256;

/// The past of every guest of a journal.
pub(crate) struct Pasts(Mutex<Shelf>);

struct Shelf {
    reader: Reader,
    end: u64,
    guests: HashMap<PhaseId, Past>,
}

impl Pasts {
    /// What stands in the journal now is past.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let reader = Reader::open(path)?;
        let (end, _) = reader.head()?;
        Ok(Self(Mutex::new(Shelf { reader, end, guests: HashMap::new() })))
    }

    /// Looks into the past of one guest.
    pub(crate) fn of<T>(&self, guest: &PhaseId, look: impl FnOnce(&mut Past, &Reader) -> T) -> T {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Shelf { reader, end, guests } = &mut *shelf;
        if !guests.contains_key(guest) {
            guests.insert(guest.clone(), Past::new(guest.clone(), *end));
        }
        look(guests.get_mut(guest).expect("it was inserted if it was missing"), reader)
    }
}

/// The recorded part of a guest that has not been met again yet.
pub(crate) struct Past {
    guest: PhaseId,
    /// The last position read.
    after: u64,
    /// The last position that is past; later rows are being written now.
    end: u64,
    calls: VecDeque<Row>,
    statements: VecDeque<Row>,
    exhausted: bool,
}

/// What the past has of a call.
pub(crate) enum Found {
    Answered(Performed, Box<Row>),
    /// An effect whose answer was lost, at its n-th attempt.
    Open {
        attempt: u32,
    },
    Nothing,
}

impl Past {
    fn new(guest: PhaseId, end: u64) -> Self {
        let exhausted = end == 0;
        Self { guest, after: 0, end, calls: VecDeque::new(), statements: VecDeque::new(), exhausted }
    }

    fn read_on(&mut self, reader: &Reader) -> Result<(), Error> {
        let rows = reader.rows_of(self.guest.as_str(), self.after, STRETCH)?;
        self.exhausted = rows.len() < STRETCH;
        for (position, row) in rows {
            if position > self.end {
                self.exhausted = true;
                break;
            }
            self.after = position;
            match row.kind {
                kind if kind.is_call() => self.calls.push_back(row),
                RowKind::Statement => self.statements.push_back(row),
                // An effect may outlive the guest that asked for it. Its answer was recorded, and the guest never heard of it.
                RowKind::PhaseEnded => {
                    self.exhausted = true;
                    break;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn next_call_row(&mut self, reader: &Reader) -> Result<Option<&Row>, Error> {
        while self.calls.is_empty() && !self.exhausted {
            self.read_on(reader)?;
        }
        Ok(self.calls.front())
    }

    fn next_statement_row(&mut self, reader: &Reader) -> Result<Option<&Row>, Error> {
        while self.statements.is_empty() && !self.exhausted {
            self.read_on(reader)?;
        }
        Ok(self.statements.front())
    }

    /// Finds a call, and takes it out of the past.
    pub(crate) fn call(&mut self, reader: &Reader, entry: &Entry) -> Result<Found, Halt> {
        let Some(row) = self.next_call_row(reader).map_err(halt)? else { return Ok(Found::Nothing) };
        if row.number != entry.seq.0 || row.digest != Some(entry.digest) {
            return Err(diverged(&entry.guest, entry.seq, describe(row), asked(entry)));
        }
        let row = self.calls.pop_front().expect("the row was there a moment ago");
        if row.kind == RowKind::Call {
            return answered(row);
        }
        self.effect(reader, row)
    }

    /// An intent was found: its outcome follows, or another attempt, or nothing.
    fn effect(&mut self, reader: &Reader, intent: Row) -> Result<Found, Halt> {
        let mut attempt = intent.attempt;
        while let Some(next) = self.next_call_row(reader).map_err(halt)? {
            if next.number != intent.number {
                break;
            }
            let next = self.calls.pop_front().expect("the row was there a moment ago");
            if next.kind == RowKind::Outcome {
                return answered(Row { request: intent.request, ..next });
            }
            attempt = next.attempt;
        }
        Ok(Found::Open { attempt })
    }

    /// Finds a statement: whether the past has it. It must then be the same.
    pub(crate) fn statement(&mut self, reader: &Reader, ordinal: Ordinal, new: &Row) -> Result<bool, Halt> {
        let guest = self.guest.clone();
        let Some(row) = self.next_statement_row(reader).map_err(halt)? else { return Ok(false) };
        if row.number != ordinal.0 || row.digest != new.digest {
            let recorded = format!("{} {}", row.summary, row.request.json);
            return Err(Halt::Diverged(Divergence {
                guest,
                place: format!("statement {}", ordinal.0),
                recorded,
                asked: format!("{} {}", new.summary, new.request.json),
            }));
        }
        self.statements.pop_front();
        Ok(true)
    }

    /// The guest has ended: nothing may be left.
    pub(crate) fn finish(&mut self, reader: &Reader, statements_too: bool) -> Result<(), Halt> {
        let guest = self.guest.clone();
        let ended = "nothing: the phase returned".to_owned();
        if let Some(row) = self.next_call_row(reader).map_err(halt)? {
            return Err(diverged(&guest, Seq(row.number), describe(row), ended));
        }
        if statements_too && let Some(row) = self.next_statement_row(reader).map_err(halt)? {
            let place = format!("statement {}", row.number);
            return Err(Halt::Diverged(Divergence { recorded: row.summary.clone(), guest, place, asked: ended }));
        }
        Ok(())
    }
}

fn answered(row: Row) -> Result<Found, Halt> {
    let kind =
        row.outcome.ok_or_else(|| Halt::Journal(format!("call {} of `{}` has no outcome", row.number, row.guest)))?;
    let answer = EncodedAnswer { kind, message: row.answer.clone() };
    Ok(Found::Answered(Performed { answer, at: Timestamp(row.at), from_journal: true }, Box::new(row)))
}

fn describe(row: &Row) -> String {
    let digest = row.digest.as_ref().map_or_else(String::new, Digest::short);
    format!("call {} {} {} ({digest}) {}", row.number, row.capability, row.summary, row.request.json)
}

fn asked(entry: &Entry) -> String {
    let Entry { seq, capability, summary, digest, request, .. } = entry;
    format!("call {seq} {capability} {summary} ({}) {}", digest.short(), request.json)
}

/// A divergence at a call.
pub(crate) fn diverged(guest: &PhaseId, seq: Seq, recorded: String, asked: String) -> Halt {
    Halt::Diverged(Divergence { guest: guest.clone(), place: format!("call {seq}"), recorded, asked })
}

/// A divergence at the end of what the journal has.
pub(crate) fn beyond(entry: &Entry) -> Halt {
    diverged(&entry.guest, entry.seq, "nothing: the journal ends here".into(), asked(entry))
}

pub(crate) fn halt(error: Error) -> Halt {
    Halt::Journal(error.to_string())
}
