//! A new bundle for services that run already: where they are, a phase that asks for their health, and a checklist. It has no code.

use std::path::PathBuf;

use holdpoint_model::ServiceName;
use holdpoint_model::grant::UrlPattern;
use toml_edit::Value;

use crate::{Choices, Draft, Error, name, template};

/// What was found.
#[derive(Debug, Clone)]
pub struct Deployed {
    pub project: String,
    pub region: Option<String>,
    /// Names, and where they are if that is known.
    pub services: Vec<(String, Option<String>)>,
    /// The module that asks for health, if the program has it; else it is a path to be built.
    pub module: Option<String>,
}

const CHECKLIST: &str = "\
# What a release must answer. A required row that nobody judges is never passed.

[[row]]
id = \"P3.1\"
title = \"every service answers in time, and says that it is well\"
level = \"required\"

[[row]]
id = \"CRIT-2\"
title = \"every service answers\"
level = \"required\"
";

/// Works out a bundle for services that were found.
pub fn deployed(choices: &Choices, found: &Deployed) -> Result<Draft, Error> {
    let Choices { name, path, .. } = choices;
    name::check(name)?;
    let mut draft = Draft::new(path.clone().unwrap_or_else(|| PathBuf::from(name)))?;
    let mut services = found.services.clone();
    services.sort();
    for (service, _) in &services {
        ServiceName::parse(service)
            .map_err(|error| Error::Name { name: service.clone(), why: format!("a service is called so: {error}") })?;
    }
    draft.add("bundle.toml", bundle(name, found, &services));
    draft.add("checklist.toml", CHECKLIST);
    draft.add(".gitignore", template::text("bundle", "gitignore", name));
    let folder = draft.folder().display().to_string();
    let modules = if found.module.is_some() { "" } else { " --modules DIR" };
    // A run asks Cloud Run itself where they are.
    draft.then(["allow", "check", "run"].map(|verb| format!("holdpoint {verb} {folder}{modules}")));
    Ok(draft)
}

fn bundle(name: &str, found: &Deployed, services: &[(String, Option<String>)]) -> String {
    let text = |value: &str| Value::from(value).to_string().trim().to_owned();
    let mut lines = vec![
        "# What is judged, where, and by which phases.".to_owned(),
        String::new(),
        "[bundle]".to_owned(),
        format!("name = {}", text(name)),
        "version = \"0.1.0\"".to_owned(),
        "checklist = \"checklist.toml\"".to_owned(),
        String::new(),
        "# What runs in the project. A service counts only where its URL is one of these.".to_owned(),
        "[environments.staging]".to_owned(),
        format!("project = {}", text(&found.project)),
    ];
    lines.extend(found.region.as_deref().map(|region| format!("region = {}", text(region))));
    for (service, url) in services {
        let within = within(service, url.as_deref(), found.region.as_deref());
        let within: Vec<String> = within.iter().map(|pattern| text(pattern)).collect();
        lines.extend([
            String::new(),
            format!("[environments.staging.services.{service}]"),
            format!("name = {}", text(service)),
            format!("url = {{ from = \"cloud-run\", within = [{}] }}", within.join(", ")),
        ]);
    }
    lines.extend([String::new(), "# Every service answers, in time.".to_owned()]);
    if found.module.is_none() {
        lines.push(
            "# The module is built in a checkout of holdpoint with `cargo xtask guests`; pass its target/guests with --modules."
                .to_owned(),
        );
    }
    let names: Vec<String> = services.iter().map(|(service, _)| text(service)).collect();
    lines.extend([
        "[[phase]]".to_owned(),
        "id = \"health\"".to_owned(),
        format!("module = {}", text(found.module.as_deref().unwrap_or("phases/health"))),
        "requirements = [\"P3.1\", \"CRIT-2\"]".to_owned(),
        "deadline = \"5m\"".to_owned(),
        "[phase.config]".to_owned(),
        "# What each service is asked. One with others: [phase.config.services.NAME], and its own endpoints."
            .to_owned(),
        "endpoints = [\"/health\"]".to_owned(),
        "within = \"2s\"".to_owned(),
        "retries = 2".to_owned(),
        "[phase.grants]".to_owned(),
        "# A service that is not open to everybody is asked with `auth = { id-token = \"service\" }`.".to_owned(),
        format!("http = [{{ services = [{}], methods = [\"GET\"] }}]", names.join(", ")),
        String::new(),
    ]);
    lines.join("\n")
}

