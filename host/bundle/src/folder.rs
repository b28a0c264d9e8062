//! Reads a bundle's folder: the one place of this crate that touches the disk.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use crate::authored::checklist_name;
use crate::authored::policy::config_files;
use crate::built;
use crate::builtin::Builtin;
use crate::module::{MAX_MODULE, ModuleError};
use crate::reading::MAX_TEXT;
use crate::sources::Text;

/// A file of a bundle that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("can't read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} has more than {limit} bytes, which is the most that is read", path.display())]
    TooLong { path: PathBuf, limit: usize },
    #[error("{} is not UTF-8", path.display())]
    NotText { path: PathBuf },
}

/// The texts of a bundle, and where its modules are looked for.
#[derive(Debug, Clone)]
pub struct BundleFolder {
    /// Absolute.
    pub folder: PathBuf,
    pub bundle: Text,
    pub checklist: Text,
    /// What files hold that configurations of policies name. One that can't be read is not among them.
    pub files: BTreeMap<String, String>,
    modules: Option<PathBuf>,
    builtin: Builtin,
}

impl BundleFolder {
    /// Reads `bundle.toml` and its checklist. `path` is the folder or the file; `modules` is where modules lie, if not where they are
    /// looked for by themselves.
    pub fn read(path: &Path, modules: Option<PathBuf>) -> Result<Self, FolderError> {
        let absolute = path.canonicalize().map_err(|source| FolderError::Read { path: path.to_owned(), source })?;
        let file = if absolute.is_dir() { absolute.join("bundle.toml") } else { absolute };
        let folder = file.parent().unwrap_or(Path::new("/")).to_owned();
        let bundle = text(&file)?;
        let checklist = text(&folder.join(checklist_name(&bundle.text)))?;
        let files = files_of(&folder, &bundle.text);
        Ok(Self { folder, bundle, checklist, files, modules, builtin: Builtin::default() })
    }

    /// With modules that are inside of the program.
    #[must_use]
    pub fn with_builtin(self, builtin: Builtin) -> Self {
        Self { builtin, ..self }
    }

    /// The bytes of a module by the name that the bundle has for it.
    pub fn module(&self, module: &str) -> Result<Vec<u8>, ModuleError> {
        if let Some(name) = Builtin::name(module) {
            return self.builtin.get(name).map(<[u8]>::to_vec);
        }
        if module.contains(':') {
            let message =
                format!("module {module} comes from a registry, which is not supported by this version of holdpoint");
            return Err(ModuleError {
                message,
                hint: Some("write a path, as in module = \"phases/health\"".to_owned()),
            });
        }
        let path = Path::new(module);
        let plain = !module.is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)));
        let Some(name) = path.file_stem().and_then(|name| name.to_str()).filter(|_| plain) else {
            let message = format!("module {module} is not a path below the bundle, without `..`");
            return Err(ModuleError { message, hint: None });
        };
        let places = self.places(path, name);
        if let Some(place) = places.iter().find(|place| place.is_file()) {
            return bounded(place, MAX_MODULE).map_err(|e| ModuleError { message: e.to_string(), hint: None });
        }
        let looked: Vec<String> = places.iter().map(|place| format!("looked for {}", place.display())).collect();
        let inside = match self.builtin.get(name) {
            Ok(_) => format!("\nthis program has one inside: write module = \"builtin:{name}\""),
            Err(_) => String::new(),
        };
        let hint = format!(
            "{}{inside}\nbuild it with `{}`, or the modules of holdpoint with `cargo xtask guests`\na program that has modules inside takes them by `builtin:` before their names",
            looked.join("\n"),
            built::BUILD
        );
        Err(ModuleError { message: format!("there is no built module {module}"), hint: Some(hint) })
    }

    fn places(&self, path: &Path, name: &str) -> Vec<PathBuf> {
        let file = format!("{name}.wasm");
        if let Some(modules) = &self.modules {
            return vec![modules.join(file)];
        }
        let direct = self.folder.join(path).with_extension("wasm");
        let mut places = vec![direct, self.folder.join("modules").join(&file)];
        places.extend(built::places(&self.folder, name));
        places
    }
}

/// Files that really lie below the bundle: a link that leads out of it is not followed, for what it leads to would become part of every run.
fn files_of(folder: &Path, bundle: &str) -> BTreeMap<String, String> {
    let read = |name: &String| {
        let path = folder.join(name).canonicalize().ok().filter(|path| path.starts_with(folder))?;
        Some((name.clone(), text(&path).ok()?.text))
    };
    config_files(bundle).iter().filter_map(read).collect()
}

fn text(path: &Path) -> Result<Text, FolderError> {
    let label = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text =
        String::from_utf8(bounded(path, MAX_TEXT)?).map_err(|_| FolderError::NotText { path: path.to_owned() })?;
    Ok(Text { label, text })
}

/// The content of a file that is no longer than this.
pub fn bounded(path: &Path, limit: usize) -> Result<Vec<u8>, FolderError> {
    let read = |source| FolderError::Read { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(read)?;
    let expected = file.metadata().map_or(0, |metadata| metadata.len()).min(limit as u64) as usize;
    let mut bytes = Vec::with_capacity(expected + 1);
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(read)?;
    if bytes.len() > limit { Err(FolderError::TooLong { path: path.to_owned(), limit }) } else { Ok(bytes) }
}
