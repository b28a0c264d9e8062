//! The templates, as they lie in `guest-sdk/templates`, and the names in them.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::name::row;

/// What is left where somebody has built a template in its place.
const BUILT: [&str; 2] = ["Cargo.lock", "target"];

static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../guest-sdk/templates");

/// A file of a template, with its names filled in.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// The files of a template. It is valid as it stands: names and rows in it are those of a phase or bundle called `template-…`.
pub(crate) fn files(template: &str, name: &str) -> Vec<File> {
    let mut files = Vec::new();
    if let Some(folder) = TEMPLATES.get_dir(template) {
        add(folder, template, name, &mut files);
    }
    files
}

/// One file of a template; empty if there is none.
pub(crate) fn text(template: &str, path: &str, name: &str) -> String {
    let file = TEMPLATES.get_file(format!("{template}/{path}"));
    file.and_then(|file| file.contents_utf8()).map_or_else(String::new, |text| named(text, name))
}

fn add(folder: &Dir<'_>, template: &str, name: &str, files: &mut Vec<File>) {
    let built = |path: &Path| path.file_name().is_some_and(|name| BUILT.iter().any(|built| name == *built));
    for file in folder.files().filter(|file| !built(file.path())) {
        let Some(text) = file.contents_utf8() else { continue };
        let path = file.path().strip_prefix(template).unwrap_or(file.path());
        // Under its real name it would hide files of the template itself.
        let path = if path.as_os_str() == "gitignore" { PathBuf::from(".gitignore") } else { path.to_owned() };
        files.push(File { path, text: named(text, name) });
    }
    for below in folder.dirs().filter(|below| !built(below.path())) {
        add(below, template, name, files);
    }
}

fn named(text: &str, name: &str) -> String {
    text.replace("template-phase", name)
        .replace("template-policy", name)
        .replace("template-user", name)
        .replace("template-bundle", name)
        .replace("TEMPLATE-1", &row(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_template_is_left() {
        for (template, least) in [("phase", 6), ("policy", 8), ("bundle", 6), ("user", 3)] {
            let files = files(template, "hello");
            assert!(files.len() >= least, "{template} has {} files", files.len());
            for File { path, text } in files {
                assert!(!text.to_lowercase().contains("template"), "{}: {text}", path.display());
            }
        }
    }

    #[test]
    fn a_file_that_would_hide_others_gets_its_name() {
        let files = files("phase", "hello");
        assert!(files.iter().any(|file| file.path.as_os_str() == ".gitignore"));
        assert!(text("phase", "checklist.toml", "hello").contains("id = \"HELLO-1\""));
    }
}
