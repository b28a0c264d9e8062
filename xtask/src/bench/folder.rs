//! The folder of a measurement.

use std::path::Path;
use std::{fs, io};

use anyhow::{Context, Result};

/// Removes what an earlier measurement has left.
pub(super) fn clear(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Writes a file below it.
pub(super) fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap_or(folder)).with_context(|| format!("create {}", folder.display()))?;
    fs::write(&path, text).with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_gone_and_what_is_written_is_there() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("a/b");
        for name in ["c/one", "two"] {
            clear(&folder).unwrap();
            write(&folder, name, "text").unwrap();
            assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), "text");
        }
        assert!(!folder.join("c").exists());
    }
}
