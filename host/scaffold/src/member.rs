//! What a bundle's workspace is extended by: a phase, a policy or a user, with a folder of its own, in the manifest and in bundle.toml.

use std::path::{Path, PathBuf};

use crate::{
    Choices, Draft, Error,
    draft::Edit,
    place::{BundleWorkspace, from_here, real},
    template, workspace,
};

/// How a module is built.
pub(crate) const BUILD: &str = "cargo build --release --target wasm32-wasip2";
/// What of a template belongs to a project of its own.
const OWN: [&str; 6] =
    ["bundle.toml", "checklist.toml", "operator.toml", "cargo-config.toml", ".gitignore", "README.md"];

/// What a module can be in a bundle.
pub(crate) struct Kind {
    /// Its key in bundle.toml, and the name of its template.
    pub(crate) key: &'static str,
    /// Where its folder lies, unless somebody says otherwise.
    folder: &'static str,
}

pub(crate) const PHASE: Kind = Kind { key: "phase", folder: "phases" };
pub(crate) const USER: Kind = Kind { key: "user", folder: "users" };
pub(crate) const POLICY: Kind = Kind { key: "policy", folder: "policies" };

/// A draft with one more member of the bundle around it, and the folder of that, as it is typed from here.
pub(crate) fn member(choices: &Choices, around: &BundleWorkspace, kind: &Kind) -> Result<(Draft, PathBuf), Error> {
    let Choices { name, path, sdk } = choices;
    let root = from_here(&around.root);
    let manifest = root.join("Cargo.toml");
    if let Some(sdk) = sdk {
        let why =
            format!("the SDK of all phases of a workspace stands there; --sdk {} can't be another", sdk.display());
        return Err(Error::Workspace { path: manifest, why });
    }
    if !workspace::has_sdk(&manifest, &around.manifest)? {
        let why = "add holdpoint-sdk and serde to [workspace.dependencies], so that its phases share them, or name a folder elsewhere with --path";
        return Err(Error::Workspace { path: manifest, why: why.to_owned() });
    }
    let folder = path.clone().unwrap_or_else(|| root.join(kind.folder).join(name));
    let mut draft = Draft::new(folder)?;
    let place = real(draft.folder())?;
    let member = place.strip_prefix(&around.root).unwrap_or(&place).to_string_lossy().replace('\\', "/");
    add(&mut draft, kind, name, Path::new(""))?;
    // A built module is found by the last part, which is the name of the crate.
    let module = match member.rsplit_once('/') {
        Some((above, _)) => format!("{above}/{name}"),
        None => name.clone(),
    };
    let bundle = root.join("bundle.toml");
    for (path, before, after) in [
        (&manifest, &around.manifest, workspace::with_member(&manifest, &around.manifest, &member)?),
        (&bundle, &around.bundle, workspace::with_module(&bundle, &around.bundle, kind, name, &module)?),
    ] {
        draft.edit(Edit { path: path.clone(), before: before.clone(), after });
    }
    let root = if root.as_os_str().is_empty() { PathBuf::from(".") } else { root };
    Ok((draft, root))
}

/// Adds the files of a member that shares a workspace, below a folder of the draft.
pub(crate) fn add(draft: &mut Draft, kind: &Kind, name: &str, below: &Path) -> Result<(), Error> {
    for file in template::files(kind.key, name) {
        if OWN.iter().any(|own| file.path.as_os_str() == *own) {
            continue;
        }
        let text = match file.path.to_str() {
            Some("Cargo.toml") => workspace::as_member(&file.path, &file.text)?,
            _ => file.text,
        };
        draft.add(below.join(file.path), text);
    }
    Ok(())
}
