//! What can be known about a module from its bytes: for whoever decides whether to let it in. Nothing is compiled and nothing is run.

use std::collections::BTreeSet;
use std::fmt;

use holdpoint_model::Digest;
use wasmparser::{KnownCustom, Parser, Payload};

use crate::module::{GRANTED, ModuleFacts, PHASE, POLICY, USER, contract_package, example, interface};

/// Names of tools that are kept.
const MAX_PRODUCERS: usize = 100;

/// A module with what it says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    pub facts: ModuleFacts,
    /// Bytes.
    pub size: usize,
    /// The languages and tools that it was made with, as its `producers` sections say. It may say anything.
    pub producers: Vec<Producer>,
}

/// A language or tool.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Producer {
    /// `language`, `processed-by` or `sdk`.
    pub field: String,
    pub name: String,
    pub version: String,
}

/// What an import means to whoever lets a module in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportKind {
    /// Of the contract, and nothing can be done with it without a grant.
    NeedsGrant,
    /// Of the contract, and it needs no grant.
    Free,
    /// Of WASI; what would reach outside is refused.
    Wasi,
    /// Nobody gives it.
    Unknown,
}

impl ImportKind {
    /// The kind of an import.
    pub fn of(import: &str) -> Self {
        match contract_package(import) {
            _ if import.starts_with("wasi:") => Self::Wasi,
            Some((package, _)) if GRANTED.contains(&package) => Self::NeedsGrant,
            Some((package, _)) if [PHASE.free, USER.free, POLICY.free].concat().contains(&package) => Self::Free,
            _ => Self::Unknown,
        }
    }

    /// The word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::NeedsGrant => "needs-grant",
            Self::Free => "free",
            Self::Wasi => "wasi",
            Self::Unknown => "unknown",
        }
    }
}

impl Inspection {
    /// Looks into the bytes of a module.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        Ok(Self { facts: ModuleFacts::read(bytes)?, size: bytes.len(), producers: producers(bytes) })
    }

    /// The imports of one kind.
    pub fn imports(&self, kind: ImportKind) -> impl Iterator<Item = &str> {
        self.facts.imports.iter().filter(move |import| self.kind(import) == kind).map(String::as_str)
    }

    /// What brings types alone needs no grant.
    fn kind(&self, import: &String) -> ImportKind {
        match ImportKind::of(import) {
            ImportKind::NeedsGrant if self.facts.types_alone.contains(import) => ImportKind::Free,
            kind => kind,
        }
    }

    /// The world that its exports speak of.
    pub fn world(&self) -> &'static str {
        let exports = |name: &str| self.facts.exports.iter().any(|export| export == name);
        if exports("run") {
            "phase"
        } else if exports("holdpoint:policy/judge@0.1.0") {
            "policy"
        } else if exports("iterate") {
            "virtual-user"
        } else {
            "unknown"
        }
    }

    /// What keeps it from being a phase, or what it seems to be, whatever a bundle grants: a reason, and perhaps what would change it.
    pub fn refusals(&self, name: &str) -> Vec<(String, Option<String>)> {
        let world = match self.world() {
            "virtual-user" => &USER,
            "policy" => &POLICY,
            _ => &PHASE,
        };
        self.facts.refusals(name, name, &GRANTED, world)
    }

    /// The lines for `[phase.grants]` of whoever uses it, one for each capability that it needs.
    pub fn grant_lines(&self) -> Vec<&'static str> {
        let needed: BTreeSet<&str> =
            self.imports(ImportKind::NeedsGrant).filter_map(contract_package).map(|(package, _)| package).collect();
        needed.into_iter().map(example).collect()
    }
}

fn producers(bytes: &[u8]) -> Vec<Producer> {
    let mut found = BTreeSet::new();
    for payload in Parser::new(0).parse_all(bytes).flatten() {
        let Payload::CustomSection(section) = payload else { continue };
        let KnownCustom::Producers(fields) = section.as_known() else { continue };
        for field in fields.into_iter().flatten() {
            for value in field.values.into_iter().flatten() {
                let text = |text: &str| text.chars().take(100).collect::<String>();
                let producer =
                    Producer { field: text(field.name), name: text(value.name), version: text(value.version) };
                if found.len() < MAX_PRODUCERS {
                    found.insert(producer);
                }
            }
        }
    }
    found.into_iter().collect()
}

/// What another version of a module may do more, and what less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleChange {
    /// Imports that were not there, and that need a grant or are known to nobody.
    pub widened: Vec<String>,
    /// Imports of that kind that are gone.
    pub narrowed: Vec<String>,
    /// Imports that came or went and give nothing, versions of the same interface, and exports: with `+` or `-` before each.
    pub other: Vec<String>,
    pub digests: (Digest, Digest),
    pub sizes: (usize, usize),
}

