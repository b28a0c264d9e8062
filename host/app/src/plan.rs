//! Which phases can start, which can't any more. Pure: it looks at what has happened and says what comes next.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use holdpoint_bundle::{Verified, VerifiedPhase, is_disruptive};
use holdpoint_model::{
    Approval, Check, Class, Event, EventKind, Level, Origin, OutcomeKind, PhaseEnd, PhaseFacts, PhaseId, PolicyFacts,
    PolicyId, RequirementId, RunId, ScheduledStart, Seq, Statement, Timestamp, Verdict, judge, policy::Standing,
};
use holdpoint_report::{PlannedPhase, PlannedPolicy};

use crate::{gcloud, rollback};

/// The phases of a run and how far each is.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    phases: BTreeMap<PhaseId, Phase>,
    policies: BTreeMap<PolicyId, Standing>,
    /// The last tick.
    tick: Option<Tick>,
    /// How many stages have ended.
    over: usize,
    /// The last stage that may go on.
    entered: usize,
    /// A phase has ended after the last tick.
    unjudged: bool,
    /// When the latest event was.
    latest: Timestamp,
    /// What the run is called, and when it began.
    run: Option<(RunId, Timestamp)>,
    /// What phases have waited for, or wait for, and what people said.
    approvals: BTreeMap<PhaseId, Approval>,
    /// The times that phases wait for, or have waited for.
    scheduled: BTreeMap<PhaseId, ScheduledStart>,
}

/// A tick that was taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tick {
    pub(crate) position: u64,
    pub(crate) at: Timestamp,
}

#[derive(Debug, Clone, Default)]
struct Phase {
    started: Option<Timestamp>,
    origin: Option<Origin>,
    checks: Vec<Check>,
    end: Option<PhaseEnd>,
    /// It has changed something, or may have.
    acted: bool,
    /// Effects whose answer is not known.
    sent: BTreeSet<Seq>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Start(PhaseId),
    Skip(PhaseId, String),
    /// It is under way and is to end, for good.
    Stop(PhaseId, String),
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
            stage: verified.place_of(&phase.stage),
            rollback: verified.rollback.as_ref().is_some_and(|rollback| rollback.phases.contains(&phase.id)),
        })
        .collect()
}

/// The policies of a bundle as its report needs them.
pub(crate) fn planned_policies(verified: &Verified) -> Vec<PlannedPolicy> {
    let rows = |pairs: &[(RequirementId, RequirementId)]| pairs.iter().map(|(_, row)| row.clone()).collect();
    let policies = verified.policies.iter();
    policies
        .map(|policy| PlannedPolicy {
            id: policy.id.clone(),
            requirements: rows(&policy.requirements),
            stage: verified.place_of(&policy.stage),
        })
        .collect()
}

impl Progress {
    /// Nothing has happened.
    pub(crate) fn new() -> Self {
        Self {
            phases: BTreeMap::new(),
            policies: BTreeMap::new(),
            tick: None,
            over: 0,
            entered: 0,
            unjudged: false,
            latest: Timestamp(0.0),
            run: None,
            approvals: BTreeMap::new(),
            scheduled: BTreeMap::new(),
        }
    }

    /// Takes in what has happened.
    pub(crate) fn take(&mut self, event: &Event) {
        if event.at > self.latest {
            self.latest = event.at;
        }
        match &event.kind {
            EventKind::RunStarted(header) => {
                self.run.get_or_insert_with(|| (header.run.clone(), event.at));
            }
            EventKind::PhaseScheduled(start) => {
                self.scheduled.insert(start.phase.clone(), start.clone());
            }
            EventKind::ApprovalAsked(ask) => {
                let approval = Approval { asked: event.at, ask: ask.clone(), answer: None };
                self.approvals.entry(ask.phase.clone()).or_insert(approval);
            }
            EventKind::ApprovalAnswered(answer) => {
                if let Some(approval) = self.approvals.get_mut(&answer.phase) {
                    approval.answer.get_or_insert_with(|| (event.at, answer.clone()));
                }
            }
            EventKind::PhaseStarted { phase } => {
                self.phases.entry(phase.clone()).or_default().started.get_or_insert(event.at);
            }
            EventKind::PhaseTakenOver { phase, origin } => {
                let phase = self.phases.entry(phase.clone()).or_default();
                phase.started.get_or_insert(event.at);
                phase.origin = Some(origin.clone());
            }
            EventKind::Stated { phase, statement: Statement::Check(check), .. } => {
                self.phases.entry(phase.clone()).or_default().checks.push(check.clone());
            }
            EventKind::Call(call) if call.class.is_some_and(Class::happens_once) => {
                let refused = matches!(call.outcome, Some(OutcomeKind::Denied | OutcomeKind::Exhausted))
                    || gcloud::changed_nothing(call);
                let phase = self.phases.entry(call.phase.clone()).or_default();
                match call.outcome {
                    None => drop(phase.sent.insert(call.seq)),
                    Some(_) => {
                        phase.sent.remove(&call.seq);
                        phase.acted |= !refused;
                    }
                }
            }
            EventKind::PhaseEnded { phase, end } => {
                self.phases.entry(phase.clone()).or_default().end = Some(end.clone());
                self.unjudged = true;
            }
            EventKind::Ticked { last } => {
                self.tick = Some(Tick { position: event.position, at: event.at });
                self.over += usize::from(*last);
                self.unjudged = false;
            }
            EventKind::Found(found) => self.policies.entry(found.policy.clone()).or_default().take(&found.judgement),
            _ => {}
        }
    }

