//! What a phase asks of a store.

use std::marker::PhantomData;

use super::{DataError, Facts, Found, Lost, Rows};
use crate::{CallError, Context, Millis, host};

/// Which store, and how long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) store: String,
    pub(crate) timeout: Option<Millis>,
}

/// A store, for a phase.
#[derive(Clone, Debug)]
pub struct Data<'a> {
    target: Target,
    of: PhantomData<&'a Context>,
}

impl<'a> Data<'a> {
    pub(crate) fn new(_of: &'a Context, store: &str) -> Self {
        Self { target: Target { store: store.to_owned(), timeout: None }, of: PhantomData }
    }

    /// With another limit than 10 seconds, at most a minute.
    #[must_use]
    pub fn timeout(mut self, limit: Millis) -> Self {
        self.target.timeout = Some(limit);
        self
    }

    /// Connects, logs in, and asks how it is.
    pub fn look(&self) -> Result<Facts, DataError> {
        called(|| host::look(&self.target))
    }

    /// Runs a text of SQL that the grant has, as it stands there. Parameters are bound by the server; `None` is NULL.
    pub fn query(&self, sql: &str, parameters: &[Option<&str>]) -> Result<Rows, DataError> {
        called(|| host::query_store(&self.target, sql, parameters))
    }

    /// Reads an entry of a place that the grant has.
    pub fn get(&self, place: &str, key: &str) -> Result<Found, DataError> {
        called(|| host::get_entry(&self.target, place, key))
    }

    /// Writes an entry, and gives the number of the call as evidence.
    pub fn put(&self, place: &str, key: &str, value: &str) -> Result<Vec<u32>, DataError> {
        called(|| host::put_entry(&self.target, place, key, value)).map(|call| vec![call])
    }

    /// Removes an entry, and gives the number of the call as evidence.
    pub fn remove(&self, place: &str, key: &str) -> Result<Vec<u32>, DataError> {
        called(|| host::remove_entry(&self.target, place, key)).map(|call| vec![call])
    }
}

fn called<T>(call: impl FnOnce() -> Result<T, Lost>) -> Result<T, DataError> {
    let seq = host::calls();
    call().map_err(|lost| match lost {
        Lost::Call(cause) => DataError::Call(CallError::new(cause, seq)),
        Lost::Store(trouble) => DataError::Store(trouble),
    })
}
