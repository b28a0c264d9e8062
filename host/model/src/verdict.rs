//! What a check or a row says.

use std::fmt;

/// The outcome of a check, or of a row of the checklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    Pass,
    Fail,
    /// It was tried and says neither.
    Inconclusive,
    /// It was not tried.
    NotExercised,
    /// Its stage is still running.
    Pending,
}

impl Verdict {
    /// Every verdict, for parsers and tests.
    pub const ALL: [Self; 5] = [Self::Pass, Self::Fail, Self::Inconclusive, Self::NotExercised, Self::Pending];

    /// The word that people and machines read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::NotExercised => "not-exercised",
            Self::Pending => "pending",
        }
    }

    /// The verdict of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.word() == word)
    }

    /// How much a verdict weighs when several speak for one row: fail > inconclusive > pending > pass > not-exercised.
    fn weight(self) -> u8 {
        match self {
            Self::Fail => 4,
            Self::Inconclusive => 3,
            Self::Pending => 2,
            Self::Pass => 1,
            Self::NotExercised => 0,
        }
    }

    /// The verdict of several. None says nothing: the caller must say what no check means.
    pub fn fold(verdicts: impl IntoIterator<Item = Self>) -> Option<Self> {
        verdicts.into_iter().max_by_key(|v| v.weight())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::*;
    use super::*;

    #[test]
    fn one_failure_outweighs_everything() {
        assert_eq!(Verdict::fold([Pass, Fail, Inconclusive]), Some(Fail));
        assert_eq!(Verdict::fold([Pass, Inconclusive, NotExercised]), Some(Inconclusive));
        assert_eq!(Verdict::fold([Pass, NotExercised]), Some(Pass));
    }

    #[test]
    fn nothing_is_not_a_pass() {
        assert_eq!(Verdict::fold([]), None);
    }

    #[test]
    fn every_word_reads_back() {
        for verdict in Verdict::ALL {
            assert_eq!(Verdict::parse(verdict.word()), Some(verdict));
        }
    }
}
