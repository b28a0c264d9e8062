//! The use case: which fixtures, tried one after another, and what came of each.

use std::{path::PathBuf, time::Duration};

use holdpoint_bundle::{BuiltModule, Inspection};
use holdpoint_engine::PhaseEngine;
use holdpoint_fixture::{Difference, Fixture, Kept, Mistake};
use holdpoint_model::{Digest, PhaseEnd, grant::LimitCeiling};

use crate::{Error, Machine};

use super::{case, find};

/// A module and which of its fixtures to try.
#[derive(Debug, Clone)]
pub struct TestChoices {
    /// A `.wasm` file, or the folder of a phase.
    pub module: PathBuf,
    /// Where the fixtures are, if not in `fixtures` of the phase's folder or beside the module.
    pub fixtures: Option<PathBuf>,
    /// Only fixtures whose names contain this.
    pub filter: Option<String>,
    /// How long a phase may compute for one fixture. No time passes in a script, so this is all real.
    pub deadline: Duration,
}

/// A module with what came of its fixtures.
#[derive(Debug)]
pub struct Tested {
    /// Where the module lies.
    pub module: PathBuf,
    pub digest: Digest,
    /// A source that was changed after the module was built.
    pub newer: Option<PathBuf>,
    /// At least one.
    pub cases: Vec<Case>,
}

/// A fixture, and what came of it.
#[derive(Debug)]
pub struct Case {
    /// The name of its file, without the ending.
    pub name: String,
    pub path: PathBuf,
    pub outcome: Result<Came, Mistake>,
}

/// What came of a fixture.
#[derive(Debug)]
pub struct Came {
    pub end: PhaseEnd,
    pub kept: Kept,
    /// What came out otherwise; nothing if it came out as it says.
    pub differences: Vec<Difference>,
}

impl Case {
    /// Whether it came out as it says.
    pub fn passed(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|came| came.differences.is_empty())
    }
}

impl Tested {
    /// How many came out otherwise, or can't be read.
    pub fn failed(&self) -> usize {
        self.cases.iter().filter(|case| !case.passed()).count()
    }
}

/// Tries the fixtures of a module, one after another.
pub async fn test(choices: &TestChoices, machine: &Machine) -> Result<Tested, Error> {
    let built = BuiltModule::typed(&choices.module, machine.builtin)?;
    let files = find::fixtures(&built, choices)?;
    let fixtures = files.into_iter().map(|file| (Fixture::parse(&file.text), file)).collect();
    try_all(built, fixtures, choices, machine).await
}

/// Tries one fixture that lies in no file.
pub async fn test_text(text: &str, choices: &TestChoices, machine: &Machine) -> Result<Tested, Error> {
    let built = BuiltModule::typed(&choices.module, machine.builtin)?;
    let file = find::File { name: "fixture".to_owned(), path: PathBuf::new(), text: text.to_owned() };
    try_all(built, vec![(Fixture::parse(text), file)], choices, machine).await
}

type Parsed = (Result<Fixture, Mistake>, find::File);

async fn try_all(
    built: BuiltModule,
    mut fixtures: Vec<Parsed>,
    choices: &TestChoices,
    machine: &Machine,
) -> Result<Tested, Error> {
    let shown = built.path.display().to_string();
    let inspection =
        Inspection::read(&built.bytes).map_err(|why| Error::Usage(format!("{shown} can't be tested: {why}")))?;
    if let Some((reason, _)) = inspection.refusals(&shown).into_iter().next() {
        return Err(Error::Usage(reason));
    }
    let claims = case::claims(fixtures.iter().filter_map(|(fixture, _)| fixture.as_ref().ok()));
    fixtures.retain(|(_, file)| choices.filter.as_ref().is_none_or(|text| file.name.contains(text)));
    if fixtures.is_empty() {
        let filter = choices.filter.as_deref().unwrap_or_default();
        return Err(Error::Usage(format!("no fixture has `{filter}` in its name, and none is not a pass")));
    }
    let LimitCeiling(limits) = LimitCeiling::default();
    let engine = PhaseEngine::new(limits.memory, 1, machine.cache.clone())?;
    let digest = inspection.facts.digest;
    let module = engine.load(digest, &built.bytes)?;
    let bench = case::Bench { engine, module, claims, deadline: choices.deadline };
    let mut cases = Vec::with_capacity(fixtures.len());
    for (fixture, find::File { name, path, .. }) in fixtures {
        let outcome = match fixture {
            Ok(fixture) => bench.try_fixture(fixture, &path).await?,
            Err(mistake) => Err(mistake),
        };
        cases.push(Case { name, path, outcome });
    }
    Ok(Tested { module: built.path, digest, newer: built.newer, cases })
}
