//! What series are called in somebody's Prometheus, and how those count that count. Nothing is evaluated by it: it is written.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::notation::Mistake;
use crate::labels::Quoted;
use crate::promtool::quoted;
use crate::{Counted, MOST_LABELS, Rule, Selector};

/// The longest text of a source, in bytes.
const LONGEST: usize = 500;
/// Comparisons of PromQL, the longer ones first.
const COMPARISONS: [&str; 4] = ["=~", "!~", "!=", "="];
/// What is no letter and no digit in the name of a metric.
const IN_METRICS: &str = "_:";

/// Series as PromQL chooses them: `http_requests_total{code=~"5.."}`. Patterns are passed on as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    metric: String,
    /// Label, comparison and value.
    matchers: Vec<(String, &'static str, String)>,
}

impl Source {
    /// Reads a metric with conditions on its labels, or a metric alone.
    ///
    /// # Errors
    /// With the place of what is something else.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let mistake = |left: &str, what: &str, remedy: &str| Mistake {
            column: text[..text.len() - left.len()].chars().count() + 1,
            what: what.to_owned(),
            remedy: remedy.to_owned(),
        };
        if text.len() > LONGEST {
            return Err(mistake(text, "it is longer than 500 bytes", "shorten it"));
        }
        let start = text.trim_start();
        let (metric, mut left) = name(start, IN_METRICS);
        if metric.is_empty() {
            return Err(mistake(start, "a name of series is wanted here", "write it as in `http_requests_total`"));
        }
        let mut matchers = Vec::new();
        if let Some(within) = left.trim_start().strip_prefix('{') {
            left = within.trim_start();
            while !left.starts_with('}') {
                let (label, rest) = name(left, "_");
                let found = COMPARISONS.into_iter().find_map(|comparison| {
                    let (value, rest) = quoted(rest.trim_start().strip_prefix(comparison)?.trim_start())?;
                    Some((comparison, value, rest.trim_start()))
                });
                let within_bounds = !label.is_empty() && matchers.len() < MOST_LABELS;
                let Some((comparison, value, rest)) = found.filter(|_| within_bounds) else {
                    return Err(mistake(left, "this is no condition on a label", "write it as in `{code=~\"5..\"}`"));
                };
                matchers.push((label.to_owned(), comparison, value));
                left = match rest.strip_prefix(',') {
                    Some(rest) => rest.trim_start(),
                    None if rest.starts_with('}') => rest,
                    None => return Err(mistake(rest, "a condition ends before this", "go on with `,` or `}`")),
                };
            }
            left = &left[1..];
        }
        if left.trim_start().is_empty() {
            Ok(Self { metric: metric.to_owned(), matchers })
        } else {
            Err(mistake(left, "this is not understood", "end with the name, or with a `}` behind its labels"))
        }
    }

    /// Only those where a label has this value.
    pub(super) fn is(mut self, label: &str, value: &str) -> Self {
        self.matchers.push((label.to_owned(), "=", value.to_owned()));
        self
    }
}

/// As PromQL has it.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.metric)?;
        for (at, (label, comparison, value)) in self.matchers.iter().enumerate() {
            write!(f, "{}{label}{comparison}\"{}\"", if at == 0 { "{" } else { "," }, Quoted(value))?;
        }
        if self.matchers.is_empty() { Ok(()) } else { f.write_str("}") }
    }
}

/// Sources by the metrics that rules have for them. What is not among them is called as the rules call it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources {
    named: BTreeMap<String, Source>,
    counters: BTreeSet<String>,
    counted: Option<Counted>,
}

impl Sources {
    /// Says what a metric is called there.
    pub fn name(&mut self, metric: &str, source: Source) {
        self.named.insert(metric.to_owned(), source);
    }

    /// Says what a metric is called there, which counts as a counter does, whatever a rule says.
    pub fn counter(&mut self, metric: &str, source: Source) {
        self.counters.insert(metric.to_owned());
        self.name(metric, source);
    }

    /// Says how all series count there that count, whatever a rule says.
    pub fn count(&mut self, counted: Counted) {
        self.counted = Some(counted);
    }

