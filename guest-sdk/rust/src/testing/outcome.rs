//! What came of a scripted run, and what a test may demand of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::world::World;
use crate::Verdict;
use crate::check::Statement;

/// A check as it was stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRow {
    /// The rows that it speaks for.
    pub requirements: Vec<String>,
    /// What was checked.
    pub name: String,
    /// What came of it.
    pub verdict: Verdict,
    /// What should have been seen.
    pub expected: String,
    /// What was seen.
    pub observed: String,
    /// The calls that show it.
    pub evidence: Vec<u32>,
}

impl From<Statement> for CheckRow {
    fn from(statement: Statement) -> Self {
        let Statement { requirements, name, verdict, expected, observed, evidence } = statement;
        Self { requirements, name, verdict, expected, observed, evidence }
    }
}

/// A number as it was stated.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// What was measured.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: String,
}

/// A number of a series as it was stated.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What was measured.
    pub name: String,
    /// Whose it is.
    pub labels: BTreeMap<String, String>,
    /// Milliseconds since the start of the test.
    pub at: f64,
    /// The number.
    pub value: f64,
}

/// What came of a scripted run.
#[derive(Clone, Debug)]
pub struct Outcome {
    returned: Result<(), String>,
    checks: Vec<CheckRow>,
    world: World,
}

impl Outcome {
    pub(crate) fn new(returned: Result<(), String>, mut world: World) -> Self {
        let checks = std::mem::take(&mut world.statements).into_iter().map(CheckRow::from).collect();
        Self { returned, checks, world }
    }

    /// What the phase returned; an error is its text.
    pub fn returned(&self) -> Result<(), &str> {
        self.returned.as_ref().map(|&()| ()).map_err(String::as_str)
    }

    /// The checks in the order in which they were stated.
    pub fn checks(&self) -> &[CheckRow] {
        &self.checks
    }

    /// The rows that checks speak for, each with its verdict: fail before inconclusive before pass before not-exercised.
    pub fn rows(&self) -> BTreeMap<&str, Verdict> {
        let mut rows = BTreeMap::new();
        for check in &self.checks {
            for id in &check.requirements {
                let row = rows.entry(id.as_str()).or_insert(check.verdict);
                if weight(check.verdict) > weight(*row) {
                    *row = check.verdict;
                }
            }
        }
        rows
    }

    /// The numbers that were stated.
    pub fn measures(&self) -> &[Measure] {
        &self.world.measures
    }

    /// The numbers of series that were stated.
    pub fn samples(&self) -> &[Sample] {
        &self.world.samples
    }

    /// The names of what was attached.
    pub fn attachments(&self) -> &[String] {
        &self.world.attachments
    }

    /// The lines of the log, each with its level before it.
    pub fn log(&self) -> &[String] {
        &self.world.log
    }

    /// The calls in order; a check's evidence are indices into them.
    pub fn calls(&self) -> &[String] {
        &self.world.calls
    }

    /// Demands that a row has a verdict, and that a check with that verdict observed (or expected) `text`.
    ///
    /// # Panics
    /// If it is not so; the message shows all checks.
    #[track_caller]
    pub fn expect(&self, row: &str, verdict: Verdict, text: &str) {
        if let Err(problem) = self.matches(row, verdict, text) {
            panic!("{problem}\n{}", self.shown());
        }
    }

    pub(crate) fn matches(&self, row: &str, verdict: Verdict, text: &str) -> Result<(), String> {
        match self.rows().get(row) {
            None => return Err(format!("{row} should be {verdict}, but no check speaks for it")),
            Some(actual) if *actual != verdict => return Err(format!("{row} should be {verdict}, but is {actual}")),
            Some(_) => {}
        }
        let speaks = |check: &&CheckRow| check.verdict == verdict && check.requirements.iter().any(|id| id == row);
        let says = |check: &CheckRow| check.observed.contains(text) || check.expected.contains(text);
        if self.checks.iter().filter(speaks).any(says) {
            Ok(())
        } else {
            Err(format!("{row} is {verdict} as it should be, but no such check says `{text}`"))
        }
    }

    /// All that was stated, for a person who reads a failed test.
    pub fn shown(&self) -> String {
        let mut shown = match &self.returned {
            Ok(()) => "the phase ended well".to_owned(),
            Err(error) => format!("the phase ended with an error: {error}"),
        };
        for check in &self.checks {
            let CheckRow { requirements, name, verdict, expected, observed, evidence } = check;
            let ids = requirements.join(", ");
            // Writing into a string cannot fail.
            let _ = write!(
                shown,
                "\n  {verdict:<13} [{ids}] {name}\n      expected  {expected}\n      observed  {observed}\n      calls     {evidence:?}"
            );
        }
        for line in &self.world.log {
            let _ = write!(shown, "\n  log {line}");
        }
        shown
    }
}

fn weight(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::NotExercised => 0,
        Verdict::Pass => 1,
        Verdict::Inconclusive => 2,
        Verdict::Fail => 3,
    }
}