impl ModuleChange {
    /// Compares two versions.
    pub fn between(old: &Inspection, new: &Inspection) -> Self {
        let weighs = |kind: ImportKind| matches!(kind, ImportKind::NeedsGrant | ImportKind::Unknown);
        let only = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|one| !those.contains(one)).cloned().collect()
        };
        // Another version of an interface gives nothing that its grant did not give.
        let known =
            |imports: &[String], import: &String| imports.iter().any(|other| interface(other) == interface(import));
        let (before, after) = (&old.facts.imports, &new.facts.imports);
        let (added, removed) = (only(after, before), only(before, after));
        // What was only used for its types can be called now, or the other way round.
        let called = |now: &Inspection, before: &Inspection, import: &String| {
            before.facts.types_alone.contains(import) && !now.facts.types_alone.contains(import)
        };
        let gives = |now: &Inspection, before: &Inspection, import: &&String| {
            weighs(now.kind(import)) && (!known(&before.facts.imports, import) || called(now, before, import))
        };
        let widened: Vec<String> = after.iter().filter(|import| gives(new, old, import)).cloned().collect();
        let narrowed: Vec<String> = before.iter().filter(|import| gives(old, new, import)).cloned().collect();
        let signed = |sign: &str, names: Vec<String>, told: &[String]| -> Vec<String> {
            names.into_iter().filter(|name| !told.contains(name)).map(|name| format!("{sign} {name}")).collect()
        };
        let mut other = signed("+", added, &widened);
        other.extend(signed("-", removed, &narrowed));
        other.extend(signed("+ export", only(&new.facts.exports, &old.facts.exports), &[]));
        other.extend(signed("- export", only(&old.facts.exports, &new.facts.exports), &[]));
        Self { widened, narrowed, other, digests: (old.facts.digest, new.facts.digest), sizes: (old.size, new.size) }
    }
}

impl fmt::Display for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(imports: &[&str], exports: &[&str]) -> Inspection {
        let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let facts = ModuleFacts {
            digest: Digest::of(imports.concat().as_bytes()),
            imports: texts(imports),
            types_alone: vec![],
            exports: texts(exports),
        };
        Inspection { facts, size: 10, producers: vec![] }
    }

    #[test]
    fn imports_are_told_apart_by_what_they_give() {
        for (import, kind) in [
            ("holdpoint:http/http@0.1.0", ImportKind::NeedsGrant),
            ("holdpoint:report/report@0.1.0", ImportKind::Free),
            ("wasi:sockets/tcp@0.2.6", ImportKind::Wasi),
            ("holdpoint:queue/query@0.1.0", ImportKind::Unknown),
            ("acme:all/everything", ImportKind::Unknown),
        ] {
            assert_eq!(ImportKind::of(import), kind, "{import}");
        }
    }

    #[test]
    fn what_was_used_for_its_types_and_can_be_called_now_has_widened() {
        let mut before = module(&["holdpoint:http/http@0.1.0"], &["run"]);
        let after = before.clone();
        before.facts.types_alone = vec!["holdpoint:http/http@0.1.0".to_owned()];
        assert_eq!(before.imports(ImportKind::NeedsGrant).count(), 0);
        assert_eq!(ModuleChange::between(&before, &after).widened, ["holdpoint:http/http@0.1.0"]);
        assert_eq!(ModuleChange::between(&after, &before).narrowed, ["holdpoint:http/http@0.1.0"]);
        assert!(ModuleChange::between(&before, &before).widened.is_empty());
    }

    #[test]
    fn only_what_gives_more_has_widened() {
        let old = module(&["holdpoint:http/http@0.1.0", "holdpoint:files/files@0.1.0"], &["run"]);
        let new =
            module(&["holdpoint:http/http@0.2.0", "holdpoint:secrets/secrets@0.1.0", "wasi:io/poll@0.2.6"], &["run"]);
        let change = ModuleChange::between(&old, &new);
        assert_eq!(change.widened, ["holdpoint:secrets/secrets@0.1.0"]);
        assert_eq!(change.narrowed, ["holdpoint:files/files@0.1.0"]);
        assert_eq!(
            change.other,
            ["+ holdpoint:http/http@0.2.0", "+ wasi:io/poll@0.2.6", "- holdpoint:http/http@0.1.0"]
        );
        let nothing = ModuleChange::between(&old, &old);
        assert!(nothing.widened.is_empty() && nothing.narrowed.is_empty() && nothing.other.is_empty());
    }

    #[test]
    fn what_nobody_knows_widens() {
        let (old, new) = (module(&[], &["run"]), module(&["acme:steal/everything"], &["run"]));
        assert_eq!(ModuleChange::between(&old, &new).widened, ["acme:steal/everything"]);
    }

    #[test]
    fn the_world_follows_from_the_exports() {
        assert_eq!(module(&[], &["run"]).world(), "phase");
        assert_eq!(module(&[], &["holdpoint:policy/judge@0.1.0"]).world(), "policy");
        assert_eq!(module(&[], &[]).world(), "unknown");
    }
}
