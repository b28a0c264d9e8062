//! The records of ticks and of what policies find, since format 3.

use holdpoint_gate::Encoded;
use holdpoint_model::{
    Body, PolicyId, RequirementId, Verdict,
    policy::{Finding, Found, Judgement, Severity},
};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Row, RowKind,
    record::{json, parse},
};

#[derive(Serialize, Deserialize)]
struct TickV1 {
    last: bool,
}

/// The state that the next evaluation gets stands beside it as a body.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FoundV1 {
    Findings {
        /// The position of the tick.
        tick: u64,
        findings: Vec<FindingV1>,
        fuel: u64,
    },
    Ended {
        tick: u64,
        why: String,
    },
}

#[derive(Serialize, Deserialize)]
struct FindingV1 {
    name: String,
    requirements: Vec<String>,
    verdict: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    severity: Option<String>,
    expected: String,
    observed: String,
    /// Milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<f64>,
    firing: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    action: Option<String>,
}

impl From<&Finding> for FindingV1 {
    fn from(finding: &Finding) -> Self {
        let Finding { name, requirements, verdict, severity, expected, observed, since, firing, action } = finding;
        Self {
            name: name.clone(),
            requirements: requirements.iter().map(ToString::to_string).collect(),
            verdict: verdict.word().to_owned(),
            severity: severity.map(|severity| severity.word().to_owned()),
            expected: expected.clone(),
            observed: observed.clone(),
            // JSON has no other numbers, and no other ones are times.
            since: since.filter(|since| since.is_finite()),
            firing: *firing,
            action: action.clone(),
        }
    }
}

impl FindingV1 {
    fn finding(self) -> Option<Finding> {
        let Self { name, requirements, verdict, severity, expected, observed, since, firing, action } = self;
        Some(Finding {
            name,
            requirements: requirements.iter().map(|id| RequirementId::parse(id).ok()).collect::<Option<_>>()?,
            verdict: Verdict::parse(&verdict)?,
            severity: match severity {
                Some(word) => Some(Severity::parse(&word)?),
                None => None,
            },
            expected,
            observed,
            since,
            firing,
            action,
        })
    }
}

impl Row {
    /// A moment at which evidence is judged. Nothing that policies judge is observed after the last.
    pub fn tick(last: bool, at: f64) -> Self {
        Self::of(RowKind::Tick, "", &TickV1 { last }, at)
    }

    /// What a policy makes of its n-th tick, counted from 1, and the state that it wants to be given at the next one.
    pub fn found(found: &Found, number: u32, state: Body, at: f64) -> Self {
        let Found { policy, tick, judgement } = found;
        let (record, summary) = match judgement {
            Judgement::Findings { findings, fuel } => {
                let firing = findings.iter().filter(|finding| finding.firing).count();
                let record =
                    FoundV1::Findings { tick: *tick, findings: findings.iter().map(Into::into).collect(), fuel: *fuel };
                (record, format!("{} findings, {firing} firing", findings.len()))
            }
            Judgement::Ended(why) => (FoundV1::Ended { tick: *tick, why: why.clone() }, "ended".to_owned()),
        };
        let bodies = if state.is_empty() { Vec::new() } else { vec![state] };
        let request = Encoded { json: json(&record), bodies };
        Self { number, summary, request, ..Self::new(RowKind::Found, policy.as_str(), at) }
    }

    /// The state that stands beside what a policy found.
    pub fn state(&self) -> &[u8] {
        match self.kind {
            RowKind::Found => self.request.bodies.first().map_or(&[], Body::bytes),
            _ => &[],
        }
    }
}

pub(crate) fn is_last(position: u64, row: &Row) -> Result<bool, Error> {
    parse(position, &row.request).map(|TickV1 { last }| last)
}

pub(crate) fn of(position: u64, row: &Row) -> Result<Found, Error> {
    let damaged = |what: &str| Error::Damaged { position, what: what.into() };
    let policy = PolicyId::parse(&row.guest).map_err(|_| damaged("its policy has no valid id"))?;
    let (tick, judgement) = match parse(position, &row.request)? {
        FoundV1::Findings { tick, findings, fuel } => {
            let findings: Option<Vec<Finding>> = findings.into_iter().map(FindingV1::finding).collect();
            let findings = findings.ok_or_else(|| damaged("a finding of it can't be read"))?;
            (tick, Judgement::Findings { findings, fuel })
        }
        FoundV1::Ended { tick, why } => (tick, Judgement::Ended(why)),
    };
    Ok(Found { policy, tick, judgement })
}

#[cfg(test)]
mod tests {
    use holdpoint_model::EventKind;

    use super::*;

    fn found(judgement: Judgement) -> Found {
        Found { policy: PolicyId::parse("alerts").unwrap(), tick: 17, judgement }
    }

    #[test]
    fn what_a_policy_finds_survives_with_its_state_beside_it() {
        let plain = Finding {
            name: "p95".into(),
            requirements: vec![RequirementId::parse("P4.1.p95").unwrap()],
            verdict: Verdict::Pending,
            severity: None,
            expected: "at most 2 s".into(),
            observed: "1.9 s".into(),
            since: None,
            firing: false,
            action: None,
        };
        let alert = Finding {
            severity: Some(Severity::Critical),
            since: Some(0.1 + 0.2),
            firing: true,
            action: Some("page_on_call".into()),
            ..plain.clone()
        };
        for judgement in [
            Judgement::Findings { findings: vec![plain, alert], fuel: u64::from(u32::MAX) + 1 },
            Judgement::Findings { findings: vec![], fuel: 0 },
            Judgement::Ended("out of fuel".into()),
        ] {
            let row = Row::found(&found(judgement.clone()), 3, b"state".as_slice().into(), 5.0);
            assert_eq!(row.event(18).unwrap().kind, EventKind::Found(found(judgement)));
            assert_eq!((row.state(), row.number, &*row.guest), (&b"state"[..], 3, "alerts"));
        }
    }

    #[test]
    fn a_tick_says_whether_it_is_the_last() {
        for last in [false, true] {
            assert_eq!(Row::tick(last, 1.0).event(2).unwrap().kind, EventKind::Ticked { last });
        }
    }

    #[test]
    fn what_can_t_be_read_is_damage() {
        let mut row = Row::found(&found(Judgement::Ended("x".into())), 1, Body::default(), 0.0);
        row.request.json = r#"{"findings":{"tick":1,"findings":[{"name":"a","requirements":["no id!"],"verdict":"pass","expected":"","observed":"","firing":false}],"fuel":1}}"#.into();
        assert!(row.event(1).is_err());
        row.request.json = r#"{"findings":{"tick":-1}}"#.into();
        assert!(row.event(1).is_err());
        row.request.json = "{}".into();
        assert!(row.event(1).is_err());
    }
}