    /// The metrics of a rule that nobody has named.
    pub fn unnamed<'r>(&self, rule: &'r Rule) -> Vec<&'r str> {
        let selectors = rule.expression.selectors().into_iter().chain(&rule.during);
        selectors.map(Selector::metric).filter(|metric| !self.named.contains_key(*metric)).collect()
    }

    pub(super) fn of(&self, selector: &Selector) -> Source {
        let own = || Source { metric: selector.metric().to_owned(), matchers: Vec::new() };
        let mut source = self.named.get(selector.metric()).cloned().unwrap_or_else(own);
        source.matchers.extend(selector.matchers().iter().map(|(label, matcher)| {
            let (comparison, value) = matcher.written();
            (label.clone(), comparison, value)
        }));
        source
    }

    /// How a series counts there that counts so in a run.
    pub(super) fn counted(&self, selector: &Selector, own: Counted) -> Counted {
        let known = self.counters.contains(selector.metric()).then_some(Counted::Counter);
        self.counted.or(known).unwrap_or(own)
    }
}

/// Whether a metric can be called so in PromQL.
pub fn is_metric(text: &str) -> bool {
    !text.is_empty() && name(text, IN_METRICS) == (text, "")
}

/// A name at the beginning, and what stands behind it.
fn name<'t>(text: &'t str, more: &str) -> (&'t str, &'t str) {
    let belongs = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
    let end = if text.starts_with(|c: char| c.is_ascii_digit()) {
        0
    } else {
        text.find(|c| !belongs(c)).unwrap_or(text.len())
    };
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_source_is_read_as_promql_has_it() {
        for (text, written) in [
            ("up", "up"),
            ("job:errors:rate5m", "job:errors:rate5m"),
            ("up{}", "up"),
            (r#" up { a = "x" , b!="y", c=~"5..", d !~ "\\d" , } "#, r#"up{a="x",b!="y",c=~"5..",d!~"\\d"}"#),
            (r#"up{a="\"}\n"}"#, r#"up{a="\"}\n"}"#),
        ] {
            assert_eq!(Source::parse(text).unwrap().to_string(), written, "{text}");
        }
    }

    #[test]
    fn what_is_no_source_is_told_with_its_place() {
        for (text, says) in [
            ("", "column 1: a name of series is wanted here; write it as in `http_requests_total`"),
            ("5xx", "column 1: a name of series is wanted here; write it as in `http_requests_total`"),
            ("up) or vector(1", "column 3: this is not understood; end with the name, or with a `}` behind its labels"),
            (
                "up{a=\"x\"}[5m]",
                "column 10: this is not understood; end with the name, or with a `}` behind its labels",
            ),
            ("up{a}", "column 4: this is no condition on a label; write it as in `{code=~\"5..\"}`"),
            ("up{a=\"x\"", "column 9: a condition ends before this; go on with `,` or `}`"),
            ("up{a=\"x\" b=\"y\"}", "column 10: a condition ends before this; go on with `,` or `}`"),
            ("up{a==\"x\"}", "column 4: this is no condition on a label; write it as in `{code=~\"5..\"}`"),
            ("up{a=\"x", "column 4: this is no condition on a label; write it as in `{code=~\"5..\"}`"),
            ("up{", "column 4: this is no condition on a label; write it as in `{code=~\"5..\"}`"),
        ] {
            assert_eq!(Source::parse(text).unwrap_err().to_string(), says, "{text}");
        }
        let long = "u".repeat(LONGEST + 1);
        assert!(Source::parse(&long).unwrap_err().to_string().contains("longer than 500 bytes"));
        let labels = |count: usize| format!("up{{{}}}", "a=\"\",".repeat(count));
        assert!(Source::parse(&labels(MOST_LABELS)).is_ok());
        assert!(Source::parse(&labels(MOST_LABELS + 1)).is_err());
    }

    #[test]
    fn what_nobody_has_named_is_called_as_the_rule_calls_it() {
        let mut sources = Sources::default();
        sources.name("requests", Source::parse("http_requests_total{job=\"web\"}").unwrap());
        let requests = Selector::new("requests").starts_with("route", "/a.b");
        assert_eq!(sources.of(&requests).to_string(), r#"http_requests_total{job="web",route=~"/a\\.b.*"}"#);
        let other = Selector::new("up").is_not("a", "b");
        assert_eq!(sources.of(&other).to_string(), other.to_string());
        assert_eq!(sources.counted(&requests, Counted::Slots), Counted::Slots);
        sources.counter("requests", Source::parse("http_requests_total").unwrap());
        assert_eq!(sources.counted(&requests, Counted::Slots), Counted::Counter);
        assert_eq!(sources.counted(&other, Counted::Slots), Counted::Slots, "nobody has named that one");
        sources.count(Counted::Counter);
        assert_eq!(sources.counted(&other, Counted::Slots), Counted::Counter);
        for (text, is) in [("up", true), ("", false), ("a.b", false), ("up{}", false), ("1up", false)] {
            assert_eq!(is_metric(text), is, "{text}");
        }
    }
}
