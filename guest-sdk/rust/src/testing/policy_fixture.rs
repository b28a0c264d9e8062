//! Cases of a policy written as data: a folder of JSON files, each with series, when to judge, and what must be found. A new case is a new file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fixture::cases;
use super::policy::{Judged, PolicyTest, policy};
use crate::Result;
use crate::policy::{Context, Finding, Verdict};
use crate::rules::{Span, Time, alerts, promtool};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    #[serde(default)]
    config: Value,
    requirements: Option<Vec<String>>,
    /// From one value of a series to the next.
    #[serde(default)]
    interval: String,
    #[serde(default)]
    series: BTreeMap<String, String>,
    #[serde(default)]
    checks: Vec<Stated>,
    #[serde(default)]
    disrupted: Vec<(String, String)>,
    #[serde(default)]
    unobserved: Vec<(String, String)>,
    evaluate: String,
    until: String,
    #[serde(default)]
    goes_on: bool,
    expect: Expectation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    at: String,
    phase: Option<String>,
    requirements: Vec<String>,
    #[serde(default)]
    name: String,
    verdict: String,
    #[serde(default)]
    expected: String,
    #[serde(default)]
    observed: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    #[serde(default)]
    findings: Vec<Wanted>,
    /// How many findings the last evaluation has.
    count: Option<usize>,
    /// What the error of the policy contains.
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    /// Without it, the last evaluation.
    at: Option<String>,
    verdict: Option<String>,
    firing: Option<bool>,
    rows: Option<Vec<String>>,
    action: Option<String>,
    #[serde(default)]
    says: String,
    #[serde(default)]
    absent: bool,
}

/// Runs every `*.json` of a folder of the crate, `fixtures` by convention.
///
/// # Panics
/// If the folder has none, or if one of them does not come out as it says; the message names it.
#[track_caller]
pub fn policy_fixtures<C: DeserializeOwned>(judge: impl Fn(&mut Context, C) -> Result<()>, folder: impl AsRef<Path>) {
    let folder = folder.as_ref();
    let files = cases(folder).unwrap_or_else(|problem| panic!("{}: {problem}", folder.display()));
    assert!(!files.is_empty(), "{}: no fixture, and none is not a pass", folder.display());
    let tried = files.iter().filter_map(|file| {
        let problem = fs::read_to_string(file).map_err(|error| error.to_string()).and_then(|text| case(&judge, &text));
        problem.err().map(|problem| format!("{}: {problem}", file.display()))
    });
    let problems: Vec<String> = tried.collect();
    assert!(problems.is_empty(), "{} of {} fixtures:\n{}", problems.len(), files.len(), problems.join("\n"));
}

fn case<C: DeserializeOwned>(judge: impl Fn(&mut Context, C) -> Result<()>, text: &str) -> Result<(), String> {
    let fixture: Fixture = serde_json::from_str(text).map_err(|error| error.to_string())?;
    fixture.expect.must_demand_something()?;
    let judged = fixture.judged(policy(judge))?;
    fixture.expect.met_by(&judged).map_err(|problem| format!("{problem}\n{}", judged.shown()))
}

fn span(text: &str) -> Result<Span, String> {
    alerts::duration(text).map_err(|mistake| format!("`{text}`: {mistake}"))
}

fn verdict(word: &str) -> Result<Verdict, String> {
    Verdict::parse(word).ok_or_else(|| format!("`{word}` is no verdict"))
}

impl Fixture {
    fn judged(&self, test: PolicyTest<'_>) -> Result<Judged, String> {
        let mut test = test.config(self.config.clone());
        if let Some(rows) = &self.requirements {
            test = test.requirements(rows.iter().cloned());
        }
        for (name, values) in &self.series {
            let step = span(&self.interval)?;
            let series = promtool::series(name, values, Time(0), step);
            test = test.known(series.map_err(|mistake| format!("series `{name}`: {mistake}"))?);
        }
        for (from, to) in &self.disrupted {
            span(from)?;
            span(to)?;
            test = test.disrupted(from, to);
        }
        for (from, to) in &self.unobserved {
            span(from)?;
            span(to)?;
            test = test.unobserved(from, to);
        }
        for stated in &self.checks {
            test = test.seen(crate::policy::SeenCheck {
                phase: stated.phase.clone().unwrap_or_else(|| "fixture".to_owned()),
                requirements: stated.requirements.clone(),
                name: stated.name.clone(),
                verdict: verdict(&stated.verdict)?,
                expected: stated.expected.clone(),
                observed: stated.observed.clone(),
                at: Time(0) + span(&stated.at)?,
            });
        }
        if self.goes_on {
            test = test.goes_on();
        }
        if span(&self.evaluate)? <= Span::ZERO {
            return Err("`evaluate` is how long it is from one evaluation to the next".to_owned());
        }
        span(&self.until)?;
        Ok(test.judged_each(&self.evaluate, &self.until))
    }
}

