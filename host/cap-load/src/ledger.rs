//! What a load has counted, in a file beside the journal that is written anew every second: from it the next host goes on, if this one is gone.
//! It is written whole and then put in its place, so that it is never half a file. It holds counts and routes, and nothing that came or went.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    Incarnation, Summary,
    totals::{KeptTotals, Totals},
};

const VERSION: u32 = 1;
/// Longer files are none of ours: 33 routes with two histograms of at most 18,432 buckets each.
const LONGEST: u64 = 64 << 20;

/// Where the file of a load is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ledger(PathBuf);

/// What stands in it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    version: u32,
    /// The last may have been cut off.
    pub(crate) incarnations: Vec<Incarnation>,
    totals: KeptTotals,
    /// Present when the load has ended.
    pub(crate) summary: Option<Summary>,
}

impl Kept {
    pub(crate) fn new(incarnations: Vec<Incarnation>, totals: &Totals, summary: Option<Summary>) -> Self {
        Self { version: VERSION, incarnations, totals: totals.into(), summary }
    }

    /// The totals, and the hosts that counted them.
    pub(crate) fn into_parts(self) -> (Totals, Vec<Incarnation>) {
        (self.totals.into(), self.incarnations)
    }
}

impl Ledger {
    /// The file of the load of this name in a folder.
    pub(crate) fn of(folder: &Path, name: &str) -> Self {
        Self(folder.join(format!("{name}.json")))
    }

    /// What was kept; none if nothing was.
    pub(crate) fn read(&self) -> io::Result<Option<Kept>> {
        let length = match fs::metadata(&self.0) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if length > LONGEST {
            return Err(io::Error::other(format!("{} has {length} bytes, which no load writes", self.0.display())));
        }
        let kept: Kept = serde_json::from_slice(&fs::read(&self.0)?)?;
        if kept.version != VERSION {
            let text = format!("{} is of version {}, and this program reads {VERSION}", self.0.display(), kept.version);
            return Err(io::Error::other(text));
        }
        Ok(Some(kept))
    }

    /// Puts what is kept in the place of what was. It survives the process; nobody waits for the disk.
    pub(crate) fn write(&self, kept: &Kept) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            fs::create_dir_all(folder)?;
        }
        let beside = self.0.with_extension("new");
        fs::write(&beside, serde_json::to_vec(kept)?)?;
        fs::rename(&beside, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_file_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::of(&folder.path().join("loads"), "deploy-7");
        assert!(ledger.read().unwrap().is_none());
        let incarnation = Incarnation { exchanges: 5, cut_off: true, ..Incarnation::default() };
        ledger.write(&Kept::new(vec![incarnation], &Totals::default(), None)).unwrap();
        let (_, incarnations) = ledger.read().unwrap().unwrap().into_parts();
        assert_eq!(incarnations, [incarnation]);
        let path = folder.path().join("loads/deploy-7.json");
        let text = fs::read_to_string(&path).unwrap();
        for wrong in [&text[..text.len() / 2], "", "{}", &text.replacen("\"version\":1", "\"version\":2", 1)] {
            fs::write(&path, wrong).unwrap();
            assert!(ledger.read().is_err(), "{wrong}");
        }
    }
}
