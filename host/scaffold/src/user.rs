//! New virtual users: in the bundle around, for a user alone can't act.

use std::path::Path;

use crate::{
    Choices, Draft, Error,
    member::{BUILD, USER, member},
    name,
    place::{BundleWorkspace, real},
};

/// Works out new virtual users.
pub fn user(choices: &Choices) -> Result<Draft, Error> {
    name::check(&choices.name)?;
    let start = choices.path.as_deref().unwrap_or(Path::new("."));
    let Some(around) = BundleWorkspace::around(&real(start)?)? else {
        let why = "it lies in no bundle, and users act in the loads of one; go into a bundle that `holdpoint new bundle` made";
        return Err(Error::Workspace { path: start.to_owned(), why: why.to_owned() });
    };
    let name = &choices.name;
    let (mut draft, root) = member(choices, &around, &USER)?;
    draft.then([format!("cargo test -p {name}"), format!("{BUILD} -p {name}")]);
    draft.then([format!("holdpoint plan {}", root.display())]);
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_without_a_bundle_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let choices = Choices { name: "shopper".into(), path: Some(folder.path().join("shopper")), sdk: None };
        let error = user(&choices).unwrap_err().to_string();
        assert!(error.contains("holdpoint new bundle"), "{error}");
        assert!(!folder.path().join("shopper").exists());
    }
}
