//! The same series and rules given to the real `promtool test rules`: at each tick it must say of each alert what we say, and of each
//! expression the same value, bit by bit. Where we say more, the difference has a name and a reason.

mod corpus;
mod differences;
mod file;
mod trend;

use std::process::{Command, Output};

use holdpoint_rules::{Alerts, Finding, Rule, Time};

use corpus::Case;

/// As the corpus is made, so that everybody has the same.
const SEED: u64 = 0x600d_5eed;
const CASES: usize = 42;
/// How much there must be to compare.
const LEAST_SERIES: usize = 500;

/// What was found of one case: by tick, all findings.
fn judge(case: &Case, rules: &[Rule]) -> Vec<(Time, Vec<Finding>)> {
    let mut alerts = Alerts::default();
    case.ticks().map(|tick| (tick, alerts.tick(rules, &case.evidence, tick).unwrap())).collect()
}

/// Runs the real tool in a folder with the files that it needs.
#[expect(clippy::disallowed_methods, reason = "the real tool is what we compare ourselves with")]
fn promtool(files: &[(&str, &str)], arguments: &[&str]) -> (Output, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let output = Command::new("promtool").args(arguments).current_dir(folder.path()).output().unwrap();
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output, String::from_utf8(text).unwrap())
}

#[test]
fn promtool_agrees_with_every_tick_of_a_corpus() {
    let cases = corpus::cases(SEED, CASES);
    let series: usize = cases.iter().map(|case| case.evidence_series).sum();
    assert!(series >= LEAST_SERIES, "{series}");
    let (rules, twins) = (corpus::rules(), differences::twins(&corpus::rules()));
    let mut differences = differences::Differences::default();
    let mut tests = file::Tests::default();
    for case in &cases {
        let judged = judge(case, &twins);
        tests.add(case, &judged);
        tests.add_values(case, &twins);
        differences.add(case, &rules, &judge(case, &rules), &judged);
    }
    let rules_file = holdpoint_rules::alerts::prometheus::file("corpus", &twins);
    let (output, said) =
        promtool(&[("rules.yml", &rules_file), ("test.yml", &tests.text())], &["test", "rules", "test.yml"]);
    assert!(output.status.success(), "{}", said.chars().take(4_000).collect::<String>());
    println!(
        "{series} series, {} ticks of {} alerts, {} values; promtool agrees",
        tests.ticks,
        twins.len(),
        tests.values
    );
    tests.each_rule_was_there(&twins);
    differences.each_is_named_and_seen();
}

#[test]
fn promtool_finds_a_state_or_a_value_that_is_not_so() {
    let case = &corpus::cases(SEED, CASES)[0];
    let twins = differences::twins(&corpus::rules());
    let rules_file = holdpoint_rules::alerts::prometheus::file("corpus", &twins);
    let run = |tests: &file::Tests| {
        promtool(&[("rules.yml", &rules_file), ("test.yml", &tests.text())], &["test", "rules", "test.yml"])
    };
    let right = judge(case, &twins);
    // A hold that is one tick longer; a limit that one more error exceeds; one finding that is missing.
    let longer: Vec<Rule> = twins.iter().map(|rule| rule.clone().lasting(rule.hold + case.step)).collect();
    let stricter: Vec<Rule> = twins
        .iter()
        .map(|rule| {
            let mut rule = rule.clone();
            rule.condition.limit *= 1.000_001;
            rule
        })
        .collect();
    let mut missing = right.clone();
    let fired = missing.iter_mut().find_map(|(_, findings)| {
        let at = findings.iter().position(|finding| file::state(finding.status).is_some())?;
        Some(findings.remove(at))
    });
    assert!(fired.is_some());
    for wrong in [judge(case, &longer), missing] {
        let mut tests = file::Tests::default();
        tests.add(case, &wrong);
        let (output, said) = run(&tests);
        assert!(!output.status.success() && said.contains("ALERTS"), "{said}");
    }
    let boundary =
        corpus::cases(SEED, CASES).into_iter().find(|case| judge(case, &stricter) != judge(case, &twins)).unwrap();
    let mut tests = file::Tests::default();
    tests.add(&boundary, &judge(&boundary, &stricter));
    assert!(!run(&tests).0.status.success(), "no value of the corpus lies at its limit");
    let mut tests = file::Tests::default();
    tests.add_values(case, &twins);
    let off_by_one_bit = tests.with_one_value_off_by_a_bit();
    let (output, said) = run(&off_by_one_bit);
    assert!(!output.status.success() && said.contains("got"), "{said}");
}

#[test]
fn promtool_takes_the_alerts_of_the_guide() {
    let text = holdpoint_rules::alerts::prometheus::file("guide", &crate::notation::rules_of_the_guide());
    let (output, said) = promtool(&[("rules.yml", &text)], &["check", "rules", "rules.yml"]);
    assert!(output.status.success() && said.contains("4 rules found"), "{said}");
}
