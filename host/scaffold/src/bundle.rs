//! A new bundle: a workspace with one phase, to which `new phase` adds others.

use std::path::{Path, PathBuf};

use crate::{
    Choices, Draft, Error,
    member::{self, PHASE},
    name,
    place::real,
    sdk::Sdk,
    template, workspace,
};

/// The phase that a new bundle begins with.
const FIRST: &str = "answers";

/// Works out a new bundle.
pub fn bundle(choices: &Choices) -> Result<Draft, Error> {
    let Choices { name, path, sdk } = choices;
    name::check(name)?;
    let mut draft = Draft::new(path.clone().unwrap_or_else(|| PathBuf::from(name)))?;
    let sdk = Sdk::find(sdk.as_deref(), &real(draft.folder())?)?.settle(&mut draft)?;
    let member = format!("phases/{FIRST}");
    for file in template::files("bundle", name) {
        let text = match file.path.to_str() {
            Some("Cargo.toml") => {
                let text = workspace::with_sdk(&file.path, &file.text, &sdk)?;
                workspace::with_member(&file.path, &text, &member)?
            }
            Some("bundle.toml") => workspace::with_module(&file.path, &file.text, &PHASE, FIRST, &member)?,
            Some("checklist.toml") => workspace::with_row(&file.path, &file.text, &PHASE, FIRST)?,
            _ => file.text,
        };
        draft.add(file.path, text);
    }
    member::add(&mut draft, &PHASE, FIRST, Path::new(&member))?;
    let enter = format!("cd {}", draft.folder().display());
    draft.then([enter, "cargo test --workspace".to_owned()]);
    draft.then(
        ["cargo build --workspace --release --target wasm32-wasip2", "holdpoint test phases/answers"]
            .map(str::to_owned),
    );
    draft.then(["plan", "allow", "run"].map(|verb| format!("holdpoint {verb} . --operator operator.toml")));
    draft.then(["holdpoint new phase NAME".to_owned()]);
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::phase;

    #[test]
    fn a_phase_adds_itself_to_the_bundle_around_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("mine");
        let choices = |name: &str, path: PathBuf| Choices { name: name.into(), path: Some(path), sdk: None };
        bundle(&choices("mine", root.clone())).unwrap().write().unwrap();
        let written = phase(&choices("hello", root.join("phases/hello"))).unwrap().write().unwrap();
        assert_eq!(written.changed, [root.join("Cargo.toml"), root.join("bundle.toml"), root.join("checklist.toml")]);
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
        assert!(
            read("Cargo.toml").contains("    \"phases/answers\",\n    \"phases/hello\",\n"),
            "{}",
            read("Cargo.toml")
        );
        assert!(read("bundle.toml").contains("module = \"phases/hello\""));
        assert!(read("checklist.toml").contains("HELLO-1"));
        assert!(!root.join("phases/hello/bundle.toml").exists());
        let error = phase(&choices("hello", root.join("phases/other"))).unwrap_err().to_string();
        assert!(error.contains("has a phase `hello` already"), "{error}");
    }
}
