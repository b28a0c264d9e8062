//! What a script answers for stores, and the calls that it answers.

use super::answer::denial;
use super::world::{World, with};
use crate::data::{Facts, Found, Lost, Rows, StoreKind, Target, Trouble, TroubleKind};
use crate::{Cause, Millis};

/// An answer of a script for a store.
#[derive(Clone, Debug)]
pub struct Stored(Outcome);

#[derive(Clone, Debug)]
enum Outcome {
    Facts(Facts),
    Rows(Rows),
    Value(Option<String>),
    Kept,
    Done,
    Trouble(Trouble),
    Failed(Cause),
}

/// It answers a look.
pub fn facts(kind: StoreKind, version: &str) -> Stored {
    Stored(Outcome::Facts(Facts {
        call: 0,
        kind,
        version: version.to_owned(),
        tls: None,
        connected: 5.0,
        answered: 1.0,
        read_only: false,
        connections: None,
        most_connections: None,
        memory: None,
        most_memory: None,
    }))
}

/// It answers a text of SQL: `rows(["count"], [[Some("3")]])`.
pub fn rows<'a, const N: usize>(columns: [&str; N], rows: impl IntoIterator<Item = [Option<&'a str>; N]>) -> Stored {
    let cells = |row: [Option<&str>; N]| row.into_iter().map(|cell| cell.map(str::to_owned)).collect();
    of_rows(columns.into_iter().map(str::to_owned).collect(), rows.into_iter().map(cells).collect())
}

pub(super) fn of_rows(columns: Vec<String>, rows: Vec<Vec<Option<String>>>) -> Stored {
    Stored(Outcome::Rows(Rows { call: 0, columns, rows, changed: None }))
}

/// It gives the value of an entry, or none.
pub fn value(value: Option<&str>) -> Stored {
    Stored(Outcome::Value(value.map(str::to_owned)))
}

/// It gives what was put there before.
pub fn kept() -> Stored {
    Stored(Outcome::Kept)
}

/// It was written, or removed.
pub fn done() -> Stored {
    Stored(Outcome::Done)
}

/// It says no.
pub fn trouble(kind: TroubleKind, said: &str) -> Stored {
    let remedy = match kind {
        TroubleKind::Full => "raise its bound, or find out what fills it",
        _ => "see its log",
    };
    Stored(Outcome::Trouble(Trouble { call: 0, kind, said: said.to_owned(), remedy: remedy.to_owned() }))
}

/// No grant covers it.
pub fn denied_store() -> Stored {
    Stored(Outcome::Failed(Cause::Denied(denial("data"))))
}

/// It cannot be known whether it happened.
pub fn doubtful_store(why: &str) -> Stored {
    Stored(Outcome::Failed(Cause::InDoubt(why.to_owned())))
}

impl Stored {
    /// A look takes so long.
    #[must_use]
    pub fn answered(self, duration: Millis) -> Self {
        self.seen(|facts| facts.answered = duration.as_f64())
    }

    /// So many connections are open, of so many.
    #[must_use]
    pub fn connections(self, open: u32, most: u32) -> Self {
        self.seen(|facts| (facts.connections, facts.most_connections) = (Some(open), Some(most)))
    }

    /// So many bytes are taken, of so many.
    #[must_use]
    pub fn memory(self, taken: f64, most: f64) -> Self {
        self.seen(|facts| (facts.memory, facts.most_memory) = (Some(taken), Some(most)))
    }

    /// It takes no writes.
    #[must_use]
    pub fn read_only(self) -> Self {
        self.seen(|facts| facts.read_only = true)
    }

    fn seen(mut self, change: impl FnOnce(&mut Facts)) -> Self {
        match &mut self.0 {
            Outcome::Facts(facts) => change(facts),
            _ => panic!("only the answer to a look has facts"),
        }
        self
    }
}

pub(crate) fn look(of: &Target) -> Result<Facts, Lost> {
    match answered(format!("look at {}", of.store))? {
        (call, Outcome::Facts(facts)) => Ok(Facts { call, ..facts }),
        (_, other) => unfit("a look", &other),
    }
}

/// Parameters are not in the words of a script: a report does not show them either.
pub(crate) fn query_store(of: &Target, sql: &str, _parameters: &[Option<&str>]) -> Result<Rows, Lost> {
    match answered(format!("query {} {sql}", of.store))? {
        (call, Outcome::Rows(rows)) => Ok(Rows { call, ..rows }),
        (_, other) => unfit("a text of SQL", &other),
    }
}

pub(crate) fn get_entry(of: &Target, place: &str, key: &str) -> Result<Found, Lost> {
    match answered(format!("get {} {place}", of.store))? {
        (call, Outcome::Value(value)) => Ok(Found { call, value }),
        (call, Outcome::Kept) => {
            let value = with(|world| world.entries.get(&named(of, place, key)).cloned());
            Ok(Found { call, value })
        }
        (_, other) => unfit("an entry", &other),
    }
}

pub(crate) fn put_entry(of: &Target, place: &str, key: &str, value: &str) -> Result<u32, Lost> {
    match answered(format!("put {} {place}", of.store))? {
        (call, Outcome::Done) => {
            with(|world| world.entries.insert(named(of, place, key), value.to_owned()));
            Ok(call)
        }
        (_, other) => unfit("a write", &other),
    }
}

pub(crate) fn remove_entry(of: &Target, place: &str, key: &str) -> Result<u32, Lost> {
    match answered(format!("remove {} {place}", of.store))? {
        (call, Outcome::Done) => {
            with(|world| world.entries.remove(&named(of, place, key)));
            Ok(call)
        }
        (_, other) => unfit("a removal", &other),
    }
}

fn named(of: &Target, place: &str, key: &str) -> String {
    format!("{} {place} {key}", of.store)
}

/// What is scripted, with the number of the call.
fn answered(shown: String) -> Result<(u32, Outcome), Lost> {
    let (told, call) = with(|world| world.stored_for(shown));
    match told.0 {
        Outcome::Trouble(trouble) => Err(Lost::Store(Trouble { call, ..trouble })),
        Outcome::Failed(cause) => Err(Lost::Call(cause)),
        outcome => Ok((call, outcome)),
    }
}

fn unfit<T>(asked: &str, scripted: &Outcome) -> T {
    panic!("{asked} is answered by what fits something else: {scripted:?}")
}

impl World {
    /// What is scripted for a call on a store, and its number. Several are given in order; the last one stays.
    fn stored_for(&mut self, shown: String) -> (Stored, u32) {
        let call = self.next_call();
        self.calls.push(shown.clone());
        let matching: Vec<&Stored> =
            self.stores.iter().filter(|(scripted, _)| *scripted == shown).map(|(_, told)| told).collect();
        let turn = self.asked.entry(shown.clone()).or_default();
        let Some(told) = matching.get(*turn).or(matching.last()) else {
            let scripted: String = self.stores.iter().map(|(ask, _)| format!("\n  {ask}")).collect();
            panic!("the phase asked `{shown}`, for which no store is scripted; scripted:{scripted}");
        };
        *turn += 1;
        ((*told).clone(), call)
    }
}
