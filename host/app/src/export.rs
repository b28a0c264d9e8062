//! A run as one file that is safe to mail: a whole copy of its journal in which no known secret stands.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use holdpoint_bundle::{SecretSource, Verified};
use holdpoint_cap_secret::{Leak, Search};
use holdpoint_gate::Clock as _;
use holdpoint_journal::{Reader, Row, RunFolder, Writer};
use holdpoint_model::{Digest, RunId};
use sha2::{Digest as _, Sha256};

use crate::{
    Error, Machine,
    drive::progress_of,
    movable, permission,
    record::StoredSources,
    secrets,
    store::{RunRef, RunState, Stored},
};

/// Which run, and where to.
#[derive(Debug, Clone, Default)]
pub struct ExportChoices {
    pub run: RunRef,
    /// The id of the run with `.db` behind it, in the current folder, if absent.
    pub to: Option<PathBuf>,
    /// Take the place of a file that is there.
    pub force: bool,
    /// The run goes on where the file is imported, and not here any more.
    pub hand_over: bool,
}

/// A file that was written, and what its reader will see of this machine.
#[derive(Debug, Clone)]
pub struct Export {
    pub run: RunId,
    pub file: PathBuf,
    /// In bytes.
    pub size: u64,
    pub digest: Digest,
    /// The hosts that it names.
    pub hosts: Vec<String>,
    /// The paths of this machine that it names.
    pub paths: Vec<String>,
    /// How many known values were looked for.
    pub searched: usize,
    /// Secrets of the bundle that have no value here now, so that nobody could look for it.
    pub unsearched: Vec<String>,
}

/// Writes a run into one file, or nothing at all.
pub async fn export(choices: &ExportChoices, machine: &Machine) -> Result<Export, Error> {
    let stored = choices.run.find(machine)?;
    let folder = if choices.hand_over { Some(stored.folder_to("handed over")?) } else { None };
    let reader = Reader::open(&stored.journal())?;
    let sources = StoredSources::of(&reader.header()?)?;
    let run = sources.run.clone();
    match stored.state()? {
        RunState::Ended(_) | RunState::Between { .. } => {}
        RunState::Running => {
            return Err(Error::Usage(format!("run {run} is being worked on; export it when it has its decision")));
        }
        RunState::Interrupted => {
            return Err(Error::Usage(format!(
                "run {run} has no decision yet; `holdpoint resume {run}` goes on with it, `holdpoint cancel {run}` ends it"
            )));
        }
    }
    reader.verify()?;
    // Of a run that was imported, the secrets that may stand in it are those of this machine.
    let verified = if reader.imports()? == 0 { sources.verify()? } else { permission::today(&sources, machine)?.1 };
    let (mut search, unsearched) = secrets::search(&verified);
    if let Stored::Folder(folder) = &stored {
        search.sessions(&folder.sessions()).map_err(|e| Error::Usage(e.to_string()))?;
    }
    let file = choices.to.clone().unwrap_or_else(|| PathBuf::from(format!("{run}.db")));
    let is_there = || Error::Usage(format!("{} is there already; pass --force to write over it", file.display()));
    if file.exists() && !choices.force {
        return Err(is_there());
    }
    let copy = copy(&reader, &file)?;
    safe(copy.path(), &search)?;
    let is_gone = reader.is_handed_over()?;
    drop(reader);
    if folder.is_some() {
        // Handed over, and taken in by nobody, it would be lost: this machine takes the same file back, or none.
        let size = std::fs::metadata(copy.path()).map_err(|source| failed(&file, source))?.len();
        movable::bounded(&file, size)?;
        movable::whole(copy.path())?;
    }
    if let Some(folder) = folder.filter(|_| !is_gone) {
        let at = sources.manner.clock(progress_of(&folder.journal())?.latest()).now();
        hand_over(&folder, copy.path(), at.0).await?;
    }
    let (size, digest) = facts(copy.path()).map_err(|source| failed(&file, source))?;
    let kept = if choices.force { copy.persist(&file) } else { copy.persist_noclobber(&file) };
    kept.map_err(|e| match e.error.kind() {
        std::io::ErrorKind::AlreadyExists => is_there(),
        _ => failed(&file, e.error),
    })?;
    let (hosts, paths) = (hosts(&verified), paths(&sources, &verified));
    Ok(Export { run, file, size, digest, hosts, paths, searched: search.values(), unsearched })
}

