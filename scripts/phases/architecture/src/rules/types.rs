//! No type name is defined in two files of one language. The same name in two languages is the two ends of one contract.

use std::collections::BTreeMap;

use holdpoint::prelude::*;

use super::{File, Rule};
use crate::exceptions::Exceptions;
use crate::findings::{Findings, Offence};
use crate::globs::Globs;
use crate::source::Language;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Types {
    /// The languages to judge; all if it is empty.
    #[serde(default)]
    languages: Vec<Language>,
    /// Files whose types do not count, such as tests.
    exclude: Option<Globs>,
    /// Definitions that are excused do not count either.
    #[serde(default)]
    pub(crate) exceptions: Exceptions,
}

/// A definition: the file, and the line in it.
struct Place {
    file: usize,
    line: usize,
}

pub(crate) struct DuplicatedTypes<'c> {
    types: &'c Types,
    files: Vec<(String, u32)>,
    defined: BTreeMap<(Language, String), Vec<Place>>,
    met: usize,
    unseen: usize,
}

impl<'c> DuplicatedTypes<'c> {
    pub(crate) fn new(types: &'c Types) -> Self {
        Self { types, files: Vec::new(), defined: BTreeMap::new(), met: 0, unseen: 0 }
    }

    /// The offence of a name, if more than one file that is not excused defines it.
    fn offence(&self, name: &str, places: &[Place], excused: &mut usize) -> Option<Offence> {
        let differ = |places: &[&Place]| places.iter().any(|place| place.file != places[0].file);
        let all: Vec<&Place> = places.iter().collect();
        if !differ(&all) {
            return None;
        }
        let excuse = |place: &&Place| self.types.exceptions.excuse(&self.files[place.file].0, name);
        let left: Vec<&Place> = all.into_iter().filter(|place| !excuse(place)).collect();
        if left.is_empty() || !differ(&left) {
            *excused += 1;
            return None;
        }
        let shown = |place: &&Place| format!("{}:{}", self.files[place.file].0, place.line);
        const SHOWN: usize = 5;
        let mut others: Vec<String> = left.iter().skip(1).take(SHOWN).map(shown).collect();
        if left.len() > SHOWN + 1 {
            others.push(format!("{} more places", left.len() - SHOWN - 1));
        }
        let what = format!("defines {name}, and so does {}", others.join(", "));
        Some(Offence { place: shown(&left[0]), what, weight: left.len(), seq: self.files[left[0].file].1 })
    }
}

impl Rule for DuplicatedTypes<'_> {
    fn concerns(&self, path: &str, language: Language) -> bool {
        (self.types.languages.is_empty() || self.types.languages.contains(&language))
            && !self.types.exclude.as_ref().is_some_and(|exclude| exclude.covers(path))
    }

    fn look(&mut self, file: &File<'_>) {
        if file.source.types.is_empty() {
            return;
        }
        self.files.push((file.path.to_owned(), file.seq));
        for one in &file.source.types {
            self.met += 1;
            let place = Place { file: self.files.len() - 1, line: one.line };
            self.defined.entry((file.language, one.name.clone())).or_default().push(place);
        }
    }

    fn unseen(&mut self) {
        self.unseen += 1;
    }

    fn state(self: Box<Self>, cx: &Context) {
        let mut findings = Findings::default();
        (findings.met, findings.unseen) = (self.met, self.unseen);
        for ((_, name), places) in &self.defined {
            if let Some(offence) = self.offence(name, places, &mut findings.excused) {
                findings.add(offence);
            }
        }
        let seen = format!("none of {} types in {} files is defined twice", self.met, self.files.len());
        let check = cx.check(["P1.1"], "no type name is defined in two files");
        findings.state(check, "each name in one file of its language", &seen);
    }
}
