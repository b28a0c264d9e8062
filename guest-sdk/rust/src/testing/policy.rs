//! Native tests of a policy: evidence in short, evaluations at equal steps, and what must be found.

use std::cell::Cell;
use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::scene::{self, Scene, Told};
use crate::Result;
use crate::policy::{Context, Finding, SeenCheck, SeenStretch, StretchKind, Verdict, entry};
use crate::rules::{Series, Span, Time, alerts, promtool};

type Judge<'a> = dyn Fn(&str, Vec<u8>) -> Result<(Vec<Finding>, Vec<u8>), String> + 'a;

/// A policy with its evidence. Times count from 0, which is when the run was started.
#[must_use = "evidence shows nothing until it is judged"]
pub struct PolicyTest<'a> {
    judge: Box<Judge<'a>>,
    config: Value,
    goes_on: bool,
    scene: Scene,
}

/// What was found at each evaluation.
#[derive(Clone, Debug)]
pub struct Judged {
    ticks: Vec<(Time, Vec<Finding>)>,
    /// The error that ended it.
    error: Option<String>,
}

/// Begins a test of a policy: no evidence, and every row that tests name may be claimed.
pub fn policy<'a, C: DeserializeOwned>(judge: impl Fn(&mut Context, C) -> Result<()> + 'a) -> PolicyTest<'a> {
    PolicyTest {
        judge: Box::new(move |config, state| entry::evaluate(config, state, &judge)),
        config: json!({}),
        goes_on: false,
        scene: Scene {
            now: Time(0),
            is_last: false,
            requirements: None,
            checks: Vec::new(),
            stretches: Vec::new(),
            series: Vec::new(),
            most_samples: scene::MOST_SAMPLES,
            answered: Cell::new(0),
        },
    }
}

/// A length of time as people write it: `5m`, `90s`, `1h30m`.
///
/// # Panics
/// If it is none.
#[track_caller]
pub fn span(text: &str) -> Span {
    alerts::duration(text).unwrap_or_else(|mistake| panic!("`{text}`: {mistake}"))
}

