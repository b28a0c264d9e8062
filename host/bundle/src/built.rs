//! Where built modules lie: what a bundle's `module` and a phase's folder stand for. Nothing is built here.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::builtin::Builtin;
use crate::folder::{FolderError, bounded};
use crate::module::{MAX_MODULE, ModuleError};
use crate::reading::MAX_TEXT;

/// How a component is built that has a `Cargo.toml`.
pub(crate) const BUILD: &str = "cargo build --release --target wasm32-wasip2";

/// Files of a phase that are looked at for the time of their last change.
const MAX_SOURCES: usize = 10_000;
/// Folders that hold no source.
const SKIPPED: [&str; 3] = ["target", "sdk", "node_modules"];

/// The places of a built module by its name, from the folder of a bundle or a phase upwards.
pub(crate) fn places(folder: &Path, name: &str) -> Vec<PathBuf> {
    let above = |below: &str| folder.ancestors().map(|above| above.join(below)).find(|place| place.is_dir());
    let mut places = Vec::new();
    // A project of several guests gathers them; Cargo leaves each where its target is, with the name of the crate.
    places.extend(above("target/guests").map(|guests| guests.join(format!("{name}.wasm"))));
    let artifact = format!("{}.wasm", name.replace('-', "_"));
    // A policy has no system beneath it. What else was built there is the same component.
    for target in ["target/wasm32-unknown-unknown/release", "target/wasm32-wasip2/release"] {
        places.extend(above(target).map(|release| release.join(&artifact)));
    }
    places
}

/// A module as somebody named it: its bytes, and what is known about where it came from.
#[derive(Debug, Clone)]
pub struct BuiltModule {
    /// Where it lies.
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    /// The folder of its phase, where that was named.
    pub folder: Option<PathBuf>,
    /// A source that was changed after the module was built.
    pub newer: Option<PathBuf>,
}

/// Why there is no module.
#[derive(Debug, thiserror::Error)]
pub enum BuiltError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("{}\n  {}", .0.message, .0.hint.as_deref().unwrap_or_default())]
    Builtin(ModuleError),
    #[error("{} has no built module\n{}\n  {hint}", folder.display(), looked(looked_at))]
    Absent { folder: PathBuf, looked_at: Vec<PathBuf>, hint: String },
}

fn looked(places: &[PathBuf]) -> String {
    places.iter().map(|place| format!("  looked for {}", place.display())).collect::<Vec<_>>().join("\n")
}

impl BuiltModule {
    /// Finds a module by what somebody typed: `builtin:NAME`, its file, or the folder of its phase.
    pub fn typed(path: &Path, builtin: Builtin) -> Result<Self, BuiltError> {
        let Some(name) = Builtin::name_of_path(path) else { return Self::find(path) };
        let bytes = builtin.get(name).map_err(BuiltError::Builtin)?.to_vec();
        Ok(Self { path: path.to_owned(), bytes, folder: None, newer: None })
    }

    /// Finds a module by its file, or by the folder of its phase.
    pub fn find(path: &Path) -> Result<Self, BuiltError> {
        let absolute = path.canonicalize().map_err(|source| FolderError::Read { path: path.to_owned(), source })?;
        if !absolute.is_dir() {
            return Ok(Self { path: path.to_owned(), bytes: bounded(path, MAX_MODULE)?, folder: None, newer: None });
        }
        let name = absolute.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let package = package(&absolute)?;
        let mut looked_at = vec![absolute.join(format!("{name}.wasm"))];
        for name in [Some(&name), package.as_ref()].into_iter().flatten() {
            looked_at.extend(places(&absolute, name));
        }
        looked_at.dedup();
        let Some(found) = looked_at.iter().find(|place| place.is_file()) else {
            let hint = match package {
                Some(_) => format!(
                    "build it with `{BUILD}` there (a policy for wasm32-unknown-unknown), or name the .wasm file"
                ),
                None => "build it as its language does, or name the .wasm file".to_owned(),
            };
            return Err(BuiltError::Absent { folder: path.to_owned(), looked_at, hint });
        };
        let (bytes, newer) = (bounded(found, MAX_MODULE)?, newer(&absolute, found));
        Ok(Self { path: found.clone(), bytes, newer, folder: Some(path.to_owned()) })
    }
}

/// The package of a folder with a `Cargo.toml`.
fn package(folder: &Path) -> Result<Option<String>, FolderError> {
    let manifest = folder.join("Cargo.toml");
    if !manifest.is_file() {
        return Ok(None);
    }
    let bytes = bounded(&manifest, MAX_TEXT)?;
    let text = String::from_utf8(bytes).map_err(|_| FolderError::NotText { path: manifest })?;
    let value = toml_span::parse(&text).ok();
    let name = value.as_ref().and_then(|value| value.pointer("/package/name")).and_then(|name| name.as_str());
    Ok(Some(name.unwrap_or_default().to_owned()))
}

/// A source below the folder that is newer than the module. What can't be looked at is left out: this is a hint, and decides nothing.
fn newer(folder: &Path, module: &Path) -> Option<PathBuf> {
    let changed = |path: &Path| fs::metadata(path).and_then(|facts| facts.modified()).ok();
    let built = changed(module)?;
    let mut sources = Vec::new();
    add(folder, &mut sources);
    let newest: Option<(SystemTime, PathBuf)> =
        sources.into_iter().filter_map(|path| Some((changed(&path)?, path))).max();
    newest.filter(|(time, _)| *time > built).map(|(_, path)| path)
}

fn add(folder: &Path, sources: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let Ok(kind) = entry.file_type() else { continue };
        if sources.len() >= MAX_SOURCES {
            return;
        }
        if kind.is_dir() && !name.starts_with('.') && !SKIPPED.contains(&name.as_ref()) {
            add(&path, sources);
        } else if kind.is_file() && is_source(&name) {
            sources.push(path);
        }
    }
}

fn is_source(name: &str) -> bool {
    [".rs", ".py", ".js", ".ts", ".go", ".wit"].iter().any(|ending| name.ends_with(ending)) || name == "Cargo.toml"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_folder_stands_for_what_was_built_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let phase = folder.path().join("phases/my-check");
        write(&phase.join("Cargo.toml"), "[package]\nname = \"acme-my-check\"\n");
        let absent = BuiltModule::find(&phase).unwrap_err().to_string();
        assert!(absent.contains("my-check.wasm") && absent.contains(BUILD), "{absent}");

        write(&folder.path().join("target/wasm32-wasip2/release/acme_my_check.wasm"), "bytes");
        let found = BuiltModule::find(&phase).unwrap();
        assert!(found.path.ends_with("release/acme_my_check.wasm"));
        assert_eq!((found.bytes.as_slice(), found.newer), (b"bytes".as_slice(), None));
    }

    #[test]
    fn a_source_that_is_newer_than_the_module_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("hello");
        write(&root.join("hello.wasm"), "bytes");
        write(&root.join("src/lib.rs"), "");
        write(&root.join("target/x.rs"), "");
        let later = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(4_000_000_000);
        for name in ["src/lib.rs", "target/x.rs"] {
            fs::File::options().write(true).open(root.join(name)).unwrap().set_modified(later).unwrap();
        }
        assert_eq!(BuiltModule::find(&root).unwrap().newer, Some(root.join("src/lib.rs")));
        assert_eq!(BuiltModule::find(&root.join("hello.wasm")).unwrap().newer, None);
    }

    #[test]
    fn what_is_not_there_is_told() {
        assert!(BuiltModule::find(Path::new("/nowhere/at/all")).unwrap_err().to_string().contains("/nowhere/at/all"));
    }
}
