//! What changed between two reports: of a run and its replay, or of a run under two versions of a module.

use std::{collections::BTreeMap, fmt};

use crate::{
    Report,
    body::{Body, BodyCheck, BodyFinding, BodyMeasure, BodyPolicy, BodyRow, BodyWaiver, Bundle},
};

/// What a difference is about. The order is the order in which a person wants to hear of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Decision,
    /// A row by its id.
    Row(String),
    /// A policy by its id: what became of it.
    Policy(String),
    /// A finding by its policy and its rule.
    Finding(String, String),
    /// A check by its phase and its name.
    Check(String, String),
    /// A measure by its phase and its name.
    Measure(String, String),
    /// A fact of the bundle: `name`, `version`, `digest`, or `module of PHASE`.
    Bundle(String),
}

/// One thing that is not the same in both reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub subject: Subject,
    /// In a word; `none` if the first report lacks it.
    pub before: String,
    /// In a word; `none` if the second report lacks it.
    pub after: String,
    /// What else there is to say, e.g. what was observed then and now. May be empty.
    pub detail: String,
}

impl Difference {
    /// Whether it is one of what was judged, and not of what was judged by.
    pub fn is_judgement(&self) -> bool {
        !matches!(self.subject, Subject::Bundle(_))
    }
}

/// Every difference between the bodies of two reports; none exactly if the bodies are equal.
pub fn body_differences(before: &Report, after: &Report) -> Vec<Difference> {
    let (before, after) = (Body::of(before), Body::of(after));
    let mut found = Vec::new();
    if before.decision != after.decision {
        found.push(changed(Subject::Decision, word(before.decision), word(after.decision)));
    }
    found.extend(differing(
        &before.rows,
        &after.rows,
        |row| [row.id.clone(), String::new()],
        |[id, _], a, b| Difference {
            subject: Subject::Row(id),
            before: word(a.map(|row| row.verdict)),
            after: word(b.map(|row| row.verdict)),
            detail: a.zip(b).map(|(a, b)| row_detail(a, b)).unwrap_or_default(),
        },
    ));
    found.extend(policies(&before.policies, &after.policies));
    let key = |check: &BodyCheck| [check.phase.clone(), check.name.clone()];
    found.extend(differing(&before.checks, &after.checks, key, |[phase, name], a, b| Difference {
        subject: Subject::Check(phase, name),
        before: word(a.map(|check| check.verdict)),
        after: word(b.map(|check| check.verdict)),
        detail: a.zip(b).map(|(a, b)| check_detail(a, b)).unwrap_or_default(),
    }));
    let key = |measure: &BodyMeasure| [measure.phase.clone(), measure.name.clone()];
    let value = |measure: Option<&BodyMeasure>| {
        measure.map_or("none".into(), |m| format!("{} {}", m.value, m.unit).trim_end().to_owned())
    };
    found.extend(differing(&before.measures, &after.measures, key, |[phase, name], a, b| {
        changed(Subject::Measure(phase, name), value(a), value(b))
    }));
    found.extend(bundle(before.bundle.as_ref(), after.bundle.as_ref()));
    // The same things in another order are another body too.
    if found.is_empty() && before != after {
        found.push(changed(
            Subject::Bundle("order of the rows, checks or measures".into()),
            "one".into(),
            "another".into(),
        ));
    }
    found
}

fn policies(before: &[BodyPolicy], after: &[BodyPolicy]) -> Vec<Difference> {
    let state = |policy: Option<&BodyPolicy>| match policy {
        None => "none".to_owned(),
        Some(BodyPolicy { ended: Some(why), .. }) => format!("ended: {why}"),
        Some(BodyPolicy { ticks, .. }) => format!("{ticks} ticks"),
    };
    let key = |policy: &BodyPolicy| [policy.id.clone(), String::new()];
    let mut found = differing(before, after, key, |[id, _], a, b| changed(Subject::Policy(id), state(a), state(b)));
    // Policies may differ in their findings alone.
    found.retain(|difference| difference.before != difference.after);
    fn all(policies: &[BodyPolicy]) -> Vec<(&str, &BodyFinding)> {
        policies.iter().flat_map(|policy| policy.findings.iter().map(|finding| (policy.id.as_str(), finding))).collect()
    }
    let key = |(policy, finding): &(&str, &BodyFinding)| [(*policy).to_owned(), finding.name.clone()];
    let says = |found: Option<&(&str, &BodyFinding)>| match found {
        None => "none".to_owned(),
        Some((_, finding)) => format!("{}{}", finding.verdict, if finding.firing { ", firing" } else { "" }),
    };
    found.extend(differing(&all(before), &all(after), key, |[policy, name], a, b| Difference {
        subject: Subject::Finding(policy, name),
        before: says(a),
        after: says(b),
        detail: a.zip(b).map(|((_, a), (_, b))| finding_detail(a, b)).unwrap_or_default(),
    }));
    found
}

fn finding_detail(a: &BodyFinding, b: &BodyFinding) -> String {
    let mut detail = vec![observation((&a.expected, &a.observed), (&b.expected, &b.observed))];
    if a.requirements != b.requirements {
        detail.push(format!("for {}, was for {}", b.requirements.join(" "), a.requirements.join(" ")));
    }
    join(detail)
}

fn word(word: Option<&'static str>) -> String {
    word.unwrap_or("none").to_owned()
}

fn changed(subject: Subject, before: String, after: String) -> Difference {
    Difference { subject, before, after, detail: String::new() }
}

