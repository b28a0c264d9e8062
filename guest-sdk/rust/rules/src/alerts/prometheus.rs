//! Rules in the notation of Prometheus, so that its own tools can check and run them.
//!
//! What Prometheus has no word for is left out, and [`differences`] says what of it a rule has: the age of evidence, what no data does, and the
//! confidence of a trend, for which its least squares (`deriv`) stand in. No rule there knows that no data is not good news, or disruptions.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::sources::{Source, Sources};
use crate::{Across, Counted, Expression, LOOKBACK, Measure, NoData, Over, Rule, Span};

/// A rule with what people are told when it fires: names and texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Names of annotations, and what each says. Nothing in it is expanded.
    pub annotations: Vec<(&'static str, String)>,
}

/// A file with one group of alerting rules.
pub fn file(group: &str, rules: &[Rule]) -> String {
    let entries: Vec<Entry<'_>> = rules.iter().map(|rule| Entry { rule, annotations: Vec::new() }).collect();
    annotated(group, &entries, &Sources::default())
}

/// The same with annotations, over series as somebody else calls them.
pub fn annotated(group: &str, entries: &[Entry<'_>], sources: &Sources) -> String {
    let mut text = format!("groups:\n- name: {}\n  rules:\n", Yaml(group));
    for Entry { rule, annotations } in entries {
        let expression = condition(rule, sources);
        // Writing to a text can't fail.
        let _ = write!(text, "  - alert: {}\n    expr: {}\n", Yaml(&rule.name), Yaml(&expression));
        let _ = writeln!(text, "    for: {}", rule.hold);
        if rule.keep > Span::ZERO {
            let _ = writeln!(text, "    keep_firing_for: {}", rule.keep);
        }
        let _ = write!(text, "    labels:\n      severity: {}\n", rule.severity);
        for (at, (name, said)) in annotations.iter().enumerate() {
            // Annotations are templates: two braces would begin an expression.
            let literal = said.replace("{{", "{{ \"{{\" }}");
            let head = if at == 0 { "    annotations:\n" } else { "" };
            let _ = writeln!(text, "{head}      {name}: {}", Yaml(&literal));
        }
    }
    text
}

/// What a rule is an alert of, in PromQL: its samples are the label sets for which the condition is met.
pub fn condition(rule: &Rule, sources: &Sources) -> String {
    let promql = PromQl { expression: &rule.expression, sources };
    let mut text = format!("{} {} {}", promql.value(), rule.condition.compare, rule.condition.limit);
    if rule.at_least > 0.0 {
        text = format!("({text}) and ({} >= {})", promql.seen(rule.at_least_over), rule.at_least);
    }
    if let Some(during) = &rule.during {
        text = format!("({text}) and on () (max({}) > 0)", sources.of(during));
    }
    text
}

/// An expression in PromQL.
pub fn expression(expression: &Expression) -> String {
    PromQl { expression, sources: &Sources::default() }.value()
}

/// What a rule says and its PromQL does not, for people.
pub fn differences(rule: &Rule) -> Vec<String> {
    let (window, is_trend) = match &rule.expression.measure {
        Measure::Gauge { over: Over::Now, .. } => (LOOKBACK, false),
        Measure::Gauge { over: Over::Highest(window) | Over::Lowest(window), .. }
        | Measure::Ratio { window, .. }
        | Measure::Quantile { window, .. } => (*window, false),
        Measure::Trend { window, .. } | Measure::TimeToLimit { window, .. } => (*window, true),
    };
    let mut all = Vec::new();
    if is_trend {
        all.push(
            "only near to the rule: least squares (deriv) stand in for the median of slopes between troughs with its confidence, so it also fires on \
             teeth that grow, on outliers, and on a few samples"
                .to_string(),
        );
    }
    if rule.fresh < window {
        all.push(format!(
            "samples of {window} count however old they are; the rule wants one of the last {}",
            rule.fresh
        ));
    }
    match rule.no_data {
        NoData::Inconclusive => {}
        NoData::Holds => all.push("no data ends it; the rule stays as it was, and leaves that time out".to_string()),
        NoData::Counts => all.push("no data ends it; the rule counts it as if the condition were met".to_string()),
    }
    all
}

/// What a rule needs of whoever collects its series there, for people: without it the rule is taken, and never fires.
pub fn needs(rule: &Rule, sources: &Sources) -> Option<String> {
    let (window, counted) = match &rule.expression.measure {
        Measure::Ratio { whole: series, window, counted, .. }
        | Measure::Quantile { buckets: series, window, counted, .. } => (*window, sources.counted(series, *counted)),
        Measure::Gauge { .. } | Measure::Trend { .. } | Measure::TimeToLimit { .. } => return None,
    };
    (counted == Counted::Counter).then(|| {
        let half = Span(window.0 / 2);
        format!("a counter grows between two samples within {window}; collected less often than every {half}, this never fires")
    })
}

/// An expression over series as they are called somewhere.
struct PromQl<'a> {
    expression: &'a Expression,
    sources: &'a Sources,
}

