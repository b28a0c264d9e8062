//! The SDK of a new phase: a path that somebody named, that of the checkout around it, or the sources within this program.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use include_dir::{Dir, include_dir};
use toml_edit::{Array, DocumentMut, Item, TableLike, Value};

use crate::{Draft, Error};

static SDK: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../guest-sdk/rust");
static WIT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../wit");
const WORKSPACE: &str = include_str!("../../../Cargo.toml");
const LICENCES: [(&str, &str); 2] = [
    ("LICENSE-APACHE", include_str!("../../../LICENSE-APACHE")),
    ("LICENSE-MIT", include_str!("../../../LICENSE-MIT")),
];

/// Where the SDK is in a checkout. Its sources name the contract by a path, so a copy has the same places.
const PLACE: &str = "guest-sdk/rust";
/// Where a copy lies in a new project.
const COPY: &str = "sdk";
/// Folders of the SDK that only the SDK itself needs.
const ITS_OWN: [&str; 3] = ["examples", "tests", "target"];

/// Where the SDK is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sdk {
    /// At this path, as it stands in a manifest of the project's root.
    At(PathBuf),
    /// Within this program.
    Embedded,
}

impl Sdk {
    /// Finds the SDK for a project whose root is to be `root`, an absolute path.
    pub(crate) fn find(named: Option<&Path>, root: &Path) -> Result<Self, Error> {
        if let Some(named) = named {
            return given(named).map(Self::At);
        }
        let mut up = PathBuf::new();
        for above in root.ancestors().skip(1) {
            up.push("..");
            if is_sdk(&above.join(PLACE)) {
                return Ok(Self::At(up.join(PLACE)));
            }
        }
        Ok(Self::Embedded)
    }

    /// The path for manifests in the project's root. The sources are added to a project that has none.
    pub(crate) fn settle(self, draft: &mut Draft) -> Result<PathBuf, Error> {
        match self {
            Self::At(path) => Ok(path),
            Self::Embedded => {
                copy(draft)?;
                Ok(Path::new(COPY).join(PLACE))
            }
        }
    }
}

fn is_sdk(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml"));
    manifest.is_ok_and(|text| text.contains("name = \"holdpoint-sdk\""))
}

/// A path that was named, from wherever: the SDK's folder or the checkout that has it.
fn given(named: &Path) -> Result<PathBuf, Error> {
    let sdk = |why: String| Error::Sdk { path: named.to_owned(), why };
    let absolute = named.canonicalize().map_err(|e| sdk(e.to_string()))?;
    let found = [absolute.clone(), absolute.join(PLACE)].into_iter().find(|folder| is_sdk(folder));
    found.ok_or_else(|| sdk("its Cargo.toml is not that of holdpoint-sdk".to_owned()))
}

/// Adds the sources of the SDK to a project.
fn copy(draft: &mut Draft) -> Result<(), Error> {
    let base = Path::new(COPY);
    add(&SDK, &base.join(PLACE), draft);
    add(&WIT, &base.join("wit"), draft);
    for (name, text) in LICENCES {
        draft.add(base.join(name), text);
    }
    draft.add(base.join("Cargo.toml"), manifest()?);
    Ok(())
}

fn add(folder: &Dir<'_>, to: &Path, draft: &mut Draft) {
    for file in folder.files() {
        draft.add(to.join(file.path()), file.contents());
    }
    for below in folder.dirs() {
        let own = below.path().file_name().is_some_and(|name| ITS_OWN.iter().any(|own| name == *own));
        if !own {
            add(below, to, draft);
        }
    }
}

