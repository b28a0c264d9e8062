//! The argument list of a command, and the environment that it runs in. Pure.

use std::collections::BTreeMap;
use std::path::Path;

use holdpoint_model::Digest;
use holdpoint_model::grant::{CommandWords, GcloudAsk, GcloudTerms};

/// What is put behind the words of commands that change services or begin a build, so that they return once that is accepted. Whoever
/// gave them looks afterwards.
const ASYNC: [&str; 4] = ["builds submit", "run deploy", "run services update", "run services update-traffic"];
/// Commands that make a revision, whose name the host chooses.
const REVISION: [&str; 2] = ["run deploy", "run services update"];

/// The argument list: words, arguments, the guest's flags, and those of the host.
pub(crate) fn arguments(ask: &GcloudAsk, key: Option<&str>) -> Vec<String> {
    let mut list: Vec<String> = ask.command().words().map(str::to_owned).collect();
    list.extend(ask.arguments().iter().cloned());
    for (name, value) in ask.flags() {
        list.push(match value {
            Some(value) => format!("--{name}={value}"),
            None => format!("--{name}"),
        });
    }
    list.push("--format=json".to_owned());
    list.push("--quiet".to_owned());
    if is_one_of(ask.command(), &ASYNC) {
        list.push("--async".to_owned());
    }
    if ask.command().is_submit() {
        // It takes no `-` for its input, and without this flag it reads a file of the folder that it is started in.
        list.push("--config=/dev/stdin".to_owned());
    }
    if let Some(key) = key.filter(|_| makes_revision(ask.command())) {
        list.push(format!("--revision-suffix={}", suffix(key)));
    }
    list
}

/// Whether the command makes a revision.
pub(crate) fn makes_revision(command: &CommandWords) -> bool {
    is_one_of(command, &REVISION)
}

fn is_one_of(command: &CommandWords, list: &[&str]) -> bool {
    list.iter().any(|other| command.is(other))
}

/// What the name of a revision ends with: the same for every attempt of one effect, and for no other.
pub(crate) fn suffix(key: &str) -> String {
    format!("hp-{}", &Digest::of(key.as_bytes()).hex()[..12])
}

/// The environment: nothing of ours, the place that was granted, a token, and what the operator adds.
pub(crate) fn environment(
    terms: &GcloudTerms,
    folder: &Path,
    ca_file: Option<&Path>,
    added: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let inside = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let mut environment: BTreeMap<String, String> = [
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        ("HOME", inside("home")),
        ("CLOUDSDK_CONFIG", inside("config")),
        ("CLOUDSDK_CORE_DISABLE_FILE_LOGGING", "true".to_owned()),
        ("CLOUDSDK_CORE_DISABLE_USAGE_REPORTING", "true".to_owned()),
        ("CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK", "true".to_owned()),
        ("CLOUDSDK_SURVEY_DISABLE_PROMPTS", "true".to_owned()),
        ("CLOUDSDK_CORE_HTTP_TIMEOUT", "20".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    if let Some(ca_file) = ca_file {
        environment.insert("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE".to_owned(), ca_file.to_string_lossy().into_owned());
    }
    environment.extend(added.clone());
    // Nobody adds to these: who acts, where, and that nothing is asked or enabled along the way.
    environment.insert("CLOUDSDK_CORE_PROJECT".to_owned(), terms.project.to_string());
    if let Some(region) = &terms.region {
        environment.insert("CLOUDSDK_RUN_REGION".to_owned(), region.to_string());
        environment.insert("CLOUDSDK_BUILDS_REGION".to_owned(), region.to_string());
    }
    environment.insert("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE".to_owned(), inside("token"));
    environment.insert("CLOUDSDK_CORE_CHECK_GCE_METADATA".to_owned(), "false".to_owned());
    environment.insert("CLOUDSDK_CORE_DISABLE_PROMPTS".to_owned(), "1".to_owned());
    environment.insert("CLOUDSDK_CORE_SHOULD_PROMPT_TO_ENABLE_API".to_owned(), "false".to_owned());
    environment
}

#[cfg(test)]
mod tests {
    use holdpoint_model::Class;
    use holdpoint_model::grant::{ProjectId, Region};

    use super::*;
    use crate::Invocation;

    #[test]
    fn the_host_adds_what_is_not_the_guest_s_to_choose() {
        let update = Invocation::new("run services update")
            .argument("netra-backend")
            .flag("image", "pkg.dev/n/b@sha256:1")
            .switch("no-traffic");
        let list = arguments(&update.ask().unwrap(), Some("RUN/deploy/3"));
        let suffix = suffix("RUN/deploy/3");
        assert_eq!(
            list,
            [
                "run",
                "services",
                "update",
                "netra-backend",
                "--image=pkg.dev/n/b@sha256:1",
                "--no-traffic",
                "--format=json",
                "--quiet",
                "--async",
                &format!("--revision-suffix={suffix}"),
            ]
        );
        assert_ne!(suffix, super::suffix("RUN/deploy/4"));
        let build = Invocation::new("builds submit").argument("https://github.com/netra/app");
        let build = arguments(&build.ask().unwrap(), Some("RUN/deploy/3"));
        assert_eq!(
            build[2..],
            ["https://github.com/netra/app", "--format=json", "--quiet", "--async", "--config=/dev/stdin"]
        );
        let read = arguments(&Invocation::new("run services list").ask().unwrap(), None);
        assert_eq!(read, ["run", "services", "list", "--format=json", "--quiet"]);
    }

    #[test]
    fn what_the_operator_adds_changes_neither_place_nor_identity() {
        let terms = GcloudTerms {
            project: ProjectId::parse("netra-staging").unwrap(),
            region: Some(Region::parse("us-central1").unwrap()),
            class: Class::Read,
        };
        let added = ["CLOUDSDK_CORE_PROJECT", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", "CLOUDSDK_PROXY_ADDRESS", "PATH"];
        let added = added.map(|name| (name.to_owned(), "added".to_owned())).into();
        let environment = environment(&terms, Path::new("/run/folder"), Some(Path::new("/ca.pem")), &added);
        let is = |name: &str| environment.get(name).map(String::as_str);
        assert_eq!(is("CLOUDSDK_CORE_PROJECT"), Some("netra-staging"));
        assert_eq!(is("CLOUDSDK_RUN_REGION"), Some("us-central1"));
        assert_eq!(is("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"), Some("/run/folder/token"));
        assert_eq!(is("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE"), Some("/ca.pem"));
        assert_eq!(is("CLOUDSDK_PROXY_ADDRESS"), Some("added"));
        assert_eq!(is("PATH"), Some("added"));
        assert_eq!(is("USER"), None);
    }
}
