//! Adding a phase or a user to a bundle's workspace: its manifest, its bundle.toml, its checklist. Comments and order stay as they are.

use std::path::Path;

use toml_edit::{Array, DocumentMut, Item, Table, Value};

use crate::{Error, member::Kind, name::row, template};

fn parse(path: &Path, text: &str) -> Result<DocumentMut, Error> {
    text.parse().map_err(|e: toml_edit::TomlError| Error::Workspace { path: path.to_owned(), why: e.to_string() })
}

fn refuse<T>(path: &Path, why: String) -> Result<T, Error> {
    Err(Error::Workspace { path: path.to_owned(), why })
}

/// The name of the checklist that a bundle uses.
pub(crate) fn checklist_of(path: &Path, text: &str) -> Result<String, Error> {
    let document = parse(path, text)?;
    let name = document.get("bundle").and_then(|head| head.get("checklist")).and_then(Item::as_str);
    let name = name.unwrap_or("checklist.toml");
    if name.contains(['/', '\\']) || name.is_empty() {
        return refuse(path, format!("`{name}` is not the name of a checklist beside it"));
    }
    Ok(name.to_owned())
}

/// The manifest of a workspace with one more member.
pub(crate) fn with_member(path: &Path, text: &str, member: &str) -> Result<String, Error> {
    let mut document = parse(path, text)?;
    let workspace = document.get_mut("workspace").and_then(Item::as_table_like_mut);
    let Some(workspace) = workspace else {
        return refuse(path, "it lacks [workspace], so no phase can be added to it".to_owned());
    };
    let members = workspace.entry("members").or_insert_with(|| toml_edit::value(Array::new()));
    let Some(members) = members.as_array_mut() else {
        return refuse(path, "`members` of its [workspace] is not a list".to_owned());
    };
    let all = member.rsplit_once('/').map(|(folder, _)| format!("{folder}/*"));
    let covers = |known: &Value| known.as_str().is_some_and(|known| known == member || Some(known) == all.as_deref());
    if members.iter().any(covers) {
        return Ok(text.to_owned());
    }
    let indent = match members.iter().last() {
        // One a line, as the others are. What stands before may be a comment about another one.
        Some(last) => {
            let before = last.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or(" ");
            before.rfind('\n').map_or(before, |line| &before[line..]).to_owned()
        }
        None => {
            members.set_trailing("\n");
            members.set_trailing_comma(true);
            "\n    ".to_owned()
        }
    };
    let trailing = members.trailing().as_str().unwrap_or_default().to_owned();
    let indent = if trailing.contains('#') {
        // A comment behind the last member stays behind it.
        members.set_trailing("\n");
        format!("{}{indent}", trailing.trim_end())
    } else {
        indent
    };
    members.push_formatted(Value::from(member).decorated(indent, ""));
    Ok(document.to_string())
}

/// Whether the workspace says where the SDK is.
pub(crate) fn has_sdk(path: &Path, text: &str) -> Result<bool, Error> {
    let document = parse(path, text)?;
    let dependencies = document.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    Ok(dependencies.is_some_and(|dependencies| dependencies.get("holdpoint-sdk").is_some()))
}

/// The manifest of a project or a workspace with the path of its SDK.
pub(crate) fn with_sdk(path: &Path, text: &str, sdk: &Path) -> Result<String, Error> {
    let mut document = parse(path, text)?;
    let sdk = sdk.to_string_lossy().into_owned();
    let table = if document.contains_key("package") {
        document.get_mut("dependencies")
    } else {
        document.get_mut("workspace").and_then(|workspace| workspace.get_mut("dependencies"))
    };
    let entry = table.and_then(|table| table.get_mut("holdpoint-sdk")).and_then(Item::as_table_like_mut);
    if let Some(entry) = entry {
        entry.insert("path", toml_edit::value(sdk));
    }
    Ok(document.to_string())
}

