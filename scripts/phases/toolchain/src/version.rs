//! Versions of packages and tools, as far as their order is needed: the numbers of a release.

use std::cmp::Ordering;
use std::fmt;

/// The numbers before anything else: `2.31.0.post1` is 2.31.0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version(Vec<u32>);

impl Version {
    /// None if it does not begin with a number, or if what follows its numbers comes before a release (`6.0rc1`, `1.0.dev2`).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().strip_prefix('v').unwrap_or(text.trim());
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (numbers, rest) = text.split_at(end);
        let released = rest.is_empty() || rest.starts_with('+') || rest.starts_with("post");
        let numbers: Option<Vec<u32>> =
            numbers.trim_end_matches('.').split('.').map(|number| number.parse().ok()).collect();
        numbers.filter(|_| released).map(Self)
    }

    /// The first that a tool tells of itself: 27.1.1 of `Docker version 27.1.1-ce, build 6312585`. What was made of it since (`-0ubuntu1`) does not
    /// count; what came before it (`-rc.1`) is none.
    pub(crate) fn told_in(text: &str) -> Option<Self> {
        let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '(' | ')'));
        let mut bare = words.map(|word| word.strip_prefix('v').unwrap_or(word));
        let told = bare.find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'))?;
        let (numbers, rest) = told.split_at(told.find(['-', '+', '~']).unwrap_or(told.len()));
        let rest = rest.to_ascii_lowercase();
        let is_early = ["rc", "alpha", "beta", "dev", "pre"].iter().any(|early| rest.contains(early));
        Self::parse(numbers).filter(|_| !is_early)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.0.len().max(other.0.len());
        let number = |version: &Self, at: usize| version.0.get(at).copied().unwrap_or_default();
        (0..length)
            .map(|at| number(self, at).cmp(&number(other, at)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}
