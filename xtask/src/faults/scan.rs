//! Whether a phase has called the control routes of the double, which would be cheating.
//!
//! Looks at the bytes of a run's files, not at records: a call in any field of any version is found.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// What every control route begins with.
const CONTROL: &[u8] = b"/__double";
/// A run of the demonstration is far smaller.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Refuses a folder of runs in which the route stands anywhere, and one without files.
pub(super) fn no_control_routes(folder: &Path) -> Result<()> {
    if scanned(folder)? == 0 {
        bail!("look for calls of control routes: no run was written below {}", folder.display());
    }
    Ok(())
}

/// How many files were looked at.
fn scanned(folder: &Path) -> Result<usize> {
    let mut count = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))? {
        let entry = entry.with_context(|| format!("list {}", folder.display()))?;
        let (path, kind) = (entry.path(), entry.file_type().context("read the kind of a file")?);
        if kind.is_dir() {
            count += scanned(&path)?;
        } else if kind.is_file() {
            let length = entry.metadata().with_context(|| format!("measure {}", path.display()))?.len();
            if length > LARGEST {
                bail!("look for calls of control routes: {} has {length} bytes, more than {LARGEST}", path.display());
            }
            let bytes = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            if contains(&bytes, CONTROL) {
                bail!(
                    "a phase has called a control route of the double: {} stands in {}",
                    String::from_utf8_lossy(CONTROL),
                    path.display()
                );
            }
            count += 1;
        }
    }
    Ok(count)
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_control_route_in_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        assert!(no_control_routes(folder.path()).unwrap_err().to_string().contains("no run was written"));
        let run = folder.path().join("01JDC");
        fs::create_dir(&run).unwrap();
        fs::write(run.join("run.db"), b"\0GET https://backend/health\0").unwrap();
        no_control_routes(folder.path()).unwrap();
        fs::write(run.join("run.db-wal"), b"\xff\0POST /__double/clear\0").unwrap();
        assert!(no_control_routes(folder.path()).unwrap_err().to_string().contains("control route"));
    }
}
