//! A policy with evidence that lies ready.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use holdpoint_engine::{
    EngineError,
    policy::{Evaluated, PolicyEngine, PolicyError, PolicyLimits, PolicyModule},
};
use holdpoint_model::{
    Digest, RequirementId, RunId, Timestamp,
    policy::{Facts, Sample, Series, Snapshot},
};

/// Bounds of these tests: as those of hosts, but for what would take long.
pub(crate) const LIMITS: PolicyLimits =
    PolicyLimits { fuel: 300_000_000, memory: 32 << 20, questions: 1_000, samples: 100_000 };

/// A built guest.
#[expect(clippy::disallowed_methods, reason = "xtask says where the guests are")]
pub(crate) fn guest(file: &str) -> Vec<u8> {
    let folder = std::env::var_os("HOLDPOINT_GUESTS").map_or_else(|| "../../target/guests".into(), PathBuf::from);
    fs::read(folder.join(file)).unwrap_or_else(|e| panic!("{file}: {e}; build it with `cargo xtask guests`"))
}

pub(crate) fn engine() -> PolicyEngine {
    PolicyEngine::new(LIMITS, 16, None).unwrap()
}

pub(crate) fn compiled(bytes: &[u8]) -> Result<PolicyModule, EngineError> {
    engine().compile(Digest::of(bytes), bytes)
}

/// The series that a test needs, at ten minutes after the start of the run.
pub(crate) fn evidence(series: Vec<Series>) -> Snapshot {
    Snapshot {
        facts: Facts {
            run: RunId::parse("01JDC7Q").unwrap(),
            bundle: "b".into(),
            version: "1.0.0".into(),
            environment: "staging".into(),
            started: Timestamp(0.0),
            scale: 1.0,
        },
        now: Timestamp(600_000.0),
        is_last: false,
        requirements: vec![RequirementId::parse("ALERT-1").unwrap()],
        checks: vec![],
        series,
        stretches: vec![],
    }
}

/// Each second a value, from the start on.
pub(crate) fn each_second(name: &str, labels: &[(&str, &str)], values: impl IntoIterator<Item = f64>) -> Series {
    let samples = values.into_iter().enumerate().map(|(at, value)| Sample { at: at as f64 * 1_000.0, value });
    Series {
        name: name.into(),
        labels: labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        samples: samples.collect(),
        ends: vec![],
    }
}

/// The policy that means harm, compiled once.
pub(crate) fn rude_module() -> &'static PolicyModule {
    static MODULE: LazyLock<PolicyModule> = LazyLock::new(|| compiled(&guest("rude-policy.wasm")).unwrap());
    &MODULE
}

/// One evaluation of the policy that means harm.
pub(crate) fn rude(act: &str, count: u32, series: Vec<Series>) -> Result<Evaluated, PolicyError> {
    let module = rude_module();
    let config = format!("{{\"act\":\"{act}\",\"count\":{count}}}");
    module.evaluate(&config, &[], Arc::new(evidence(series)))
}
