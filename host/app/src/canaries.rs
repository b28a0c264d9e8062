//! The canaries of a run: the secret that they follow from, and whose there are so far. Both are kept, so that a host that goes on with the run
//! knows the texts of everybody before it, whichever load wrote them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use holdpoint_canary::{Canaries, Index, Key};
use holdpoint_model::RunId;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};

/// Where the secret is, beside what loads have counted: both are for the host that goes on, and deleted when the run has ended.
const FILE: &str = "canaries";
/// Which sets there are, beside the secret.
const SETS: &str = "canary-sets";
/// Longer files are none of ours: a line for each host of each load.
const LONGEST: u64 = 4 << 20;

/// The canaries of the loads of one run.
pub(crate) struct RunCanaries {
    run: RunId,
    file: PathBuf,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    key: Option<Key>,
    /// Those of every load of the run so far.
    sets: Vec<Set>,
}

/// The users that one host has made for a load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    load: String,
    /// Counted from 1 for each load.
    host: u32,
    users: u32,
}

impl Set {
    /// As whoever reads of a leak knows it.
    fn name(&self) -> String {
        format!("{}, host {}", self.load, self.host)
    }
}

/// The canaries of one load, and everybody's whom its users could be shown.
pub(crate) struct Marked {
    pub(crate) canaries: Canaries,
    pub(crate) index: Arc<Index>,
    /// Which set of the index these users are.
    pub(crate) set: u32,
    /// What the sets are called, in the order of the index.
    pub(crate) names: Vec<String>,
}

impl RunCanaries {
    /// Those of a run, whose secret is kept in this folder. Nothing is read or written yet.
    pub(crate) fn new(run: &RunId, folder: &Path) -> Self {
        Self { run: run.clone(), file: folder.join(FILE), known: Mutex::default() }
    }

    /// Takes in the users of a load. Those of other loads, and those that a host before this one had made, are strangers to them.
    pub(crate) fn of_load(&self, load: &str, incarnation: u32, users: u32) -> Result<Marked, String> {
        let mut known = self.known();
        let key = match known.key.clone() {
            Some(key) => key,
            None => {
                known.sets = self.kept().map_err(|e| format!("{}: {e}", self.sets().display()))?;
                known.key.insert(self.key().map_err(|e| format!("{}: {e}", self.file.display()))?).clone()
            }
        };
        let before = known.sets.len();
        for host in 1..=incarnation {
            // A set that stood there twice would have everybody's own text belong to somebody else.
            if known.sets.iter().all(|set| (set.load.as_str(), set.host) != (load, host)) {
                known.sets.push(Set { load: load.to_owned(), host, users });
            }
        }
        if known.sets.len() > before {
            // Before anybody of them writes anything.
            self.keep(&known.sets).map_err(|e| format!("{}: {e}", self.sets().display()))?;
        }
        let canaries = |set: &Set| Canaries::new(&key, &set.load, set.host);
        let sets: Vec<(Canaries, u32)> = known.sets.iter().map(|set| (canaries(set), set.users)).collect();
        let index = Index::new(sets.iter().map(|(canaries, users)| (canaries, *users)));
        let index = Arc::new(index.map_err(|e| e.to_string())?);
        let ours = (0..).zip(&known.sets).find(|(_, set)| set.load == load && set.host == incarnation);
        let (set, ours) = ours.ok_or("hosts of a load are counted from 1")?;
        Ok(Marked { canaries: canaries(ours), index, set, names: known.sets.iter().map(Set::name).collect() })
    }

    fn sets(&self) -> PathBuf {
        self.file.with_file_name(SETS)
    }

    /// The sets that hosts before this one have kept.
    fn kept(&self) -> io::Result<Vec<Set>> {
        let length = match fs::metadata(self.sets()) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        if length > LONGEST {
            return Err(io::Error::other(format!("it has {length} bytes, which no run writes")));
        }
        Ok(serde_json::from_slice(&fs::read(self.sets())?)?)
    }

