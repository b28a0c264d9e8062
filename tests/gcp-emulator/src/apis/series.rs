//! Monitoring's PromQL over what services tell of themselves: a collector beside them has it at the moment at which somebody asks. Understands
//! metrics by their names, sums of them by labels, and the four operations; refuses any other expression rather than to give wrong numbers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cloud::{Around, not_emulated};
use crate::exchange::{Answer, Call};

/// The longest expression, in bytes, and how deep its parentheses are.
const LONGEST: usize = 4_096;
const DEEPEST: usize = 16;
/// What a collector calls a label of a service's own by whose name it has one itself.
const RENAMED: (&str, &str) = ("instance", "exported_instance");

type Labels = BTreeMap<String, String>;
type Exporter = Arc<dyn Fn() -> String + Send + Sync>;

/// Who gives the pages of metrics, in the text format of Prometheus; nobody at first.
#[derive(Clone, Default)]
pub(crate) struct Series(Option<Exporter>);

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Series").field(&self.0.is_some()).finish()
    }
}

impl Series {
    pub(crate) fn set(&mut self, exporter: Exporter) {
        self.0 = Some(exporter);
    }

    /// Whether a call is a question for them.
    pub(crate) fn is_asked(call: &Call) -> bool {
        call.path.ends_with("/prometheus/api/v1/query")
    }

    pub(crate) fn answer(&self, call: &Call, around: &Around<'_>) -> Result<Answer, Answer> {
        let parts: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
        let ["v1", "projects", project, "location", "global", "prometheus", "api", "v1", "query"] = parts.as_slice()
        else {
            return Err(not_emulated(call));
        };
        around.project.expect(project)?;
        let query = call.fields().into_iter().find(|(name, _)| name == "query").map(|(_, query)| query);
        let page = self.0.as_ref().map(|exporter| exporter()).unwrap_or_default();
        let mut samples = samples(&page);
        for sample in samples.iter_mut().filter(|sample| around.behaviour.altered == Some(sample.name.as_str())) {
            sample.value = sample.value * 1.5 + 1.0;
        }
        let query = query.unwrap_or_default();
        let found = evaluate(&query, &samples).map_err(|why| bad_data(&why))?;
        let at = around.now.0.as_secs_f64();
        let one = |labels: &Labels, value: f64| json!({"metric": labels, "value": [at, shown(value)]});
        let (kind, result) = match &found {
            Operand::Number(number) => ("scalar", json!([at, shown(*number)])),
            Operand::Vector(series) => {
                ("vector", series.iter().map(|(labels, value)| one(labels, *value)).collect::<Value>())
            }
        };
        Ok(Answer::json(&json!({"status": "success", "data": {"resultType": kind, "result": result}})))
    }
}

fn bad_data(why: &str) -> Answer {
    Answer { status: 400, ..Answer::json(&json!({"status": "error", "errorType": "bad_data", "error": why})) }
}

/// A number as Prometheus writes it.
fn shown(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    value.to_string()
}

/// A line of a page.
#[derive(Debug, PartialEq)]
struct Sample {
    name: String,
    labels: Labels,
    value: f64,
}

fn samples(page: &str) -> Vec<Sample> {
    page.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect()
}

fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let label = |label: &str| {
        let (name, value) = label.split_once('=')?;
        let name = if name == RENAMED.0 { RENAMED.1 } else { name };
        Some((name.to_owned(), value.trim_matches('"').to_owned()))
    };
    let labels = labels.strip_suffix('}')?.split(',').filter(|label| !label.is_empty()).map(label);
    Some(Sample { name: name.to_owned(), labels: labels.collect::<Option<_>>()?, value: value.parse().ok()? })
}

#[derive(Debug, PartialEq)]
enum Operand {
    Number(f64),
    Vector(BTreeMap<Labels, f64>),
}

impl Operand {
    /// Series meet those with the same labels, and a number meets each.
    fn with(self, other: Self, operation: fn(f64, f64) -> f64) -> Self {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => Self::Number(operation(left, right)),
            (Self::Number(left), Self::Vector(right)) => {
                Self::Vector(right.into_iter().map(|(labels, right)| (labels, operation(left, right))).collect())
            }
            (Self::Vector(left), Self::Number(right)) => {
                Self::Vector(left.into_iter().map(|(labels, left)| (labels, operation(left, right))).collect())
            }
            (Self::Vector(left), Self::Vector(right)) => {
                let met = left.into_iter().filter_map(|(labels, left)| {
                    let right = right.get(&labels)?;
                    Some((labels, operation(left, *right)))
                });
                Self::Vector(met.collect())
            }
        }
    }
}

fn evaluate(text: &str, samples: &[Sample]) -> Result<Operand, String> {
    if text.len() > LONGEST {
        return Err(format!("the emulator reads expressions of at most {LONGEST} bytes"));
    }
    let mut reader = Reader { rest: text, depth: 0, samples };
    let found = reader.terms()?;
    if reader.begins().is_empty() { Ok(found) } else { Err(reader.strange()) }
}

/// What of an expression is still to be read.
struct Reader<'a> {
    rest: &'a str,
    depth: usize,
    samples: &'a [Sample],
}

impl<'a> Reader<'a> {
    fn begins(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        self.rest
    }

    fn strange(&self) -> String {
        format!("the emulator does not understand `{}`", self.rest)
    }

