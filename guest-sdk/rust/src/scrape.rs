//! What a service tells of itself in the text format of Prometheus, version 0.0.4.
//!
//! ```
//! use holdpoint::scrape;
//!
//! let text = "# TYPE agents_live gauge\nagents_live{instance=\"a\"} 2\nagents_live{instance=\"b\"} 3\n";
//! let live = scrape::samples(text, "agents_live");
//! assert_eq!(live.iter().map(|sample| sample.value).sum::<f64>(), 5.0);
//! assert_eq!(live[0].label("instance"), Some("a"));
//! ```

use std::str::Chars;

/// The most samples of one metric that are read.
pub const MOST_SAMPLES: usize = 10_000;

/// A line: what has these labels is so much.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    labels: Vec<(String, String)>,
    /// In the unit of the metric.
    pub value: f64,
}

impl Sample {
    /// The value of a label, if it has that.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All labels with their values, in the order in which they stand there.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The samples of a metric, in their order. Lines that can't be read, and values that are no finite numbers, are left out.
pub fn samples(text: &str, metric: &str) -> Vec<Sample> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(metric));
    lines.filter_map(sample).take(MOST_SAMPLES).collect()
}

/// What follows the name.
fn sample(rest: &str) -> Option<Sample> {
    let mut rest = rest.chars();
    let labels = if rest.as_str().starts_with('{') {
        rest.next();
        labels(&mut rest)?
    } else if rest.as_str().starts_with([' ', '\t']) {
        Vec::new()
    } else {
        // The name is only the beginning of another.
        return None;
    };
    let value = rest.as_str().split_whitespace().next()?.parse::<f64>().ok();
    value.filter(|value| value.is_finite()).map(|value| Sample { labels, value })
}

/// Up to the brace that ends them.
fn labels(rest: &mut Chars<'_>) -> Option<Vec<(String, String)>> {
    let mut labels = Vec::new();
    loop {
        let left = rest.as_str().trim_start_matches([' ', '\t', ',']);
        if let Some(left) = left.strip_prefix('}') {
            *rest = left.chars();
            return Some(labels);
        }
        let (name, left) = left.split_once('=')?;
        *rest = left.trim_start().strip_prefix('"')?.chars();
        labels.push((name.trim().to_owned(), quoted(rest)?));
    }
}

/// Up to the quotation mark that ends it.
fn quoted(rest: &mut Chars<'_>) -> Option<String> {
    let mut value = String::new();
    loop {
        match rest.next()? {
            '"' => return Some(value),
            '\\' => value.push(match rest.next()? {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_with_their_escapes() {
        let line = "up{ job = \"a\\\"}\\\\\\n\", instance=\"10.0.0.1:80\", } 1.5 1700000000000\n";
        let read = samples(line, "up");
        assert_eq!(read.len(), 1, "{read:?}");
        assert_eq!((read[0].label("job"), read[0].label("instance")), (Some("a\"}\\\n"), Some("10.0.0.1:80")));
        assert_eq!((read[0].value, read[0].label("other")), (1.5, None));
        assert_eq!(read[0].labels().map(|(name, _)| name).collect::<Vec<_>>(), ["job", "instance"]);
    }

    #[test]
    fn only_that_metric_and_only_numbers() {
        let text =
            "# HELP up 3\nup 1\nup_total 2\nup{a=\"b\"} NaN\nup +Inf\nup{a=\"b} 4\nup{a 5\nup\nup{} 6\n other up 7\n";
        let values: Vec<f64> = samples(text, "up").iter().map(|sample| sample.value).collect();
        assert_eq!(values, [1.0, 6.0]);
    }

    #[test]
    fn there_are_no_more_than_so_many() {
        assert_eq!(samples(&"up 1\n".repeat(MOST_SAMPLES + 5), "up").len(), MOST_SAMPLES);
    }
}
