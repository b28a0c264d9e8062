//! What users said of their answers, by the name of the check.

use serde::{Deserialize, Serialize};

use crate::counted::add;

/// Checks that are told apart. What comes after them is counted as one.
const MOST_CHECKS: usize = 32;
/// Characters of a name.
const LONGEST_NAME: usize = 100;
const OTHER: &str = "other";

/// What became of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckTold {
    pub name: String,
    /// How often the answer was as it should be.
    pub good: u32,
    /// And how often it was not.
    pub wrong: u32,
}

/// The checks of a load, in the order in which they came up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checks(Vec<CheckTold>);

impl Checks {
    /// A user judged an answer.
    pub(crate) fn judged(&mut self, name: &str, good: bool) {
        let end = name.char_indices().nth(LONGEST_NAME).map_or(name.len(), |(end, _)| end);
        let name = &name[..end];
        let known = |name: &str, checks: &[CheckTold]| checks.iter().position(|check| check.name == name);
        let at = known(name, &self.0).unwrap_or_else(|| {
            let name = if self.0.len() < MOST_CHECKS { name } else { OTHER };
            known(name, &self.0).unwrap_or_else(|| {
                self.0.push(CheckTold { name: name.to_owned(), good: 0, wrong: 0 });
                self.0.len() - 1
            })
        });
        let check = &mut self.0[at];
        add(if good { &mut check.good } else { &mut check.wrong }, 1);
    }

    pub(crate) fn told(&self) -> Vec<CheckTold> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(checks: &Checks) -> Vec<(String, u32, u32)> {
        checks.told().into_iter().map(|check| (check.name, check.good, check.wrong)).collect()
    }

    #[test]
    fn are_counted_by_their_names() {
        let mut checks = Checks::default();
        for (name, good) in [("mine", true), ("in order", true), ("mine", false), ("mine", true)] {
            checks.judged(name, good);
        }
        assert_eq!(counts(&checks), [("mine".into(), 2, 1), ("in order".into(), 1, 0)]);
    }

    #[test]
    fn names_without_end_take_no_room() {
        let mut checks = Checks::default();
        for n in 0..10_000 {
            checks.judged(&format!("{n} {}", "é".repeat(1_000)), n % 2 == 0);
        }
        let told = checks.told();
        assert_eq!(told.len(), MOST_CHECKS + 1);
        assert!(told.iter().all(|check| check.name.chars().count() <= LONGEST_NAME));
        let all = told.iter().map(|check| check.good + check.wrong).sum::<u32>();
        assert_eq!((told[MOST_CHECKS].name.as_str(), all), (OTHER, 10_000));
    }
}
