//! The use case: which fixtures, tried one after another, and what came of each.

use std::{path::PathBuf, time::Duration};

use holdpoint_bundle::{BuiltModule, Inspection};
use holdpoint_engine::PhaseEngine;
use holdpoint_fixture::{Difference, Fixture, Kept, Mistake};
use holdpoint_model::{Digest, PhaseEnd, grant::LimitCeiling};

use crate::{Error, Machine};

use super::{case, find, policy};

/// A module and which of its fixtures to try.
#[derive(Debug, Clone)]
pub struct TestChoices {
    /// A `.wasm` file, or the folder of a phase or policy.
    pub module: PathBuf,
    /// Where the fixtures are, if not in `fixtures` of the phase's folder or beside the module.
    pub fixtures: Option<PathBuf>,
    /// Only fixtures whose names contain this.
    pub filter: Option<String>,
    /// How long a phase may compute for one fixture. No time passes in a script, so this is all real. Policies are bounded by fuel.
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
    /// `phase` or `policy`.
    pub what: &'static str,
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
    try_all(built, files, choices, machine).await
}

/// Tries one fixture that lies in no file.
pub async fn test_text(text: &str, choices: &TestChoices, machine: &Machine) -> Result<Tested, Error> {
    let built = BuiltModule::typed(&choices.module, machine.builtin)?;
    let file = find::File { name: "fixture".to_owned(), path: PathBuf::new(), text: text.to_owned() };
    try_all(built, vec![file], choices, machine).await
}

async fn try_all(
    built: BuiltModule,
    files: Vec<find::File>,
    choices: &TestChoices,
    machine: &Machine,
) -> Result<Tested, Error> {
    let shown = built.path.display().to_string();
    let inspection =
        Inspection::read(&built.bytes).map_err(|why| Error::Usage(format!("{shown} can't be tested: {why}")))?;
    if let Some((reason, _)) = inspection.refusals(&shown).into_iter().next() {
        return Err(Error::Usage(reason));
    }
    let digest = inspection.facts.digest;
    let bench = Bench::new(&inspection, &built.bytes, &files, choices, machine)?;
    let mut cases = Vec::new();
    for file in files {
        if choices.filter.as_ref().is_none_or(|text| file.name.contains(text)) {
            let outcome = bench.try_file(&file).await?;
            cases.push(Case { name: file.name, path: file.path, outcome });
        }
    }
    if cases.is_empty() {
        let filter = choices.filter.as_deref().unwrap_or_default();
        return Err(Error::Usage(format!("no fixture has `{filter}` in its name, and none is not a pass")));
    }
    Ok(Tested { module: built.path, digest, newer: built.newer, what: bench.what(), cases })
}

/// What fixtures are tried with.
enum Bench {
    Phase(Box<case::Bench>),
    Policy(policy::PolicyBench),
}

impl Bench {
    /// Compiles the module. What any of the fixtures speaks of may be claimed in all of them.
    fn new(
        inspection: &Inspection,
        bytes: &[u8],
        files: &[find::File],
        choices: &TestChoices,
        machine: &Machine,
    ) -> Result<Self, Error> {
        let (digest, cache) = (inspection.facts.digest, machine.cache.clone());
        if inspection.world() == "policy" {
            return policy::PolicyBench::new(digest, bytes, cache, files).map(Self::Policy);
        }
        let readable: Vec<Fixture> = files.iter().filter_map(|file| Fixture::parse(&file.text).ok()).collect();
        let claims = case::claims(readable.iter());
        let LimitCeiling(limits) = LimitCeiling::default();
        let engine = PhaseEngine::new(limits.memory, 1, cache)?;
        let module = engine.load(digest, bytes)?;
        Ok(Self::Phase(Box::new(case::Bench { engine, module, claims, deadline: choices.deadline })))
    }

    /// Tries a fixture. An error is the host's; a mistake is the fixture's.
    async fn try_file(&self, file: &find::File) -> Result<Result<Came, Mistake>, Error> {
        match self {
            Self::Phase(bench) => match Fixture::parse(&file.text) {
                Ok(fixture) => bench.try_fixture(fixture, &file.path).await,
                Err(mistake) => Ok(Err(mistake)),
            },
            Self::Policy(bench) => bench.try_fixture(&file.text),
        }
    }

    fn what(&self) -> &'static str {
        match self {
            Self::Phase(_) => "phase",
            Self::Policy(_) => "policy",
        }
    }
}
