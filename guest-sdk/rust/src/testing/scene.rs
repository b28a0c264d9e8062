//! The run of a policy's native test: evidence that lies ready, shown up to a moment.

use std::cell::{Cell, RefCell};

use crate::policy::{Facts, SeenCheck, SeenStretch, series};
use crate::rules::{Selector, Series, Span, Time};

/// Samples of all answers of one evaluation, as the contract has it.
pub(crate) const MOST_SAMPLES: usize = 4_000_000;

/// A series, and how long after its time each sample is told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) series: Series,
    pub(crate) late: Span,
}

/// Evidence, and how much of it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) now: Time,
    pub(crate) is_last: bool,
    /// `None` lets every row be claimed.
    pub(crate) requirements: Option<Vec<String>>,
    pub(crate) checks: Vec<SeenCheck>,
    pub(crate) stretches: Vec<SeenStretch>,
    pub(crate) series: Vec<Told>,
    /// The samples that all answers of an evaluation may have.
    pub(crate) most_samples: usize,
    /// Those that they had.
    pub(crate) answered: Cell<usize>,
}

thread_local! {
    static SCENE: RefCell<Option<Scene>> = const { RefCell::new(None) };
}

/// Judges within a scene.
pub(super) fn within<T>(scene: Scene, work: impl FnOnce() -> T) -> T {
    SCENE.set(Some(scene));
    let result = work();
    SCENE.set(None);
    result
}

fn with<T>(read: impl FnOnce(&Scene) -> T) -> T {
    SCENE.with_borrow(|scene| match scene {
        Some(scene) => read(scene),
        None => panic!("there is no host in a native build; judge through holdpoint::testing::policy"),
    })
}

pub(crate) fn policy_now() -> f64 {
    with(|scene| scene.now.as_f64())
}

pub(crate) fn policy_is_last() -> bool {
    with(|scene| scene.is_last)
}

/// `None` lets every row be claimed.
pub(crate) fn policy_requirements() -> Option<Vec<String>> {
    with(|scene| scene.requirements.clone())
}

pub(crate) fn policy_facts() -> Facts {
    Facts {
        run: "01JD0000000000000000000000".to_owned(),
        bundle: "test".to_owned(),
        version: "1.0.0".to_owned(),
        environment: "test".to_owned(),
        started: Time(0),
        scale: 1.0,
    }
}

pub(crate) fn policy_checks() -> Vec<SeenCheck> {
    with(|scene| scene.checks.iter().filter(|check| check.at <= scene.now).cloned().collect())
}

pub(crate) fn policy_stretches() -> Vec<SeenStretch> {
    with(|scene| {
        let begun = scene.stretches.iter().filter(|stretch| stretch.from <= scene.now).cloned();
        begun.map(|stretch| SeenStretch { to: stretch.to.min(scene.now + Span(1)), ..stretch }).collect()
    })
}

pub(crate) fn policy_select(selector: &Selector, from: f64, to: f64) -> Result<Vec<Series>, String> {
    with(|scene| {
        let until = to.min(scene.now.as_f64());
        let meant = scene.series.iter().filter(|told| told.series.metric() == selector.metric());
        let shown = meant.filter(|told| selector.matches(told.series.labels())).map(|Told { series: whole, late }| {
            let is_shown = |at: Time| (from..=until).contains(&at.as_f64()) && at + *late <= scene.now;
            let samples = whole.samples().iter().filter(|s| is_shown(s.at)).map(|s| (s.at.as_f64(), s.value));
            let ends = whole.ends().iter().filter(|end| is_shown(**end)).map(|end| end.as_f64());
            series(whole.metric(), whole.labels().clone(), samples, ends).map_err(|error| error.to_string())
        });
        let shown = shown.collect::<Result<Vec<_>, _>>()?;
        let samples: usize = shown.iter().map(|series| series.samples().len() + series.ends().len()).sum();
        scene.answered.set(scene.answered.get().saturating_add(samples));
        if scene.answered.get() > scene.most_samples {
            return Err(format!("samples of all answers are more than {}; ask for less time", scene.most_samples));
        }
        Ok(shown.into_iter().filter(|series| !series.samples().is_empty() || !series.ends().is_empty()).collect())
    })
}
