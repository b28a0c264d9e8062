//! Compiled modules on disk, by digest and engine configuration.
//!
//! What is loaded from here is run as machine code, so the folder must belong to nobody else, and every file carries the digest of its
//! content. A cache that can't be trusted or written is not used; nothing else changes.

use std::{
    fs,
    hash::{Hash as _, Hasher as _},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
    path::PathBuf,
};

use holdpoint_model::Digest;
use tempfile::NamedTempFile;
use wasmtime::{Engine, component::Component};

/// A folder of compiled modules.
pub struct Cache {
    folder: PathBuf,
    configuration: u64,
}

const DIGEST: usize = 32;

impl Cache {
    /// The cache in a folder, which is made private. None if it can't be.
    pub(crate) fn open(folder: PathBuf, engine: &Engine) -> Option<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).ok()?;
        let metadata = fs::metadata(&folder).ok()?;
        let ours = fs::metadata("/proc/self").map_or(metadata.uid(), |process| process.uid());
        if metadata.uid() != ours || metadata.permissions().mode() & 0o022 != 0 {
            return None;
        }
        // Not a hash for security: it tells configurations apart, and the content's digest is checked besides.
        let mut hasher = std::hash::DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Some(Self { folder, configuration: hasher.finish() })
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(format!("{}-{:016x}.cwasm", digest.hex(), self.configuration))
    }

    /// The compiled module, if it is here and whole.
    pub(crate) fn load(&self, engine: &Engine, digest: &Digest) -> Option<Component> {
        let bytes = fs::read(self.path(digest)).ok()?;
        let (content, sum) = bytes.split_last_chunk::<DIGEST>().map(|(content, sum)| (content, Digest(*sum)))?;
        if Digest::of(content) != sum {
            return None;
        }
        #[expect(
            unsafe_code,
            reason = "machine code that this user's holdpoint wrote into a folder of its own, whole by its digest"
        )]
        // SAFETY: `store` wrote the file with this engine's configuration, nobody else may write the folder, and the digest matches.
        unsafe {
            Component::deserialize(engine, content).ok()
        }
    }

    /// Keeps a compiled module. Failing to is no error: it is compiled again next time.
    pub(crate) fn store(&self, digest: &Digest, component: &Component) {
        let Ok(mut bytes) = component.serialize() else { return };
        let sum = Digest::of(&bytes);
        bytes.extend(sum.0);
        // Each its own file: another run, of this process or of another, may keep the same module now.
        let Ok(mut file) = NamedTempFile::new_in(&self.folder) else { return };
        if file.write_all(&bytes).is_ok() {
            // One that could not be put in place is removed.
            let _ = file.persist(self.path(digest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component without anything in it.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn stored(folder: &std::path::Path, engine: &Engine) -> (Cache, Digest, PathBuf) {
        let cache = Cache::open(folder.join("cache"), engine).unwrap();
        let digest = Digest::of(EMPTY);
        cache.store(&digest, &Component::from_binary(engine, EMPTY).unwrap());
        let path = cache.path(&digest);
        (cache, digest, path)
    }

    #[test]
    fn gives_back_what_was_stored_for_the_same_configuration_only() {
        let (folder, engine) = (tempfile::tempdir().unwrap(), Engine::default());
        let (cache, digest, _) = stored(folder.path(), &engine);
        assert!(cache.load(&engine, &digest).is_some());
        assert!(cache.load(&engine, &Digest::of(b"another")).is_none());
        let other = Engine::new(wasmtime::Config::new().epoch_interruption(true)).unwrap();
        let cache = Cache::open(folder.path().join("cache"), &other).unwrap();
        assert!(cache.load(&other, &digest).is_none());
    }

    #[test]
    fn a_file_with_a_flipped_or_missing_byte_is_not_loaded() {
        let (folder, engine) = (tempfile::tempdir().unwrap(), Engine::default());
        let (cache, digest, path) = stored(folder.path(), &engine);
        let bytes = fs::read(&path).unwrap();
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            fs::write(&path, &flipped).unwrap();
            assert!(cache.load(&engine, &digest).is_none(), "byte {at}");
        }
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(cache.load(&engine, &digest).is_none());
        fs::write(&path, b"short").unwrap();
        assert!(cache.load(&engine, &digest).is_none());
    }

    #[test]
    fn the_same_module_is_kept_whole_from_many_sides_at_once() {
        let (folder, engine) = (tempfile::tempdir().unwrap(), Engine::default());
        let (cache, digest, path) = stored(folder.path(), &engine);
        let component = Component::from_binary(&engine, EMPTY).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        cache.store(&digest, &component);
                        assert!(cache.load(&engine, &digest).is_some(), "another one is half written in its place");
                    }
                });
            }
        });
        let kept: Vec<PathBuf> =
            fs::read_dir(folder.path().join("cache")).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(kept, [path]);
    }

    #[test]
    fn a_folder_that_others_may_write_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Cache::open(open, &Engine::default()).is_none());
    }
}