/// Where a service may be: the two forms of URL that the platform gives it, and where it is if that is neither.
fn within(service: &str, url: Option<&str>, region: Option<&str>) -> Vec<String> {
    let place = region.map_or(String::new(), |region| format!("{region}."));
    let mut patterns = vec![format!("https://{service}-*.a.run.app"), format!("https://{service}-*.{place}run.app")];
    if let Some(url) = url.map(|url| url.trim_end_matches('/')) {
        let known = patterns.iter().filter_map(|pattern| UrlPattern::parse(pattern).ok());
        if !known.into_iter().any(|pattern| covers(&pattern, url)) && UrlPattern::parse(url).is_ok() {
            patterns.push(url.to_owned());
        }
    }
    patterns
}

fn covers(pattern: &UrlPattern, url: &str) -> bool {
    UrlPattern::parse(url).is_ok_and(|exact| pattern.contains(&exact))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn found(module: Option<&str>) -> Deployed {
        Deployed {
            project: "netra-staging".into(),
            region: Some("us-central1".into()),
            services: vec![
                ("b-service".into(), Some("https://b.example.com".into())),
                ("a-service".into(), Some("https://a-service-x7-uc.a.run.app".into())),
            ],
            module: module.map(str::to_owned),
        }
    }

    #[test]
    fn a_bundle_names_what_was_found_and_where_it_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let choices = Choices { name: "mine".into(), path: Some(folder.path().join("mine")), sdk: None };
        let written = deployed(&choices, &found(Some("builtin:health"))).unwrap().write().unwrap();
        let text = fs::read_to_string(folder.path().join("mine/bundle.toml")).unwrap();
        let wanted = "url = { from = \"cloud-run\", within = [\"https://a-service-*.a.run.app\", \"https://a-service-*.us-central1.run.app\"] }";
        assert!(text.contains(wanted), "{text}");
        assert!(text.contains("\"https://b-service-*.us-central1.run.app\", \"https://b.example.com\"]"), "{text}");
        assert!(
            text.contains("module = \"builtin:health\"") && text.contains("[\"a-service\", \"b-service\"]"),
            "{text}"
        );
        assert!(written.next[1].starts_with("holdpoint check ") && !written.next.concat().contains("--service"));
    }

    #[test]
    fn a_module_that_is_not_inside_is_a_path() {
        let folder = tempfile::tempdir().unwrap();
        let choices = Choices { name: "mine".into(), path: Some(folder.path().join("mine")), sdk: None };
        let written = deployed(&choices, &found(None)).unwrap().write().unwrap();
        let text = fs::read_to_string(folder.path().join("mine/bundle.toml")).unwrap();
        assert!(text.contains("module = \"phases/health\"") && text.contains("cargo xtask guests"), "{text}");
        assert!(written.next[0].ends_with("--modules DIR"), "{:?}", written.next);
    }

    #[test]
    fn a_name_that_is_none_is_not_written_into_a_text() {
        let folder = tempfile::tempdir().unwrap();
        let choices = Choices { name: "mine".into(), path: Some(folder.path().join("mine")), sdk: None };
        let bad = Deployed { services: vec![("a]\nb".into(), None)], ..found(None) };
        assert!(matches!(deployed(&choices, &bad), Err(Error::Name { .. })));
        assert!(!folder.path().join("mine").exists());
    }
}
