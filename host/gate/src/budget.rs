//! How much a guest may ask. Counted over everything it has asked, also from the journal, so that a resumed guest has no more.

use holdpoint_model::CallError;

/// Bytes that the answers of one batch may come to. They are in the host twice while the guest takes them over.
pub const BATCH_BYTES: u64 = 32 << 20;

/// Bounds of one guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub calls: u32,
    /// Bytes of requests, all together. What is more is refused and not kept.
    pub request_bytes: u64,
    /// Bytes of answers, all together.
    pub answer_bytes: u64,
    /// Bytes of the answers of one batch, which the host holds at once.
    pub batch_bytes: u64,
    pub statements: u32,
    /// Of these, those that are one number of a series are counted apart.
    pub samples: u32,
    /// Bytes of statements, all together.
    pub statement_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls: 10_000,
            request_bytes: 256 << 20,
            answer_bytes: 256 << 20,
            batch_bytes: BATCH_BYTES,
            statements: 10_000,
            samples: 200_000,
            statement_bytes: 16 << 20,
        }
    }
}

/// How many calls are answered `exhausted` before the guest is stopped: enough for one that reacts, too few to fill a disk.
const PATIENCE: u32 = 100;

/// What a guest has used of its limits.
#[derive(Debug, Clone)]
pub struct Budget {
    /// Whose it is, for the text of refusals.
    who: &'static str,
    limits: Limits,
    calls: u32,
    request_bytes: u64,
    answer_bytes: u64,
    statements: u32,
    samples: u32,
    statement_bytes: u64,
}

impl Budget {
    /// That of a phase, with nothing used yet.
    pub fn new(limits: Limits) -> Self {
        Self::of("the phase", limits)
    }

    /// That of somebody else.
    pub(crate) fn of(who: &'static str, limits: Limits) -> Self {
        Self { who, limits, calls: 0, request_bytes: 0, answer_bytes: 0, statements: 0, samples: 0, statement_bytes: 0 }
    }

    /// Counts a request before anything is kept of it. The error says that nothing may be.
    pub(crate) fn request(&mut self, bytes: u64) -> Result<(), CallError> {
        let used = self.request_bytes.saturating_add(bytes);
        if used > self.limits.request_bytes {
            let most = self.limits.request_bytes;
            return Err(CallError::Exhausted(format!("{}'s budget of {most} bytes of requests is used up", self.who)));
        }
        self.request_bytes = used;
        Ok(())
    }

    /// What the answers of a batch may come to.
    pub(crate) fn batch(&self) -> u64 {
        self.limits.batch_bytes
    }

    /// Counts a call. The first error is for the guest, the second for whoever stops it.
    pub(crate) fn call(&mut self) -> Result<Result<(), CallError>, String> {
        self.calls += 1;
        let (who, Limits { calls, answer_bytes, .. }) = (self.who, self.limits);
        if self.calls > calls.saturating_add(PATIENCE) {
            return Err(format!("{who} went on calling after its budget of {calls} calls was used up"));
        }
        Ok(if self.calls > calls {
            Err(CallError::Exhausted(format!("{who}'s budget of {calls} calls is used up")))
        } else if self.answer_bytes > answer_bytes {
            Err(CallError::Exhausted(format!("{who}'s budget of {answer_bytes} bytes of answers is used up")))
        } else {
            Ok(())
        })
    }

    /// Counts an answer.
    pub(crate) fn answer(&mut self, bytes: u64) {
        self.answer_bytes = self.answer_bytes.saturating_add(bytes);
    }

    /// Counts a statement.
    pub(crate) fn statement(&mut self, bytes: u64) -> Result<Result<(), CallError>, String> {
        self.statements += 1;
        self.stated(bytes, (self.statements, self.limits.statements, "statements"))
    }

    /// Counts a number of a series.
    pub(crate) fn sample(&mut self, bytes: u64) -> Result<Result<(), CallError>, String> {
        self.samples += 1;
        self.stated(bytes, (self.samples, self.limits.samples, "samples"))
    }

    fn stated(&mut self, bytes: u64, (count, most, what): (u32, u32, &str)) -> Result<Result<(), CallError>, String> {
        self.statement_bytes = self.statement_bytes.saturating_add(bytes);
        let (who, Limits { statement_bytes, .. }) = (self.who, self.limits);
        if count > most.saturating_add(PATIENCE) {
            return Err(format!("{who} went on stating after its budget of {most} {what} was used up"));
        }
        Ok(if count > most {
            Err(CallError::Exhausted(format!("{who}'s budget of {most} {what} is used up")))
        } else if self.statement_bytes > statement_bytes {
            Err(CallError::Exhausted(format!("{who}'s budget of {statement_bytes} bytes of statements is used up")))
        } else {
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_exhausted_and_then_loses_patience() {
        let mut budget = Budget::new(Limits { calls: 2, ..Limits::default() });
        assert_eq!([budget.call(), budget.call()], [Ok(Ok(())), Ok(Ok(()))]);
        for _ in 0..PATIENCE {
            assert!(matches!(budget.call(), Ok(Err(CallError::Exhausted(_)))));
        }
        assert!(budget.call().is_err());
    }

    #[test]
    fn counts_bytes_of_requests_that_are_kept() {
        let mut budget = Budget::new(Limits { request_bytes: 10, ..Limits::default() });
        assert_eq!(budget.request(6), Ok(()));
        assert!(matches!(budget.request(5), Err(CallError::Exhausted(_))));
        assert_eq!(budget.request(4), Ok(()), "what was refused is not kept, and takes nothing");
    }

    #[test]
    fn samples_are_counted_apart_from_other_statements() {
        let mut budget = Budget::new(Limits { statements: 1, samples: 2, statement_bytes: 100, ..Limits::default() });
        assert_eq!([budget.sample(10), budget.sample(10), budget.statement(10)], [Ok(Ok(())), Ok(Ok(())), Ok(Ok(()))]);
        let refused = budget.sample(10).unwrap().unwrap_err().to_string();
        assert!(refused.ends_with("budget of 2 samples is used up"), "{refused}");
        assert!(matches!(budget.statement(1), Ok(Err(CallError::Exhausted(_)))));
        for _ in 1..PATIENCE {
            assert!(budget.sample(0).is_ok());
        }
        assert!(budget.sample(0).is_err());
        let mut budget = Budget::new(Limits { statement_bytes: 100, ..Limits::default() });
        assert!(matches!(budget.sample(101), Ok(Err(CallError::Exhausted(_)))));
    }

    #[test]
    fn counts_bytes_of_answers() {
        let mut budget = Budget::new(Limits { answer_bytes: 10, ..Limits::default() });
        budget.answer(11);
        assert!(matches!(budget.call(), Ok(Err(CallError::Exhausted(_)))));
    }
}
