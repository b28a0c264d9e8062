//! The recorder of a replay: every answer comes from one journal, everything that happens goes to a second.

use std::{path::Path, sync::Arc};

use holdpoint_gate::{Act, Boxed, Clock, Halt, Performed, Recorder, StatementEntry};
use holdpoint_model::PhaseId;

use crate::{
    Error, Row, RowKind, Writer,
    past::{Found, Pasts, beyond, halt},
};

/// Answers from a journal. It acts on nothing: a call that the journal does not have is a divergence.
pub struct ReplayRecorder {
    pasts: Pasts,
    copy: Writer,
    clock: Arc<dyn Clock>,
}

impl ReplayRecorder {
    /// Replays the journal at `path` into `copy`.
    pub fn new(path: &Path, copy: Writer, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        Ok(Self { pasts: Pasts::open(path)?, copy, clock })
    }
}

impl Recorder for ReplayRecorder {
    fn perform<'a>(&'a self, calls: Vec<Box<dyn Act + 'a>>, _: usize) -> Boxed<'a, Result<Vec<Performed>, Halt>> {
        Box::pin(async move {
            let mut answers = Vec::with_capacity(calls.len());
            for call in calls {
                let entry = call.entry().clone();
                match self.pasts.of(&entry.guest, |past, reader| past.call(reader, &entry))? {
                    Found::Answered(performed, row) => {
                        self.copy.append(Row { kind: RowKind::Call, ..*row }).await.map_err(halt)?;
                        answers.push(performed);
                    }
                    Found::Open { .. } | Found::Nothing => return Err(beyond(&entry)),
                }
            }
            Ok(answers)
        })
    }

    /// What the guest states now is what a replay is about: it may differ, and is written down as it is.
    fn state(&self, entry: StatementEntry) -> Boxed<'_, Result<(), Halt>> {
        Box::pin(async move {
            let StatementEntry { guest, ordinal, statement } = entry;
            let row = Row::of_statement(&guest, ordinal, &statement, self.clock.now().0);
            self.copy.append(row).await.map_err(halt)
        })
    }

    fn finish(&self, guest: &PhaseId) -> Result<(), Halt> {
        self.pasts.of(guest, |past, reader| past.finish(reader, false))
    }
}
