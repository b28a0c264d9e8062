//! Compiled modules on disk, by digest and engine configuration.
//!
//! What is loaded from here is run as machine code, so the folder must belong to nobody else, and every file carries the digest of its
//! content. A cache that can't be trusted or written is not used; nothing else changes.

use std::{
    fs,
    hash::{Hash as _, Hasher as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
    path::PathBuf,
};

use holdpoint_model::Digest;
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
        let path = self.path(digest);
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        if fs::write(&temporary, &bytes).and_then(|()| fs::rename(&temporary, &path)).is_err() {
            let _ = fs::remove_file(&temporary);
        }
    }
}
