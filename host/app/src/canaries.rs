//! The canaries of a run: the secret that they follow from, and whose there are so far.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use holdpoint_canary::{Canaries, Index, Key};
use holdpoint_model::RunId;
use ring::rand::{SecureRandom as _, SystemRandom};

/// Where the secret is, beside what loads have counted: both are for the host that goes on, and deleted when the run has ended.
const FILE: &str = "canaries";

/// The canaries of the loads of one run.
pub(crate) struct RunCanaries {
    run: RunId,
    file: PathBuf,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    key: Option<Key>,
    /// Those of every load so far, by its name and the host that made them, and of how many users.
    sets: Vec<((String, u32), Canaries, u32)>,
}

/// The canaries of one load, and everybody's whom its users could be shown.
pub(crate) struct Marked {
    pub(crate) canaries: Canaries,
    pub(crate) index: Arc<Index>,
    /// Which set of the index these users are.
    pub(crate) set: u32,
}

impl RunCanaries {
    /// Those of a run, whose secret is kept in this folder. Nothing is read or written yet.
    pub(crate) fn new(run: &RunId, folder: &Path) -> Self {
        Self { run: run.clone(), file: folder.join(FILE), known: Mutex::default() }
    }

    /// Takes in the users of a load. Those that a host before this one had made are strangers to them.
    pub(crate) fn of_load(&self, load: &str, incarnation: u32, users: u32) -> Result<Marked, String> {
        let mut known = self.known();
        let key = match known.key.clone() {
            Some(key) => key,
            None => known.key.insert(self.key().map_err(|e| format!("{}: {e}", self.file.display()))?).clone(),
        };
        for host in 1..=incarnation {
            let name = (load.to_owned(), host);
            // A set that stood there twice would have everybody's own text belong to somebody else.
            if known.sets.iter().all(|(known, ..)| *known != name) {
                known.sets.push((name, Canaries::new(&key, load, host), users));
            }
        }
        let index = Index::new(known.sets.iter().map(|(_, canaries, users)| (canaries, *users)));
        let index = Arc::new(index.map_err(|e| e.to_string())?);
        let ours = (0..).zip(&known.sets).find(|(_, ((name, host), ..))| name == load && *host == incarnation);
        let (set, (_, canaries, _)) = ours.ok_or("hosts of a load are counted from 1")?;
        Ok(Marked { canaries: canaries.clone(), index, set })
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
        // Another host knows what this one's users were called.
        let after = RunCanaries::new(&run, folder.path()).of_load("isolation-3", 2, 5).unwrap();
        assert_eq!(leaked(&after, &before.canaries.canary(4).text()), Some(Owner { set: 0, user: 4 }));
        assert_eq!(after.set, 1);
        fs::write(folder.path().join(FILE), "short").unwrap();
        assert!(RunCanaries::new(&run, folder.path()).of_load("isolation-3", 2, 5).is_err());
    }
}
