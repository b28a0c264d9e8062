//! Digests of what a demonstration must not change: the bundle, the modules and the operator's file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// `sha256:…` by the name that people know the file by.
pub(crate) type Digests = BTreeMap<String, String>;

/// The digest of a file.
pub(crate) fn of_file(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
    Ok(format!("sha256:{}", hex::encode(Sha256::digest(bytes))))
}

/// Adds every file directly in a folder whose name ends so, as `label/NAME`.
pub(crate) fn add_folder(digests: &mut Digests, label: &str, folder: &Path, ending: &str) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("list {}", folder.display()))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && name.ends_with(ending) {
            digests.insert(format!("{label}/{name}"), of_file(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_changes_the_digest() {
        let folder = tempfile::tempdir().unwrap();
        let digests = |text: &str| {
            std::fs::write(folder.path().join("bundle.toml"), text).unwrap();
            std::fs::write(folder.path().join("notes"), "not counted").unwrap();
            let mut digests = Digests::new();
            add_folder(&mut digests, "bundle", folder.path(), ".toml").unwrap();
            digests
        };
        let first = digests("a");
        assert_eq!(first.keys().collect::<Vec<_>>(), ["bundle/bundle.toml"]);
        assert_eq!(first, digests("a"));
        assert_ne!(first, digests("b"));
    }
}
