//! Series of samples, and which of them a policy asks for.

/// What was measured, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// In milliseconds since 1970; of what counts in slots, the first moment of its slot.
    pub at: f64,
    /// In the unit of its series.
    pub value: f64,
}

/// One thing over time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    pub name: String,
    /// Names and values, in the order of the names, each name once.
    pub labels: Vec<(String, String)>,
    /// In the order of time, no two at one moment.
    pub samples: Vec<Sample>,
    /// From when on it was known to be gone, until the next sample; in milliseconds since 1970.
    pub ends: Vec<f64>,
}

impl Series {
    /// The value of a label; empty if there is none.
    pub fn label(&self, name: &str) -> &str {
        self.labels.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.as_str())
    }

    /// What of it lies from a moment to another, both included. None if that is nothing.
    pub fn within(&self, from: f64, to: f64) -> Option<Self> {
        let start = self.samples.partition_point(|sample| sample.at < from);
        let end = self.samples.partition_point(|sample| sample.at <= to).max(start);
        let samples = self.samples[start..end].to_vec();
        let ends: Vec<f64> = self.ends.iter().copied().filter(|at| (from..=to).contains(at)).collect();
        let nothing = samples.is_empty() && ends.is_empty();
        (!nothing).then(|| Self { name: self.name.clone(), labels: self.labels.clone(), samples, ends })
    }
}

/// How a label is compared. One that is absent has the empty text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    Is,
    IsNot,
    StartsWith,
}

/// What a label must be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Matcher {
    pub label: String,
    pub comparison: Comparison,
    pub value: String,
}

/// All series of a name whose labels meet every matcher.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selector {
    pub name: String,
    pub matchers: Vec<Matcher>,
}

impl Selector {
    /// Whether it means a series.
    pub fn means(&self, series: &Series) -> bool {
        self.name == series.name
            && self.matchers.iter().all(|Matcher { label, comparison, value }| {
                let own = series.label(label);
                match comparison {
                    Comparison::Is => own == value,
                    Comparison::IsNot => own != value,
                    Comparison::StartsWith => own.starts_with(value.as_str()),
                }
            })
    }
}

/// More was asked for than one answer may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} of one answer are more than {most}; ask for less time, or for fewer series")]
pub struct TooMany {
    pub what: &'static str,
    pub most: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series() -> Series {
        Series {
            name: "requests".into(),
            labels: vec![("route".into(), "GET backend /health".into())],
            samples: [0.0, 10.0, 20.0].map(|at| Sample { at, value: 1.0 }).to_vec(),
            ends: vec![15.0, 30.0],
        }
    }

    #[test]
    fn a_selector_means_what_meets_all_of_its_matchers() {
        let selector = |name: &str, matchers: &[(&str, Comparison, &str)]| {
            let matcher = |(label, comparison, value): &(&str, Comparison, &str)| Matcher {
                label: (*label).into(),
                comparison: *comparison,
                value: (*value).into(),
            };
            Selector { name: name.into(), matchers: matchers.iter().map(matcher).collect() }
        };
        use Comparison::{Is, IsNot, StartsWith};
        for (name, matchers, means) in [
            ("requests", &[][..], true),
            ("request", &[], false),
            ("requests", &[("route", Is, "GET backend /health")], true),
            ("requests", &[("route", Is, "GET backend")], false),
            ("requests", &[("route", StartsWith, "GET backend")], true),
            ("requests", &[("route", StartsWith, "GET "), ("route", IsNot, "GET backend /health")], false),
            ("requests", &[("load", Is, "")], true),
            ("requests", &[("load", IsNot, "")], false),
        ] {
            assert_eq!(selector(name, matchers).means(&series()), means, "{name} {matchers:?}");
        }
    }

    #[test]
    fn a_window_has_both_its_ends_and_is_nothing_without_anything_in_it() {
        let found = |from, to| series().within(from, to).map(|within| (within.samples.len(), within.ends.len()));
        assert_eq!(found(0.0, 20.0), Some((3, 1)));
        assert_eq!(found(10.0, 10.0), Some((1, 0)));
        assert_eq!(found(15.0, 15.0), Some((0, 1)));
        assert_eq!(found(1.0, 9.0), None);
        assert_eq!(found(20.0, 0.0), None);
        assert_eq!(found(f64::NAN, f64::NAN), None);
    }
}
