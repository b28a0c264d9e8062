//! The fixtures of a module on disk.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use holdpoint_bundle::{BuiltModule, Builtin};

use super::command::TestChoices;
use crate::Error;

/// The most fixtures of a folder, and the longest of them.
const MAX_FIXTURES: usize = 1_000;
const MAX_BYTES: u64 = 16 << 20;

/// A fixture's file.
pub(super) struct File {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// Reads every `*.json` of the folder, by name. There is at least one.
pub(super) fn fixtures(built: &BuiltModule, choices: &TestChoices) -> Result<Vec<File>, Error> {
    if choices.fixtures.is_none() && Builtin::name_of_path(&built.path).is_some() {
        let why =
            format!("{} has no folder, so it has no fixtures of its own; pass --fixtures DIR", built.path.display());
        return Err(Error::Usage(why));
    }
    let beside = || built.path.parent().unwrap_or(Path::new("")).to_owned();
    let folder =
        choices.fixtures.clone().unwrap_or_else(|| built.folder.clone().unwrap_or_else(beside).join("fixtures"));
    let failed = |e: std::io::Error| {
        Error::Usage(format!("can't read the fixtures in {}: {e}; pass --fixtures DIR", folder.display()))
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(Error::Usage(format!(
            "{} has no fixture, and none is not a pass: write {}, or pass --fixtures DIR",
            folder.display(),
            folder.join("NAME.json").display()
        )));
    }
    if paths.len() > MAX_FIXTURES {
        return Err(Error::Usage(format!("{} has more than {MAX_FIXTURES} fixtures", folder.display())));
    }
    paths.sort();
    paths.into_iter().map(read).collect()
}

fn read(path: PathBuf) -> Result<File, Error> {
    let failed = |e: std::io::Error| Error::Usage(format!("can't read {}: {e}", path.display()));
    let mut text = String::new();
    let file = fs::File::open(&path).map_err(failed)?;
    let bytes = file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
    if bytes as u64 > MAX_BYTES {
        return Err(Error::Usage(format!("{} has more than {MAX_BYTES} bytes", path.display())));
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(File { name, path, text })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn found(folder: &Path) -> Result<Vec<File>, String> {
        let built =
            BuiltModule { path: folder.join("x.wasm"), bytes: vec![], folder: Some(folder.to_owned()), newer: None };
        let choices =
            TestChoices { module: folder.to_owned(), fixtures: None, filter: None, deadline: Duration::from_secs(1) };
        fixtures(&built, &choices).map_err(|e| e.to_string())
    }

    #[test]
    fn no_fixture_too_many_and_too_long_ones_are_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let refusal = |folder: &Path| found(folder).err().unwrap_or_default();
        assert!(refusal(folder.path()).contains("pass --fixtures DIR"));
        let fixtures = folder.path().join("fixtures");
        fs::create_dir(&fixtures).expect("a folder");
        assert!(refusal(folder.path()).contains("none is not a pass"));
        fs::File::create(fixtures.join("long.json")).and_then(|file| file.set_len(MAX_BYTES + 1)).expect("a file");
        assert!(refusal(folder.path()).contains("more than 16777216 bytes"));
        fs::remove_file(fixtures.join("long.json")).expect("it goes");
        for number in 0..=MAX_FIXTURES {
            fs::write(fixtures.join(format!("{number}.json")), "{}").expect("a file");
        }
        assert!(refusal(folder.path()).contains("more than 1000 fixtures"));
        fs::remove_file(fixtures.join("0.json")).expect("it goes");
        assert_eq!(found(folder.path()).map(|files| files.len()), Ok(MAX_FIXTURES));
    }
}
