//! What a script answers to a load: its summary, after as long as the plan says or until it is stopped.

use super::world::{World, with};
use crate::load::{
    End, Executor, Failures, Incarnation, Iterations, Load, Outage, Progress, Route, Status, Summary, ThresholdResult,
};
use crate::{Cause, Millis};

/// How a load ends in a script.
#[derive(Clone, Debug)]
pub struct LoadEnds {
    outcome: Result<Summary, Cause>,
}

/// A load that goes on.
#[derive(Clone, Debug)]
pub(crate) struct Going {
    summary: Summary,
    elapsed: f64,
    planned: f64,
}

/// It makes so many exchanges, all of them good.
pub fn loads(exchanges: u32) -> LoadEnds {
    let iterations = Iterations { started: exchanges, ended: exchanges, ..Iterations::default() };
    let route = Route {
        route: "scripted".to_owned(),
        exchanges,
        failures: Failures::default(),
        deliberate: 0,
        sent_bytes: 0.0,
        received_bytes: 0.0,
        latency: None,
        service: None,
    };
    let incarnation = Incarnation { from_ms: 0.0, to_ms: 0.0, iterations, exchanges, under_way: 0, cut_off: false };
    let summary = Summary {
        end: End::Completed,
        exercised: exchanges > 0,
        interrupted: false,
        elapsed_ms: 0.0,
        planned_ms: 0.0,
        iterations,
        latest_ms: 0.0,
        incarnations: vec![incarnation],
        routes: if exchanges > 0 { vec![route] } else { Vec::new() },
        thresholds: Vec::new(),
        outages: Vec::new(),
        outage_count: 0,
        longest_outage_ms: 0.0,
        checks: Vec::new(),
        own_count: 0,
        leak_count: 0,
        leaks: Vec::new(),
        shared: Vec::new(),
        disturbed: None,
        users: 1,
        users_at_once: 1,
        users_lost: 0,
        first_loss: None,
        windows_lost: 0,
        windows: Vec::new(),
    };
    LoadEnds { outcome: Ok(summary) }
}

/// It can't be started, or asked about.
pub fn refused_load(cause: Cause) -> LoadEnds {
    LoadEnds { outcome: Err(cause) }
}

impl LoadEnds {
    /// Changes the summary.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Summary)) -> Self {
        if let Ok(summary) = &mut self.outcome {
            change(summary);
        }
        self
    }

    /// So many exchanges fail by their status.
    #[must_use]
    pub fn failing(self, failed: u32) -> Self {
        self.with(|summary| {
            summary.iterations.failed = failed;
            summary.routes.iter_mut().take(1).for_each(|route| route.failures.status = failed);
        })
    }

    /// There was an outage of that length.
    #[must_use]
    pub fn outage(self, from: Millis, length: Millis) -> Self {
        self.with(|summary| {
            summary.outages.push(Outage { from_ms: from.as_f64(), length_ms: length.as_f64(), over: true });
            summary.outage_count += 1;
            summary.longest_outage_ms = summary.longest_outage_ms.max(length.as_f64());
        })
    }
}

pub(crate) fn start_load(load: &Load) -> Result<u32, Cause> {
    with(|world| world.start_load(load))
}

pub(crate) fn poll_load(number: u32, wait: Millis) -> Result<Status, Cause> {
    with(|world| {
        world.calls.push(format!("poll load {number}"));
        let going = world.going.get_mut(&number).ok_or_else(|| unknown(number))?;
        let waited = wait.as_f64().min((going.planned - going.elapsed).max(0.0));
        going.elapsed += waited;
        world.elapsed += waited;
        if going.elapsed < going.planned {
            let (elapsed_ms, planned_ms) = (going.elapsed, going.planned);
            return Ok(Status::Running(Progress { elapsed_ms, planned_ms, ..Progress::default() }));
        }
        let (elapsed_ms, planned_ms) = (going.elapsed, going.planned);
        Ok(Status::Ended(Box::new(Summary { elapsed_ms, planned_ms, ..going.summary.clone() })))
    })
}

pub(crate) fn stop_load(number: u32) -> Result<Summary, Cause> {
    with(|world| {
        world.calls.push(format!("stop load {number}"));
        let going = world.going.remove(&number).ok_or_else(|| unknown(number))?;
        let end = match &going.summary.end {
            End::Completed if going.elapsed < going.planned => End::Stopped,
            end => end.clone(),
        };
        Ok(Summary { end, elapsed_ms: going.elapsed, planned_ms: going.planned, ..going.summary })
    })
}

fn unknown(number: u32) -> Cause {
    Cause::Failed(format!("load {number}: there is no such load"))
}

impl World {
    fn start_load(&mut self, load: &Load) -> Result<u32, Cause> {
        let shown = load.work_in_words();
        let number = self.next_call();
        self.calls.push(format!("load {shown}"));
        let matching: Vec<&LoadEnds> =
            self.loads.iter().filter(|(scripted, _)| *scripted == shown).map(|(_, ends)| ends).collect();
        let turn = self.asked.entry(format!("load {shown}")).or_default();
        let Some(ends) = matching.get(*turn).or(matching.last()) else {
            let scripted: String = self.loads.iter().map(|(work, _)| format!("\n  {work}")).collect();
            panic!("the phase put a load of `{shown}` on it, for which no end is scripted; scripted:{scripted}");
        };
        *turn += 1;
        let mut summary = ends.outcome.clone()?;
        // What was planned and not scripted holds.
        for threshold in &load.thresholds {
            let known = |result: &ThresholdResult| {
                result.metric == threshold.metric && result.expression == threshold.expression
            };
            if !summary.thresholds.iter().any(known) {
                let (metric, expression) = (threshold.metric.clone(), threshold.expression.clone());
                let holds = summary.exercised;
                summary.thresholds.push(ThresholdResult { metric, expression, observed: None, holds });
            }
        }
        let planned = match &load.executor {
            Executor::RampingVus { stages, .. } | Executor::RampingArrivalRate { stages, .. } => {
                stages.iter().map(|stage| stage.duration.as_f64()).sum()
            }
            Executor::ConstantVus { .. } | Executor::ConstantArrivalRate { .. } | Executor::PerVuIterations { .. } => {
                load.duration.as_f64()
            }
        };
        self.going.insert(number, Going { summary, elapsed: 0.0, planned });
        Ok(number)
    }
}
