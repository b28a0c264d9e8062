//! What code must not do: calls, members, macros, names and texts, as the parser sees them. Comments are none of these.

use holdpoint::prelude::*;

use super::{File, Rule};
use crate::exceptions::Exceptions;
use crate::findings::Findings;
use crate::globs::{Globs, Names};
use crate::source::{Language, Use, UseKind};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forbidden {
    /// What holds where the rule is kept, as the name of its check.
    pub(crate) name: String,
    /// What to do instead, or why.
    why: String,
    /// The languages to judge; all if it is empty.
    #[serde(default)]
    languages: Vec<Language>,
    /// The files to judge; all if it is left out.
    files: Option<Globs>,
    #[serde(default)]
    calls: Names,
    #[serde(default)]
    members: Names,
    #[serde(default)]
    macros: Names,
    #[serde(default)]
    identifiers: Names,
    /// Pieces that no string literal may contain.
    #[serde(default)]
    strings: Vec<String>,
    /// Leaves out what Rust only compiles for tests; other languages keep their tests in files of their own.
    #[serde(default)]
    skip_tests: bool,
    /// Names are those of what is found; that of a string is its text.
    #[serde(default)]
    pub(crate) exceptions: Exceptions,
}

impl Forbidden {
    pub(crate) fn validate(&self) -> Result<(), String> {
        if self.name.trim().is_empty() || self.why.trim().is_empty() {
            return Err("name and why must say something".to_owned());
        }
        let names = [&self.calls, &self.members, &self.macros, &self.identifiers];
        if names.iter().all(|names| names.is_empty()) && self.strings.is_empty() {
            return Err("nothing is forbidden; list calls, members, macros, identifiers or strings".to_owned());
        }
        if self.strings.iter().any(String::is_empty) {
            return Err("every text contains the empty one; take it out of strings".to_owned());
        }
        Ok(())
    }

    fn forbids(&self, one: &Use) -> bool {
        if self.skip_tests && one.in_test {
            return false;
        }
        match one.kind {
            UseKind::Call => self.calls.covers(&one.name),
            UseKind::Member => self.members.covers(&one.name),
            UseKind::Macro => self.macros.covers(&one.name),
            UseKind::Identifier => self.identifiers.covers(&one.name),
            UseKind::Text => self.strings.iter().any(|piece| one.name.contains(piece.as_str())),
        }
    }
}

pub(crate) struct ForbiddenUse<'c> {
    rule: &'c Forbidden,
    findings: Findings,
}

impl<'c> ForbiddenUse<'c> {
    pub(crate) fn new(rule: &'c Forbidden) -> Self {
        Self { rule, findings: Findings::default() }
    }
}

impl Rule for ForbiddenUse<'_> {
    fn concerns(&self, path: &str, language: Language) -> bool {
        (self.rule.languages.is_empty() || self.rule.languages.contains(&language))
            && self.rule.files.as_ref().is_none_or(|files| files.covers(path))
    }

    fn look(&mut self, file: &File<'_>) {
        self.findings.met += 1;
        for one in file.source.uses.iter().filter(|one| self.rule.forbids(one)) {
            if self.rule.exceptions.excuse(file.path, &one.name) {
                self.findings.excused += 1;
            } else {
                self.findings.add(file.offence(one.line, shown(one), 0));
            }
        }
    }

    fn unseen(&mut self) {
        self.findings.unseen += 1;
    }

    fn state(self: Box<Self>, cx: &Context) {
        let seen = format!("none in {} files", self.findings.met);
        self.findings.state(cx.check(["P1.1"], self.rule.name.trim()), self.rule.why.trim(), &seen);
    }
}

fn shown(one: &Use) -> String {
    const LONGEST: usize = 80;
    match one.kind {
        UseKind::Call => format!("calls {}", one.name),
        UseKind::Member => format!("uses {}", one.name),
        UseKind::Macro => format!("has {}!", one.name),
        UseKind::Identifier => format!("names {}", one.name),
        UseKind::Text => {
            let short: String = one.name.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
            format!("has the text \"{short}\"")
        }
    }
}