impl Expectation {
    /// As `holdpoint test` has it.
    fn must_demand_something(&self) -> Result<(), String> {
        let Self { findings, count, error } = self;
        if findings.is_empty() && count.is_none() && error.is_none() {
            return Err("`expect` demands nothing, and nothing is not a pass; name findings, count or error".to_owned());
        }
        findings.iter().try_for_each(Wanted::must_demand_something)
    }

    fn met_by(&self, judged: &Judged) -> Result<(), String> {
        match (judged.error(), &self.error) {
            (None, None) => {}
            (Some(error), Some(text)) if error.contains(text.as_str()) => {}
            (Some(error), Some(text)) => return Err(format!("the error should say `{text}`, but says `{error}`")),
            (None, Some(text)) => return Err(format!("the policy should end with an error that says `{text}`")),
            (Some(error), None) => return Err(format!("the policy should judge, but says `{error}`")),
        }
        for wanted in &self.findings {
            wanted.met_by(judged)?;
        }
        match self.count {
            Some(count) if count != judged.last().len() => {
                Err(format!("{count} findings are expected, there are {}", judged.last().len()))
            }
            _ => Ok(()),
        }
    }
}

impl Wanted {
    fn must_demand_something(&self) -> Result<(), String> {
        let Self { name, at: _, verdict, firing, rows, action, says, absent } = self;
        let anything = verdict.is_some() || firing.is_some() || rows.is_some() || action.is_some() || !says.is_empty();
        if anything == *absent {
            return Err(format!(
                "finding `{name}`: say what it must be (verdict, firing, rows, action, says), or absent"
            ));
        }
        Ok(())
    }

    fn met_by(&self, judged: &Judged) -> Result<(), String> {
        let Self { name, at, verdict: word, firing, rows, action, says, absent } = self;
        let evaluated = match at {
            None => judged.ticks().last(),
            Some(at) => {
                let moment = Time(0) + span(at)?;
                judged.ticks().iter().find(|(tick, _)| *tick == moment)
            }
        };
        let (tick, found) = evaluated.ok_or_else(|| format!("finding `{name}`: nothing is judged then"))?;
        let at = *tick - Time(0);
        let Some(found) = found.iter().find(|finding| finding.name == *name) else {
            return if *absent { Ok(()) } else { Err(format!("`{name}` should be found at {at}, and is not")) };
        };
        let verdict = word.as_deref().map(verdict).transpose()?;
        let is_so = !absent
            && verdict.is_none_or(|verdict| verdict == found.verdict)
            && firing.is_none_or(|firing| firing == found.firing)
            && rows.as_ref().is_none_or(|rows| *rows == found.requirements)
            && action.as_ref().is_none_or(|action| found.action.as_ref() == Some(action))
            && (found.observed.contains(says.as_str()) || found.expected.contains(says.as_str()));
        let Finding { verdict, firing, requirements, observed, .. } = found;
        if is_so {
            Ok(())
        } else {
            let firing = if *firing { "firing" } else { "not firing" };
            Err(format!("`{name}` is otherwise at {at}: {verdict}, {firing}, of {requirements:?}, says `{observed}`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A policy that finds `A`, which passes.
    fn judge(cx: &mut Context, _: Value) -> Result<()> {
        cx.find(Finding::new("A", Verdict::Pass));
        Ok(())
    }

    fn tried(expect: &str) -> Result<(), String> {
        case(judge, &format!(r#"{{ "config": {{}}, "evaluate": "1m", "until": "2m", "expect": {expect} }}"#))
    }

    #[test]
    fn a_fixture_comes_out_as_it_says_or_is_told() {
        assert_eq!(
            tried(r#"{ "findings": [{ "name": "A", "verdict": "pass" }, { "name": "B", "absent": true }] }"#),
            Ok(())
        );
        assert_eq!(tried(r#"{ "count": 1 }"#), Ok(()));
        for (expect, says) in [
            (r#"{ "findings": [{ "name": "A", "verdict": "fail" }] }"#, "`A` is otherwise at 2m"),
            (r#"{ "findings": [{ "name": "A", "absent": true }] }"#, "`A` is otherwise at 2m"),
            (r#"{ "findings": [{ "name": "B", "verdict": "pass" }] }"#, "`B` should be found at 2m"),
            (r#"{ "count": 2 }"#, "2 findings are expected, there are 1"),
        ] {
            let told = tried(expect).expect_err(expect);
            assert!(told.contains(says), "{told}\nshould say\n{says}");
        }
    }

    #[test]
    fn an_expectation_that_nothing_could_fail_is_refused() {
        let one = "say what it must be (verdict, firing, rows, action, says), or absent";
        for (expect, says) in [
            (r#"{ "findings": [{ "name": "A" }] }"#, one),
            (r#"{ "findings": [{ "name": "B", "absent": true, "verdict": "fail" }] }"#, one),
            ("{}", "`expect` demands nothing"),
            (r#"{ "findings": [] }"#, "`expect` demands nothing"),
        ] {
            let told = tried(expect).expect_err(expect);
            assert!(told.contains(says), "{told}\nshould say\n{says}");
        }
    }
}