    /// When the latest event was that it has taken in.
    pub(crate) fn latest(&self) -> Timestamp {
        self.latest
    }

    /// When a phase was started first.
    pub(crate) fn started(&self, phase: &PhaseId) -> Option<Timestamp> {
        self.phases.get(phase)?.started
    }

    /// The run that has the calls of a phase that was taken over.
    pub(crate) fn origin(&self, phase: &PhaseId) -> Option<&Origin> {
        self.phases.get(phase)?.origin.as_ref()
    }

    /// How a phase ended.
    pub(crate) fn end(&self, phase: &PhaseId) -> Option<&PhaseEnd> {
        self.phases.get(phase)?.end.as_ref()
    }

    /// What the run is called, and when it began; none before it has.
    pub(crate) fn run(&self) -> Option<&(RunId, Timestamp)> {
        self.run.as_ref()
    }

    /// What a phase has waited for, or waits for.
    pub(crate) fn approval(&self, phase: &PhaseId) -> Option<&Approval> {
        self.approvals.get(phase)
    }

    /// The time that a phase waits for, or has waited for.
    pub(crate) fn scheduled(&self, phase: &PhaseId) -> Option<&ScheduledStart> {
        self.scheduled.get(phase)
    }

    /// What can be done now, in the order of the bundle. `running` are the phases under way.
    pub(crate) fn next(&self, verified: &Verified, running: &[PhaseId]) -> Vec<Step> {
        let open = |id: &PhaseId| self.end(id).is_none() && !running.contains(id);
        let course = rollback::Course::of(verified, self, running);
        if let Some(steps) = course.instead() {
            return steps;
        }
        verified
            .phases
            .iter()
            .filter(|phase| open(&phase.id) && course.lets(&phase.id))
            .filter(|phase| is_of_rollback(verified, &phase.id) || verified.place_of(&phase.stage) <= self.entered)
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

    /// Why those that need a phase can't start; none if they can, or may be able to later.
    pub(crate) fn unmet(&self, verified: &Verified, id: &PhaseId) -> Option<String> {
        match self.need(verified, id) {
            Need::Unmet(reason) => Some(reason),
            Need::Met | Need::Open => None,
        }
    }

    /// Whether a phase is good enough for those that need it: it completed, and no required row of it is open or failed.
    fn need(&self, verified: &Verified, id: &PhaseId) -> Need {
        let Some(end) = self.end(id) else { return Need::Open };
        if *end != PhaseEnd::Completed {
            return Need::Unmet(format!("needs `{id}`, which was {}", end.word()));
        }
        let Some(phase) = verified.phases.iter().find(|phase| phase.id == *id) else { return Need::Met };
        if is_of_rollback(verified, id) {
            // What serves after a rollback is looked at all the more where that did not go as it should.
            return Need::Met;
        }
        let facts = self.facts(phase, end);
        let rows = judge(&verified.checklist, std::slice::from_ref(&facts), &[]);
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

/// What judging needs to know.
impl Progress {
    /// When the first phase was started.
    pub(crate) fn begun(&self) -> Option<Timestamp> {
        let started = self.phases.values().filter_map(|phase| phase.started);
        started.min_by(|a, b| a.0.total_cmp(&b.0))
    }

    /// The last tick.
    pub(crate) fn tick(&self) -> Option<Tick> {
        self.tick
    }

    /// Whether the next tick is due because of what has ended, and whether it is the last one of its stage: what is taken back afterwards is not
    /// judged by policies.
    pub(crate) fn tick_due(&self, verified: &Verified) -> Option<bool> {
        if self.is_over(verified) {
            return None;
        }
        let last = self.open(verified, self.over..=self.over).next().is_none();
        (self.unjudged || last).then_some(last)
    }

    /// Whether all stages have ended.
    pub(crate) fn is_over(&self, verified: &Verified) -> bool {
        self.over >= verified.stages.len()
    }

    /// The stage that is under way, or comes next.
    pub(crate) fn stage(&self) -> usize {
        self.over
    }

    /// The phases of some stages that have not ended.
    pub(crate) fn open<'v>(
        &'v self,
        verified: &'v Verified,
        stages: RangeInclusive<usize>,
    ) -> impl Iterator<Item = &'v VerifiedPhase> {
        // Whoever asks for phases by name has no rollback beside them.
        let judged = |id: &PhaseId| verified.only.is_some() || !is_of_rollback(verified, id);
        let of_stages = move |phase: &&VerifiedPhase| stages.contains(&verified.place_of(&phase.stage));
        verified.phases.iter().filter(of_stages).filter(move |phase| judged(&phase.id) && self.end(&phase.id).is_none())
    }

    /// The stage that is next, if the one before has ended and nothing of it has begun.
    pub(crate) fn between(&self, verified: &Verified) -> Option<usize> {
        let next = self.over;
        let waits = self.entered < next && !self.is_over(verified);
        // What another run found is no beginning; what waits for its time or for somebody's word is.
        let is_begun = |id: &PhaseId| {
            let waits = self.approval(id).is_some() || self.scheduled(id).is_some();
            waits || (self.started(id).is_some() && self.origin(id).is_none())
        };
        let begun = |phase: &VerifiedPhase| is_begun(&phase.id) && verified.place_of(&phase.stage) == next;
        (waits && !verified.phases.iter().any(begun)).then_some(next)
    }

    /// Lets phases start up to a stage.
    pub(crate) fn enter(&mut self, stage: usize) {
        self.entered = self.entered.max(stage);
    }

    /// What the policies have found so far.
    pub(crate) fn policy_facts(&self, verified: &Verified) -> Vec<PolicyFacts> {
        let facts =
            planned_policies(verified).into_iter().map(|PlannedPolicy { id, requirements, stage }| PolicyFacts {
                standing: self.policies.get(&id).cloned().unwrap_or_default(),
                id,
                requirements,
                over: stage < self.over,
            });
        facts.collect()
    }

    /// The policy and the rule of it that has fired for a row.
    pub(crate) fn fired(&self, row: &RequirementId) -> Option<(&PolicyId, &str)> {
        self.policies.iter().find_map(|(policy, standing)| Some((policy, standing.fired(row)?)))
    }
}

impl Progress {
    /// Whether a phase has changed something, or may have.
    pub(crate) fn has_acted(&self, phase: &PhaseId) -> bool {
        self.phases.get(phase).is_some_and(|phase| phase.acted || !phase.sent.is_empty())
    }