impl PolicyTest<'_> {
    /// Sets the configuration.
    pub fn config(mut self, config: Value) -> Self {
        self.config = config;
        self
    }

    /// Lists the rows that the policy may claim; without it, all may be.
    pub fn requirements<I>(mut self, ids: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.scene.requirements = Some(ids.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a series as `promtool` writes it: `up{service="auth"}` with `1x4 0x2 _`, one value each `step`, from 0 on.
    ///
    /// # Panics
    /// If it is none.
    #[track_caller]
    pub fn series(self, name: &str, values: &str, step: &str) -> Self {
        self.series_from(name, values, step, "0s")
    }

    /// The same from a later moment on.
    ///
    /// # Panics
    /// As [`series`](Self::series).
    #[track_caller]
    pub fn series_from(self, name: &str, values: &str, step: &str, from: &str) -> Self {
        let made = promtool::series(name, values, Time(0) + span(from), span(step));
        self.known(made.unwrap_or_else(|mistake| panic!("series `{name}`: {mistake}")))
    }

    /// Adds samples that are told so long after their time: until then nobody knows of them. Others of the same series may be told in time.
    ///
    /// # Panics
    /// As [`series`](Self::series).
    #[track_caller]
    pub fn series_late(mut self, name: &str, values: &str, step: &str, late: &str) -> Self {
        self = self.series(name, values, step);
        if let Some(told) = self.scene.series.last_mut() {
            told.late = span(late);
        }
        self
    }

    /// Adds a series as it is.
    pub fn known(mut self, series: Series) -> Self {
        self.scene.series.push(Told { series, late: Span::ZERO });
        self
    }

    /// All answers of one evaluation have no more samples than this; without it, as many as the contract says.
    pub fn samples_at_most(mut self, samples: usize) -> Self {
        self.scene.most_samples = samples;
        self
    }

    /// Something is broken on purpose in this time.
    pub fn disrupted(self, from: &str, to: &str) -> Self {
        self.stretch(StretchKind::Disrupted, from, to)
    }

    /// Nobody watches in this time.
    pub fn unobserved(self, from: &str, to: &str) -> Self {
        self.stretch(StretchKind::Unobserved, from, to)
    }

    fn stretch(mut self, kind: StretchKind, from: &str, to: &str) -> Self {
        let (from, to) = (Time(0) + span(from), Time(0) + span(to));
        self.scene.stretches.push(SeenStretch { kind, from, to, why: "test".to_owned() });
        self.scene.stretches.sort_by_key(|stretch| stretch.from);
        self
    }

    /// A phase has stated a check at this time.
    pub fn check(self, at: &str, row: &str, verdict: Verdict) -> Self {
        self.seen(SeenCheck {
            phase: "test".to_owned(),
            requirements: vec![row.to_owned()],
            name: format!("a check of {row}"),
            verdict,
            expected: String::new(),
            observed: String::new(),
            at: Time(0) + span(at),
        })
    }

    /// The same with all that a phase says.
    pub fn seen(mut self, check: SeenCheck) -> Self {
        self.scene.checks.push(check);
        self.scene.checks.sort_by_key(|check| check.at);
        self
    }

    /// The run goes on after the last evaluation; without it, that one is the last of the run.
    pub fn goes_on(mut self) -> Self {
        self.goes_on = true;
        self
    }

    /// Judges each `step`, from 0 until `until`.
    pub fn judged_each(&self, step: &str, until: &str) -> Judged {
        let (step, until) = (span(step), Time(0) + span(until));
        let count = (until - Time(0)).0 / step.0.max(1);
        let mut times: Vec<Time> = (0..=count).map(|tick| Time(0) + step * tick).collect();
        if times.last() != Some(&until) {
            times.push(until);
        }
        self.judged_at(&times)
    }

    /// Judges at these moments.
    pub fn judged_at(&self, times: &[Time]) -> Judged {
        let (mut state, mut ticks) = (Vec::new(), Vec::new());
        for (tick, now) in times.iter().enumerate() {
            let is_last = !self.goes_on && tick + 1 == times.len();
            let scene = Scene { now: *now, is_last, ..self.scene.clone() };
            match scene::within(scene, || (self.judge)(&self.config.to_string(), state)) {
                Ok((found, kept)) => {
                    state = kept;
                    ticks.push((*now, found));
                }
                Err(error) => return Judged { ticks, error: Some(error) },
            }
        }
        Judged { ticks, error: None }
    }
}

impl Judged {
    /// The error that ended it.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Each evaluation with its findings.
    pub fn ticks(&self) -> &[(Time, Vec<Finding>)] {
        &self.ticks
    }

    /// What the last evaluation found.
    pub fn last(&self) -> &[Finding] {
        self.ticks.last().map_or(&[], |(_, found)| found)
    }

    /// A finding of the last evaluation.
    pub fn finding(&self, name: &str) -> Option<&Finding> {
        self.last().iter().find(|finding| finding.name == name)
    }

    /// A finding of the evaluation at a moment.
    pub fn at(&self, moment: &str, name: &str) -> Option<&Finding> {
        let at = Time(0) + alerts::duration(moment).ok()?;
        let (_, found) = self.ticks.iter().find(|(tick, _)| *tick == at)?;
        found.iter().find(|finding| finding.name == name)
    }

    /// How long after 0 a finding first fires.
    pub fn first_firing(&self, name: &str) -> Option<Span> {
        let fires = |found: &[Finding]| found.iter().any(|finding| finding.name == name && finding.firing);
        self.ticks.iter().find(|(_, found)| fires(found)).map(|(at, _)| *at - Time(0))
    }

    /// Demands that the last evaluation came to this, and that its expectation or observation says `text`.
    ///
    /// # Panics
    /// If it is not so; the message shows what was found.
    #[track_caller]
    pub fn expect(&self, name: &str, verdict: Verdict, text: &str) {
        let found = self.finding(name);
        let is_so = found.is_some_and(|found| {
            found.verdict == verdict && (found.observed.contains(text) || found.expected.contains(text))
        });
        assert!(is_so, "`{name}` should be {verdict} and say `{text}`\n{}", self.shown());
    }

    /// All that was found at last, for a person who reads a failed test.
    pub fn shown(&self) -> String {
        let mut shown = match &self.error {
            Some(error) => format!("it ended with an error: {error}"),
            None => format!("{} evaluations; the last one found", self.ticks.len()),
        };
        for finding in self.last() {
            let Finding { name, requirements, verdict, expected, observed, firing, .. } = finding;
            let (ids, fires) = (requirements.join(", "), if *firing { ", firing" } else { "" });
            // Writing into a string cannot fail.
            let _ = write!(
                shown,
                "\n  {verdict:<13} [{ids}] {name}{fires}\n      expected  {expected}\n      observed  {observed}"
            );
        }
        shown
    }
}
