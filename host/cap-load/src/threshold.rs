//! Thresholds in k6's grammar: `p(95)<500` of `http_req_duration`. Reading one is pure; so is judging it. Over no data none holds.

use std::fmt;

use crate::Threshold;

/// Thresholds of a plan.
pub(crate) const MOST: usize = 50;
const LONGEST: usize = 200;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    /// Service times of exchanges.
    Duration,
    /// The same from when the iteration was due.
    Latency,
    /// The share of exchanges that failed.
    Failed,
    /// Exchanges.
    Requests,
    /// The share of answers whose status and content were right.
    Checks,
    /// Times of iterations.
    IterationDuration,
    Iterations,
    DroppedIterations,
    Leaks,
    DataSent,
    DataReceived,
}

/// How a metric becomes a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Aggregation {
    Avg,
    Min,
    Med,
    Max,
    /// Percent, 0 to 100.
    Percentile(f64),
    /// The share of a rate, or so many a second.
    Rate,
    Count,
}

/// How it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    Unequal,
}

/// A threshold that was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bound {
    pub(crate) metric: Metric,
    /// Of this route alone.
    pub(crate) route: Option<String>,
    pub(crate) aggregation: Aggregation,
    comparison: Comparison,
    value: f64,
    /// The load ends when it does not hold, from this time on.
    pub(crate) abort_after_ms: Option<u32>,
}

/// What is wrong with a threshold, where, and what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadThreshold(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Trend,
    Rate,
    Counter,
}

const METRICS: [(&str, Metric, Kind); 11] = [
    ("http_req_duration", Metric::Duration, Kind::Trend),
    ("http_req_latency", Metric::Latency, Kind::Trend),
    ("http_req_failed", Metric::Failed, Kind::Rate),
    ("http_reqs", Metric::Requests, Kind::Counter),
    ("checks", Metric::Checks, Kind::Rate),
    ("iteration_duration", Metric::IterationDuration, Kind::Trend),
    ("iterations", Metric::Iterations, Kind::Counter),
    ("dropped_iterations", Metric::DroppedIterations, Kind::Counter),
    ("leaks", Metric::Leaks, Kind::Counter),
    ("data_sent", Metric::DataSent, Kind::Counter),
    ("data_received", Metric::DataReceived, Kind::Counter),
];

impl Kind {
    fn takes(self) -> &'static str {
        match self {
            Self::Trend => "avg, min, med, max or p(N)",
            Self::Rate => "rate",
            Self::Counter => "count or rate",
        }
    }

    fn has(self, aggregation: Aggregation) -> bool {
        match aggregation {
            Aggregation::Rate => self != Self::Trend,
            Aggregation::Count => self == Self::Counter,
            _ => self == Self::Trend,
        }
    }
}

impl Bound {
    /// Reads a threshold; `place` is its number in the plan, counted from 1.
    pub(crate) fn parse(place: usize, threshold: &Threshold) -> Result<Self, BadThreshold> {
        let Threshold { metric, expression, abort_after_ms } = threshold;
        if metric.len() > LONGEST || expression.len() > LONGEST {
            return Err(BadThreshold(format!("threshold {place} is longer than {LONGEST} bytes; write a shorter one")));
        }
        let bad =
            |what: fmt::Arguments<'_>| BadThreshold(format!("threshold {place}, `{metric}: {expression}`: {what}"));
        let (name, route) = match metric.split_once('{') {
            None => (metric.as_str(), None),
            Some((name, rest)) => {
                let route = rest.strip_suffix('}').and_then(|rest| rest.strip_prefix("route:"));
                let wanted = "what follows the metric is {route:NAME}, as in {route:GET backend /health}";
                (name, Some(route.filter(|route| !route.is_empty()).ok_or_else(|| bad(format_args!("{wanted}")))?))
            }
        };
        let Some((_, metric, kind)) = METRICS.into_iter().find(|(known, ..)| *known == name) else {
            let known = METRICS.map(|(name, ..)| name).join(", ");
            return Err(bad(format_args!("`{name}` is no metric of a load; there are {known}")));
        };
        let by_route = matches!(
            metric,
            Metric::Duration
                | Metric::Latency
                | Metric::Failed
                | Metric::Requests
                | Metric::Checks
                | Metric::DataSent
                | Metric::DataReceived
        );
        if route.is_some() && !by_route {
            return Err(bad(format_args!("{name} is not counted by route; leave out what is in braces")));
        }
        let mut text = Text { all: expression, at: 0 };
        let at = |text: &Text<'_>, what: String| bad(format_args!("at character {}: {what}", text.place()));
        text.blanks();
        let aggregation = text.aggregation().map_err(|what| at(&text, what))?;
        if !kind.has(aggregation) {
            return Err(bad(format_args!("{name} has {}", kind.takes())));
        }
        text.blanks();
        let comparison = text
            .comparison()
            .ok_or_else(|| at(&text, "a comparison is wanted: one of < <= > >= == !=, as in p(95)<500".to_owned()))?;
        text.blanks();
        let value = text.number().ok_or_else(|| at(&text, "a number is wanted, as in p(95)<500".to_owned()))?;
        text.blanks();
        if !text.rest().is_empty() {
            return Err(at(&text, format!("`{}` is too much; write one comparison each threshold", text.rest())));
        }
        let route = route.map(str::to_owned);
        Ok(Self { metric, route, aggregation, comparison, value, abort_after_ms: *abort_after_ms })
    }

