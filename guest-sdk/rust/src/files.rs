//! Files below the granted directories. There is no writing, and no way out of a directory.

use std::marker::PhantomData;
use std::ops::Deref;
use std::str::Utf8Error;

use crate::{CallError, Cause, Context, Evidence, host};

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A link, a device, a socket.
    Other,
}

/// An entry of a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The whole path, as `read` takes it.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Bytes; 0 for what is no file.
    pub size: f64,
}

/// Entries in the order of their paths.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    entries: Vec<Entry>,
    seq: u32,
}

impl Deref for Listing {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        &self.entries
    }
}

impl IntoIterator for Listing {
    type Item = Entry;
    type IntoIter = std::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl Evidence for Listing {
    fn calls(&self) -> Vec<u32> {
        vec![self.seq]
    }
}

/// The content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    bytes: Vec<u8>,
    seq: u32,
}

impl Content {
    /// The bytes, scrubbed of known secrets.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The content as text; an error says where it is not UTF-8.
    pub fn text(&self) -> Result<&str, Utf8Error> {
        std::str::from_utf8(&self.bytes)
    }

    /// The number of the call that read it, from 0.
    pub fn seq(&self) -> u32 {
        self.seq
    }
}

impl Evidence for Content {
    fn calls(&self) -> Vec<u32> {
        vec![self.seq]
    }
}

/// Files of a phase. A path begins with the name of a granted directory: `config/app/staging.yaml`.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    of: PhantomData<&'a Context>,
}

impl<'a> Files<'a> {
    pub(crate) fn new(_of: &'a Context) -> Self {
        Self { of: PhantomData }
    }

    /// Reads a file of at most 8 MiB.
    pub fn read(&self, path: &str) -> Result<Content, CallError> {
        let seq = host::calls();
        match host::read(path) {
            Ok(bytes) => Ok(Content { bytes, seq }),
            Err(cause) => Err(CallError::new(cause, seq)),
        }
    }

    /// What stands directly in a directory.
    pub fn list(&self, path: &str) -> Result<Listing, CallError> {
        self.listing(|| host::list(path))
    }

    /// The files below a directory whose path from there matches a pattern such as `**/*.yaml`.
    pub fn glob(&self, path: &str, pattern: &str) -> Result<Listing, CallError> {
        self.listing(|| host::glob(path, pattern))
    }

    /// Everything below a directory, parents before children.
    pub fn walk(&self, path: &str) -> Result<Listing, CallError> {
        self.listing(|| host::walk(path))
    }

    fn listing(&self, call: impl FnOnce() -> Result<Vec<Entry>, Cause>) -> Result<Listing, CallError> {
        let seq = host::calls();
        match call() {
            Ok(entries) => Ok(Listing { entries, seq }),
            Err(cause) => Err(CallError::new(cause, seq)),
        }
    }
}
