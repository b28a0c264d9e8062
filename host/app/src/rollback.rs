//! When a run takes back what it has deployed. Pure: it looks at what has happened.

use std::fmt;

use holdpoint_bundle::{Rollback, RollbackMode, Verified};
use holdpoint_model::{PhaseEnd, PhaseFacts, PhaseId, PolicyId, RequirementId, Verdict, judge};

use crate::plan::{Progress, Step};

/// What a bundle's rollback means for what comes next.
pub(crate) enum Course {
    /// Every phase starts when it can.
    Open,
    /// The phases of the rollback wait.
    Waits(Rollback),
    /// These come first, and nothing beside them.
    First(Vec<Step>),
}

impl Course {
    pub(crate) fn of(verified: &Verified, progress: &Progress, running: &[PhaseId]) -> Self {
        // Whoever asks for phases by name gets those.
        let Some(rollback) = verified.rollback.as_ref().filter(|_| verified.only.is_none()) else { return Self::Open };
        let others = || verified.phases.iter().map(|phase| &phase.id).filter(|id| !rollback.phases.contains(id));
        let mut open = others().filter(|id| progress.end(id).is_none()).peekable();
        match called_for(verified, rollback, progress) {
            Some(cause) if open.peek().is_some() => {
                let why = match rollback.mode {
                    RollbackMode::Auto => format!("rolled back: {cause}"),
                    RollbackMode::Ask { .. } | RollbackMode::Never => {
                        format!("a rollback was called for by {}", cause.noun())
                    }
                };
                Self::First(
                    open.map(|id| match running.contains(id) {
                        true => Step::Stop(id.clone(), why.clone()),
                        false => Step::Skip(id.clone(), why.clone()),
                    })
                    .collect(),
                )
            }
            Some(_) => Self::Open,
            None if open.peek().is_some() => Self::Waits(rollback.clone()),
            None => {
                let why =
                    if rollback.can_be_called_for() { "nothing called for it" } else { "it never runs by itself" };
                let left = rollback.phases.iter().filter(|id| progress.end(id).is_none());
                Self::First(left.map(|id| Step::Skip(id.clone(), why.to_owned())).collect())
            }
        }
    }

    /// What comes next instead of everything else.
    pub(crate) fn instead(&self) -> Option<Vec<Step>> {
        match self {
            Self::First(steps) => Some(steps.clone()),
            Self::Open | Self::Waits(_) => None,
        }
    }

    /// Whether a phase may start now.
    pub(crate) fn lets(&self, phase: &PhaseId) -> bool {
        match self {
            Self::Open | Self::First(_) => true,
            Self::Waits(rollback) => !rollback.phases.contains(phase),
        }
    }
}

/// Why a run is to be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A phase that is to be undone broke off, in this word.
    Broken(PhaseId, &'static str),
    Failed(RequirementId),
    /// A rule of a policy fires for a row.
    Fired(RequirementId, PolicyId, String),
}

/// As a sentence.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(phase, word) => write!(f, "phase `{phase}` was {word}"),
            Self::Failed(row) => write!(f, "row {row} failed"),
            Self::Fired(row, policy, rule) => write!(f, "{row}: `{rule}` of policy `{policy}` fires"),
        }
    }
}

impl Cause {
    /// As what has called for it.
    pub(crate) fn noun(&self) -> String {
        match self {
            Self::Broken(phase, word) => format!("phase `{phase}`, which was {word}"),
            Self::Failed(row) => format!("row {row}, which failed"),
            Self::Fired(row, policy, rule) => format!("`{rule}` of policy `{policy}`, which fires for row {row}"),
        }
    }
}

/// Why the run is to be taken back: a phase that is to be undone has changed something, and it broke off, a row failed, or a policy's rule
/// fires for one.
pub(crate) fn called_for(verified: &Verified, rollback: &Rollback, progress: &Progress) -> Option<Cause> {
    if !rollback.can_be_called_for() || !rollback.undoes.iter().any(|undone| progress.has_acted(undone)) {
        return None;
    }
    let broken = rollback.undoes.iter().find_map(|undone| {
        let end = progress.end(undone)?;
        let broke = !matches!(end, PhaseEnd::Completed | PhaseEnd::Skipped(_));
        broke.then(|| Cause::Broken(undone.clone(), end.word()))
    });
    broken
        .or_else(|| {
            let ended = verified.phases.iter().filter(|phase| !rollback.phases.contains(&phase.id));
            let facts: Vec<PhaseFacts> =
                ended.filter_map(|phase| Some(progress.facts(phase, progress.end(&phase.id)?))).collect();
            let rows = judge(&verified.checklist, &facts, &progress.policy_facts(verified));
            let failed = rows.iter().find(|row| row.verdict == Verdict::Fail && rollback.when.contains(&row.id))?;
            Some(Cause::Failed(failed.id.clone()))
        })
        .or_else(|| {
            let fired = |row: &RequirementId| Some((row.clone(), progress.fired(row)?));
            let (row, (policy, rule)) = rollback.when.iter().find_map(fired)?;
            Some(Cause::Fired(row, policy.clone(), rule.to_owned()))
        })
}
