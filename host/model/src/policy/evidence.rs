//! What a run has seen up to a moment, as policies are shown it.

use crate::{PhaseId, RequirementId, RunId, Timestamp, Verdict};

use super::{MOST_SAMPLES, MOST_SERIES, Selector, Series, TooMany};

/// What is known of a run before its first phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub run: RunId,
    pub bundle: String,
    pub version: String,
    pub environment: String,
    pub started: Timestamp,
    /// How many times faster waits pass than they say; 1 outside of rehearsals.
    pub scale: f64,
}

/// What a phase has stated.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenCheck {
    pub phase: PhaseId,
    pub requirements: Vec<RequirementId>,
    pub name: String,
    pub verdict: Verdict,
    pub expected: String,
    pub observed: String,
    pub at: Timestamp,
}

/// Why a stretch of time is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StretchKind {
    /// Something was broken on purpose. What happened in it is no evidence.
    Disrupted,
    /// No host was there. What happened in it is not known.
    Unobserved,
}

/// From a moment to just before another.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    pub kind: StretchKind,
    pub from: Timestamp,
    pub to: Timestamp,
    /// E.g. the phase that disrupted.
    pub why: String,
}

/// What a policy may ask, at one moment. Every answer is fixed by the run and the moment, whenever it is asked.
pub trait Evidence: Send + Sync {
    /// What is known of the run before its first phase.
    fn facts(&self) -> Facts;

    /// The moment of the evaluation. Nothing later is shown.
    fn now(&self) -> Timestamp;

    /// Whether nothing is observed after this evaluation.
    fn is_last(&self) -> bool;

    /// The rows that the policy may claim.
    fn requirements(&self) -> Vec<RequirementId>;

    /// Checks in the order in which they were stated.
    fn checks(&self) -> Vec<SeenCheck>;

    /// Series by name and labels, with their samples from a moment to another, both included, in milliseconds since 1970. One without any is left
    /// out.
    ///
    /// # Errors
    /// If they or their samples are more than [`MOST_SERIES`] or [`MOST_SAMPLES`].
    fn select(&self, selector: &Selector, from: f64, to: f64) -> Result<Vec<Series>, TooMany>;

    /// Stretches in the order of their first moments. One that goes on at the moment of the evaluation ends a millisecond after it.
    fn stretches(&self) -> Vec<Stretch>;
}

/// Evidence that lies ready as a whole: of a fixture, or of a run that is judged once more.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub facts: Facts,
    pub now: Timestamp,
    pub is_last: bool,
    pub requirements: Vec<RequirementId>,
    /// In any order, also what comes later than `now`.
    pub checks: Vec<SeenCheck>,
    /// In any order, also with what comes later than `now`.
    pub series: Vec<Series>,
    /// In any order, also what comes later than `now`.
    pub stretches: Vec<Stretch>,
}

