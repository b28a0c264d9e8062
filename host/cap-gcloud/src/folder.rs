//! The folder that gcloud runs in, with what it wants to find there. Nobody but its owner can read it, for a token lies in it.
//!
//! It goes with its host. One whose host was killed is taken away by the next that makes one.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

const PREFIX: &str = "holdpoint-gcloud-";
/// Held by the host as long as it lives.
const LOCK: &str = "lock";
/// A folder that is younger may not be locked yet.
const YOUNG: Duration = Duration::from_secs(60);

/// A folder of its own. It is gone when this is dropped.
pub(crate) struct Folder {
    folder: TempDir,
    _lock: File,
}

impl Folder {
    /// Makes one below the folder of temporary files.
    pub(crate) fn furnished() -> io::Result<Self> {
        Self::within(&std::env::temp_dir())
    }

    fn within(place: &Path) -> io::Result<Self> {
        sweep(place);
        let only_the_owner = Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix(PREFIX).permissions(only_the_owner).tempdir_in(place)?;
        // Nobody may find it before it is held.
        let unheld = folder.path().join("lock.next");
        let lock = File::create(&unheld)?;
        lock.try_lock().map_err(io::Error::from)?;
        fs::rename(unheld, folder.path().join(LOCK))?;
        for name in ["home", "config"] {
            fs::create_dir(folder.path().join(name))?;
        }
        // Otherwise every command looks for a metadata server first.
        fs::write(folder.path().join("config/gce"), "False")?;
        Ok(Self { folder, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Writes a file anew, so that nobody reads half of it.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let next = path.with_extension("next");
    fs::write(&next, text)?;
    fs::rename(&next, path)
}

/// Takes away what killed hosts have left. What can't be looked at or taken away stays; it may be somebody else's.
fn sweep(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_left(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether a folder has no host any more.
fn is_left(folder: &Path) -> bool {
    let is_old = |folder: &Path| {
        let made = fs::symlink_metadata(folder).ok().filter(fs::Metadata::is_dir)?.modified().ok()?;
        made.elapsed().ok().map(|age| age > YOUNG)
    };
    let lock = File::open(folder.join(LOCK));
    match lock {
        Ok(lock) => lock.try_lock().is_ok(),
        // It was never locked, or is of a version that did not.
        Err(error) => error.kind() == io::ErrorKind::NotFound && is_old(folder).unwrap_or(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_owner_reads_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::within(place.path()).unwrap();
        let mode = fs::metadata(folder.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{mode:o}");
        let path = folder.path().to_owned();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn what_a_killed_host_left_is_taken_away_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let alive = Folder::within(place.path()).unwrap();
        let dead = place.path().join("holdpoint-gcloud-dead");
        let young = place.path().join("holdpoint-gcloud-young");
        let other = place.path().join("holdpoint-else");
        for folder in [&dead, &young, &other] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("token"), "ya29.live").unwrap();
        }
        File::create(dead.join(LOCK)).unwrap();
        let next = Folder::within(place.path()).unwrap();
        assert!(!dead.exists(), "its host is gone");
        assert!(alive.path().exists() && next.path().exists() && young.exists() && other.exists());
    }

    #[test]
    fn a_link_is_not_followed() {
        let (place, precious) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(precious.path().join("file"), "kept").unwrap();
        File::create(precious.path().join(LOCK)).unwrap();
        std::os::unix::fs::symlink(precious.path(), place.path().join("holdpoint-gcloud-link")).unwrap();
        let _folder = Folder::within(place.path()).unwrap();
        assert!(precious.path().join("file").exists());
    }
}
