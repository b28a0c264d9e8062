//! Taking a run's file into the runs of this machine, so that the run goes on here. What the file brings along permits nothing: whoever acts on
//! the run is bounded by the operator's file of this machine (`permission`), and by its secrets.

use std::path::Path;

use holdpoint_gate::Clock as _;
use holdpoint_journal::{Reader, Row, RunFolder, Writer};
use holdpoint_model::{Digest, RunId, Timestamp};

use crate::{
    Error, Machine,
    movable::{Whole, bounded, whole},
    permission,
    store::{RunState, StoredFolder},
};

/// How many session tokens a phase is handed on one machine, before their placeholders could be those of the next one.
const TOKENS: u32 = 1 << 24;

/// A run that came to this machine.
#[derive(Debug)]
pub struct Imported {
    pub run: RunId,
    pub folder: StoredFolder,
    pub state: RunState,
    /// The machine that it came from goes on with it no more.
    pub handed_over: bool,
    /// Why this machine would not go on with it now, with the lines that would change that.
    pub refusal: Option<String>,
}

/// The number of the first session token of each phase on a machine that the run came to as often as this.
pub(crate) fn first_token(imports: u32) -> u32 {
    imports.saturating_mul(TOKENS)
}

/// Takes a run's file into the runs of this machine: whole, or not at all. A run that is there already stays as it is; one that was handed over,
/// and comes back as it left, goes on here again.
pub async fn import(file: &Path, machine: &Machine) -> Result<Imported, Error> {
    let facts = std::fs::metadata(file).map_err(|e| Error::Usage(format!("can't read {}: {e}", file.display())))?;
    if !facts.is_file() {
        return Err(Error::Usage(format!("{} is not a file", file.display())));
    }
    bounded(file, facts.len())?;
    let failed = |source: std::io::Error| cant_write(&machine.runs, &source);
    std::fs::create_dir_all(&machine.runs).map_err(failed)?;
    // No run's id begins so, and what a crash leaves behind is none.
    let folder = tempfile::Builder::new().prefix(".import-").tempdir_in(&machine.runs).map_err(failed)?;
    let copy = folder.path().join("run.db");
    // What is looked through is what is kept, whatever becomes of the file meanwhile.
    Reader::open(file)?.copy_to(&copy)?;
    let whole = whole(&copy)?;
    let run = whole.header.run.clone();
    let now = whole.header.manner.clock(whole.latest).now();
    if whole.latest.since(now) > 0.0 {
        return Err(Error::Usage(format!(
            "run {run} was last worked on at {}, which is to come on this machine; set its clock",
            whole.latest
        )));
    }
    let target = RunFolder::of(&machine.runs, &run);
    if target.journal().exists() {
        take_back(&target, &whole, &copy, now).await?;
    } else {
        mark(&copy, now).await?;
        std::fs::rename(folder.path(), target.path()).map_err(|e| cant_write(target.path(), &e))?;
    }
    let reader = Reader::open(&target.journal()).map_err(Error::from);
    let allowed = reader.and_then(|reader| permission::to_go_on(&whole.header, &reader, machine));
    let refusal = allowed.err().map(|e| e.to_string());
    let Whole { state, handed_over, .. } = whole;
    Ok(Imported { run, folder: StoredFolder(target), state, handed_over, refusal })
}

fn cant_write(path: &Path, source: &std::io::Error) -> Error {
    Error::Usage(format!("can't write {}: {source}", path.display()))
}

/// Writes down that the run came here.
async fn mark(journal: &Path, now: Timestamp) -> Result<(), Error> {
    let writer = Writer::open(journal, None)?;
    writer.append_durable(Row::run_imported(now.0)).await?;
    Ok(writer.close()?)
}

/// Of a run that is there already, only one that was handed over and comes back as it left is taken.
async fn take_back(target: &RunFolder, whole: &Whole, copy: &Path, now: Timestamp) -> Result<(), Error> {
    let lock = target.lock()?;
    let known = known(&Reader::open(&target.journal())?, &Reader::open(copy)?)?;
    let Some(known) = known else {
        mark(&target.journal(), now).await?;
        drop(lock);
        return Ok(());
    };
    let path = target.path().display();
    Err(Error::Usage(format!(
        "run {} is there already, {known}\n  to have what the file holds in its place, move {path} away",
        whole.header.run
    )))
}

/// How the run that is there and the one of the file go together; none if it was handed over, and comes back as it left.
fn known(there: &Reader, file: &Reader) -> Result<Option<&'static str>, Error> {
    let (own, came) = (there.head()?, file.head()?);
    let has =
        |reader: &Reader, (position, hash): (u64, Digest)| Ok::<_, Error>(reader.hash_at(position)? == Some(hash));
    Ok(if own == came {
        if there.is_handed_over()? { None } else { Some("as it is in the file") }
    } else if has(there, came)? {
        Some("and further than in the file")
    } else if has(file, own)? {
        Some("and less far than in the file")
    } else {
        Some("with another history than in the file")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::movable::{MOST, tests::journal};

    #[test]
    fn machines_share_no_numbers_of_tokens() {
        assert_eq!([0, 1, 2].map(first_token), [0, TOKENS, 2 * TOKENS]);
        assert!(first_token(MOST) > first_token(MOST - 1));
    }

    #[tokio::test]
    async fn only_a_run_that_was_handed_over_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let rows = |count: u32| (0..count).map(|n| Row::run_resumed(f64::from(n))).collect::<Vec<_>>();
        let short = journal(folder.path(), "short", rows(2)).await;
        let long = journal(folder.path(), "long", rows(3)).await;
        let other = journal(folder.path(), "other", vec![Row::run_resumed(9.0)]).await;
        let gone = journal(folder.path(), "gone", [rows(2), vec![Row::run_handed_over(2.0)]].concat()).await;
        for (there, file, known_as) in [
            (&short, &short, Some("as it is in the file")),
            (&long, &short, Some("and further than in the file")),
            (&short, &long, Some("and less far than in the file")),
            (&short, &gone, Some("and less far than in the file")),
            (&gone, &short, Some("and further than in the file")),
            (&other, &long, Some("with another history than in the file")),
            (&gone, &gone, None),
        ] {
            assert_eq!(known(there, file).unwrap(), known_as);
        }
    }
}
