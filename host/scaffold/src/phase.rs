//! A new phase: a project of its own, or one more phase of the bundle around it.

use std::path::{Path, PathBuf};

use crate::{
    Choices, Draft, Error,
    draft::Edit,
    member::{BUILD, PHASE, member},
    name,
    place::{BundleWorkspace, from_here, real},
    sdk::Sdk,
    template, workspace,
};

/// Works out a new phase.
pub fn phase(choices: &Choices) -> Result<Draft, Error> {
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
    for file in template::files("phase", name) {
        let text = match file.path.to_str() {
            Some("Cargo.toml") => workspace::with_sdk(&file.path, &file.text, &sdk)?,
            _ => file.text,
        };
        draft.add(file.path, text);
    }
    let enter = format!("cd {}", draft.folder().display());
    let run = ["allow", "run"].map(|verb| format!("holdpoint {verb} . --operator operator.toml"));
    draft.then([enter, "cargo test".to_owned(), BUILD.to_owned(), "holdpoint test .".to_owned()]);
    draft.then(run);
    Ok(draft)
}

fn within(choices: &Choices, around: &BundleWorkspace) -> Result<Draft, Error> {
    let name = &choices.name;
    let (mut draft, root) = member(choices, around, &PHASE)?;
    let (checklist, rows) = (from_here(&around.checklist.0), &around.checklist.1);
    let after = workspace::with_row(&checklist, rows, &PHASE, name)?;
    draft.edit(Edit { path: checklist, before: rows.clone(), after });
    let shown = draft.folder().display().to_string();
    draft.then([format!("cargo test -p {name}"), format!("{BUILD} -p {name}"), format!("holdpoint test {shown}")]);
    draft.then([format!("holdpoint plan {}", root.display())]);
    Ok(draft)
}
#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn choices(name: &str, path: &Path) -> Choices {
        Choices { name: name.into(), path: Some(path.to_owned()), sdk: None }
    }

    #[test]
    fn nothing_that_exists_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hello");
        let written = phase(&choices("hello", &path)).unwrap().write().unwrap();
        assert!(written.files.contains(&path.join("src/lib.rs")) && written.changed.is_empty());
        fs::write(path.join("src/lib.rs"), "mine").unwrap();
        let error = phase(&choices("hello", &path)).unwrap_err().to_string();
        // The phase is a bundle's folder by now.
        assert!(error.contains("holdpoint-sdk and serde") || error.contains("exists already"), "{error}");
        assert_eq!(fs::read_to_string(path.join("src/lib.rs")).unwrap(), "mine");
        let file = folder.path().join("file");
        fs::write(&file, "mine").unwrap();
        assert!(phase(&choices("hello", &file)).unwrap_err().to_string().contains("exists already"));
    }

    #[test]
    fn a_bundle_without_a_workspace_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("bundle.toml"), "").unwrap();
        let error = phase(&choices("hello", &folder.path().join("phases/hello"))).unwrap_err().to_string();
        assert!(error.contains("--path"), "{error}");
    }
}
