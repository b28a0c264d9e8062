//! Which series are meant: a metric, and what labels must be. There are no patterns but a prefix.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::Labels;
use crate::labels::Quoted;

/// What a label must be. One that is absent has the empty text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matcher {
    /// This.
    Is(String),
    /// Anything else.
    IsNot(String),
    /// A text that begins so.
    StartsWith(String),
}

impl Matcher {
    /// As PromQL has it: the comparison, and the value behind it.
    pub(crate) fn written(&self) -> (&'static str, String) {
        match self {
            Self::Is(value) => ("=", value.clone()),
            Self::IsNot(value) => ("!=", value.clone()),
            Self::StartsWith(prefix) => ("=~", literal(prefix) + ".*"),
        }
    }
}

/// A metric and conditions on labels, all of which must hold.
///
/// ```
/// use holdpoint_rules::{Labels, Selector};
///
/// let bad = Selector::new("requests_total").is("service", "auth").starts_with("code", "5");
/// assert_eq!(bad.to_string(), "requests_total{service=\"auth\",code=~\"5.*\"}");
/// assert!(bad.matches(&Labels::new([("service", "auth"), ("code", "503")]).unwrap()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector {
    metric: String,
    matchers: Vec<(String, Matcher)>,
}

impl Selector {
    /// All series of a metric.
    pub fn new(metric: &str) -> Self {
        Self { metric: metric.to_owned(), matchers: Vec::new() }
    }

    /// Only those where a label has this value. An empty value means that the label is absent.
    #[must_use]
    pub fn is(self, label: &str, value: &str) -> Self {
        self.with(label, Matcher::Is(value.to_owned()))
    }

    /// Only those where a label has another value, or is absent.
    #[must_use]
    pub fn is_not(self, label: &str, value: &str) -> Self {
        self.with(label, Matcher::IsNot(value.to_owned()))
    }

    /// Only those where the value of a label begins so.
    #[must_use]
    pub fn starts_with(self, label: &str, prefix: &str) -> Self {
        self.with(label, Matcher::StartsWith(prefix.to_owned()))
    }

    fn with(mut self, label: &str, matcher: Matcher) -> Self {
        self.matchers.push((label.to_owned(), matcher));
        self
    }

    /// The metric.
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// Labels and what they must be.
    pub fn matchers(&self) -> &[(String, Matcher)] {
        &self.matchers
    }

    /// Whether labels are as they must be.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|(name, matcher)| {
            let value = labels.get(name);
            match matcher {
                Matcher::Is(wanted) => value == wanted,
                Matcher::IsNot(unwanted) => value != unwanted,
                Matcher::StartsWith(prefix) => value.starts_with(prefix.as_str()),
            }
        })
    }
}

/// As PromQL has it.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.metric)?;
        for (at, (name, matcher)) in self.matchers.iter().enumerate() {
            let (comparison, value) = matcher.written();
            write!(f, "{}{name}{comparison}\"{}\"", if at == 0 { "{" } else { "," }, Quoted(&value))?;
        }
        if self.matchers.is_empty() { Ok(()) } else { f.write_str("}") }
    }
}

/// A text as a regular expression that means it.
fn literal(text: &str) -> String {
    let mut literal = String::new();
    for c in text.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            literal.push('\\');
        }
        literal.push(c);
    }
    literal
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn all_conditions_must_hold_and_an_absent_label_is_empty() {
        let labels = Labels::new([("code", "503"), ("service", "auth")]).unwrap();
        let metric = || Selector::new("m");
        for (selector, matches) in [
            (metric(), true),
            (metric().is("code", "503"), true),
            (metric().is("code", "50"), false),
            (metric().is("absent", ""), true),
            (metric().is_not("code", "503"), false),
            (metric().is_not("absent", "x"), true),
            (metric().starts_with("code", "5"), true),
            (metric().starts_with("code", "503"), true),
            (metric().starts_with("code", "5033"), false),
            (metric().starts_with("code", "5").is("service", "backend"), false),
        ] {
            assert_eq!(selector.matches(&labels), matches, "{selector}");
        }
    }

    #[test]
    fn a_prefix_is_written_as_an_expression_that_means_it_literally() {
        let selector = Selector::new("m").starts_with("path", "/a.b\"(").is_not("x", "y");
        assert_eq!(selector.to_string(), "m{path=~\"/a\\\\.b\\\"\\\\(.*\",x!=\"y\"}");
    }
}