/// The manifest of a phase as a member of a workspace, from that of a phase of its own.
pub(crate) fn as_member(path: &Path, text: &str) -> Result<String, Error> {
    let mut document = parse(path, text)?;
    // What belongs to a workspace stands in its root.
    document.remove("workspace");
    document.remove("profile");
    document.set_trailing("");
    for name in ["holdpoint-sdk", "serde"] {
        let mut inherited = Table::new();
        inherited.set_dotted(true);
        inherited.insert("workspace", toml_edit::value(true));
        if let Some(dependencies) = document.get_mut("dependencies").and_then(Item::as_table_like_mut) {
            dependencies.insert(name, Item::Table(inherited));
        }
    }
    Ok(format!("{}\n", document.to_string().trim_end()))
}

/// A bundle with one more phase, policy or user, which may read all services of its first environment.
pub(crate) fn with_module(path: &Path, text: &str, kind: &Kind, name: &str, module: &str) -> Result<String, Error> {
    let document = parse(path, text)?;
    // Phases, policies and users have no name in common.
    for key in ["phase", "policy", "user"] {
        if !ids(&document, key).is_some_and(|ids| ids.iter().all(|id| id != name)) {
            return refuse(
                path,
                format!("it has a {key} `{name}` already, or not each `{key}` is a [[{key}]]; choose another name"),
            );
        }
    }
    let services = services(&document);
    let services = if services.is_empty() { vec!["backend".to_owned()] } else { services };
    let services: Vec<String> = services.iter().map(|name| format!("\"{name}\"")).collect();
    let entry = entry(kind.key, "bundle.toml", &format!("[[{}]]", kind.key), name)
        .replace(&format!("module = \"{name}\""), &format!("module = \"{module}\""))
        .replace("[\"backend\"]", &format!("[{}]", services.join(", ")));
    appended(path, text, &entry)
}

/// A checklist with the row of one more phase or policy.
pub(crate) fn with_row(path: &Path, text: &str, kind: &Kind, name: &str) -> Result<String, Error> {
    let document = parse(path, text)?;
    if !ids(&document, "row").is_some_and(|ids| ids.iter().all(|id| *id != row(name))) {
        return refuse(
            path,
            format!("it has a row {} already, or rows that are not [[row]]; choose another name", row(name)),
        );
    }
    appended(path, text, &entry(kind.key, "checklist.toml", "[[row]]", name))
}

/// What a template has from this heading on.
fn entry(template: &str, file: &str, heading: &str, name: &str) -> String {
    let text = template::text(template, file, name);
    text.find(heading).map(|at| text[at..].to_owned()).unwrap_or_default()
}

/// A table at the end of a document belongs to nothing before it, so whatever stands there is left as it is.
fn appended(path: &Path, text: &str, entry: &str) -> Result<String, Error> {
    let appended = format!("{}\n\n{entry}", text.trim_end());
    parse(path, &appended)?;
    Ok(appended)
}

/// The ids of a list of tables; none if it is written in another way.
fn ids(document: &DocumentMut, key: &str) -> Option<Vec<String>> {
    let Some(item) = document.get(key) else { return Some(Vec::new()) };
    let id = |table: &Table| table.get("id").and_then(Item::as_str).unwrap_or_default().to_owned();
    Some(item.as_array_of_tables()?.iter().map(id).collect())
}

