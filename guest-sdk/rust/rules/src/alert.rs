//! One rule over time: from clear to pending to firing and back, by label set, at ticks that somebody else sets.
//!
//! Source of the transitions: `AlertingRule.Eval` of Prometheus 2.42 (`rules/alerting.go`), described in its documentation of alerting
//! rules. What is more than there: a tick without data says so, and that something has fired is never forgotten by firing no more.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::evaluate::MOST_INSTANCES;
use crate::{Error, Evidence, Holds, LOOKBACK, Labels, Missing, NoData, Reading, Rule, Span, Time};

/// Where an alert of one label set stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The condition is not met. Only this is good news.
    Clear,
    /// It is met, and not yet for long enough.
    Pending {
        /// Since this tick; later, where time without data does not count.
        since: Time,
    },
    /// It was met for long enough.
    Firing {
        /// Met since this tick.
        since: Time,
        /// The condition is no longer met, and it fires on for a while.
        kept: bool,
    },
    /// There is no data.
    Inconclusive(Missing),
    /// Nothing was asked: outside of the test, or within a disruption on purpose.
    NotAsked,
}

/// What a tick found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The name of the rule.
    pub rule: String,
    /// Whose alert it is.
    pub labels: Labels,
    /// Where it stands.
    pub status: Status,
    /// What it follows from, or why there is nothing.
    pub reading: Reading,
    /// How old the latest of the evidence is.
    pub age: Option<Span>,
    /// How often it has begun to fire so far.
    pub firings: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    #[default]
    Inactive,
    Pending,
    Firing,
}

/// What is remembered of one label set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) phase: Phase,
    pub(crate) since: Time,
    pub(crate) keeping_since: Option<Time>,
    pub(crate) firings: u32,
    /// At which tick there was last data; absent: never.
    pub(crate) last_data: Option<Time>,
}

/// The state of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alert {
    pub(crate) last: Option<Time>,
    /// How often any label set has begun to fire, also of those that are forgotten.
    pub(crate) firings: u32,
    pub(crate) instances: BTreeMap<Labels, Instance>,
}

/// What a tick is for one label set.
enum Outcome {
    Met,
    NotMet,
    Missing(Missing),
    NotAsked,
}

impl Alert {
    /// Evaluates a rule at a tick. Each label set that the evidence has, or had before and is not forgotten, is one finding; without any
    /// there is one that says so.
    ///
    /// # Errors
    /// If the tick is not later than the one before, or the rule can't be evaluated.
    pub fn tick(&mut self, rule: &Rule, evidence: &Evidence, tick: Time) -> Result<Vec<Finding>, Error> {
        rule.check()?;
        if let Some(last) = self.last.filter(|last| tick <= *last) {
            return Err(Error::NotLater { at: tick, last });
        }
        let before = self.last.replace(tick);
        let mut readings = rule.expression.read(evidence, tick);
        rule.count(&mut readings, evidence, tick);
        for labels in self.instances.keys() {
            readings.entry(labels.clone()).or_insert(Err(Missing::Series));
        }
        readings.retain(|labels, reading| {
            let known = self.instances.get(labels);
            reading.is_ok() || known.is_none_or(|instance| !instance.is_forgotten(rule, tick))
        });
        if readings.is_empty() {
            readings.insert(Labels::default(), Err(Missing::Series));
        }
        let asked = is_asked(rule, evidence, tick);
        let ticks = (before, tick);
        let findings = readings.into_iter().map(|(labels, reading)| self.find(rule, ticks, asked, labels, reading));
        let findings = findings.collect();
        Ok(findings)
    }

    /// How often any label set has begun to fire.
    pub fn firings(&self) -> u32 {
        self.firings
    }

