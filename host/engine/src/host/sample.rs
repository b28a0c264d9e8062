//! Samples of series as a phase may state them: names and labels that every reader of series takes, and so many series.

use std::collections::BTreeSet;

use holdpoint_model::policy::OF_THE_HOST;

/// The most bytes of a name, and of a name or value of a label.
const NAME: usize = 128;
const LABEL: usize = 1_024;
/// The most labels of a sample.
const LABELS: usize = 16;
/// The most series of a phase.
const SERIES: usize = 1_000;
/// The label that says who stated it.
const PHASE: &str = "phase";

/// The series that a phase has stated samples of.
#[derive(Debug, Default)]
pub(crate) struct SeriesOfPhase(BTreeSet<(String, Vec<(String, String)>)>);

impl SeriesOfPhase {
    /// The labels of a sample in the order of their names, without empty ones; or why it is not taken.
    pub(crate) fn take(
        &mut self,
        name: &str,
        labels: Vec<(String, String)>,
        value: f64,
    ) -> Result<Vec<(String, String)>, String> {
        let shown: String = name.chars().take(80).collect();
        if !is_name(name, NAME, ":") {
            return Err(format!(
                "`{shown}` is no name of a series: use 1 to {NAME} letters, digits, `_` and `:`, no digit first"
            ));
        }
        if OF_THE_HOST.contains(&name) {
            return Err(format!("series `{name}` is what the host has seen itself; call yours otherwise"));
        }
        if !value.is_finite() {
            return Err(format!("sample {name} is no number"));
        }
        if labels.len() > LABELS {
            return Err(format!("sample {name} has {} labels, and {LABELS} are taken", labels.len()));
        }
        let mut labels: Vec<(String, String)> = labels.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        labels.sort();
        for (label, value) in &labels {
            let shown: String = label.chars().take(80).collect();
            if !is_name(label, LABEL, "") || label == PHASE {
                return Err(format!("sample {name} can't have a label `{shown}`"));
            }
            if value.len() > LABEL {
                return Err(format!("label `{shown}` of sample {name} has more than {LABEL} bytes"));
            }
        }
        if let Some(twice) = labels.windows(2).find(|two| two[0].0 == two[1].0) {
            return Err(format!("sample {name} has two labels `{}`", twice[0].0));
        }
        let series = (name.to_owned(), labels.clone());
        if !self.0.contains(&series) {
            if self.0.len() == SERIES {
                return Err(format!("the phase has stated samples of {SERIES} series, and no more are taken"));
            }
            self.0.insert(series);
        }
        Ok(labels)
    }
}

fn is_name(name: &str, most: usize, also: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || also.contains(c);
    name.len() <= most && name.starts_with(|c: char| fits(c) && !c.is_ascii_digit()) && name.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(name: &str, labels: &[(&str, &str)], value: f64) -> Result<Vec<(String, String)>, String> {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        SeriesOfPhase::default().take(name, labels, value)
    }

    #[test]
    fn labels_come_in_order_and_empty_ones_are_none() {
        let labels = take("memory_bytes", &[("service", "backend"), ("zone", ""), ("instance", "0")], 1.0).unwrap();
        let pairs: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("instance", "0"), ("service", "backend")]);
        assert_eq!(take("job:errors:rate5m", &[], -0.5), Ok(vec![]));
    }

    #[test]
    fn what_no_reader_of_series_takes_is_refused() {
        let long = "x".repeat(LABEL + 1);
        for (name, labels, value, why) in [
            ("", &[][..], 1.0, "is no name of a series"),
            ("1st", &[], 1.0, "is no name of a series"),
            ("a b", &[], 1.0, "is no name of a series"),
            (&long[..NAME + 1], &[], 1.0, "is no name of a series"),
            ("requests", &[], 1e9, "is what the host has seen itself"),
            ("up", &[("service", "backend")], 1.0, "is what the host has seen itself"),
            ("m", &[], f64::NAN, "is no number"),
            ("m", &[], f64::INFINITY, "is no number"),
            ("m", &[("phase", "other")], 1.0, "can't have a label `phase`"),
            ("m", &[("a:b", "x")], 1.0, "can't have a label `a:b`"),
            ("m", &[("a", "x"), ("a", "y")], 1.0, "has two labels `a`"),
            ("m", &[("a", &long)], 1.0, "has more than 1024 bytes"),
            ("m", &[("a", "x"); LABELS + 1], 1.0, "has 17 labels, and 16 are taken"),
        ] {
            let refused = take(name, labels, value).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn a_phase_has_so_many_series_and_any_number_of_samples_of_each() {
        let mut series = SeriesOfPhase::default();
        let mut take = |n: usize| series.take("m", vec![("n".to_owned(), n.to_string())], 1.0);
        assert!((0..SERIES).all(|n| take(n).is_ok()));
        assert!(take(SERIES).unwrap_err().contains("1000 series, and no more are taken"));
        assert!(take(3).is_ok());
    }
}
