//! Writing out the alerts that a bundle's policy judges a run by, for those who watch afterwards. Nothing is judged and nobody is asked.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use holdpoint_alerts::{Alert, Config, Counted, Source, Sources, cloud_monitoring, prometheus};
use holdpoint_bundle::{FolderError, ResolvedPolicy};
use holdpoint_model::PolicyId;
use serde_json::Value;

use crate::{BundleChoices, Error, Machine};

/// The module whose policies judge by alerts.
const MODULE: &str = "alerts";

/// Which alerts, for whom, and where to.
#[derive(Debug, Clone)]
pub struct AlertChoices {
    pub of: AlertsOf,
    pub form: AlertForm,
    /// What series are called there, by the names that the policy's configuration has for them.
    pub series: Vec<(String, Source)>,
    /// How series count there that count; if it is not said, as counters where one of them is named.
    pub counted: Option<Counted>,
    /// A folder that gets a file for each document; without one nothing is written.
    pub to: Option<PathBuf>,
    /// Take the place of files that are there.
    pub force: bool,
}

/// Whose alerts.
#[derive(Debug, Clone)]
pub enum AlertsOf {
    /// A policy of a bundle; the one whose module is `alerts` if none is named.
    Bundle(BundleChoices, Option<PolicyId>),
    /// A file of alerts.
    File(PathBuf),
}

/// For whom they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertForm {
    /// A file of rules.
    Prometheus,
    /// JSON of `projects.alertPolicies`.
    CloudMonitoring,
}

/// Alerts that were written out.
#[derive(Debug, Clone)]
pub struct AlertsOut {
    /// All of them in one text.
    pub text: String,
    /// Files that were written.
    pub files: Vec<PathBuf>,
    /// What people have to know: where a rule is not what the policy judges, what it needs to fire, and series that nobody has named.
    pub notes: Vec<String>,
}

/// Writes alerts out. Nothing is written unless all can be.
pub fn alerts(choices: &AlertChoices, machine: &Machine) -> Result<AlertsOut, Error> {
    let (group, place, config) = config(&choices.of, machine)?;
    let wrong = |error: holdpoint_alerts::Error| Error::Usage(format!("{place}: {error}"));
    let sources =
        config.sources(&choices.series, choices.counted).map_err(|e| Error::Usage(format!("--series: {e}")))?;
    let alerts = config.written(&sources).map_err(&wrong)?;
    let notes = notes(&config, &alerts, &sources);
    let (text, documents) = match choices.form {
        AlertForm::Prometheus => {
            let text = prometheus(&group, &alerts, &sources);
            (text.clone(), vec![(format!("{group}.rules.yml"), text)])
        }
        AlertForm::CloudMonitoring => {
            let policies = cloud_monitoring(&group, &alerts, &sources).map_err(wrong)?;
            let named =
                policies.iter().enumerate().map(|(at, policy)| (file_name(at, policy), format!("{policy:#}\n")));
            let documents = named.collect();
            (format!("{:#}\n", Value::Array(policies)), documents)
        }
    };
    let files = choices.to.as_deref().map(|folder| write(folder, &documents, choices.force)).transpose()?;
    Ok(AlertsOut { text, files: files.unwrap_or_default(), notes })
}

/// What the alerts are called together, where mistakes of them are, and their configuration.
fn config(of: &AlertsOf, machine: &Machine) -> Result<(String, String, Config), Error> {
    match of {
        AlertsOf::File(path) => {
            let bytes = holdpoint_bundle::bounded(path, holdpoint_alerts::LARGEST)?;
            let alerts = String::from_utf8(bytes).map_err(|_| FolderError::NotText { path: path.clone() })?;
            let group = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            Ok((group, path.display().to_string(), Config { alerts, ..Config::default() }))
        }
        AlertsOf::Bundle(choices, named) => {
            let (_, resolved) = choices.resolve(machine)?;
            let policy = chosen(&resolved.policies, named.as_ref())?;
            Ok((policy.id.to_string(), place(policy), of_policy(policy)?))
        }
    }
}

fn place(policy: &ResolvedPolicy) -> String {
    format!("policy `{}`", policy.id)
}

