//! What a layer must not import. Layers are patterns of paths; every import is resolved to a path first.

use std::collections::BTreeMap;

use holdpoint::prelude::*;

use super::{File, Rule};
use crate::exceptions::Exceptions;
use crate::findings::Findings;
use crate::globs::Globs;
use crate::resolve::Target;
use crate::source::Language;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportRule {
    layer: String,
    must_not_import: Vec<String>,
    /// Files are those that import, names the paths that are imported.
    #[serde(default)]
    pub(crate) exceptions: Exceptions,
}

impl ImportRule {
    pub(crate) fn validate(&self, layers: &BTreeMap<String, Globs>) -> Result<(), String> {
        let known = |layer: &String| layers.contains_key(layer);
        if let Some(layer) = [&self.layer].into_iter().chain(&self.must_not_import).find(|layer| !known(layer)) {
            let names = layers.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(format!("there is no layer `{layer}`; config.layers has: {names}"));
        }
        if self.must_not_import.is_empty() {
            return Err("must_not_import is empty, so nothing is forbidden".to_owned());
        }
        if self.must_not_import.contains(&self.layer) {
            return Err(format!("layer `{}` must not import itself, which nothing could keep", self.layer));
        }
        Ok(())
    }

    pub(crate) fn names(&self, layer: &String) -> bool {
        self.layer == *layer || self.must_not_import.contains(layer)
    }

    pub(crate) fn name(&self) -> String {
        format!("layer {} does not import {}", self.layer, self.must_not_import.join(", "))
    }
}

pub(crate) struct ForbiddenImports<'c> {
    rule: &'c ImportRule,
    layer: Option<&'c Globs>,
    forbidden: Vec<(&'c str, &'c Globs)>,
    findings: Findings,
    files: usize,
    imports: usize,
    unknown: Findings,
    /// Whether each forbidden layer has a file; a layer without one can't be imported, and its patterns may be wrong.
    met: Vec<bool>,
}

impl<'c> ForbiddenImports<'c> {
    pub(crate) fn new(rule: &'c ImportRule, layers: &'c BTreeMap<String, Globs>) -> Self {
        let named = rule.must_not_import.iter();
        let forbidden: Vec<_> = named.filter_map(|name| Some((name.as_str(), layers.get(name)?))).collect();
        let met = vec![false; forbidden.len()];
        let (findings, unknown) = (Findings::default(), Findings::default());
        Self { rule, layer: layers.get(&rule.layer), forbidden, findings, files: 0, imports: 0, unknown, met }
    }

    fn is_layer(&self, path: &str) -> bool {
        self.layer.is_some_and(|layer| layer.covers(path))
    }

    fn judge(&mut self, file: &File<'_>, line: usize, targets: &[String]) {
        let hit = |(name, globs): &(&'c str, &'c Globs)| {
            targets.iter().find(|target| globs.covers(target)).map(|target| (*name, target))
        };
        let Some((layer, target)) = self.forbidden.iter().find_map(hit) else { return };
        if self.rule.exceptions.excuse(file.path, target) {
            self.findings.excused += 1;
        } else {
            self.findings.add(file.offence(line, format!("imports {target} of layer {layer}"), 0));
        }
    }
}

impl Rule for ForbiddenImports<'_> {
    fn concerns(&self, path: &str, _: Language) -> bool {
        self.is_layer(path) || self.forbidden.iter().any(|(_, globs)| globs.covers(path))
    }

    fn look(&mut self, file: &File<'_>) {
        for ((_, globs), met) in self.forbidden.iter().zip(&mut self.met) {
            *met |= globs.covers(file.path);
        }
        if !self.is_layer(file.path) {
            return;
        }
        self.files += 1;
        for import in &file.source.imports {
            match file.resolver.resolve(file.path, &import.module) {
                Target::Inside(targets) => {
                    self.imports += 1;
                    self.judge(file, import.line, &targets);
                }
                Target::Outside => {}
                Target::Unknown(why) => self.unknown.add(file.offence(import.line, why, 0)),
            }
        }
    }

    fn unseen(&mut self) {
        self.findings.unseen += 1;
    }

    fn state(self: Box<Self>, cx: &Context) {
        let Self { rule, forbidden, mut findings, files, imports, unknown, met, .. } = *self;
        let check = cx.check(["P1.1"], rule.name());
        let wanted = format!("no import of {} in {}", rule.must_not_import.join(", "), rule.layer);
        let seen = format!("none among {imports} imports within the tree, {files} files");
        let empty = forbidden.iter().zip(met).find(|(_, met)| !met).map(|((name, _), _)| *name);
        if findings.is_clean() && !unknown.is_clean() {
            return unknown.leave_open(check, &wanted, &seen);
        }
        if let Some(layer) = empty.filter(|_| findings.is_clean()) {
            let text = format!("{seen}; no file is in layer {layer}, so nothing could be found");
            return check.expecting(expected(wanted)).inconclusive(observed(text), ());
        }
        findings.met = files;
        findings.state(check, &wanted, &seen);
    }
}
