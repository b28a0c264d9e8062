//! A new policy: a project of its own, or one more module of the bundle around it.

use std::path::{Path, PathBuf};

use crate::{
    Choices, Draft, Error,
    draft::Edit,
    member::{POLICY, member},
    name,
    place::{BundleWorkspace, from_here, real},
    sdk::Sdk,
    template, workspace,
};

/// How a policy is built.
const BUILD: &str = "cargo build --release --target wasm32-unknown-unknown";
/// Where Cargo is told which linker makes a component of it, and the same for one build.
const SETTINGS: &str = ".cargo/config.toml";
const LINKER: &str = "--config 'target.wasm32-unknown-unknown.linker=\"wasm-component-ld\"'";

/// Works out a new policy.
pub fn policy(choices: &Choices) -> Result<Draft, Error> {
    name::check(&choices.name)?;
    let start = choices.path.as_deref().unwrap_or(Path::new("."));
    match BundleWorkspace::around(&real(start)?)? {
        Some(around) => within(choices, &around),
        None => alone(choices),
    }
}

fn alone(choices: &Choices) -> Result<Draft, Error> {
    let Choices { name, path, sdk } = choices;
    let folder = path.clone().unwrap_or_else(|| PathBuf::from(name));
    let mut draft = Draft::new(folder)?;
    let sdk = Sdk::find(sdk.as_deref(), &real(draft.folder())?)?.settle(&mut draft)?;
    for file in template::files("policy", name) {
        match file.path.to_str() {
            Some("Cargo.toml") => {
                let text = workspace::with_sdk(&file.path, &file.text, &sdk)?;
                draft.add(file.path, text);
            }
            Some("cargo-config.toml") => draft.add(SETTINGS, file.text),
            // They are what a bundle gets.
            Some("bundle.toml" | "checklist.toml") => {}
            _ => draft.add(file.path, file.text),
        }
    }
    let enter = format!("cd {}", draft.folder().display());
    let target = "rustup target add wasm32-unknown-unknown".to_owned();
    draft.then([enter, "cargo test".to_owned(), target, BUILD.to_owned(), "holdpoint test .".to_owned()]);
    Ok(draft)
}

fn within(choices: &Choices, around: &BundleWorkspace) -> Result<Draft, Error> {
    let name = &choices.name;
    let (mut draft, root) = member(choices, around, &POLICY)?;
    let (checklist, rows) = (from_here(&around.checklist.0), &around.checklist.1);
    let after = workspace::with_row(&checklist, rows, &POLICY, name)?;
    draft.edit(Edit { path: checklist, before: rows.clone(), after });
    let shown = draft.folder().display().to_string();
    let target = "rustup target add wasm32-unknown-unknown".to_owned();
    // The settings of a workspace are its owner's; a line that says the same works with any of them.
    draft.then([format!("cargo test -p {name}"), target, format!("{BUILD} {LINKER} -p {name}")]);
    draft.then([format!("holdpoint test {shown}"), format!("holdpoint plan {}", root.display())]);
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_policy_of_its_own_is_built_as_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calm");
        let choices = Choices { name: "calm".into(), path: Some(path.clone()), sdk: None };
        let written = policy(&choices).unwrap().write().unwrap();
        for file in ["Cargo.toml", ".cargo/config.toml", ".gitignore", "src/lib.rs", "fixtures/many-errors.json"] {
            assert!(written.files.contains(&path.join(file)), "{file}: {:?}", written.files);
        }
        assert!(!path.join("bundle.toml").exists() && !path.join("cargo-config.toml").exists());
        let settings = fs::read_to_string(path.join(".cargo/config.toml")).unwrap();
        assert!(settings.contains("linker = \"wasm-component-ld\""));
        assert!(fs::read_to_string(path.join("src/lib.rs")).unwrap().contains("CALM-1"));
    }

    #[test]
    fn a_policy_of_a_bundle_is_a_member_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("shop");
        let choices = |name: &str, path: PathBuf| Choices { name: name.into(), path: Some(path), sdk: None };
        crate::bundle(&choices("shop", root.clone())).unwrap().write().unwrap();
        let written = policy(&choices("calm", root.join("policies/calm"))).unwrap().write().unwrap();
        assert!(written.next.iter().any(|command| command.contains(LINKER)), "{:?}", written.next);
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
        for (path, has) in [
            ("Cargo.toml", "policies/calm"),
            ("bundle.toml", "[[policy]]\nid = \"calm\"\nmodule = \"policies/calm\"\nrequirements = [\"CALM-1\"]"),
            ("checklist.toml", "id = \"CALM-1\"\ntitle = \"few exchanges fail\""),
            ("policies/calm/Cargo.toml", "holdpoint-sdk.workspace = true"),
        ] {
            assert!(read(path).contains(has), "{path}: {}", read(path));
        }
        let twice = policy(&choices("calm", root.join("policies/other"))).unwrap_err().to_string();
        assert!(twice.contains("already"), "{twice}");
    }
}