/// The configuration of a policy. The guide's alerts stand for those that it does not say only if its module is known to judge by them.
fn of_policy(policy: &ResolvedPolicy) -> Result<Config, Error> {
    let wrong = |why: String| Error::Usage(format!("{} has no configuration of alerts: {why}", place(policy)));
    let value: Value = serde_json::from_str(&policy.config).map_err(|e| wrong(e.to_string()))?;
    let says_alerts = value.get("alerts").is_some();
    let config = serde_json::from_value(value).map_err(|e| wrong(e.to_string()))?;
    if !says_alerts && module_name(&policy.module) != MODULE {
        return Err(wrong(format!(
            "it says no `alerts`, and what its module `{}` judges by without them is not known",
            policy.module
        )));
    }
    Ok(config)
}

/// The policy that was named, or the only one that judges by alerts.
fn chosen<'p>(policies: &'p [ResolvedPolicy], named: Option<&PolicyId>) -> Result<&'p ResolvedPolicy, Error> {
    let ids = |policies: &[&ResolvedPolicy]| {
        let ids: Vec<&str> = policies.iter().map(|policy| policy.id.as_str()).collect();
        if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
    };
    let all: Vec<&ResolvedPolicy> = policies.iter().collect();
    if let Some(named) = named {
        return all
            .iter()
            .find(|policy| policy.id == *named)
            .copied()
            .ok_or_else(|| Error::Usage(format!("the bundle has no policy `{named}`; its policies: {}", ids(&all))));
    }
    let found: Vec<&ResolvedPolicy> =
        all.iter().copied().filter(|policy| module_name(&policy.module) == MODULE).collect();
    match found[..] {
        [policy] => Ok(policy),
        [] => Err(Error::Usage(format!(
            "no policy of the bundle has the module `{MODULE}`; name one by --policy (its policies: {}), or a file of alerts by --file",
            ids(&all)
        ))),
        _ => Err(Error::Usage(format!("several policies judge by alerts: {}; name one by --policy", ids(&found)))),
    }
}

/// `policies/alerts` and `builtin:alerts` are both `alerts`.
fn module_name(module: &str) -> &str {
    let name = module.rsplit(['/', ':']).next().unwrap_or(module);
    name.strip_suffix(".wasm").unwrap_or(name)
}

fn notes(config: &Config, alerts: &[Alert], sources: &Sources) -> Vec<String> {
    let differences = alerts.iter().flat_map(|alert| {
        let differences = holdpoint_alerts::differences(&alert.rule);
        differences
            .into_iter()
            .chain(holdpoint_alerts::needs(&alert.rule, sources))
            .map(|difference| format!("alert {:?}: {difference}", alert.rule.name))
    });
    let mut notes: Vec<String> = differences.collect();
    let unnamed = config.unnamed(alerts, sources);
    if !unnamed.is_empty() {
        let metrics: Vec<&str> = unnamed.iter().map(|(_, metric)| *metric).collect();
        let flags: Vec<String> = unnamed.iter().map(|(name, _)| format!("--series {name}=…")).collect();
        notes.push(format!(
            "{} are called as in a run of holdpoint; where they have other names, add {}",
            metrics.join(", "),
            flags.join(" ")
        ));
    }
    notes
}

/// A place and a name, which people tell apart and no two policies share.
fn file_name(at: usize, policy: &Value) -> String {
    let name = policy["displayName"].as_str().unwrap_or_default().to_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!("{}-{}.json", at + 1, if words.is_empty() { "alert".to_owned() } else { words.join("-") })
}

/// Looks whether any of the files is there before it writes the first. Each is written whole or not at all.
fn write(folder: &Path, documents: &[(String, String)], force: bool) -> Result<Vec<PathBuf>, Error> {
    let failed = |path: &Path, e: std::io::Error| Error::Usage(format!("can't write {}: {e}", path.display()));
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    let paths: Vec<PathBuf> = documents.iter().map(|(name, _)| folder.join(name)).collect();
    if let Some(there) = paths.iter().find(|path| !force && path.symlink_metadata().is_ok()) {
        return Err(Error::Usage(format!("{} is there already; pass --force to write over it", there.display())));
    }
    for (path, (_, text)) in paths.iter().zip(documents) {
        whole(path, text, force).map_err(|e| failed(path, e))?;
    }
    Ok(paths)
}

