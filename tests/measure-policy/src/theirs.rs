//! The same objective in Rego, by regorus: compiled once, native, optimised.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use holdpoint_model::policy::{Series, Snapshot};
use regorus::{Engine, Value};

use crate::Counted;

/// Fewer than 1 % of at least a thousand exchanges failed, of what was counted up to now.
const RULE: &str = r#"package objectives

counted(name) := sum([sample.value |
	some series in input.series
	series.name == name
	some sample in series.samples
	sample.at <= input.now
])

all := counted("requests")

bad := counted("requests_bad")

default holds := false

holds if {
	all >= 1000
	bad / all < 0.01
}

errors := {"all": all, "bad": bad, "holds": holds}
"#;

pub(crate) struct Rego(Engine);

impl Rego {
    pub(crate) fn compiled() -> Result<Self> {
        let mut engine = Engine::new();
        engine.add_policy("objectives.rego".to_owned(), RULE.to_owned())?;
        Ok(Self(engine))
    }

    pub(crate) fn evaluate(&mut self, input: Value) -> Result<Counted> {
        self.0.set_input(input);
        let errors = self.0.eval_rule("data.objectives.errors".to_owned())?;
        Ok(Counted {
            all: field(&errors, "all")?.as_f64()?,
            bad: field(&errors, "bad")?.as_f64()?,
            holds: *field(&errors, "holds")?.as_bool()?,
        })
    }
}

fn field<'a>(errors: &'a Value, name: &str) -> Result<&'a Value> {
    errors.as_object()?.get(&name.into()).with_context(|| format!("find `{name}`"))
}

/// The series with their labels and samples, as the policy is handed them.
pub(crate) fn input(evidence: &Snapshot) -> Value {
    let series: Vec<Value> = evidence.series.iter().map(series).collect();
    object([("now", evidence.now.0.into()), ("series", series.into())])
}

fn series(series: &Series) -> Value {
    let samples: Vec<Value> = series
        .samples
        .iter()
        .map(|sample| object([("at", sample.at.into()), ("value", sample.value.into())]))
        .collect();
    let labels = object(series.labels.iter().map(|(name, value)| (name.as_str(), value.as_str().into())));
    object([("name", series.name.as_str().into()), ("labels", labels), ("samples", samples.into())])
}

fn object<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let fields: BTreeMap<Value, Value> = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
    fields.into()
}