/// Writes down that the run leaves this machine, before anybody can have the file: the same row in the run and in its copy, so that they stay the
/// same chain.
async fn hand_over(folder: &RunFolder, copy: &Path, at: f64) -> Result<(), Error> {
    let lock = folder.lock()?;
    if Reader::open(copy)?.head()? != Reader::open(&folder.journal())?.head()? {
        return Err(changed());
    }
    for journal in [folder.journal(), copy.to_owned()] {
        let writer = Writer::open(&journal, None)?;
        writer.append_durable(Row::run_handed_over(at)).await?;
        writer.close()?;
    }
    drop(lock);
    Ok(())
}

fn changed() -> Error {
    Error::Usage("the run changed while it was copied; export it again".into())
}

fn failed(file: &Path, source: std::io::Error) -> Error {
    Error::Usage(format!("can't write {}: {source}", file.display()))
}

/// A copy beside the file that it is to be, readable by its owner alone. Dropped, it is gone.
fn copy(reader: &Reader, file: &Path) -> Result<tempfile::NamedTempFile, Error> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let copy = tempfile::Builder::new().prefix(".export-").tempfile_in(folder).map_err(|e| failed(file, e))?;
    reader.copy_to(copy.path())?;
    let copied = Reader::open(copy.path())?;
    copied.verify()?;
    if copied.head()? != reader.head()? {
        return Err(changed());
    }
    Ok(copy)
}

/// Looks for every known value in every row and body.
fn safe(copy: &Path, search: &Search) -> Result<(), Error> {
    let reader = Reader::open(copy)?;
    let mut leaks = Vec::new();
    reader.for_each_row(|position, row| {
        let found = in_row(&row, search);
        leaks.extend(found.map(|(place, leak)| (format!("position {position}, {} ({place})", row.kind.word()), leak)));
        Ok(())
    })?;
    // A body that no row names would travel along all the same.
    reader.for_each_body(|digest, bytes| {
        leaks.extend(search.find(bytes).map(|leak| (format!("body {}", digest.short()), leak)));
    })?;
    match leaks.as_slice() {
        [] => Ok(()),
        [(place, Leak { what, encoding }), rest @ ..] => {
            let more =
                if rest.is_empty() { String::new() } else { format!(", and {} more places have one", rest.len()) };
            Err(Error::Usage(format!(
                "nothing was exported: the value of {what} stands in the run at {place}, written {encoding}{more}\n  a run that must be mailed has to be done again without it; where it came from: holdpoint show"
            )))
        }
    }
}

fn in_row(row: &Row, search: &Search) -> Option<(&'static str, Leak)> {
    let texts = [
        ("request", row.request.json.as_bytes()),
        ("answer", row.answer.json.as_bytes()),
        ("summary", row.summary.as_bytes()),
        ("guest", row.guest.as_bytes()),
        ("capability", row.capability.as_bytes()),
    ];
    let bodies = |place, bodies: &'_ [holdpoint_model::Body]| {
        bodies.iter().find_map(|body| search.find(body.bytes())).map(|leak| (place, leak))
    };
    let text = texts.into_iter().find_map(|(place, text)| Some((place, search.find(text)?)));
    text.or_else(|| bodies("body of the request", &row.request.bodies))
        .or_else(|| bodies("body of the answer", &row.answer.bodies))
}

/// Size and digest of a file.
fn facts(path: &Path) -> std::io::Result<(u64, Digest)> {
    let mut hash = Sha256::new();
    let size = std::io::copy(&mut std::fs::File::open(path)?, &mut hash)?;
    Ok((size, Digest(hash.finalize().into())))
}

fn hosts(verified: &Verified) -> Vec<String> {
    let services = verified.services.iter().filter_map(|service| service.base.host_str().map(str::to_owned));
    let granted = verified.phases.iter().flat_map(|phase| &phase.grants.http).flat_map(|grant| &grant.hosts);
    let reached = verified.connect_to.iter().flat_map(|(from, to)| [from.to_string(), to.to_string()]);
    services.chain(granted.map(ToString::to_string)).chain(reached).collect::<BTreeSet<_>>().into_iter().collect()
}

fn paths(sources: &StoredSources, verified: &Verified) -> Vec<String> {
    let texts = sources.sources();
    let mut paths =
        BTreeSet::from([texts.folder.clone(), texts.bundle.label.clone().into(), texts.checklist.label.clone().into()]);
    if let Some(operator) = &texts.operator {
        paths.extend([operator.folder.clone(), operator.file.label.clone().into()]);
    }
    paths.extend(verified.ca_file.clone());
    paths.extend(verified.phases.iter().flat_map(|phase| &phase.grants.files).map(|grant| grant.path().to_owned()));
    paths.extend(verified.secrets.iter().filter_map(|bound| match &bound.from {
        SecretSource::File(path) => Some(path.clone()),
        SecretSource::Env(_) => None,
    }));
    paths.iter().map(|path| path.display().to_string()).collect()
}
