//! From the events of a run to its evidence.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_model::{
    CallEvent, Check, Event, EventKind, OutcomeKind, PhaseId, RunHeader, Seq, Statement, Timestamp,
    policy::{Facts, MOST_CHECKS, MOST_STRETCHES, OF_THE_HOST, SeenCheck, Stretch, StretchKind},
};

use crate::{
    answers::{self, Load, LoadAsked, Probe},
    bank::Bank,
    loads::Loads,
    samples::Merge,
};

/// The most effects whose request is remembered until they end. Far above what a run has under way at once.
const UNDER_WAY: usize = 10_000;
/// The most routes of one service that are told apart; the others are `other`.
const ROUTES: usize = 256;

/// More than is kept. What is judged without the rest would be judged wrongly, so nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the run has more than {most} {what}, which is more evidence than is kept")]
pub struct Beyond {
    pub what: &'static str,
    pub most: usize,
}

/// What the events of a run show.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// Phases that may disturb what is validated.
    disruptive: BTreeSet<PhaseId>,
    facts: Option<Facts>,
    checks: Vec<SeenCheck>,
    stretches: Vec<Stretch>,
    /// Disruptive phases under way.
    disturbing: BTreeMap<PhaseId, Timestamp>,
    bank: Bank,
    loads: Loads,
    /// Requests of effects whose answers come apart from them.
    asked: BTreeMap<(PhaseId, Seq), String>,
    routes: BTreeMap<(PhaseId, String), BTreeSet<String>>,
    /// The moment of the latest event that a host wrote while it looked.
    latest: Option<Timestamp>,
    /// There is a decision, and no host has gone on since.
    is_over: bool,
    beyond: Option<Beyond>,
}

impl Book {
    /// An empty book. While one of the named phases is under way, what is seen is no evidence.
    pub fn new(disruptive: impl IntoIterator<Item = PhaseId>) -> Self {
        Self { disruptive: disruptive.into_iter().collect(), ..Self::default() }
    }

    /// Takes the next event of the run, in their order.
    pub fn take(&mut self, event: &Event) {
        if let Err(beyond) = self.enter(event) {
            self.beyond.get_or_insert(beyond);
        }
        self.look(event);
    }

    /// Notes whether somebody looked when an event was written. On its way from one machine to another, and between a decision and whoever goes on,
    /// nobody observes anything; and people say their word also where no host is.
    fn look(&mut self, Event { at, kind, .. }: &Event) {
        let was_over = self.is_over;
        match kind {
            EventKind::RunResumed => self.is_over = false,
            EventKind::RunEnded { .. } => self.is_over = true,
            _ => {}
        }
        let is_said = matches!(
            kind,
            EventKind::RunHandedOver
                | EventKind::RunImported
                | EventKind::RowWaived(_)
                | EventKind::WaiverWithdrawn { .. }
                | EventKind::ApprovalAnswered(_)
                | EventKind::NoticeIntended(_)
                | EventKind::NoticeEnded(_)
        );
        let rests = was_over && self.is_over;
        if !(is_said || rests) {
            self.latest = Some(*at);
        }
    }

    /// What there is too much of to be judged.
    pub fn beyond(&self) -> Option<Beyond> {
        self.beyond
    }

    fn enter(&mut self, Event { at, kind, .. }: &Event) -> Result<(), Beyond> {
        match kind {
            EventKind::RunStarted(header) => {
                self.facts.get_or_insert_with(|| facts(header, *at));
                Ok(())
            }
            EventKind::RunResumed => {
                let from = self.latest.unwrap_or(*at);
                self.stretch(StretchKind::Unobserved, from, *at, "no host was there")
            }
            EventKind::PhaseStarted { phase } if self.disruptive.contains(phase) => {
                self.disturbing.entry(phase.clone()).or_insert(*at);
                Ok(())
            }
            EventKind::PhaseEnded { phase, .. } => {
                self.bank.end(&[("phase", phase.as_str())], at.0);
                match self.disturbing.remove(phase) {
                    Some(from) => self.stretch(StretchKind::Disrupted, from, *at, &why(phase)),
                    None => Ok(()),
                }
            }
            EventKind::Stated { phase, statement, .. } => self.stated(*at, phase, statement),
            EventKind::Call(call) => self.call(*at, call),
            EventKind::RunHandedOver
            | EventKind::RunImported
            | EventKind::PhaseStarted { .. }
            | EventKind::PhaseTakenOver { .. }
            | EventKind::Ticked { .. }
            | EventKind::Found(_)
            | EventKind::RunCancelled(_)
            | EventKind::RunEnded { .. }
            | EventKind::RowWaived(_)
            | EventKind::WaiverWithdrawn { .. }
            | EventKind::PhaseScheduled(_)
            | EventKind::ApprovalAsked(_)
            | EventKind::ApprovalAnswered(_)
            | EventKind::NoticeIntended(_)
            | EventKind::NoticeEnded(_) => Ok(()),
        }
    }

    fn stretch(&mut self, kind: StretchKind, from: Timestamp, to: Timestamp, why: &str) -> Result<(), Beyond> {
        if self.stretches.len() + self.disturbing.len() >= MOST_STRETCHES {
            return Err(Beyond { what: "stretches", most: MOST_STRETCHES });
        }
        // The first moment after it: what was measured when it ended is part of it.
        let to = Timestamp(to.0.floor() + 1.0);
        self.stretches.push(Stretch { kind, from: Timestamp(from.0.floor()), to, why: why.to_owned() });
        Ok(())
    }