fn row_detail(a: &BodyRow, b: &BodyRow) -> String {
    let mut detail = vec![observation((&a.expected, &a.observed), (&b.expected, &b.observed))];
    for (what, a, b) in [("level", a.level, b.level), ("title", &a.title, &b.title)] {
        if a != b {
            detail.push(format!("{what} {b}, was {a}"));
        }
    }
    // Another verdict is another check's, as a rule; only where the verdict is the same does it say something.
    if a.by != b.by && a.verdict == b.verdict {
        detail.push(format!("decided by {}, was {}", b.by, a.by));
    }
    if a.waived != b.waived {
        let waived = |waiver: &Option<BodyWaiver>| match waiver {
            Some(waiver) => format!("waived by {} until {}", waiver.by, waiver.until),
            None => "not waived".to_owned(),
        };
        detail.push(format!("{}, was {}", waived(&b.waived), waived(&a.waived)));
    }
    join(detail)
}

fn check_detail(a: &BodyCheck, b: &BodyCheck) -> String {
    let mut detail = vec![observation((&a.expected, &a.observed), (&b.expected, &b.observed))];
    if a.requirements != b.requirements {
        detail.push(format!("for {}, was for {}", b.requirements.join(" "), a.requirements.join(" ")));
    }
    if a.evidence != b.evidence {
        detail.push("the evidence is another".into());
    }
    join(detail)
}

/// `2.31 s (expected 2 s, was 3 s)`: what is observed now, and beside it what else changed.
fn observation(before: (&str, &str), after: (&str, &str)) -> String {
    let expected = (before.0 != after.0).then(|| format!("expected {}, was {}", after.0, before.0));
    let observed = (before.1 != after.1).then(|| format!("was {}", before.1));
    match (observed, expected) {
        (None, None) => String::new(),
        (Some(was), None) => format!("{} ({was})", after.1),
        (None, Some(expected)) => format!("{} ({expected})", after.1),
        (Some(was), Some(expected)) => format!("{} ({was}; {expected})", after.1),
    }
}

fn join(parts: Vec<String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

fn bundle(before: Option<&Bundle>, after: Option<&Bundle>) -> Vec<Difference> {
    let facts = |bundle: Option<&Bundle>| -> BTreeMap<String, String> {
        let Some(bundle) = bundle else { return BTreeMap::new() };
        let mut facts: BTreeMap<String, String> =
            bundle.modules.iter().map(|(phase, digest)| (format!("module of {phase}"), digest.clone())).collect();
        let policies = bundle.policies.iter();
        facts.extend(policies.map(|(policy, digest)| (format!("module of policy {policy}"), digest.clone())));
        facts.insert("name".into(), bundle.name.clone());
        facts.insert("version".into(), bundle.version.clone());
        facts.insert("digest".into(), bundle.digest.clone());
        facts
    };
    let (before, after) = (facts(before), facts(after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let differing = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    let value = |facts: &BTreeMap<String, String>, name| facts.get(name).cloned().unwrap_or_else(|| "none".into());
    differing.map(|name| changed(Subject::Bundle(name.clone()), value(&before, name), value(&after, name))).collect()
}

/// Lays two lists side by side, by a key and among equals by their number, and describes the pairs that differ.
fn differing<T: PartialEq>(
    before: &[T],
    after: &[T],
    key: impl Fn(&T) -> [String; 2],
    describe: impl Fn([String; 2], Option<&T>, Option<&T>) -> Difference,
) -> Vec<Difference> {
    type Pair<'a, T> = (Option<&'a T>, Option<&'a T>);
    let mut pairs: BTreeMap<([String; 2], usize), Pair<'_, T>> = BTreeMap::new();
    for (list, second) in [(before, false), (after, true)] {
        let mut seen: BTreeMap<[String; 2], usize> = BTreeMap::new();
        for item in list {
            let key = key(item);
            let number = seen.entry(key.clone()).or_default();
            let pair = pairs.entry((key, *number)).or_default();
            *(if second { &mut pair.1 } else { &mut pair.0 }) = Some(item);
            *number += 1;
        }
    }
    pairs.into_iter().filter(|(_, (a, b))| a != b).map(|((key, _), (a, b))| describe(key, a, b)).collect()
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decision => f.write_str("decision"),
            Self::Row(id) => f.write_str(id),
            Self::Policy(id) => write!(f, "policy {id}"),
            Self::Finding(policy, name) => write!(f, "finding {policy}: {name}"),
            Self::Check(phase, name) => write!(f, "check {phase}: {name}"),
            Self::Measure(phase, name) => write!(f, "measure {phase}: {name}"),
            Self::Bundle(fact) => write!(f, "bundle: {fact}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn equal_bodies_have_no_differences() {
        assert_eq!(body_differences(&fixture::report(), &fixture::report()), []);
    }

    #[test]
    fn one_altered_answer_is_told_from_the_check_to_the_decision() {
        let found = body_differences(&fixture::report(), &fixture::recovered());
        let told: Vec<String> =
            found.iter().map(|d| format!("{}: {} → {} [{}]", d.subject, d.before, d.after, d.detail)).collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        decision: hold → release []
        P3.1: fail → pass [200 in 12.5 ms (was 503; expected 200 within 2000 ms, was 200)]
        check health: GET backend /health is healthy: fail → pass [200 (was 503)]
        "#);
    }

    #[test]
    fn another_order_is_a_difference() {
        let mut other = fixture::report();
        other.rows.reverse();
        assert_eq!(body_differences(&fixture::report(), &other).len(), 1);
    }

    #[test]
    fn a_missing_check_and_a_changed_module_are_told() {
        let mut other = fixture::report();
        other.phases[0].checks.clear();
        other.header.as_mut().unwrap().modules.clear();
        let subjects: Vec<String> =
            body_differences(&fixture::report(), &other).iter().map(|d| d.subject.to_string()).collect();
        assert_eq!(
            subjects,
            [
                "check config: no localhost URLs in config/app.yaml",
                "bundle: module of config",
                "bundle: module of health"
            ]
        );
    }
}
