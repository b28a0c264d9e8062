//! What a policy returned, taken only if it is an evaluation within its bounds.

use std::collections::BTreeSet;

use holdpoint_model::{
    RequirementId,
    policy::{Evaluation, Finding, LARGEST_STATE, MOST_FINDINGS, Severity},
};

use super::{PolicyError, bindings::exports::holdpoint::policy::judge as wit};

/// Rows that one finding may claim.
const MOST_ROWS: usize = 64;
/// Bytes of the texts of one finding.
const LONGEST_TEXTS: usize = 16 << 10;
/// Bytes of all texts.
const ALL_TEXTS: usize = 1 << 20;
/// Characters of a guest's text within a message.
const SHOWN: usize = 80;

/// Checks an evaluation of a policy that may claim these rows.
pub(super) fn taken(evaluation: wit::Evaluation, claimable: &[RequirementId]) -> Result<Evaluation, PolicyError> {
    let wit::Evaluation { findings, state } = evaluation;
    if state.len() > LARGEST_STATE {
        let size = state.len();
        return Err(PolicyError::Exceeded(format!("limit of {LARGEST_STATE} bytes of state reached: it has {size}")));
    }
    if findings.len() > MOST_FINDINGS {
        let count = findings.len();
        return Err(PolicyError::Exceeded(format!("limit of {MOST_FINDINGS} findings reached: there are {count}")));
    }
    let (mut names, mut left) = (BTreeSet::new(), ALL_TEXTS);
    let findings = findings.into_iter().map(|finding| {
        let finding = one(finding, claimable)?;
        let texts = texts(&finding);
        left = left.checked_sub(texts).ok_or_else(|| {
            PolicyError::Exceeded(format!("limit of {ALL_TEXTS} bytes of texts in all findings reached"))
        })?;
        if !names.insert(finding.name.clone()) {
            return Err(PolicyError::Malformed(format!("two findings of the name `{}`", shown(&finding.name))));
        }
        Ok(finding)
    });
    Ok(Evaluation { findings: findings.collect::<Result<_, _>>()?, state })
}

fn one(finding: wit::Finding, claimable: &[RequirementId]) -> Result<Finding, PolicyError> {
    let wit::Finding { name, requirements, verdict, severity, expected, observed, since, firing, action } = finding;
    let malformed = |what: String| PolicyError::Malformed(format!("the finding `{}`, {what}", shown(&name)));
    if name.trim().is_empty() {
        return Err(PolicyError::Malformed("a finding without a name".to_owned()));
    }
    if requirements.len() > MOST_ROWS {
        return Err(PolicyError::Exceeded(format!(
            "limit of {MOST_ROWS} rows of one finding reached: `{}` has {}",
            shown(&name),
            requirements.len()
        )));
    }
    let rows = requirements.iter().map(|row| {
        claimable.iter().find(|claimable| claimable.as_str() == row).cloned().ok_or_else(|| {
            malformed(format!("which claims the row `{}`; the bundle does not let this policy claim it", shown(row)))
        })
    });
    let requirements: Vec<RequirementId> = rows.collect::<Result<_, _>>()?;
    if since.is_some_and(|since| !since.is_finite()) {
        return Err(malformed("whose condition is met since what is no moment".to_owned()));
    }
    if action.as_ref().is_some_and(String::is_empty) {
        return Err(malformed("whose action is an empty word".to_owned()));
    }
    let severity = severity.map(|severity| match severity {
        wit::Severity::Info => Severity::Info,
        wit::Severity::Warning => Severity::Warning,
        wit::Severity::Critical => Severity::Critical,
    });
    let finding =
        Finding { name, requirements, verdict: verdict.into(), severity, expected, observed, since, firing, action };
    if texts(&finding) > LONGEST_TEXTS {
        let name = shown(&finding.name);
        return Err(PolicyError::Exceeded(format!(
            "limit of {LONGEST_TEXTS} bytes of texts in one finding reached by `{name}`"
        )));
    }
    Ok(finding)
}

fn texts(finding: &Finding) -> usize {
    let Finding { name, expected, observed, action, .. } = finding;
    name.len() + expected.len() + observed.len() + action.as_ref().map_or(0, String::len)
}

/// The beginning of a guest's text, without what would not be seen.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(name: &str) -> wit::Finding {
        wit::Finding {
            name: name.into(),
            requirements: vec!["ALERT-1".into()],
            verdict: super::super::bindings::holdpoint::evidence::evidence::Verdict::Pass,
            severity: Some(wit::Severity::Critical),
            expected: "x".into(),
            observed: "y".into(),
            since: None,
            firing: false,
            action: None,
        }
    }

    fn take(findings: Vec<wit::Finding>, state: usize) -> Result<Evaluation, String> {
        let claimable = [RequirementId::parse("ALERT-1").unwrap()];
        let evaluation = wit::Evaluation { findings, state: vec![0; state] };
        taken(evaluation, &claimable).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_within_its_bounds_is_taken() {
        let many = (0..MOST_FINDINGS).map(|n| finding(&n.to_string())).collect();
        let taken = take(many, LARGEST_STATE).unwrap();
        assert_eq!((taken.findings.len(), taken.state.len()), (MOST_FINDINGS, LARGEST_STATE));
        assert_eq!(taken.findings[0].severity, Some(Severity::Critical));
    }

    #[test]
    fn every_bound_is_named_by_whoever_exceeds_it() {
        let with = |change: fn(&mut wit::Finding)| {
            let mut finding = finding("A\u{1b}B");
            change(&mut finding);
            take(vec![finding], 0).unwrap_err()
        };
        let large = |n: usize| wit::Finding { observed: "o".repeat(16_000), ..finding(&n.to_string()) };
        for (said, error) in [
            ("limit of 1048576 bytes of state reached: it has 1048577", take(vec![], LARGEST_STATE + 1).unwrap_err()),
            (
                "limit of 1000 findings reached: there are 1001",
                take((0..1_001).map(|n| finding(&n.to_string())).collect(), 0).unwrap_err(),
            ),
            (
                "limit of 1048576 bytes of texts in all findings reached",
                take((0..70).map(large).collect(), 0).unwrap_err(),
            ),
            ("it returned two findings of the name `a`", take(vec![finding("a"), finding("a")], 0).unwrap_err()),
            ("it returned a finding without a name", with(|f| f.name = " ".into())),
            (
                "limit of 16384 bytes of texts in one finding reached by `A\u{fffd}B`",
                with(|f| f.expected = "x".repeat(LONGEST_TEXTS)),
            ),
            (
                "it returned the finding `A\u{fffd}B`, which claims the row `P3.1`; the bundle does not let this policy claim it",
                with(|f| f.requirements = vec!["P3.1".into()]),
            ),
            (
                "limit of 64 rows of one finding reached: `A\u{fffd}B` has 65",
                with(|f| f.requirements = vec!["ALERT-1".into(); 65]),
            ),
            (
                "it returned the finding `A\u{fffd}B`, whose condition is met since what is no moment",
                with(|f| f.since = Some(f64::NAN)),
            ),
            (
                "it returned the finding `A\u{fffd}B`, whose action is an empty word",
                with(|f| f.action = Some(String::new())),
            ),
        ] {
            assert_eq!(error, said);
        }
    }
}