    /// What a phase that has ended is judged by.
    pub(crate) fn facts(&self, phase: &VerifiedPhase, end: &PhaseEnd) -> PhaseFacts {
        PhaseFacts {
            id: phase.id.clone(),
            requirements: phase.requirements.iter().map(|(_, row)| row.clone()).collect(),
            checks: self.phases.get(&phase.id).map(|phase| phase.checks.clone()).unwrap_or_default(),
            end: Some(end.clone()),
        }
    }
}

fn is_of_rollback(verified: &Verified, phase: &PhaseId) -> bool {
    verified.rollback.as_ref().is_some_and(|rollback| rollback.phases.contains(phase))
}

/// Whether a phase may run beside those that do: what disturbs an environment on purpose runs alone, so that nobody judges what it has disturbed. But for
/// phases that tolerate that: policies leave out what was seen meanwhile.
pub(crate) fn may_start(verified: &Verified, phase: &PhaseId, running: &[PhaseId]) -> bool {
    let disturbs = |id: &PhaseId| {
        let mut phases = verified.phases.iter();
        phases.any(|phase| phase.id == *id && is_disruptive(&phase.grants))
    };
    let tolerates = |id: &PhaseId| verified.phases.iter().any(|phase| phase.id == *id && phase.tolerates_disruption);
    let mut others = running.iter().filter(|id| !tolerates(id));
    match disturbs(phase) {
        true => others.next().is_none(),
        false => tolerates(phase) || !others.any(disturbs),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Need {
    Met,
    Open,
    Unmet(String),
}

#[cfg(test)]
pub(crate) mod tests;