    /// Where a label set stands at a tick, with the one before it.
    fn find(
        &mut self,
        rule: &Rule,
        (before, tick): (Option<Time>, Time),
        asked: bool,
        labels: Labels,
        reading: Reading,
    ) -> Finding {
        let age = reading.ok().map(|value| tick - value.newest);
        let reading = rule.admitted(reading, tick);
        let outcome = match reading {
            _ if !asked => Outcome::NotAsked,
            Err(Missing::Deliberate) => Outcome::NotAsked,
            Err(why) => Outcome::Missing(why),
            Ok(value) => match rule.condition.holds(value.bounds) {
                Holds::Yes => Outcome::Met,
                Holds::No => Outcome::NotMet,
                Holds::Unknown => Outcome::Missing(Missing::Undecided),
            },
        };
        if self.instances.len() >= MOST_INSTANCES {
            self.instances.retain(|_, instance| !instance.is_forgotten(rule, tick));
        }
        let room = self.instances.len() < MOST_INSTANCES;
        // A finding about no series at all is not one about a label set, so it leaves nothing to be asked for later.
        let is_about_one = reading.is_ok() || rule.expression.by.is_empty() || !labels.is_empty();
        let (status, firings) = if self.instances.contains_key(&labels) || (room && is_about_one) {
            let instance = self.instances.entry(labels.clone()).or_default();
            if rule.no_data == NoData::Holds {
                instance.leave_out(rule, before, tick, reading.is_ok());
            }
            if reading.is_ok() {
                instance.last_data = Some(tick);
            }
            let fired = instance.firings;
            let status = instance.step(rule, tick, outcome);
            self.firings = self.firings.saturating_add(instance.firings - fired);
            (status, instance.firings)
        } else {
            let why = if room { reading.err().unwrap_or(Missing::Series) } else { Missing::TooManyInstances };
            (if asked { Status::Inconclusive(why) } else { Status::NotAsked }, 0)
        };
        Finding { rule: rule.name.clone(), labels, status, reading, age, firings }
    }
}

/// Whether a rule is asked at a tick.
fn is_asked(rule: &Rule, evidence: &Evidence, tick: Time) -> bool {
    let Some(during) = &rule.during else { return true };
    let running = |series| evidence.latest(series, tick, LOOKBACK).is_some_and(|sample| sample.value > 0.0);
    evidence.select(during).any(running)
}

impl Instance {
    /// Whether it had data and has had none for so long that nobody waits for it. What is pending or fires is never forgotten, nor what never
    /// had data.
    fn is_forgotten(&self, rule: &Rule, tick: Time) -> bool {
        self.phase == Phase::Inactive && self.last_data.is_some_and(|last| tick - last > rule.forget)
    }

    fn step(&mut self, rule: &Rule, tick: Time, outcome: Outcome) -> Status {
        match outcome {
            Outcome::Met => self.met(rule, tick),
            Outcome::Missing(_) if rule.no_data == NoData::Counts => self.met(rule, tick),
            Outcome::Missing(_) if rule.no_data == NoData::Holds && self.phase != Phase::Inactive => {}
            _ => self.not_met(rule, tick),
        }
        match (self.phase, outcome) {
            (Phase::Pending, _) => Status::Pending { since: self.since },
            (Phase::Firing, _) => Status::Firing { since: self.since, kept: self.keeping_since.is_some() },
            (Phase::Inactive, Outcome::Missing(why)) => Status::Inconclusive(why),
            (Phase::Inactive, Outcome::NotAsked) => Status::NotAsked,
            (Phase::Inactive, _) => Status::Clear,
        }
    }

    /// Leaves the time since the tick before out of what is pending, unless there was data at both. What is there again after no data for as long as the
    /// hold begins anew: nobody knows what lasted.
    fn leave_out(&mut self, rule: &Rule, before: Option<Time>, tick: Time, has_data: bool) {
        let (Phase::Pending, Some(before), Some(last)) = (self.phase, before, self.last_data) else { return };
        if has_data && last == before {
            return;
        }
        self.since = if has_data && tick - last >= rule.hold { tick } else { self.since + (tick - before) };
    }

    fn met(&mut self, rule: &Rule, tick: Time) {
        self.keeping_since = None;
        if self.phase == Phase::Inactive {
            (self.phase, self.since) = (Phase::Pending, tick);
        }
        if self.phase == Phase::Pending && tick - self.since >= rule.hold {
            self.phase = Phase::Firing;
            self.firings = self.firings.saturating_add(1);
        }
    }

    fn not_met(&mut self, rule: &Rule, tick: Time) {
        let keeps = self.phase == Phase::Firing && rule.keep > Span::ZERO && {
            let since = *self.keeping_since.get_or_insert(tick);
            tick - since < rule.keep
        };
        if !keeps {
            (self.phase, self.keeping_since) = (Phase::Inactive, None);
        }
    }
}
