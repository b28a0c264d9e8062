//! The policies of a run that goes on: every tick is judged before anything else happens.

use std::path::PathBuf;

use holdpoint_journal::{Reader, Row};

use super::Bench;
use crate::Error;

/// The bench of a run beside its journal.
pub(crate) struct Judges {
    journal: PathBuf,
    /// Away while it judges; it does not come back from what broke off.
    bench: Option<Bench>,
}

impl Judges {
    /// Those of a run that may have been judged up to some tick.
    pub(crate) fn new(journal: PathBuf, mut bench: Bench) -> Result<Self, Error> {
        bench.recall(&Reader::open(&journal)?)?;
        Ok(Self { journal, bench: Some(bench) })
    }

    /// What they make of every tick up to a position that none has judged yet, as rows. Everything up to there is committed.
    pub(crate) async fn judge(&mut self, until: u64) -> Result<Vec<Row>, Error> {
        let broke = || Error::Policy { policy: "of the run".into(), reason: "its evaluation broke off".into() };
        let mut bench = self.bench.take().ok_or_else(broke)?;
        let journal = self.journal.clone();
        // An evaluation may compute for seconds.
        let judging = tokio::task::spawn_blocking(move || {
            let judged = Reader::open(&journal).map_err(Error::from).and_then(|reader| bench.go_on(&reader, until));
            (bench, judged)
        });
        let (bench, judged) = judging.await.map_err(|_| broke())?;
        self.bench = Some(bench);
        Ok(judged?.into_iter().map(|judged| judged.row()).collect())
    }
}
