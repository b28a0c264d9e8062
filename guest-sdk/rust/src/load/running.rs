//! Loads that go on.

use std::marker::PhantomData;
use std::ops::Deref;

use super::live::{Live, STEP};
use super::{Load, Summary, Window};
use crate::{CallError, Cause, Context, Evidence, Millis, host};

/// What one poll finds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Status {
    Running(Progress),
    Ended(Box<Summary>),
}

/// How far a load is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Milliseconds of the plan.
    pub elapsed_ms: f64,
    /// Milliseconds that are planned.
    pub planned_ms: f64,
    /// What of the plan goes on.
    pub stage: CurrentStage,
    /// Users that are doing something.
    pub users: u32,
    /// Exchanges so far.
    pub exchanges: u32,
    /// Those that failed.
    pub failed: u32,
    /// Leaks so far.
    pub leaks: u32,
    /// How often users were shown their own canaries so far.
    pub own_count: u32,
    /// What was not told before.
    pub windows: Vec<Window>,
}

/// What of a plan goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurrentStage {
    /// Counted from 1. A plan without stages is one.
    pub number: u32,
    /// How many there are.
    pub count: u32,
    /// Milliseconds of this stage alone.
    pub remaining_ms: f64,
}

impl Default for CurrentStage {
    fn default() -> Self {
        Self { number: 1, count: 1, remaining_ms: 0.0 }
    }
}

/// Loads of a phase.
#[derive(Clone, Copy, Debug)]
pub struct Loads<'a> {
    of: PhantomData<&'a Context>,
}

/// A load that was started. It goes on by itself, and ends with the phase.
#[derive(Debug, PartialEq, Eq)]
pub struct Running {
    load: u32,
}

/// What a poll has found.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It goes on.
    Running(Progress),
    /// It has ended.
    Ended(Box<Stopped>),
}

/// The summary of a load that has ended, and the calls that show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stopped {
    summary: Summary,
    calls: Vec<u32>,
}

impl Deref for Stopped {
    type Target = Summary;

    fn deref(&self) -> &Summary {
        &self.summary
    }
}

impl Evidence for Stopped {
    fn calls(&self) -> Vec<u32> {
        self.calls.clone()
    }
}

impl<'a> Loads<'a> {
    pub(crate) fn new(_of: &'a Context) -> Self {
        Self { of: PhantomData }
    }

    /// Starts a load, which goes on while the phase does other things.
    pub fn start(&self, load: &Load) -> Result<Running, CallError> {
        let call = host::calls();
        let load = host::start_load(load).map_err(|cause| CallError::new(cause, call))?;
        Ok(Running { load })
    }

    /// Starts a load, waits for its end, and tells who is watching how far it is.
    pub fn run(&self, load: &Load) -> Result<Stopped, CallError> {
        self.run_beside(load, STEP, || ())
    }

    /// The same, and between waits of this length something else is done, e.g. looked at what the load is put on.
    pub fn run_beside(&self, load: &Load, every: Millis, mut beside: impl FnMut()) -> Result<Stopped, CallError> {
        let (running, mut live) = (self.start(load)?, Live::default());
        loop {
            beside();
            match running.wait(every)? {
                Step::Running(progress) => {
                    let seconds = |ms: f64| Millis::from_f64(ms / 1_000.0).0;
                    if let Some(line) = live.line(&progress) {
                        // Nothing depends on it.
                        let _ = host::progress(seconds(progress.elapsed_ms), seconds(progress.planned_ms), &line);
                    }
                }
                Step::Ended(stopped) => return Ok(*stopped),
            }
        }
    }
}

impl Running {
    /// Waits for its end, so long at most and at most 50 s.
    pub fn wait(&self, time: Millis) -> Result<Step, CallError> {
        let call = host::calls();
        match host::poll_load(self.load, Millis(time.0.min(50_000))) {
            Ok(Status::Running(progress)) => Ok(Step::Running(progress)),
            Ok(Status::Ended(summary)) => {
                Ok(Step::Ended(Box::new(Stopped { summary: *summary, calls: vec![self.load, call] })))
            }
            Err(cause) => Err(self.failed(cause, call)),
        }
    }

    /// Ends it: no more iterations start, and those under way get their time.
    pub fn stop(self) -> Result<Stopped, CallError> {
        let call = host::calls();
        let summary = host::stop_load(self.load).map_err(|cause| self.failed(cause, call))?;
        Ok(Stopped { summary, calls: vec![self.load, call] })
    }

    fn failed(&self, cause: Cause, call: u32) -> CallError {
        CallError { cause, calls: vec![self.load, call] }
    }
}