    /// Written whole and then put in its place, so that it is never half a file.
    fn keep(&self, sets: &[Set]) -> io::Result<()> {
        let beside = self.sets().with_extension("new");
        fs::write(&beside, serde_json::to_vec(sets)?)?;
        fs::rename(&beside, self.sets())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Every change is whole before anything can panic.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of the run: from the secret that a host before has kept, or from a new one.
    fn key(&self) -> io::Result<Key> {
        let secret = match fs::read(&self.file) {
            Ok(kept) => kept.try_into().map_err(|_| io::Error::other("it is not the secret of this run"))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.secret()?,
            Err(error) => return Err(error),
        };
        Ok(Key::of_run(&secret, self.run.as_str()))
    }

    fn secret(&self) -> io::Result<[u8; 32]> {
        let mut secret = [0; 32];
        SystemRandom::new().fill(&mut secret).map_err(|_| io::Error::other("this machine has no random numbers"))?;
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        io::Write::write_all(&mut options.open(&self.file)?, &secret)?;
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use holdpoint_canary::{Owner, Scanner};

    use super::*;

    fn leaked(marked: &Marked, text: &str) -> Option<Owner> {
        let mut scanner = Scanner::new(&marked.index, Owner { set: marked.set, user: 0 }).unwrap();
        scanner.feed(text.as_bytes());
        scanner.finish().leaks.first().map(|leak| leak.owner)
    }

    #[test]
    fn users_are_strangers_to_those_of_other_loads_and_of_hosts_before() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunId::parse("01JDC0000000000000000000AA").unwrap();
        let first = RunCanaries::new(&run, folder.path());
        let before = first.of_load("isolation-3", 1, 5).unwrap();
        let beside = first.of_load("isolation-4", 1, 5).unwrap();
        assert_eq!(leaked(&beside, &before.canaries.canary(2).text()), Some(Owner { set: 0, user: 2 }));
        assert_eq!(leaked(&beside, &beside.canaries.canary(0).text()), None, "its own");
        let again = first.of_load("isolation-3", 1, 5).unwrap();
        assert_eq!((again.set, leaked(&again, &before.canaries.canary(0).text())), (0, None), "still its own");
        // Another host knows what this one's users were called, those of other loads too.
        let after = RunCanaries::new(&run, folder.path()).of_load("isolation-3", 2, 5).unwrap();
        assert_eq!(leaked(&after, &before.canaries.canary(4).text()), Some(Owner { set: 0, user: 4 }));
        assert_eq!(leaked(&after, &beside.canaries.canary(1).text()), Some(Owner { set: 1, user: 1 }));
        assert_eq!((after.set, after.names.len(), &*after.names[1]), (2, 3, "isolation-4, host 1"));
        let later = RunCanaries::new(&run, folder.path()).of_load("isolation-9", 1, 7).unwrap();
        assert_eq!(leaked(&later, &after.canaries.canary(3).text()), Some(Owner { set: 2, user: 3 }));
    }

    #[test]
    fn what_was_kept_and_is_damaged_starts_no_load() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunId::parse("01JDC0000000000000000000AA").unwrap();
        let of_load = || RunCanaries::new(&run, folder.path()).of_load("isolation-3", 2, 5);
        of_load().unwrap();
        let sets = fs::read_to_string(folder.path().join(SETS)).unwrap();
        for (file, wrong) in [(FILE, "short".to_owned()), (SETS, sets[1..].to_owned()), (SETS, " ".repeat(5 << 20))] {
            let right = fs::read(folder.path().join(file)).unwrap();
            fs::write(folder.path().join(file), wrong).unwrap();
            assert!(of_load().is_err_and(|why| why.contains(file)), "{file}");
            fs::write(folder.path().join(file), right).unwrap();
        }
        of_load().unwrap();
    }
}
