//! The files of the tree: found once by their names, then read and parsed one at a time.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint::prelude::*;
use holdpoint::{Entry, Kind};

use crate::config::Config;
use crate::findings::{Findings, Offence};
use crate::source::{Language, Source};
use crate::{count, languages};

/// The most files that one run judges.
const MOST_FILES: usize = 8_000;

/// The longest file that is parsed, in bytes. A tree of syntax is many times its text, and has to fit into a phase's memory.
const LONGEST: f64 = 512.0 * 1024.0;

/// The files of a directory, by their paths below it.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// What the rules look at, in the order of paths.
    pub(crate) judged: Vec<SourceFile>,
    /// Every file that the patterns found, also what is excluded: it may be imported.
    known: BTreeSet<String>,
}

/// A file to judge.
#[derive(Debug)]
pub(crate) struct SourceFile {
    pub(crate) path: String,
    pub(crate) language: Language,
    size: f64,
}

impl Tree {
    /// Looks for the files. A listing that fails is a check of its own.
    pub(crate) fn find(cx: &Context, directory: &str, config: &Config) -> Result<Self> {
        let mut sizes = BTreeMap::new();
        for pattern in config.include() {
            match cx.files().glob(directory, pattern) {
                Ok(listing) => sizes.extend(listing.into_iter().filter_map(|entry| below(directory, &entry))),
                Err(error) => {
                    let check = cx.check(["P1.1"], format!("{pattern} can be listed"));
                    check.expecting(expected("the files to judge")).inconclusive(observed(&error), &error);
                }
            }
        }
        let tree = Self::of(sizes, |path| config.excludes(path));
        if tree.judged.is_empty() {
            return Err(Error::new(format!(
                "no file of Python, TypeScript or Rust in {directory} matches {}, and nothing judged is nothing passed; \
                 see config.include and config.exclude",
                config.include().join(", ")
            )));
        }
        if tree.judged.len() > MOST_FILES {
            let found = tree.judged.len();
            return Err(Error::new(format!(
                "{found} files match, of at most {MOST_FILES}; narrow config.include, or use several phases"
            )));
        }
        Ok(tree)
    }

    fn of(sizes: BTreeMap<String, f64>, excluded: impl Fn(&str) -> bool) -> Self {
        let judged = sizes.iter().filter(|(path, _)| !excluded(path)).filter_map(|(path, size)| {
            Some(SourceFile { path: path.clone(), language: Language::of(path)?, size: *size })
        });
        Self { judged: judged.collect(), known: sizes.into_keys().collect() }
    }

    /// Whether there is a file of this path.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.known.contains(path)
    }

    /// Whether there is a file below this path.
    pub(crate) fn has_below(&self, path: &str) -> bool {
        let start = format!("{path}/");
        self.known.range(start.clone()..).next().is_some_and(|found| found.starts_with(&start))
    }

    #[cfg(test)]
    pub(crate) fn made_of(paths: &[&str]) -> Self {
        Self::of(paths.iter().map(|path| ((*path).to_owned(), 1.0)).collect(), |_| false)
    }
}

fn below(directory: &str, entry: &Entry) -> Option<(String, f64)> {
    let path = entry.path.strip_prefix(directory)?.strip_prefix('/')?;
    (entry.kind == Kind::File).then(|| (path.to_owned(), entry.size))
}

/// How reading went.
#[derive(Debug, Default)]
pub(crate) struct Read {
    broken: Findings,
    unread: Findings,
    files: BTreeMap<Language, usize>,
    lines: usize,
    functions: usize,
    imports: usize,
}

impl Read {
    /// Reads and parses a file; gives back what is in it, and the call that read it.
    pub(crate) fn file(
        &mut self,
        cx: &Context,
        directory: &str,
        entry: &SourceFile,
        crates: &[&str],
    ) -> Option<(Source, u32)> {
        *self.files.entry(entry.language).or_default() += 1;
        let unread = |place: &str, what: String, seq| Offence { place: place.to_owned(), what, weight: 0, seq };
        if entry.size > LONGEST {
            let why = format!("has {} bytes, and files of at most {LONGEST} are read", entry.size);
            self.unread.add(unread(&entry.path, why, 0));
            return None;
        }
        let content = match cx.files().read(&format!("{directory}/{}", entry.path)) {
            Ok(content) => content,
            Err(error) => {
                self.unread.add(unread(&entry.path, format!("cannot be read: {error}"), error.seq()));
                return None;
            }
        };
        let text = match content.text() {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
            Err(error) => {
                let why = format!("is not UTF-8 from byte {}", error.valid_up_to());
                self.unread.add(unread(&entry.path, why, content.seq()));
                return None;
            }
        };
        match languages::read(&entry.path, entry.language, text, crates) {
            Ok(source) => {
                self.lines += source.lines;
                self.functions += source.functions.len();
                self.imports += source.imports.len();
                Some((source, content.seq()))
            }
            Err(error) => {
                let place = format!("{}:{}", entry.path, error.line);
                let what = format!("does not parse: {}", error.why.lines().next().unwrap_or_default());
                self.broken.add(Offence { place, what, weight: 0, seq: content.seq() });
                None
            }
        }
    }

    /// States what was read: files that do not parse fail, files that could not be read are inconclusive, each in a check.
    pub(crate) fn state(mut self, cx: &Context) {
        let files: usize = self.files.values().sum();
        let by_language: Vec<String> =
            self.files.iter().map(|(language, files)| format!("{files} {language:?}")).collect();
        let seen = format!("{files} files: {}", by_language.join(", "));
        for (number, name) in [(files, "files"), (self.functions, "functions"), (self.imports, "imports")] {
            cx.measure(name, count(number), name);
        }
        cx.measure("lines", count(self.lines), "lines");
        self.unread.leave_open(cx.check(["P1.1"], "every file can be read"), "text of at most 512 KiB", &seen);
        self.broken.met = files;
        self.broken.state(cx.check(["P1.1"], "every file that was read parses"), "valid syntax", &seen);
    }
}