/// A file that is readable for whoever may read new files of this process, as those of Prometheus are.
fn whole(path: &Path, text: &str, force: bool) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(0o666)).tempfile_in(folder)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    let kept = if force { file.persist(path) } else { file.persist_noclobber(path) };
    kept.map(drop).map_err(|e| e.error)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use holdpoint_model::Digest;
    use serde_json::json;

    use super::*;

    fn policy(id: &str, module: &str) -> ResolvedPolicy {
        ResolvedPolicy {
            id: PolicyId::parse(id).unwrap(),
            module: module.to_owned(),
            bytes: Arc::from([]),
            digest: Digest::of(b""),
            config: "{}".to_owned(),
            stage: String::new(),
            requirements: Vec::new(),
        }
    }

    #[test]
    fn the_policy_is_the_one_that_was_named_or_the_only_one_of_its_module() {
        let policies =
            [policy("a", "policies/objectives"), policy("b", "policies/alerts"), policy("c", "builtin:alerts")];
        let id = |policies: &[ResolvedPolicy], named: Option<&str>| {
            let named = named.map(|named| PolicyId::parse(named).unwrap());
            chosen(policies, named.as_ref()).map(|policy| policy.id.to_string()).map_err(|error| error.to_string())
        };
        assert_eq!(id(&policies[..2], None), Ok("b".to_owned()));
        assert_eq!(id(&policies[1..2], Some("b")), Ok("b".to_owned()));
        assert_eq!(id(&policies, Some("a")), Ok("a".to_owned()));
        for (policies, named, says) in [
            (&policies[..], None, "several policies judge by alerts: b, c; name one by --policy"),
            (&policies[..1], None, "name one by --policy (its policies: a), or a file of alerts by --file"),
            (&policies[..0], None, "(its policies: none)"),
            (&policies[..], Some("d"), "the bundle has no policy `d`; its policies: a, b, c"),
        ] {
            let error = id(policies, named).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn the_guide_s_alerts_are_written_for_no_other_module_that_says_none() {
        let of = |module: &str, config: &str| {
            let policy = ResolvedPolicy { config: config.to_owned(), ..policy("p", module) };
            of_policy(&policy).map(|config| config.alerts).map_err(|error| error.to_string())
        };
        let guide = holdpoint_alerts::GUIDE.to_owned();
        assert_eq!(of("policies/alerts", "{}"), Ok(guide));
        assert_eq!(of("policies/copy", r#"{"alerts":"x"}"#), Ok("x".to_owned()));
        let error = of("policies/objectives", "{}").unwrap_err();
        assert!(error.contains("policy `p` has no configuration of alerts: it says no `alerts`"), "{error}");
        assert!(error.contains("`policies/objectives` judges by"), "{error}");
    }

    #[test]
    fn a_file_is_never_outside_of_its_folder_and_names_are_told_apart() {
        for (name, file) in [
            ("High Error Rate", "1-high-error-rate.json"),
            ("../../etc/passwd", "1-etc-passwd.json"),
            ("…", "1-alert.json"),
        ] {
            assert_eq!(file_name(0, &json!({ "displayName": name })), file);
        }
    }

    #[test]
    fn what_is_there_is_written_over_only_if_that_is_wished_and_else_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("new");
        let documents = |text: &str| ["a", "b"].map(|name| (name.to_owned(), text.to_owned()));
        let read = |name: &str| std::fs::read_to_string(to.join(name)).ok();
        write(&to, &documents("one")[1..], false).unwrap();
        let error = write(&to, &documents("two"), false).unwrap_err().to_string();
        assert!(error.ends_with("b is there already; pass --force to write over it"), "{error}");
        assert_eq!((read("a"), read("b")), (None, Some("one".to_owned())));
        assert_eq!(write(&to, &documents("two"), true).unwrap(), [to.join("a"), to.join("b")]);
        assert_eq!((read("a"), read("b")), (Some("two".to_owned()), Some("two".to_owned())));
        assert_eq!(std::fs::read_dir(&to).unwrap().count(), 2);
        // A reader of the one before still has all of it: what takes its place is another file, which others may read as well.
        let of = |name: &str| std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(to.join(name)).unwrap());
        let before = of("a");
        std::fs::hard_link(to.join("a"), to.join("kept")).unwrap();
        std::fs::write(to.join("by-hand"), "x").unwrap();
        write(&to, &documents("three"), true).unwrap();
        assert_eq!((read("kept"), read("a")), (Some("two".to_owned()), Some("three".to_owned())));
        assert_ne!(of("a"), before);
        let mode = |name: &str| std::fs::metadata(to.join(name)).unwrap().permissions().mode();
        assert_eq!(mode("a"), mode("by-hand"));
    }
}