    /// Whether an observed value is within the bound. What was not observed is not.
    pub(crate) fn holds(&self, observed: Option<f64>) -> bool {
        observed.is_some_and(|observed| match self.comparison {
            Comparison::Less => observed < self.value,
            Comparison::LessOrEqual => observed <= self.value,
            Comparison::Greater => observed > self.value,
            Comparison::GreaterOrEqual => observed >= self.value,
            Comparison::Equal => (observed - self.value).abs() < 1e-9,
            Comparison::Unequal => (observed - self.value).abs() >= 1e-9,
        })
    }
}

/// An expression as far as it is read.
struct Text<'a> {
    all: &'a str,
    at: usize,
}

impl<'a> Text<'a> {
    fn rest(&self) -> &'a str {
        &self.all[self.at..]
    }

    /// Counted from 1.
    fn place(&self) -> usize {
        self.all[..self.at].chars().count() + 1
    }

    fn blanks(&mut self) {
        self.at = self.all.len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    fn take(&mut self, what: &str) -> bool {
        let found = self.rest().starts_with(what);
        self.at += if found { what.len() } else { 0 };
        found
    }

    fn aggregation(&mut self) -> Result<Aggregation, String> {
        let length = self.rest().find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.rest().len());
        let word = &self.rest()[..length];
        let aggregation = match word {
            "avg" => Aggregation::Avg,
            "min" => Aggregation::Min,
            "med" => Aggregation::Med,
            "max" => Aggregation::Max,
            "rate" => Aggregation::Rate,
            "count" => Aggregation::Count,
            "p" => {
                self.at += length;
                self.blanks();
                if !self.take("(") {
                    return Err("`(` is wanted, as in p(95)".to_owned());
                }
                self.blanks();
                let percent = self.number().ok_or("a number from 0 to 100 is wanted, as in p(95)")?;
                if !(0.0..=100.0).contains(&percent) {
                    return Err(format!("{percent} percent is no percentile; write 0 to 100, as in p(95)"));
                }
                self.blanks();
                return if self.take(")") {
                    Ok(Aggregation::Percentile(percent))
                } else {
                    Err("`)` is wanted, as in p(95)".to_owned())
                };
            }
            _ => return Err("one of avg, min, med, max, p(N), rate, count is wanted".to_owned()),
        };
        self.at += length;
        Ok(aggregation)
    }

    fn comparison(&mut self) -> Option<Comparison> {
        const ALL: [(&str, Comparison); 7] = [
            ("===", Comparison::Equal),
            ("==", Comparison::Equal),
            ("!=", Comparison::Unequal),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        ALL.into_iter().find_map(|(text, comparison)| self.take(text).then_some(comparison))
    }

    /// Digits and at most one point: neither signs nor exponents, and no word that a parser of numbers would take.
    fn number(&mut self) -> Option<f64> {
        let length = self.rest().find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest().len());
        let number: f64 = self.rest()[..length].parse().ok().filter(|number: &f64| number.is_finite())?;
        self.at += length;
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(metric: &str, expression: &str) -> Result<Bound, String> {
        let threshold = Threshold { metric: metric.into(), expression: expression.into(), abort_after_ms: None };
        Bound::parse(2, &threshold).map_err(|bad| bad.to_string())
    }

    #[test]
    fn reads_what_k6_reads() {
        let p95 = parse("http_req_duration", "p(95)<500").unwrap();
        assert_eq!((p95.metric, p95.aggregation), (Metric::Duration, Aggregation::Percentile(95.0)));
        assert!(p95.holds(Some(499.9)) && !p95.holds(Some(500.0)));
        for (metric, expression, good, bad) in [
            ("http_req_failed", "rate<0.01", 0.009, 0.01),
            ("http_req_duration", "avg<2000", 1_999.0, 2_000.0),
            ("http_reqs", "count>1000", 1_001.0, 1_000.0),
            ("http_reqs", "rate >= 99.5", 99.5, 99.4),
            ("iteration_duration", " max <= 3000 ", 3_000.0, 3_000.1),
            ("http_req_latency", "p( 99.9 ) < 3000", 2_999.0, 3_001.0),
            ("http_req_duration", "med<200", 1.0, 200.0),
            ("http_req_duration", "min>0", 0.1, 0.0),
            ("checks", "rate>0.99", 1.0, 0.99),
            ("leaks", "count==0", 0.0, 1.0),
            ("dropped_iterations", "count===0", 0.0, 1.0),
            ("iterations", "count!=0", 5.0, 0.0),
        ] {
            let bound = parse(metric, expression).unwrap();
            assert!(bound.holds(Some(good)) && !bound.holds(Some(bad)), "{expression}");
            assert!(!bound.holds(None) && !bound.holds(Some(f64::NAN)), "{expression} over nothing");
        }
        let one = parse("http_req_duration{route:GET backend /health}", "p(95)<500").unwrap();
        assert_eq!(one.route.as_deref(), Some("GET backend /health"));
    }

    #[test]
    fn says_where_it_is_wrong_and_what_to_write() {
        for (metric, expression, says) in [
            ("http_req_duration", "p(95<500", "at character 5: `)` is wanted, as in p(95)"),
            ("http_req_duration", "p95<500", "at character 2: `(` is wanted, as in p(95)"),
            ("http_req_duration", "p(101)<5", "at character 6: 101 percent is no percentile"),
            ("http_req_duration", "p(NaN)<5", "at character 3: a number from 0 to 100 is wanted"),
            ("http_req_duration", "p(95)500", "at character 6: a comparison is wanted: one of <"),
            ("http_req_duration", "p(95)<", "at character 7: a number is wanted"),
            ("http_req_duration", "p(95)<NaN", "at character 7: a number is wanted"),
            ("http_req_duration", "p(95)<-1", "at character 7: a number is wanted"),
            ("http_req_duration", "p(95)<5e3", "at character 8: `e3` is too much"),
            ("http_req_duration", "p(95)<5 && max<9", "at character 9: `&& max<9` is too much"),
            ("http_req_duration", "", "at character 1: one of avg, min"),
            ("http_req_duration", "é<1", "at character 1: one of avg, min"),
            ("http_req_duration", "rate<0.1", "http_req_duration has avg, min, med, max or p(N)"),
            ("http_req_failed", "p(95)<1", "http_req_failed has rate"),
            ("http_reqs", "avg<1", "http_reqs has count or rate"),
            ("latency", "avg<1", "`latency` is no metric of a load; there are http_req_duration, "),
            ("http_reqs{x:y}", "count>1", "what follows the metric is {route:NAME}"),
            ("http_reqs{route:a", "count>1", "what follows the metric is {route:NAME}"),
            ("iterations{route:a}", "count>1", "iterations is not counted by route"),
        ] {
            let why = parse(metric, expression).unwrap_err();
            assert!(why.starts_with(&format!("threshold 2, `{metric}: {expression}`: ")), "{why}");
            assert!(why.contains(says), "{why}");
        }
        assert!(parse(&"m".repeat(201), "avg<1").unwrap_err().contains("longer than 200 bytes"));
    }
}