fn services(document: &DocumentMut) -> Vec<String> {
    let environments = document.get("environments").and_then(Item::as_table_like);
    let first = environments.and_then(|environments| environments.iter().next());
    let services = first.and_then(|(_, environment)| environment.get("services")).and_then(Item::as_table_like);
    services.map(|services| services.iter().map(|(name, _)| name.to_owned()).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::member::{PHASE, POLICY, USER};

    fn path() -> &'static Path {
        Path::new("x.toml")
    }

    #[test]
    fn a_member_is_added_once_and_comments_stay() {
        let text = "# mine\n[workspace]\nmembers = [\n    \"phases/a\", # the first\n    \"phases/b\",\n]\n";
        let added = with_member(path(), text, "phases/c").unwrap();
        assert_eq!(
            added,
            "# mine\n[workspace]\nmembers = [\n    \"phases/a\", # the first\n    \"phases/b\",\n    \"phases/c\",\n]\n"
        );
        assert_eq!(with_member(path(), &added, "phases/c").unwrap(), added);
        let last = "[workspace]\nmembers = [\n    \"phases/a\",\n    \"phases/b\", # the last\n]\n";
        assert!(with_member(path(), last, "c").unwrap().contains("\"phases/b\", # the last\n    \"c\",\n]"));
        let glob = "[workspace]\nmembers = [\"phases/*\"]\n";
        assert_eq!(with_member(path(), glob, "phases/c").unwrap(), glob);
        assert_eq!(
            with_member(path(), "[workspace]\nmembers = []\n", "phases/c").unwrap(),
            "[workspace]\nmembers = [\n    \"phases/c\",\n]\n"
        );
        assert!(
            with_member(path(), "[package]\nname = \"x\"\n", "phases/c")
                .unwrap_err()
                .to_string()
                .contains("[workspace]")
        );
    }

    #[test]
    fn a_phase_is_added_for_the_services_that_there_are() {
        let text = "# top\n[bundle]\nname = \"b\"\nversion = \"1\" # one\n[environments.staging.services.api]\nurl = \"http://x.test\"\n\n[[phase]]\nid = \"a\"\nmodule = \"a\"\n# the end\n";
        let added = with_module(path(), text, &PHASE, "hello", "phases/hello").unwrap();
        assert!(added.starts_with(text.trim_end()), "{added}");
        assert!(added.contains("# the end\n\n[[phase]]\nid = \"hello\"\nmodule = \"phases/hello\"\n"), "{added}");
        assert!(added.contains("services = [\"api\"]"), "{added}");
        for kind in [&PHASE, &USER] {
            let taken = with_module(path(), text, kind, "a", "phases/a").unwrap_err().to_string();
            assert!(taken.contains("it has a phase `a` already") && taken.contains("choose another name"), "{taken}");
        }
        assert!(with_module(path(), "phase = []\n", &PHASE, "a", "phases/a").is_err());
        let policy = with_module(path(), text, &POLICY, "calm", "policies/calm").unwrap();
        assert!(policy.contains("# the end\n\n[[policy]]\nid = \"calm\"\nmodule = \"policies/calm\"\n"), "{policy}");
        let users = with_module(path(), text, &USER, "shopper", "users/shopper").unwrap();
        assert!(users.contains("# the end\n\n[[user]]\n# Acts"), "{users}");
        assert!(users.contains("\nid = \"shopper\"\nmodule = \"users/shopper\"\n"), "{users}");
        assert!(users.contains("[user.grants]\nhttp = [{ services = [\"api\"]"), "{users}");
    }

    #[test]
    fn a_row_is_added_once() {
        let added = with_row(path(), "[[row]]\nid = \"A\"\n", &PHASE, "hello").unwrap();
        assert!(added.contains("[[row]]\nid = \"HELLO-1\""), "{added}");
        assert!(with_row(path(), &added, &POLICY, "hello").unwrap_err().to_string().contains("HELLO-1"));
    }

    #[test]
    fn a_member_takes_what_its_workspace_has() {
        let text = template::text("phase", "Cargo.toml", "hello");
        let member = as_member(path(), &text).unwrap();
        assert!(member.contains("holdpoint-sdk.workspace = true\nserde.workspace = true\n"), "{member}");
        assert!(!member.contains("[profile") && !member.contains("[workspace]"), "{member}");
        let own = with_sdk(path(), &text, Path::new("sdk/guest-sdk/rust")).unwrap();
        assert!(own.contains("holdpoint-sdk = { path = \"sdk/guest-sdk/rust\" }"), "{own}");
    }
}