impl Evidence for Snapshot {
    fn facts(&self) -> Facts {
        self.facts.clone()
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn is_last(&self) -> bool {
        self.is_last
    }

    fn requirements(&self) -> Vec<RequirementId> {
        self.requirements.clone()
    }

    fn checks(&self) -> Vec<SeenCheck> {
        let mut seen: Vec<SeenCheck> = self.checks.iter().filter(|check| check.at <= self.now).cloned().collect();
        seen.sort_by(|a, b| a.at.0.total_cmp(&b.at.0));
        seen
    }

    fn select(&self, selector: &Selector, from: f64, to: f64) -> Result<Vec<Series>, TooMany> {
        let until = to.min(self.now.0);
        let meant = self.series.iter().filter(|series| selector.means(series));
        let mut found: Vec<Series> = meant.filter_map(|series| series.within(from, until)).collect();
        if found.len() > MOST_SERIES {
            return Err(TooMany { what: "series", most: MOST_SERIES });
        }
        if found.iter().map(|series| series.samples.len() + series.ends.len()).sum::<usize>() > MOST_SAMPLES {
            return Err(TooMany { what: "samples", most: MOST_SAMPLES });
        }
        found.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(found)
    }

    fn stretches(&self) -> Vec<Stretch> {
        let begun = self.stretches.iter().filter(|stretch| stretch.from <= self.now).cloned();
        let until_now = |stretch: Stretch| Stretch { to: Timestamp(stretch.to.0.min(self.now.0 + 1.0)), ..stretch };
        let mut seen: Vec<Stretch> = begun.map(until_now).collect();
        seen.sort_by(|a, b| a.from.0.total_cmp(&b.from.0).then(a.to.0.total_cmp(&b.to.0)));
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Sample;

    fn snapshot(now: f64) -> Snapshot {
        let facts = Facts {
            run: RunId::parse("01JDC7Q").unwrap(),
            bundle: "b".into(),
            version: "1".into(),
            environment: "staging".into(),
            started: Timestamp(0.0),
            scale: 1.0,
        };
        let check = |at: f64| SeenCheck {
            phase: PhaseId::parse("p").unwrap(),
            requirements: vec![],
            name: at.to_string(),
            verdict: Verdict::Pass,
            expected: String::new(),
            observed: String::new(),
            at: Timestamp(at),
        };
        let series = |label: &str, count: i32| Series {
            name: "m".into(),
            labels: vec![("l".into(), label.into())],
            samples: (0..count).map(|at| Sample { at: f64::from(at), value: 0.0 }).collect(),
            ends: vec![],
        };
        let stretch = |from: f64, to: f64| Stretch {
            kind: StretchKind::Disrupted,
            from: Timestamp(from),
            to: Timestamp(to),
            why: String::new(),
        };
        Snapshot {
            facts,
            now: Timestamp(now),
            is_last: false,
            requirements: vec![],
            checks: vec![check(20.0), check(10.0), check(10.5)],
            series: vec![series("b", 100), series("a", 300_000)],
            stretches: vec![stretch(30.0, 40.0), stretch(10.0, 20.0)],
        }
    }

    fn meant() -> Selector {
        Selector { name: "m".into(), matchers: vec![] }
    }

    #[test]
    fn nothing_later_than_now_is_shown() {
        let at_15 = snapshot(15.0);
        let names: Vec<String> = at_15.checks().into_iter().map(|check| check.name).collect();
        assert_eq!(names, ["10", "10.5"]);
        let found = at_15.select(&meant(), 10.0, f64::INFINITY).unwrap();
        let counts: Vec<(&str, usize)> = found.iter().map(|s| (s.label("l"), s.samples.len())).collect();
        assert_eq!(counts, [("a", 6), ("b", 6)]);
        let stretches: Vec<(f64, f64)> = at_15.stretches().iter().map(|s| (s.from.0, s.to.0)).collect();
        assert_eq!(stretches, [(10.0, 16.0)]);
        assert_eq!(snapshot(50.0).stretches().len(), 2);
        assert_eq!(at_15.select(&meant(), 16.0, 100.0), Ok(vec![]));
    }

    #[test]
    fn more_than_an_answer_may_hold_is_refused() {
        let mut snapshot = snapshot(1e9);
        assert!(snapshot.select(&meant(), 0.0, 1e9).is_ok());
        snapshot.series.push(Series { labels: vec![("l".into(), "c".into())], ..snapshot.series[1].clone() });
        let refused = snapshot.select(&meant(), 0.0, 1e9).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "samples of one answer are more than 500000; ask for less time, or for fewer series"
        );
        let one = Series { samples: vec![Sample { at: 0.0, value: 0.0 }], ..snapshot.series[0].clone() };
        snapshot.series = vec![one; MOST_SERIES + 1];
        assert_eq!(snapshot.select(&meant(), 0.0, 1.0), Err(TooMany { what: "series", most: MOST_SERIES }));
    }
}
