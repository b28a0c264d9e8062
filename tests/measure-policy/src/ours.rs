//! The shipped component on the engine of policies, with the bounds that every host has.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result, bail};
use holdpoint_engine::policy::{Evaluated, PolicyEngine, PolicyLimits, PolicyModule};
use holdpoint_model::{Digest, Verdict, policy::Snapshot};

use crate::Counted;

pub(crate) struct Objectives(PolicyModule);

impl Objectives {
    pub(crate) fn compiled() -> Result<Self> {
        let folder = std::env::var_os("HOLDPOINT_GUESTS").map_or_else(|| "target/guests".into(), PathBuf::from);
        let bytes = std::fs::read(folder.join("objectives.wasm"))
            .context("read objectives.wasm; `cargo xtask guests` builds it")?;
        let engine = PolicyEngine::new(PolicyLimits::default(), 1, None)?;
        Ok(Self(engine.compile(Digest::of(&bytes), &bytes)?))
    }

    /// What it counts, and its fuel. It has no state, so all of the evidence is judged.
    pub(crate) fn evaluate(&self, evidence: Arc<Snapshot>) -> Result<(Counted, u64)> {
        let Evaluated { evaluation, fuel } = self.0.evaluate("{}", &[], evidence)?;
        let [finding] = &evaluation.findings[..] else { bail!("it found {:?}", evaluation.findings) };
        // `48 of 792000 exchanges failed: 0.006 %`
        let mut words = finding.observed.split(' ');
        let (bad, all) = (words.next(), words.nth(1));
        let number = |word: Option<&str>| -> Option<f64> { word?.parse().ok() };
        let (all, bad) = number(all).zip(number(bad)).with_context(|| format!("read `{}`", finding.observed))?;
        Ok((Counted { all, bad, holds: finding.verdict == Verdict::Pass }, fuel))
    }
}
