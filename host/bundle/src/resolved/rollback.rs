//! What of a bundle is its rollback.

use std::collections::BTreeSet;

use holdpoint_model::{Checklist, PhaseId, RequirementId};

use crate::authored::Authored;
pub use crate::authored::rollback::RollbackMode;
use crate::diagnostic::Problems;

/// How what a run has deployed is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollback {
    /// The phase that takes back.
    pub phase: PhaseId,
    /// That phase and those that need it: they run only in a rollback.
    pub phases: BTreeSet<PhaseId>,
    /// The phases whose effects it takes back.
    pub undoes: Vec<PhaseId>,
    /// The rows that call for it when they fail.
    pub when: Vec<RequirementId>,
    /// How it begins once something calls for it.
    pub mode: RollbackMode,
}

pub(crate) fn resolve(
    authored: &Authored,
    checklist: Option<&Checklist>,
    problems: &mut Problems<'_>,
) -> Option<Rollback> {
    let written = authored.rollback.as_ref()?;
    let ids = || authored.phases.iter().map(|phase| &phase.id.value);
    let mut named = |name: &crate::reading::Located<String>| {
        let found = ids().find(|id| id.as_str() == name.value).cloned();
        if found.is_none() {
            let near = problems.nearest(&name.value, ids().map(PhaseId::as_str));
            problems.at(name.at, format!("the bundle has no phase `{}`{near}", name.value));
        }
        found
    };
    let phase = named(&written.phase);
    let undoes: Vec<PhaseId> = written.undoes.iter().filter_map(&mut named).collect();
    let phase = phase?;
    let phases = with_those_that_need(authored, &phase);
    for undone in written.undoes.iter().filter(|undone| phases.iter().any(|id| id.as_str() == undone.value)) {
        problems
            .at(undone.at, format!("phase `{}` is part of the rollback, which can't take itself back", undone.value));
    }
    for part in authored.phases.iter().filter(|part| phases.contains(&part.id.value)) {
        if let Some(need) = part.needs.iter().find(|need| phases.iter().all(|id| id.as_str() != need.value)) {
            let message = format!(
                "phase `{}` is part of the rollback, which begins when something has failed: it can't need `{}`",
                part.id.value, need.value
            );
            problems.at(need.at, message);
        }
    }
    for part in authored.phases.iter().filter(|part| phases.contains(&part.id.value) && part.approval.is_some()) {
        let message = format!(
            "phase `{}` is part of the rollback, whose approval is asked for with mode = \"ask\" in [rollback]",
            part.id.value
        );
        problems.at(part.id.at, message);
    }
    for part in authored.phases.iter().filter(|part| phases.contains(&part.id.value) && part.schedule.is_some()) {
        let message = format!("phase `{}` is part of the rollback, which waits for no time of day", part.id.value);
        problems.at(part.id.at, message);
    }
    for row in &written.when {
        if checklist.is_some_and(|checklist| checklist.row(&row.value).is_none()) {
            problems.at(row.at, format!("requirement `{}` is not a row of the checklist", row.value));
        }
    }
    let when = written.when.iter().map(|row| row.value.clone()).collect();
    Some(Rollback { phase, phases, undoes, when, mode: written.mode })
}

impl Rollback {
    /// Whether something that calls for it is heeded, by itself or by asking.
    pub fn can_be_called_for(&self) -> bool {
        self.mode != RollbackMode::Never
    }
}

fn with_those_that_need(authored: &Authored, phase: &PhaseId) -> BTreeSet<PhaseId> {
    let mut phases = BTreeSet::from([phase.clone()]);
    loop {
        let more: Vec<PhaseId> = authored
            .phases
            .iter()
            .filter(|other| !phases.contains(&other.id.value))
            .filter(|other| other.needs.iter().any(|need| phases.iter().any(|id| id.as_str() == need.value)))
            .map(|other| other.id.value.clone())
            .collect();
        if more.is_empty() {
            return phases;
        }
        phases.extend(more);
    }
}
