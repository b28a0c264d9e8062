//! One number of the configuration, as a rule that can be read.

use std::collections::BTreeMap;

use holdpoint::policy::prelude::*;
use holdpoint::rules::trend::Settings;

/// What is measured, of which series, over which time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Number {
    of: Of,
    /// Labels that are so.
    #[serde(default, rename = "where")]
    is: BTreeMap<String, String>,
    /// Labels that are otherwise.
    #[serde(default, rename = "where_not")]
    is_not: BTreeMap<String, String>,
    /// Labels that begin so.
    #[serde(default, rename = "where_starts")]
    starts_with: BTreeMap<String, String>,
    /// Labels whose values are kept apart; without any, everything is one number.
    #[serde(default)]
    by: Vec<String>,
    /// Without it, the whole run so far.
    window: Option<Millis>,
    /// It is asked for what was so long ago.
    #[serde(default)]
    offset: Millis,
    /// The Rego judges by itself what it means that there is no data.
    #[serde(default)]
    pub(crate) may_lack: bool,
}

/// As [`Measure`] has it.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Of {
    Gauge {
        series: String,
        #[serde(default)]
        over: Sampled,
        #[serde(default = "highest", with = "AcrossWord")]
        across: Across,
    },
    Ratio {
        part: String,
        whole: String,
        #[serde(default = "slots", with = "CountedWord")]
        counted: Counted,
    },
    Quantile {
        buckets: String,
        share: f64,
        #[serde(default = "slots", with = "CountedWord")]
        counted: Counted,
    },
    Trend {
        series: String,
        warm_up: Option<Millis>,
        bucket: Option<Millis>,
        reach: Option<Millis>,
    },
}

/// Which sample of a gauge counts.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Sampled {
    #[default]
    Now,
    Highest,
    Lowest,
}

#[derive(Deserialize)]
#[serde(remote = "Across", rename_all = "kebab-case")]
enum AcrossWord {
    Sum,
    Highest,
    Lowest,
    Mean,
}

#[derive(Deserialize)]
#[serde(remote = "Counted", rename_all = "kebab-case")]
enum CountedWord {
    Counter,
    Slots,
}

fn highest() -> Across {
    Across::Highest
}

fn slots() -> Counted {
    Counted::Slots
}

impl Number {
    /// A rule that is never asked whether it holds: what can't be read is refused as it is there.
    pub(crate) fn rule(&self, name: &str, so_far: Span) -> Result<Rule> {
        let above = Condition { compare: Compare::Above, limit: 0.0 };
        let by: Vec<&str> = self.by.iter().map(String::as_str).collect();
        let window = self.window.map_or(so_far, Span::from);
        let expression = Expression::of(self.measure(window)).by(&by).before(self.offset.into());
        let rule = Rule::new(name, Severity::Info, expression, above);
        rule.check()?;
        Ok(rule)
    }

    fn measure(&self, window: Span) -> Measure {
        match &self.of {
            Of::Gauge { series, over, across } => {
                let over = match over {
                    Sampled::Now => Over::Now,
                    Sampled::Highest => Over::Highest(window),
                    Sampled::Lowest => Over::Lowest(window),
                };
                Measure::Gauge { selector: self.selector(series), over, across: *across }
            }
            Of::Ratio { part, whole, counted } => {
                let (part, whole) = (self.selector(part), self.selector(whole));
                Measure::Ratio { part, whole, window, counted: *counted }
            }
            Of::Quantile { buckets, share, counted } => {
                Measure::Quantile { buckets: self.selector(buckets), share: *share, window, counted: *counted }
            }
            Of::Trend { series, warm_up, bucket, reach } => {
                let usual = Settings::default();
                let settings = Settings {
                    warm_up: warm_up.map_or(usual.warm_up, Span::from),
                    bucket: bucket.map_or(usual.bucket, Span::from),
                    reach: reach.map_or(usual.reach, Span::from),
                    baseline: None,
                };
                Measure::Trend { selector: self.selector(series), window, settings }
            }
        }
    }

    fn selector(&self, name: &str) -> Selector {
        let selector = self.is.iter().fold(Selector::new(name), |known, (label, value)| known.is(label, value));
        let selector = self.is_not.iter().fold(selector, |known, (label, value)| known.is_not(label, value));
        self.starts_with.iter().fold(selector, |known, (label, value)| known.starts_with(label, value))
    }
}