    fn takes(&mut self, sign: char) -> bool {
        match self.begins().strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expects(&mut self, sign: char) -> Result<(), String> {
        if self.takes(sign) { Ok(()) } else { Err(self.strange()) }
    }

    /// A name or a number; empty where there is none.
    fn word(&mut self) -> &'a str {
        let text = self.begins();
        let end =
            text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | ':' | '.')).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        word
    }

    fn terms(&mut self) -> Result<Operand, String> {
        let mut found = self.factors()?;
        loop {
            if self.takes('+') {
                found = found.with(self.factors()?, |left, right| left + right);
            } else if self.takes('-') {
                found = found.with(self.factors()?, |left, right| left - right);
            } else {
                return Ok(found);
            }
        }
    }

    fn factors(&mut self) -> Result<Operand, String> {
        let mut found = self.factor()?;
        loop {
            if self.takes('*') {
                found = found.with(self.factor()?, |left, right| left * right);
            } else if self.takes('/') {
                found = found.with(self.factor()?, |left, right| left / right);
            } else {
                return Ok(found);
            }
        }
    }

    fn factor(&mut self) -> Result<Operand, String> {
        if self.depth < DEEPEST && self.takes('(') {
            self.depth += 1;
            let found = self.terms()?;
            self.depth -= 1;
            self.expects(')')?;
            return Ok(found);
        }
        match self.word() {
            "" => Err(self.strange()),
            "sum" => self.sum(),
            word if word.starts_with(|c: char| c.is_ascii_digit()) => {
                word.parse().map(Operand::Number).map_err(|_| format!("`{word}` is no number"))
            }
            name => Ok(Operand::Vector(self.named(name).map(|one| (one.labels.clone(), one.value)).collect())),
        }
    }

    /// `sum by (label, label) (metric)`, after its first word.
    fn sum(&mut self) -> Result<Operand, String> {
        let mut by = Vec::new();
        let mut next = self.begins();
        if next.starts_with("by") {
            self.word();
            self.expects('(')?;
            while !self.takes(')') {
                by.push(self.word());
                if !self.takes(',') && !self.begins().starts_with(')') {
                    return Err(self.strange());
                }
            }
            next = self.begins();
        }
        if !next.starts_with('(') {
            return Err(self.strange());
        }
        self.expects('(')?;
        let name = self.word();
        self.expects(')')?;
        let mut sums: BTreeMap<Labels, f64> = BTreeMap::new();
        for sample in self.named(name) {
            let kept = |(label, _): &(&String, &String)| by.contains(&label.as_str());
            let labels = sample.labels.iter().filter(kept).map(|(label, value)| (label.clone(), value.clone()));
            *sums.entry(labels.collect()).or_default() += sample.value;
        }
        Ok(Operand::Vector(sums))
    }

    fn named(&self, name: &'a str) -> impl Iterator<Item = &'a Sample> + use<'a> {
        self.samples.iter().filter(move |sample| sample.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# TYPE errors_total counter\nerrors_total{instance=\"a\",route=\"x\"} 1\n\
                        errors_total{instance=\"a\",route=\"y\"} 2\nasked_total{instance=\"a\"} 12\nup 1\nbroken{\n";

    fn found(query: &str) -> Result<Vec<(String, f64)>, String> {
        let series = |(labels, value): (Labels, f64)| {
            let labels: Vec<String> = labels.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
            (labels.join(","), value)
        };
        Ok(match evaluate(query, &samples(PAGE))? {
            Operand::Number(number) => vec![("number".to_owned(), number)],
            Operand::Vector(all) => all.into_iter().map(series).collect(),
        })
    }

    #[test]
    fn sums_and_shares_are_reckoned_as_prometheus_does() {
        let one = |labels: &str, value: f64| Ok(vec![(labels.to_owned(), value)]);
        assert_eq!(found("up"), one("", 1.0));
        assert_eq!(found("sum(errors_total)"), one("", 3.0));
        assert_eq!(found("sum by (exported_instance) (errors_total)"), one("exported_instance=a", 3.0));
        let share = "sum by (exported_instance) (errors_total) / sum by (exported_instance)(asked_total)";
        assert_eq!(found(share), one("exported_instance=a", 0.25));
        assert_eq!(found(&format!("1 - {share}")), one("exported_instance=a", 0.75));
        assert_eq!(found("(1 + 2) * 4 - 6 / 3"), one("number", 10.0));
        assert_eq!(found("errors_total").map(|all| all.len()), Ok(2));
        assert_eq!(found("nothing_has_this_name"), Ok(vec![]));
        assert_eq!(found("errors_total / asked_total"), Ok(vec![]), "no labels are the same");
    }

    #[test]
    fn another_expression_is_refused() {
        for query in
            ["", "up{a=\"b\"}", "rate(up[5m])", "sum by (a", "sum by (a b) (up)", "1 +", "up)", "avg(up)", "2x"]
        {
            assert!(found(query).is_err(), "{query}: {:?}", found(query));
        }
        assert!(found(&"1".repeat(LONGEST + 1)).unwrap_err().contains("at most 4096 bytes"));
        let deep = |depth: usize| found(&format!("{}1{}", "(".repeat(depth), ")".repeat(depth)));
        assert!(deep(DEEPEST).is_ok() && deep(DEEPEST + 1).is_err());
    }
}
