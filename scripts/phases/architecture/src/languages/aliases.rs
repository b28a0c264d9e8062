//! The names under which a file imported something, so that `run` after `from subprocess import run` is `subprocess.run`.
//! They hold for the whole file, also where a local name hides one.

use std::collections::BTreeMap;

use crate::source::{Use, UseKind};

/// From the local name to the whole one.
#[derive(Debug, Default)]
pub(super) struct Aliases(BTreeMap<String, String>);

impl Aliases {
    pub(super) fn add(&mut self, local: impl Into<String>, whole: impl Into<String>) {
        let (local, whole) = (local.into(), whole.into());
        if local != whole {
            self.0.insert(local, whole);
        }
    }

    /// Gives calls and members their whole names. A plain name that stands for a member of a module is that member too.
    pub(super) fn expand(&self, uses: &mut Vec<Use>) {
        let mut more = Vec::new();
        for one in uses.iter_mut() {
            match one.kind {
                UseKind::Call | UseKind::Member | UseKind::Macro => {
                    if let Some(whole) = self.whole(&one.name) {
                        one.name = whole;
                    }
                }
                UseKind::Identifier => {
                    if let Some(name) = self.0.get(&one.name).filter(|whole| whole.contains(['.', ':'])) {
                        more.push(Use {
                            line: one.line,
                            kind: UseKind::Member,
                            name: name.clone(),
                            in_test: one.in_test,
                        });
                    }
                }
                UseKind::Text => {}
            }
        }
        uses.extend(more);
    }

    fn whole(&self, name: &str) -> Option<String> {
        let end = name.find(['.', ':']).unwrap_or(name.len());
        let (first, rest) = name.split_at(end);
        self.0.get(first).map(|whole| format!("{whole}{rest}"))
    }
}
