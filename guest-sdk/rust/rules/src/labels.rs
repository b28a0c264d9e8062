//! The labels of a series: sorted, each once, an empty one the same as none.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::Error;

/// The most labels of one series.
pub const MOST_LABELS: usize = 64;
/// The longest name or value in bytes.
pub const LONGEST_LABEL: usize = 1_024;

/// Names and values, in the order of the names.
///
/// Two sets are ordered pair by pair, which is the order in which Prometheus adds up.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(Vec<(String, String)>);

impl Labels {
    /// Sorts pairs. An empty value is no label, as in Prometheus.
    ///
    /// # Errors
    /// If a name stands there twice, or a bound is exceeded.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Error> {
        let mut sorted = Vec::new();
        for (name, value) in pairs {
            if name.len().max(value.len()) > LONGEST_LABEL {
                return Err(Error::TooLong { what: "label", most: LONGEST_LABEL });
            }
            if sorted.len() == MOST_LABELS {
                return Err(Error::TooMany { what: "labels", most: MOST_LABELS });
            }
            if !value.is_empty() {
                sorted.push((name.to_owned(), value.to_owned()));
            }
        }
        sorted.sort();
        if let Some(twice) = sorted.windows(2).find(|two| two[0].0 == two[1].0) {
            return Err(Error::TwiceLabelled(twice[0].0.clone()));
        }
        Ok(Self(sorted))
    }

    /// The value of a label; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.binary_search_by(|(own, _)| own.as_str().cmp(name));
        found.map_or("", |at| self.0[at].1.as_str())
    }

    /// Those of the named labels that are there.
    #[must_use]
    pub fn only(&self, names: &[String]) -> Self {
        Self(self.0.iter().filter(|(name, _)| names.contains(name)).cloned().collect())
    }

    /// Without one of them.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(own, _)| own != name).cloned().collect())
    }

    /// Names and values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// As Prometheus writes them: `{instance="a",service="auth"}`.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (name, value)) in self.iter().enumerate() {
            write!(f, "{}{name}=\"{}\"", if at > 0 { "," } else { "" }, Quoted(value))?;
        }
        f.write_str("}")
    }
}

/// A text within quotation marks of PromQL.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\n' => f.write_str("\\n")?,
                c => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn labels_are_sorted_and_an_empty_one_is_none() {
        let labels = Labels::new([("service", "auth"), ("empty", ""), ("instance", "a\"\\\n")]).unwrap();
        assert_eq!(labels.to_string(), "{instance=\"a\\\"\\\\\\n\",service=\"auth\"}");
        assert_eq!((labels.get("service"), labels.get("empty"), labels.get("z")), ("auth", "", ""));
        assert_eq!(labels.only(&["service".into()]).to_string(), "{service=\"auth\"}");
        assert_eq!(labels.without("instance").to_string(), "{service=\"auth\"}");
    }

    #[test]
    fn what_exceeds_a_bound_is_refused() {
        assert_eq!(Labels::new([("a", "1"), ("a", "2")]), Err(Error::TwiceLabelled("a".into())));
        let long = "x".repeat(LONGEST_LABEL + 1);
        assert_eq!(Labels::new([("a", long.as_str())]), Err(Error::TooLong { what: "label", most: LONGEST_LABEL }));
        let names: Vec<String> = (0..=MOST_LABELS).map(|n| format!("l{n}")).collect();
        let many = Labels::new(names.iter().map(|name| (name.as_str(), "x")));
        assert_eq!(many, Err(Error::TooMany { what: "labels", most: MOST_LABELS }));
    }
}
