//! A book at a tick, for one policy.

use std::sync::Arc;

use holdpoint_model::{
    RequirementId, RunId, Timestamp,
    policy::{Evidence, Facts, SeenCheck, Selector, Series, Stretch, TooMany},
};

use crate::Book;

/// What a policy gets to see. The book has been given the events up to the tick and no others.
#[derive(Debug, Clone)]
pub struct Shown {
    pub book: Arc<Book>,
    /// The run, for a book that has no header.
    pub run: RunId,
    /// The moment of the tick.
    pub now: Timestamp,
    /// Nothing is observed after it.
    pub is_last: bool,
    /// The rows that the policy may claim, as it calls them.
    pub requirements: Vec<RequirementId>,
}

impl Evidence for Shown {
    fn facts(&self) -> Facts {
        self.book.facts().cloned().unwrap_or_else(|| Facts {
            run: self.run.clone(),
            bundle: String::new(),
            version: String::new(),
            environment: String::new(),
            started: self.now,
            scale: 1.0,
        })
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn is_last(&self) -> bool {
        self.is_last
    }

    fn requirements(&self) -> Vec<RequirementId> {
        self.requirements.clone()
    }

    fn checks(&self) -> Vec<SeenCheck> {
        self.book.checks().to_vec()
    }

    fn select(&self, selector: &Selector, from: f64, to: f64) -> Result<Vec<Series>, TooMany> {
        self.book.bank().select(selector, from, to.min(self.now.0))
    }

    fn stretches(&self) -> Vec<Stretch> {
        self.book.stretches(self.now)
    }
}
