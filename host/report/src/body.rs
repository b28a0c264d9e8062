//! The part of a report that a replay must reproduce byte for byte: what was judged, by what, and what came of it.
//!
//! It holds no fact of the host: no run id, no time, no duration, no address. The fields of every struct stand in alphabetical order,
//! so that the JSON has sorted keys whatever the JSON library does with maps.

use std::collections::BTreeMap;

use holdpoint_model::{Decision, Digest, Level, Row, policy::Finding};
use serde::Serialize;
use serde_json::Value;

use crate::{PolicyReport, Report, text};

/// The comparable content of a report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Body {
    pub(crate) bundle: Option<Bundle>,
    pub(crate) checks: Vec<BodyCheck>,
    pub(crate) decision: Option<&'static str>,
    pub(crate) measures: Vec<BodyMeasure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) policies: Vec<BodyPolicy>,
    pub(crate) rows: Vec<BodyRow>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Bundle {
    pub(crate) digest: String,
    pub(crate) modules: BTreeMap<String, String>,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) policies: BTreeMap<String, String>,
    pub(crate) version: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BodyCheck {
    pub(crate) evidence: Vec<u32>,
    pub(crate) expected: String,
    pub(crate) name: String,
    pub(crate) observed: String,
    pub(crate) phase: String,
    pub(crate) requirements: Vec<String>,
    pub(crate) verdict: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BodyMeasure {
    pub(crate) name: String,
    pub(crate) phase: String,
    pub(crate) unit: String,
    pub(crate) value: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BodyPolicy {
    pub(crate) ended: Option<String>,
    pub(crate) findings: Vec<BodyFinding>,
    pub(crate) id: String,
    pub(crate) ticks: u64,
}

/// When it began to fire is left out: a rule that sees the same says the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BodyFinding {
    pub(crate) expected: String,
    pub(crate) firing: bool,
    pub(crate) name: String,
    pub(crate) observed: String,
    pub(crate) requirements: Vec<String>,
    pub(crate) verdict: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BodyRow {
    pub(crate) by: String,
    pub(crate) expected: String,
    pub(crate) id: String,
    pub(crate) level: &'static str,
    pub(crate) observed: String,
    pub(crate) title: String,
    pub(crate) verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waived: Option<BodyWaiver>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BodyWaiver {
    pub(crate) by: String,
    pub(crate) reason: String,
    pub(crate) until: String,
}

/// A number of a guest. JSON knows no infinities; they must still differ from each other.
pub(crate) fn number(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number)
}

impl Body {
    pub(crate) fn of(report: &Report) -> Self {
        let checks = report.phases.iter().flat_map(|phase| {
            phase.checks.iter().map(|check| BodyCheck {
                evidence: check.evidence.iter().map(|seq| seq.0).collect(),
                expected: check.expected.clone(),
                name: check.name.clone(),
                observed: check.observed.clone(),
                phase: phase.id.to_string(),
                requirements: check.requirements.iter().map(ToString::to_string).collect(),
                verdict: check.verdict.word(),
            })
        });
        let measures = report.phases.iter().flat_map(|phase| {
            phase.measures.iter().map(|measure| BodyMeasure {
                name: measure.name.clone(),
                phase: phase.id.to_string(),
                unit: measure.unit.clone(),
                value: number(measure.value),
            })
        });
        Self {
            bundle: report.header.as_ref().map(|header| Bundle {
                digest: header.bundle_digest.to_string(),
                modules: modules(&header.modules),
                name: header.bundle.clone(),
                policies: modules(&header.policies),
                version: header.bundle_version.clone(),
            }),
            checks: checks.collect(),
            decision: report.decision.map(Decision::word),
            measures: measures.collect(),
            policies: report.policies.iter().map(policy).collect(),
            rows: report.rows.iter().map(row).collect(),
        }
    }
}

fn modules<I: ToString>(modules: &BTreeMap<I, Digest>) -> BTreeMap<String, String> {
    modules.iter().map(|(id, digest)| (id.to_string(), digest.to_string())).collect()
}

fn policy(policy: &PolicyReport) -> BodyPolicy {
    let finding = |finding: &Finding| BodyFinding {
        expected: finding.expected.clone(),
        firing: finding.firing,
        name: finding.name.clone(),
        observed: finding.observed.clone(),
        requirements: finding.requirements.iter().map(ToString::to_string).collect(),
        verdict: finding.verdict.word(),
    };
    BodyPolicy {
        ended: policy.standing.ended.clone(),
        findings: policy.standing.findings.iter().map(finding).collect(),
        id: policy.id.to_string(),
        ticks: policy.standing.ticks,
    }
}

fn row(row: &Row) -> BodyRow {
    BodyRow {
        by: row.by.clone(),
        expected: row.expected.clone(),
        id: row.id.to_string(),
        level: Level::word(row.level),
        observed: row.observed.clone(),
        title: row.title.clone(),
        verdict: row.verdict.word(),
        waived: row.waived.as_ref().map(|waiver| BodyWaiver {
            by: waiver.by.clone(),
            reason: waiver.reason.clone(),
            until: waiver.until.to_string(),
        }),
    }
}

impl Report {
    /// The part that a replay must reproduce byte for byte, as pretty JSON with sorted keys.
    ///
    /// Keys: `bundle` {`digest`, `modules` {phase: digest}, `name`, `version`}, `checks`, `decision`, `measures`, `rows`; with policies
    /// also `policies`, and in `bundle` their digests. A row has `waived`
    /// {`by`, `reason`, `until`} if somebody answers for it. Checks and
    /// measures stand by phase in the order of the plan, and within a phase in the order in which it made them.
    pub fn body(&self) -> String {
        let json = serde_json::to_string_pretty(&Body::of(self)).expect("a body of strings and numbers always encodes");
        text::json_escaped(json) + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        #[derive(Serialize, serde::Deserialize)]
        #[serde(untagged)]
        enum Sorted {
            Map(BTreeMap<String, Sorted>),
            List(Vec<Sorted>),
            Other(Value),
        }
        let body = fixture::report().body();
        let sorted: Sorted = serde_json::from_str(&body).unwrap();
        assert_eq!(serde_json::to_string_pretty(&sorted).unwrap() + "\n", body);
    }

    #[test]
    fn holds_no_fact_of_the_host() {
        let report = fixture::report();
        let mut moved = report.clone();
        let header = moved.header.as_mut().unwrap();
        header.run = holdpoint_model::RunId::parse("OTHER").unwrap();
        header.operator_digest = Digest::of(b"another machine");
        moved.started = None;
        moved.ended = Some(holdpoint_model::Timestamp(0.0));
        moved.resumed += 1;
        moved.denials.clear();
        moved.unanswered.clear();
        moved.phases.iter_mut().for_each(|phase| phase.started = None);
        assert_eq!(moved.body(), report.body());
    }

    #[test]
    fn infinities_differ() {
        assert_ne!(number(f64::INFINITY), number(f64::NAN));
        assert_ne!(number(f64::INFINITY), number(f64::NEG_INFINITY));
    }
}
