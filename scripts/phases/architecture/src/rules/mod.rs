//! The rules, one a file: each with its part of the configuration, and each judging by nothing but `source`.

pub(crate) mod forbidden;
pub(crate) mod imports;
pub(crate) mod required;
pub(crate) mod size;
pub(crate) mod types;

use holdpoint::prelude::*;

use crate::findings::Offence;
use crate::resolve::Resolver;
use crate::source::{Language, Source};

/// A file while rules look at it.
pub(crate) struct File<'a> {
    pub(crate) path: &'a str,
    pub(crate) language: Language,
    /// The call that read it.
    pub(crate) seq: u32,
    pub(crate) source: &'a Source,
    pub(crate) resolver: &'a Resolver<'a>,
}

impl File<'_> {
    fn offence(&self, line: usize, what: String, weight: usize) -> Offence {
        Offence { place: format!("{}:{line}", self.path), what, weight, seq: self.seq }
    }
}

/// A rule sees every file once, and then says what it found.
pub(crate) trait Rule {
    /// Whether files of this path are its business.
    fn concerns(&self, path: &str, language: Language) -> bool;

    fn look(&mut self, file: &File<'_>);

    /// A file of its business could not be read.
    fn unseen(&mut self);

    /// States its checks.
    fn state(self: Box<Self>, cx: &Context);
}
