//! Which phases can start, which can't any more. Pure: it looks at what has happened and says what comes next.

use std::collections::BTreeMap;

use holdpoint_bundle::Verified;
use holdpoint_model::{
    Check, Event, EventKind, Level, PhaseEnd, PhaseFacts, PhaseId, RequirementId, Statement, Timestamp, Verdict, judge,
};
use holdpoint_report::PlannedPhase;

/// The phases of a run and how far each is.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    phases: BTreeMap<PhaseId, Phase>,
}

#[derive(Debug, Clone, Default)]
struct Phase {
    started: Option<Timestamp>,
    checks: Vec<Check>,
    end: Option<PhaseEnd>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Start(PhaseId),
    Skip(PhaseId, String),
}

/// The phases of a bundle as its report needs them.
pub(crate) fn planned(verified: &Verified) -> Vec<PlannedPhase> {
    let rows = |pairs: &[(RequirementId, RequirementId)]| pairs.iter().map(|(_, row)| row.clone()).collect();
    verified
        .phases
        .iter()
        .map(|phase| PlannedPhase {
            id: phase.id.clone(),
            requirements: rows(&phase.requirements),
            needs: phase.needs.clone(),
        })
        .collect()
}

impl Progress {
    /// Nothing has happened.
    pub(crate) fn new() -> Self {
        Self { phases: BTreeMap::new() }
    }

    /// Takes in what has happened.
    pub(crate) fn take(&mut self, event: &Event) {
        match &event.kind {
            EventKind::PhaseStarted { phase } => {
                self.phases.entry(phase.clone()).or_default().started.get_or_insert(event.at);
            }
            EventKind::Stated { phase, statement: Statement::Check(check), .. } => {
                self.phases.entry(phase.clone()).or_default().checks.push(check.clone());
            }
            EventKind::PhaseEnded { phase, end } => {
                self.phases.entry(phase.clone()).or_default().end = Some(end.clone());
            }
            _ => {}
        }
    }

    /// When a phase was started first.
    pub(crate) fn started(&self, phase: &PhaseId) -> Option<Timestamp> {
        self.phases.get(phase)?.started
    }

    /// How a phase ended.
    pub(crate) fn end(&self, phase: &PhaseId) -> Option<&PhaseEnd> {
        self.phases.get(phase)?.end.as_ref()
    }

    /// What can be done now, in the order of the bundle. `running` are the phases under way.
    pub(crate) fn next(&self, verified: &Verified, running: &[PhaseId]) -> Vec<Step> {
        let open = |id: &PhaseId| self.end(id).is_none() && !running.contains(id);
        verified
            .phases
            .iter()
            .filter(|phase| open(&phase.id))
            .filter_map(|phase| {
                let needs: Vec<Need> = phase.needs.iter().map(|id| self.need(verified, id)).collect();
                let unmet = needs.iter().find_map(|need| match need {
                    Need::Unmet(reason) => Some(reason.clone()),
                    _ => None,
                });
                match unmet {
                    Some(reason) => Some(Step::Skip(phase.id.clone(), reason)),
                    None if needs.iter().all(|need| *need == Need::Met) => Some(Step::Start(phase.id.clone())),
                    None => None,
                }
            })
            .collect()
    }

    /// Whether a phase is good enough for those that need it: it completed, and no required row of it is open or failed.
    fn need(&self, verified: &Verified, id: &PhaseId) -> Need {
        let Some(end) = self.end(id) else { return Need::Open };
        if *end != PhaseEnd::Completed {
            return Need::Unmet(format!("needs `{id}`, which was {}", end.word()));
        }
        let Some(phase) = verified.phases.iter().find(|phase| phase.id == *id) else { return Need::Met };
        let facts = PhaseFacts {
            id: id.clone(),
            requirements: phase.requirements.iter().map(|(_, row)| row.clone()).collect(),
            checks: self.phases.get(id).map(|phase| phase.checks.clone()).unwrap_or_default(),
            end: Some(end.clone()),
        };
        let rows = judge(&verified.checklist, std::slice::from_ref(&facts));
        let bad = rows.iter().find(|row| {
            row.level == Level::Required
                && facts.requirements.contains(&row.id)
                && matches!(row.verdict, Verdict::Fail | Verdict::Inconclusive)
        });
        match bad {
            Some(row) => Need::Unmet(format!("needs `{id}`, whose row {} is {}", row.id, row.verdict)),
            None => Need::Met,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Need {
    Met,
    Open,
    Unmet(String),
}
