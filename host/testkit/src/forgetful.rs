//! A recorder without a journal: every call is new.

use holdpoint_gate::{
    Act, Acted, Admission, Boxed, EncodedAnswer, Gate, Halt, Performed, Recorder, Rules, StatementEntry, Unscrubbed,
};
use holdpoint_model::{Digest, PhaseId, Timestamp};
use std::sync::Arc;

/// Remembers nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgetful {
    settles: bool,
}

impl Forgetful {
    /// Acts on every call that is admitted.
    pub fn acting() -> Self {
        Self { settles: false }
    }

    /// Settles every call that is admitted, as if its answer had been lost. One that has not happened halts the guest.
    pub fn settling() -> Self {
        Self { settles: true }
    }

    /// A gate over it that scrubs nothing.
    pub fn gate(self) -> Arc<Gate> {
        let rules = Rules { run: "R".into(), seed: Digest::of(b""), dry_run: false, may_disrupt: false };
        Gate::new(Arc::new(self), Arc::new(Unscrubbed), rules)
    }
}

impl Recorder for Forgetful {
    fn perform<'a>(&'a self, calls: Vec<Box<dyn Act + 'a>>, _: usize) -> Boxed<'a, Result<Vec<Performed>, Halt>> {
        Box::pin(async move {
            let mut performed = Vec::new();
            for mut call in calls {
                let answer = match call.admit() {
                    Admission::Refused(error) => EncodedAnswer::of_error(&error),
                    Admission::Granted(_) => match if self.settles { call.settle().await } else { call.act(1).await } {
                        Acted::Answer(answer) => answer,
                        Acted::NotHappened => return Err(Halt::Journal("not happened".into())),
                    },
                };
                performed.push(Performed { answer, at: Timestamp(0.0), from_journal: false });
            }
            Ok(performed)
        })
    }

    fn state(&self, _: StatementEntry) -> Boxed<'_, Result<(), Halt>> {
        Box::pin(async { Ok(()) })
    }

    fn finish(&self, _: &PhaseId) -> Result<(), Halt> {
        Ok(())
    }
}