impl PromQl<'_> {
    fn value(&self) -> String {
        let Self { expression, sources } = self;
        let (by, offset) = (By(&expression.by), Offset(expression.offset));
        match &expression.measure {
            Measure::Gauge { selector, over, across } => {
                let name = match across {
                    Across::Sum => "sum",
                    Across::Highest => "max",
                    Across::Lowest => "min",
                    Across::Mean => "avg",
                };
                format!("{name}{by} ({})", gauge(&sources.of(selector), *over, &offset))
            }
            Measure::Ratio { part, whole, window, counted } => {
                let grown = |selector| {
                    counted_over(&sources.of(selector), *window, sources.counted(selector, *counted), &offset)
                };
                format!("sum{by} ({}) / sum{by} ({})", grown(part), grown(whole))
            }
            Measure::Quantile { buckets, share, window, counted } => {
                let mut labels = expression.by.clone();
                labels.insert(0, "le".to_string());
                let function = match sources.counted(buckets, *counted) {
                    Counted::Counter => "rate",
                    Counted::Slots => "sum_over_time",
                };
                let (by, buckets) = (By(&labels), sources.of(buckets));
                format!("histogram_quantile({share}, sum{by} ({function}({buckets}[{window}]{offset})))")
            }
            Measure::Trend { selector, window, settings } => {
                let selector = sources.of(selector);
                let baseline = settings.baseline.map_or_else(
                    || format!("sum{by} (min_over_time({selector}[{window}]{offset}))"),
                    |baseline| baseline.to_string(),
                );
                format!("sum{by} (deriv({selector}[{window}]{offset})) * 3600 / {baseline}")
            }
            Measure::TimeToLimit { selector, window, limit, .. } => {
                let selector = sources.of(selector);
                let growth = format!("sum{by} (deriv({selector}[{window}]{offset}))");
                format!("({limit} - sum{by} ({selector}{offset})) / ({growth} > 0)")
            }
        }
    }

    /// How many observations there are, in the window or in so much time.
    fn seen(&self, over: Span) -> String {
        let Self { expression, sources } = self;
        let (by, offset) = (By(&expression.by), Offset(expression.offset));
        match &expression.measure {
            Measure::Gauge { selector, over, .. } => {
                format!("count{by} ({})", gauge(&sources.of(selector), *over, &offset))
            }
            Measure::Ratio { whole, window, counted, .. } => {
                let (counted, window) = (sources.counted(whole, *counted), over.max(*window));
                format!("sum{by} ({})", counted_over(&sources.of(whole), window, counted, &offset))
            }
            Measure::Quantile { buckets, window, counted, .. } => {
                let (all, window) = (sources.of(buckets).is("le", "+Inf"), over.max(*window));
                match sources.counted(buckets, *counted) {
                    Counted::Counter => format!("sum{by} (rate({all}[{window}]{offset})) * {}", window.as_seconds()),
                    Counted::Slots => format!("sum{by} (sum_over_time({all}[{window}]{offset}))"),
                }
            }
            Measure::Trend { selector, window, .. } | Measure::TimeToLimit { selector, window, .. } => {
                format!("sum{by} (count_over_time({}[{window}]{offset}))", sources.of(selector))
            }
        }
    }
}

fn gauge(selector: &Source, over: Over, offset: &Offset) -> String {
    match over {
        Over::Now => format!("{selector}{offset}"),
        Over::Highest(window) => format!("max_over_time({selector}[{window}]{offset})"),
        Over::Lowest(window) => format!("min_over_time({selector}[{window}]{offset})"),
    }
}

fn counted_over(selector: &Source, window: Span, counted: Counted, offset: &Offset) -> String {
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
