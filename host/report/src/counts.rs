//! Calls by class and by outcome. Calls are counted, not kept: a run may make millions.

use holdpoint_model::{Class, OutcomeKind};

/// How many calls there were of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallCounts {
    classes: [u64; Class::ALL.len()],
    outcomes: [u64; OutcomeKind::ALL.len()],
    /// Calls that have begun and have no outcome.
    pub under_way: u64,
}

impl CallCounts {
    /// All calls that have an outcome.
    pub fn total(&self) -> u64 {
        self.outcomes.iter().sum()
    }

    /// Calls of a class that have an outcome.
    pub fn of_class(&self, class: Class) -> u64 {
        Class::ALL.iter().position(|c| *c == class).map_or(0, |place| self.classes[place])
    }

    /// Calls with an outcome.
    pub fn of_outcome(&self, outcome: OutcomeKind) -> u64 {
        OutcomeKind::ALL.iter().position(|o| *o == outcome).map_or(0, |place| self.outcomes[place])
    }

    /// Calls that ended in anything but an answer.
    pub fn not_answered(&self) -> u64 {
        self.total() - self.of_outcome(OutcomeKind::Answered)
    }

    pub(crate) fn count(&mut self, class: Option<Class>, outcome: OutcomeKind) {
        if let Some(place) = Class::ALL.iter().position(|c| Some(*c) == class) {
            self.classes[place] += 1;
        }
        if let Some(place) = OutcomeKind::ALL.iter().position(|o| *o == outcome) {
            self.outcomes[place] += 1;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.classes.iter_mut().zip(other.classes).for_each(|(mine, theirs)| *mine += theirs);
        self.outcomes.iter_mut().zip(other.outcomes).for_each(|(mine, theirs)| *mine += theirs);
        self.under_way += other.under_way;
    }
}
