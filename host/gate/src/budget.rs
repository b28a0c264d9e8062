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
    statement_bytes: u64,
}

impl Budget {
    /// That of a phase, with nothing used yet.
    pub fn new(limits: Limits) -> Self {
        Self::of("the phase", limits)
    }

    /// That of somebody else.
    pub(crate) fn of(who: &'static str, limits: Limits) -> Self {
        Self { who, limits, calls: 0, request_bytes: 0, answer_bytes: 0, statements: 0, statement_bytes: 0 }
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
        self.statement_bytes = self.statement_bytes.saturating_add(bytes);
        let (who, Limits { statements, statement_bytes, .. }) = (self.who, self.limits);
        if self.statements > statements.saturating_add(PATIENCE) {
            return Err(format!("{who} went on stating after its budget of {statements} statements was used up"));
        }
        Ok(if self.statements > statements {
            Err(CallError::Exhausted(format!("{who}'s budget of {statements} statements is used up")))
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
    fn counts_bytes_of_answers() {
        let mut budget = Budget::new(Limits { answer_bytes: 10, ..Limits::default() });
        budget.answer(11);
        assert!(matches!(budget.call(), Ok(Err(CallError::Exhausted(_)))));
    }
}