/// The workspace of the copy: that of this project, without what the SDK does not use.
fn manifest() -> Result<String, Error> {
    let broken = |why: String| Error::Workspace { path: PathBuf::from(COPY).join("Cargo.toml"), why };
    let parse = |text: &str| text.parse::<DocumentMut>().map_err(|e| broken(e.to_string()));
    let mut root = parse(WORKSPACE)?;
    let mut used = BTreeSet::new();
    for path in ["Cargo.toml", "macros/Cargo.toml", "rules/Cargo.toml"] {
        let text = SDK.get_file(path).and_then(|file| file.contents_utf8()).unwrap_or_default();
        inherited(parse(text)?.as_table(), &mut used);
    }
    root.retain(|key, _| key == "workspace");
    let workspace = root.get_mut("workspace").and_then(Item::as_table_mut);
    let workspace = workspace.ok_or_else(|| broken("it lacks [workspace]".to_owned()))?;
    workspace.insert(
        "members",
        toml_edit::value(Array::from_iter([PLACE, "guest-sdk/rust/macros", "guest-sdk/rust/rules"])),
    );
    if let Some(dependencies) = workspace.get_mut("dependencies").and_then(Item::as_table_like_mut) {
        let unused: Vec<String> =
            dependencies.iter().map(|(key, _)| key.to_owned()).filter(|key| !used.contains(key)).collect();
        for key in unused {
            dependencies.remove(&key);
        }
        for (mut key, _) in dependencies.iter_mut() {
            // A comment above one dependency may have been about its neighbours.
            key.leaf_decor_mut().clear();
        }
    }
    Ok(format!("# The SDK's part of holdpoint, so that a phase is built from this folder alone.\n{root}"))
}

/// The dependencies that a manifest takes from its workspace.
fn inherited(table: &dyn TableLike, used: &mut BTreeSet<String>) {
    for (key, item) in table.iter() {
        let Some(below) = item.as_table_like() else { continue };
        if below.get("workspace").and_then(Item::as_value).and_then(Value::as_bool) == Some(true) {
            used.insert(key.to_owned());
        }
        inherited(below, used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_around_the_project_has_the_sdk() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("work/hello");
        assert_eq!(Sdk::find(None, &root).unwrap(), Sdk::Embedded);
        let sdk = folder.path().join(PLACE);
        fs::create_dir_all(&sdk).unwrap();
        fs::write(sdk.join("Cargo.toml"), "[package]\nname = \"holdpoint-sdk\"\n").unwrap();
        assert_eq!(Sdk::find(None, &root).unwrap(), Sdk::At("../../guest-sdk/rust".into()));
        for named in [folder.path(), &sdk] {
            let found = Sdk::find(Some(named), &root).unwrap();
            assert_eq!(found, Sdk::At(sdk.canonicalize().unwrap()));
        }
        let error = Sdk::find(Some(&folder.path().join("guest-sdk")), &root).unwrap_err().to_string();
        assert!(error.contains("is not the SDK"), "{error}");
    }

    #[test]
    fn a_copy_has_its_sources_the_contract_and_what_they_inherit() {
        let folder = tempfile::tempdir().unwrap();
        let mut draft = Draft::new(folder.path().join("new")).unwrap();
        let path = Sdk::Embedded.settle(&mut draft).unwrap();
        draft.write().unwrap();
        let root = folder.path().join("new");
        assert!(is_sdk(&root.join(path)));
        for file in ["sdk/wit/phase/phase.wit", "sdk/guest-sdk/rust/macros/src/lib.rs", "sdk/LICENSE-MIT"] {
            assert!(root.join(file).is_file(), "{file}");
        }
        assert!(!root.join("sdk/guest-sdk/rust/tests").exists());
        let manifest = fs::read_to_string(root.join("sdk/Cargo.toml")).unwrap();
        for kept in
            ["holdpoint-macros = { path = \"guest-sdk/rust/macros\" }", "wit-bindgen =", "[workspace.lints.rust]"]
        {
            assert!(manifest.contains(kept), "{manifest}");
        }
        for gone in ["holdpoint-gate", "wasmtime", "profile", "tests/e2e"] {
            assert!(!manifest.contains(gone), "{manifest}");
        }
    }
}