    fn stated(&mut self, at: Timestamp, phase: &PhaseId, statement: &Statement) -> Result<(), Beyond> {
        match statement {
            Statement::Check(_) if self.checks.len() == MOST_CHECKS => {
                Err(Beyond { what: "checks", most: MOST_CHECKS })
            }
            Statement::Check(Check { requirements, name, verdict, expected, observed, .. }) => {
                self.checks.push(SeenCheck {
                    phase: phase.clone(),
                    requirements: requirements.clone(),
                    name: name.clone(),
                    verdict: *verdict,
                    expected: expected.clone(),
                    observed: observed.clone(),
                    at,
                });
                Ok(())
            }
            // A host for which the name was nobody's let a phase state it; by now policies take it for what the host has seen itself.
            Statement::Sample { name, .. } if OF_THE_HOST.contains(&name.as_str()) => Ok(()),
            Statement::Sample { name, labels, at, value } => {
                let mut labels: Vec<(String, String)> =
                    labels.iter().filter(|(name, _)| name != "phase").cloned().collect();
                labels.push(("phase".into(), phase.to_string()));
                let series = self.bank.series(name, labels)?;
                self.bank.add(series, (at.0, *value), Merge::Last)
            }
            Statement::Measure { .. } | Statement::Attach(_) | Statement::Progress { .. } | Statement::Log { .. } => {
                Ok(())
            }
        }
    }

    fn call(&mut self, at: Timestamp, call: &CallEvent) -> Result<(), Beyond> {
        if !matches!(call.capability.as_str(), "http" | "load") {
            return Ok(());
        }
        let Some(outcome) = call.outcome else {
            // What its answer belongs to would be lost, and a load that nobody knows shows nothing.
            if self.asked.len() == UNDER_WAY {
                return Err(Beyond { what: "effects under way", most: UNDER_WAY });
            }
            self.asked.insert((call.phase.clone(), call.seq), call.request.clone());
            return Ok(());
        };
        // The answer of an effect stands apart from its request.
        let before = self.asked.remove(&(call.phase.clone(), call.seq));
        let request = if call.request.is_empty() { before.unwrap_or_default() } else { call.request.clone() };
        let answer = call.answer.as_deref().unwrap_or_default();
        match call.capability.as_str() {
            "load" if outcome == OutcomeKind::Answered => self.load(at, call, &request, answer),
            "http" => self.probe(at, call, &request, (outcome, answer)),
            _ => Ok(()),
        }
    }

    fn load(&mut self, at: Timestamp, call: &CallEvent, request: &str, answer: &str) -> Result<(), Beyond> {
        match (answers::load(answer), answers::load_asked(request)) {
            (Some(Load::Started), Some(LoadAsked::Start { of_users })) => {
                self.loads.started((&call.phase, call.seq.0), at, of_users, &mut self.bank)
            }
            (Some(Load::Told(told)), Some(LoadAsked::About(load))) => {
                self.loads.told((&call.phase, load), at, &told, &mut self.bank)
            }
            _ => Ok(()),
        }
    }

    fn probe(
        &mut self,
        at: Timestamp,
        CallEvent { phase, .. }: &CallEvent,
        request: &str,
        (outcome, answer): (OutcomeKind, &str),
    ) -> Result<(), Beyond> {
        let (up, took) = match outcome {
            OutcomeKind::Answered => match answers::answered(answer) {
                Some((status, took)) => (status < 500, Some(took)),
                None => return Ok(()),
            },
            OutcomeKind::Timeout | OutcomeKind::Failed | OutcomeKind::InDoubt => (false, None),
            // Nobody was asked.
            OutcomeKind::Denied | OutcomeKind::Interrupted | OutcomeKind::Exhausted => return Ok(()),
        };
        let Some(Probe { service, route }) = answers::probe(request) else { return Ok(()) };
        let routes = self.routes.entry((phase.clone(), service.clone())).or_default();
        let route = if routes.contains(&route) || routes.len() < ROUTES { route } else { "other".to_owned() };
        routes.insert(route.clone());
        let labels = || {
            let phase = ("phase".to_owned(), phase.to_string());
            vec![phase, ("service".to_owned(), service.clone()), ("route".to_owned(), route.clone())]
        };
        let series = self.bank.series("up", labels())?;
        self.bank.add(series, (at.0, f64::from(u8::from(up))), Merge::Least)?;
        let Some(took) = took else { return Ok(()) };
        let series = self.bank.series("up_duration_ms", labels())?;
        self.bank.add(series, (at.0, took), Merge::Last)
    }
}

/// What is shown at a moment.
impl Book {
    pub(crate) fn facts(&self) -> Option<&Facts> {
        self.facts.as_ref()
    }

    pub(crate) fn checks(&self) -> &[SeenCheck] {
        &self.checks
    }

    pub(crate) fn bank(&self) -> &Bank {
        &self.bank
    }

    /// Also of those under way, up to the moment.
    pub(crate) fn stretches(&self, now: Timestamp) -> Vec<Stretch> {
        let under_way = self.disturbing.iter().map(|(phase, from)| Stretch {
            kind: StretchKind::Disrupted,
            from: *from,
            to: Timestamp(now.0.floor() + 1.0),
            why: why(phase),
        });
        let mut all: Vec<Stretch> = self.stretches.iter().cloned().chain(under_way).collect();
        all.sort_by(|a, b| a.from.0.total_cmp(&b.from.0).then(a.to.0.total_cmp(&b.to.0)));
        all
    }
}

fn why(phase: &PhaseId) -> String {
    format!("phase `{phase}` disturbs on purpose")
}

fn facts(header: &RunHeader, started: Timestamp) -> Facts {
    Facts {
        run: header.run.clone(),
        bundle: header.bundle.clone(),
        version: header.bundle_version.clone(),
        environment: header.environment.clone(),
        started,
        scale: header.scale.map_or(1.0, |scale| f64::from(scale.times())),
    }
}

#[cfg(test)]
mod tests;
