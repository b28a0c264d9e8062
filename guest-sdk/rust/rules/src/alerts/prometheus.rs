//! Rules in the notation of Prometheus, so that its own tools can check and run them.
//!
//! What Prometheus has no word for is left out: that no data is not good news, the age of evidence, disruptions, and the confidence of a
//! trend, for which its least squares (`deriv`) stand in.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Write as _;

use crate::{Across, Counted, Expression, Measure, Over, Rule, Selector, Span};

/// A file with one group of alerting rules.
pub fn file(group: &str, rules: &[Rule]) -> String {
    let mut text = format!("groups:\n- name: {}\n  rules:\n", Yaml(group));
    for rule in rules {
        let expression = condition(rule);
        // Writing to a text can't fail.
        let _ = write!(text, "  - alert: {}\n    expr: {}\n", Yaml(&rule.name), Yaml(&expression));
        let _ = writeln!(text, "    for: {}", rule.hold);
        if rule.keep > Span::ZERO {
            let _ = writeln!(text, "    keep_firing_for: {}", rule.keep);
        }
        let _ = write!(text, "    labels:\n      severity: {}\n", rule.severity);
    }
    text
}

/// What a rule is an alert of, in PromQL: its samples are the label sets for which the condition is met.
pub fn condition(rule: &Rule) -> String {
    let mut text = format!("{} {} {}", expression(&rule.expression), rule.condition.compare, rule.condition.limit);
    if rule.at_least > 0.0 {
        text = format!("({text}) and ({} >= {})", seen(&rule.expression), rule.at_least);
    }
    if let Some(during) = &rule.during {
        text = format!("({text}) and on () (max({during}) > 0)");
    }
    text
}

/// An expression in PromQL.
pub fn expression(expression: &Expression) -> String {
    let (by, offset) = (By(&expression.by), Offset(expression.offset));
    match &expression.measure {
        Measure::Gauge { selector, over, across } => {
            let name = match across {
                Across::Sum => "sum",
                Across::Highest => "max",
                Across::Lowest => "min",
                Across::Mean => "avg",
            };
            format!("{name}{by} ({})", gauge(selector, *over, &offset))
        }
        Measure::Ratio { part, whole, window, counted } => {
            let grown = |selector| counted_over(selector, *window, *counted, &offset);
            format!("sum{by} ({}) / sum{by} ({})", grown(part), grown(whole))
        }
        Measure::Quantile { buckets, share, window, counted } => {
            let mut labels = expression.by.clone();
            labels.insert(0, "le".to_string());
            let function = match counted {
                Counted::Counter => "rate",
                Counted::Slots => "sum_over_time",
            };
            format!("histogram_quantile({share}, sum{} ({function}({buckets}[{window}]{offset})))", By(&labels))
        }
        Measure::Trend { selector, window, settings } => {
            let baseline = settings.baseline.map_or_else(
                || format!("sum{by} (min_over_time({selector}[{window}]{offset}))"),
                |baseline| baseline.to_string(),
            );
            format!("sum{by} (deriv({selector}[{window}]{offset})) * 3600 / {baseline}")
        }
        Measure::TimeToLimit { selector, window, limit, .. } => {
            format!("({limit} - sum{by} ({selector}{offset})) / (sum{by} (deriv({selector}[{window}]{offset})) > 0)")
        }
    }
}

/// How many observations an expression has, in PromQL.
fn seen(expression: &Expression) -> String {
    let (by, offset) = (By(&expression.by), Offset(expression.offset));
    match &expression.measure {
        Measure::Gauge { selector, over, .. } => format!("count{by} ({})", gauge(selector, *over, &offset)),
        Measure::Ratio { whole, window, counted, .. } => {
            format!("sum{by} ({})", counted_over(whole, *window, *counted, &offset))
        }
        Measure::Quantile { buckets, window, counted, .. } => {
            let all = buckets.clone().is("le", "+Inf");
            match counted {
                Counted::Counter => format!("sum{by} (rate({all}[{window}]{offset})) * {}", window.as_seconds()),
                Counted::Slots => format!("sum{by} (sum_over_time({all}[{window}]{offset}))"),
            }
        }
        Measure::Trend { selector, window, .. } | Measure::TimeToLimit { selector, window, .. } => {
            format!("sum{by} (count_over_time({selector}[{window}]{offset}))")
        }
    }
}

fn gauge(selector: &Selector, over: Over, offset: &Offset) -> String {
    match over {
        Over::Now => format!("{selector}{offset}"),
        Over::Highest(window) => format!("max_over_time({selector}[{window}]{offset})"),
        Over::Lowest(window) => format!("min_over_time({selector}[{window}]{offset})"),
    }
}

fn counted_over(selector: &Selector, window: Span, counted: Counted, offset: &Offset) -> String {
    let function = match counted {
        Counted::Counter => "increase",
        Counted::Slots => "sum_over_time",
    };
    format!("{function}({selector}[{window}]{offset})")
}

struct By<'a>(&'a [String]);

impl core::fmt::Display for By<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " by ({})", self.0.join(", ")) }
    }
}

struct Offset(Span);

impl core::fmt::Display for Offset {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.0 == Span::ZERO { Ok(()) } else { write!(f, " offset {}", self.0) }
    }
}

/// A text as a scalar of YAML that can be nothing else.
struct Yaml<'a>(&'a str);

impl core::fmt::Display for Yaml<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                c if c.is_control() || c == '\u{2028}' || c == '\u{2029}' || c == '\u{feff}' => {
                    write!(f, "\\u{:04x}", u32::from(c))?;
                }
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}
