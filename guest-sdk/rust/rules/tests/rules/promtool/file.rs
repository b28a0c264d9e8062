//! Cases and what we say of them, in the notation of `promtool test rules`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use holdpoint_rules::alerts::prometheus;
use holdpoint_rules::{Finding, Rule, Series, Span, Status, Time};

use super::Case;
use super::corpus::BEYOND;

/// Every how many ticks values are compared.
const EVERY: usize = 3;

/// Groups of tests: series, and what an expression must be at a time.
#[derive(Default)]
pub(super) struct Tests {
    groups: BTreeMap<String, Vec<Expected>>,
    pub(super) ticks: usize,
    pub(super) values: usize,
}

#[derive(Clone)]
struct Expected {
    expression: String,
    at: Time,
    samples: Vec<(String, f64)>,
}

/// What Prometheus calls a status; for it there are but two.
pub(super) fn state(status: Status) -> Option<&'static str> {
    match status {
        Status::Pending { .. } => Some("pending"),
        Status::Firing { .. } => Some("firing"),
        Status::Clear | Status::Inconclusive(_) | Status::NotAsked => None,
    }
}

impl Tests {
    /// Every tick of a case: these alerts and no others are there.
    pub(super) fn add(&mut self, case: &Case, judged: &[(Time, Vec<Finding>)]) {
        self.ticks += judged.len();
        let expected = judged.iter().map(|(at, findings)| {
            let sample = |finding: &Finding| Some((alert(finding, state(finding.status)?), 1.0));
            Expected { expression: "ALERTS".to_owned(), at: *at, samples: findings.iter().filter_map(sample).collect() }
        });
        self.groups.entry(head(case)).or_default().extend(expected);
    }

    /// The values of the rules' expressions, to the last bit. What is no number is none for both.
    pub(super) fn add_values(&mut self, case: &Case, rules: &[Rule]) {
        let mut all = Vec::new();
        for at in case.ticks().step_by(EVERY) {
            for rule in rules {
                let readings = rule.expression.read(&case.evidence, at);
                let number = |(labels, reading): (_, holdpoint_rules::Reading)| {
                    let value = reading.ok()?.estimate;
                    Some((format!("{labels}"), value))
                };
                let samples: Vec<_> = readings.into_iter().filter_map(number).collect();
                self.values += samples.len();
                all.push(Expected {
                    expression: format!("{} > -Inf", prometheus::expression(&rule.expression)),
                    at,
                    samples,
                });
            }
        }
        self.groups.entry(head(case)).or_default().extend(all);
    }

    /// The same, but that one value is the next number.
    pub(super) fn with_one_value_off_by_a_bit(&self) -> Self {
        let mut groups = self.groups.clone();
        let values = groups.values_mut().flatten().flat_map(|expected| &mut expected.samples);
        let value = values.map(|(_, value)| value).find(|value| **value > 0.0).unwrap();
        *value = f64::from_bits(value.to_bits() + 1);
        Self { groups, ticks: self.ticks, values: self.values }
    }

    /// An alert that is never pending and never fires would agree by itself.
    pub(super) fn each_rule_was_there(&self, rules: &[Rule]) {
        for rule in rules {
            let states = ["pending", "firing"].map(|state| {
                let (name, state) = (format!("alertname=\"{}\"", rule.name), format!("alertstate=\"{state}\""));
                let alerts = self.groups.values().flatten().flat_map(|expected| &expected.samples);
                alerts.filter(|(labels, _)| labels.contains(&name) && labels.contains(&state)).count()
            });
            println!("  {}: {} ticks pending, {} firing", rule.name, states[0], states[1]);
            let was_there = states[1] > 0 && (states[0] > 0 || rule.hold == Span::ZERO);
            assert_eq!(was_there, rule.name != BEYOND, "{}: {states:?}", rule.name);
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text = "rule_files: [rules.yml]\nevaluation_interval: 30s\ntests:\n".to_owned();
        for (head, all) in &self.groups {
            text.push_str(head);
            text.push_str("  promql_expr_test:\n");
            for Expected { expression, at, samples } in all {
                let (expression, at) = (quoted(expression), Span(at.0));
                let _ = writeln!(text, "  - expr: {expression}\n    eval_time: {at}\n    exp_samples:");
                for (labels, value) in samples {
                    let value = if value.is_infinite() { ".inf".to_owned() } else { format!("{value:e}") };
                    let _ = writeln!(text, "    - {{labels: {}, value: {value}}}", quoted(labels));
                }
            }
        }
        text
    }
}

fn alert(finding: &Finding, state: &str) -> String {
    let name = [("alertname", finding.rule.as_str()), ("alertstate", state), ("severity", "warning")];
    let labels = finding.labels.iter().chain(name);
    let pairs: Vec<String> = labels.map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    format!("ALERTS{{{}}}", pairs.join(","))
}

fn head(case: &Case) -> String {
    let mut text = format!("- name: \"{}\"\n  interval: {}\n  input_series:\n", case.name, case.sampled);
    for series in &case.series {
        let name = format!("{}{}", series.metric(), series.labels());
        let _ = writeln!(text, "  - series: {}\n    values: {}", quoted(&name), quoted(&values(case, series)));
    }
    text
}

fn values(case: &Case, series: &Series) -> String {
    let at = |sample: usize| Time(0) + case.sampled * sample as i64;
    let one = |sample: usize| match series.range(at(sample), at(sample)) {
        [sample] => sample.value.to_string(),
        // Gone is what was there a moment ago and is not now.
        _ if series.latest(at(sample) - Span(1), Span(i64::MAX)).is_some()
            && series.latest(at(sample), Span(i64::MAX)).is_none() =>
        {
            "stale".to_owned()
        }
        _ => "_".to_owned(),
    };
    (0..case.samples).map(one).collect::<Vec<_>>().join(" ")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
