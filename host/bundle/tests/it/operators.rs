//! What an operator allows, and what is refused with the lines that would allow it.

use crate::support::{component, modules, operator, resolve, sample, shipped, verify};
use holdpoint_bundle::{
    Builtin, BundleFolder, Operator, Resolved, SecretBinding, SecretSource, Verified, allow, asks_in_words,
};
use holdpoint_model::Digest;

const COMMENTED: &str = "# ours\nca-file = \"ca.pem\" # the demo's\n\n[limits]\nparallel = 4\n";

/// A program that has one module inside.
const HEALTH: Builtin = Builtin::new(&[("health", b"h")]);

fn allowed() -> String {
    allow(&resolve(&sample()), &operator(COMMENTED)).unwrap()
}

#[test]
fn without_a_file_nothing_is_allowed() {
    let error = Verified::new(resolve(&sample()), &sample(), None).unwrap_err().to_string();
    assert!(error.starts_with("operator  there is no operator's file, so nothing is allowed"), "{error}");
    let error = verify(sample(), "").unwrap_err().to_string();
    assert!(
        error.starts_with("holdpoint.toml  nothing is allowed to bundle `netra-staging` in environment `staging`"),
        "{error}"
    );
}

#[test]
fn what_was_allowed_may_run() {
    let text = allowed();
    let verified = verify(sample(), &text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(verified.parallel, 4);
    assert_eq!(verified.ca_file.unwrap().to_str(), Some("/etc/holdpoint/ca.pem"));
    assert_eq!(verified.services[0].base.as_str(), "https://netra-backend-staging-demo.a.run.app/");
    assert_eq!(verified.operator_digest, Digest::of(text.as_bytes()));
}

#[test]
fn allowing_keeps_comments_and_can_be_repeated() {
    let once = allowed();
    assert!(once.starts_with(COMMENTED), "{once}");
    assert_eq!(allow(&resolve(&sample()), &operator(&once)).unwrap(), once);
    let rest: Vec<&str> = once[COMMENTED.len()..].lines().filter(|line| !line.starts_with("asks")).collect();
    assert_eq!(
        rest.join("\n"),
        r#"
[bundles.netra-staging.staging]
http = [
    { services = ["backend", "auth", "frontend"], methods = ["GET"] },
]
directories = ["/srv/netra/config"]

[bundles.netra-staging.staging.services]
backend = [
    "https://netra-backend-staging-*.a.run.app",
    "https://netra-backend-staging-*.run.app",
]
auth = [
    "https://netra-auth-service-*.a.run.app",
    "https://netra-auth-service-*.run.app",
]
frontend = [
    "https://netra-frontend-staging-*.a.run.app",
    "https://netra-frontend-staging-*.run.app",
]"#
    );
}

#[test]
fn a_bundle_that_asks_for_more_is_refused_with_the_difference() {
    let mut more = sample();
    more.bundle.text = more
        .bundle
        .text
        .replace("methods = [\"GET\"]", "methods = [\"GET\", \"POST\"]")
        .replace("deadline = \"5m\"", "deadline = \"2h\"")
        .replace("\"https://netra-auth-service-*.run.app\"", "\"https://evil.example.com\"");
    more.inputs.insert("config".to_owned(), "/etc".to_owned());
    assert_eq!(
        verify(more, &allowed()).unwrap_err().to_string(),
        r#"holdpoint.toml  bundle `netra-staging` asks for more than was allowed, to reach service auth at "https://evil.example.com"
    to allow it, add to [bundles.netra-staging.staging] in holdpoint.toml:
        services.auth = ["https://evil.example.com"]
holdpoint.toml  phase `config` asks for more than was allowed, to read files below /etc
    to allow it, add to [bundles.netra-staging.staging] in holdpoint.toml:
        directories = ["/etc"]
holdpoint.toml  phase `health` asks for more than was allowed, to run for 2h
    to allow it, add to [limits] in holdpoint.toml:
        max-deadline = "2h"
holdpoint.toml  phase `health` asks for more than was allowed, to send POST to service backend, service auth, service frontend
    to allow it, add to [bundles.netra-staging.staging] in holdpoint.toml:
        http = [{ services = ["backend", "auth", "frontend"], methods = ["POST"] }]
4 errors, nothing was run"#
    );
}

#[test]
fn what_users_ask_is_told_as_theirs() {
    let error = verify(shipped(), "[bundles.netra-staging.staging]\n").unwrap_err().to_string();
    for who in ["user `agent-user` asks for what is not allowed, to send", "phase `agent-isolation` asks for what"] {
        assert!(error.contains(who), "{who}: {error}");
    }
    assert!(!error.contains("phase `agent-user`"), "{error}");
}

#[test]
fn bounds_of_the_machine_are_not_widened_by_allowing() {
    let error = allow(&resolve(&sample()), &operator("environments = []\n[limits]\nmax-deadline = \"1m\"\n"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("environment `staging` is not one that this machine may validate"), "{error}");
    assert!(error.contains("max-deadline = \"5m\""), "{error}");
}

#[test]
fn an_override_must_be_where_bundle_or_operator_say() {
    let mut local = sample();
    local.only = vec!["health".to_owned()];
    for name in ["backend", "auth", "frontend"] {
        local.services.insert(name.to_owned(), "http://127.0.0.1:8080/base".to_owned());
    }
    let error = verify(local.clone(), &allowed()).unwrap_err().to_string();
    assert!(
        error.contains("add to holdpoint.toml:\n        service-overrides = [\"http://127.0.0.1:8080\"]"),
        "{error}"
    );
    assert!(error.ends_with("3 errors, nothing was run"), "{error}");
    let text = format!("service-overrides = [\"http://127.0.0.1:*\"]\n{}", allowed());
    let verified = verify(local, &text).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(verified.services[0].base.as_str(), "http://127.0.0.1:8080/base");
}

#[test]
fn a_service_without_a_url_stops_only_those_who_reach_it() {
    let mut late = sample();
    late.services.remove("auth");
    let error = verify(late.clone(), &allowed()).unwrap_err().to_string();
    assert!(error.contains("the URL of service `auth` is not known"), "{error}");
    assert!(error.contains("pass --service auth=URL"), "{error}");
    late.only = vec!["config".to_owned()];
    assert!(verify(late, &allowed()).is_ok());
}

#[test]
fn a_module_that_changed_since_the_run_began_is_refused() {
    let mut sources = sample();
    sources.operator = Some(operator(&allowed()));
    let pinned = resolve(&sources).modules();
    assert!(Verified::new(resolve(&sources), &sources, Some(&pinned)).is_ok());
    let changed = |name: &str| match name {
        "phases/health" => Ok(component(&["holdpoint:http/http@0.1.0"])),
        _ => modules(name),
    };
    let resolved = Resolved::from_sources(&sources, &changed).unwrap();
    let error = Verified::new(resolved, &sources, Some(&pinned)).unwrap_err().to_string();
    assert!(error.contains("module phases/health of phase `health` is sha256:"), "{error}");
}

#[test]
fn says_in_words_what_is_asked() {
    assert_eq!(
        asks_in_words(&resolve(&sample()))[3..],
        [
            "reach service frontend at https://netra-frontend-staging-*.a.run.app, https://netra-frontend-staging-*.run.app",
            "config: read files below /srv/netra/config as config",
            "config: run for 2m with 10000 calls, 64MiB of memory and 64MiB of output",
            "health: send GET to services backend, auth, frontend",
            "health: run for 5m with 10000 calls, 64MiB of memory and 64MiB of output",
        ]
    );
}

#[test]
fn reads_a_whole_file() {
    let text = r#"
environments = ["staging"]
dry-run-only = true
connect-to = { "a.run.app:443" = "127.0.0.1:18443" }
directories = ["shared"]
[limits]
max-calls = 5
[secrets.KEY]
from = { file = "key" }
services = ["backend"]
header = "authorization"
format = "Bearer {}"
environment = "production"
"#;
    let read = Operator::parse(&operator(text)).unwrap_or_else(|e| panic!("{e}"));
    assert!(read.dry_run_only);
    assert_eq!(read.limits.0.max_calls, 5);
    assert_eq!(read.directories[0].to_str(), Some("/etc/holdpoint/shared"));
    assert_eq!(read.secrets[0].from, SecretSource::File("/etc/holdpoint/key".into()));
    assert_eq!(read.secrets[0].environment.as_deref(), Some("production"));
    assert_eq!(read.connect_to.values().next().unwrap().to_string(), "127.0.0.1:18443");
}

#[test]
fn a_credential_is_consented_to_in_words_and_in_the_file() {
    let mut asking = sample();
    asking.bundle.text =
        asking.bundle.text.replace("methods = [\"GET\"]", "methods = [\"GET\"], auth = { id-token = \"service\" }");
    let resolved = resolve(&asking);
    let words = asks_in_words(&resolved);
    let line = "health: send GET to services backend, auth, frontend, with an ID token of this machine";
    assert!(words.iter().any(|said| said == line), "{words:#?}");
    // What was allowed without it is not enough.
    let error = verify(asking.clone(), &allowed()).unwrap_err().to_string();
    assert!(
        error.contains(
            "phase `health` asks for more than was allowed, to send GET to service backend, service auth, service \
             frontend, with an ID token of this machine"
        ),
        "{error}"
    );
    let missing = "http = [{ services = [\"backend\", \"auth\", \"frontend\"], methods = [\"GET\"], auth = { id-token = \"service\" } }]";
    assert!(error.contains(missing), "{error}");
    let text = allow(&resolved, &operator(COMMENTED)).unwrap();
    assert!(text.contains("methods = [\"GET\"], auth = { id-token = \"service\" } },"), "{text}");
    let digest = |text: &str| text.lines().find(|line| line.starts_with("asks")).unwrap().to_owned();
    assert_ne!(digest(&text), digest(&allowed()));
    let tokens = "[id-tokens.backend]\nfrom = { env = \"TOKEN\" }\n[id-tokens.other]\nfrom = { file = \"token\" }\n";
    let verified = verify(asking, &format!("{text}\n{tokens}")).unwrap_or_else(|e| panic!("{e}"));
    let services: Vec<&str> = verified.services_with_id_token().map(|service| service.name.as_str()).collect();
    assert_eq!(services, ["backend", "auth", "frontend"]);
    let from: Vec<&SecretSource> = verified.id_tokens.values().collect();
    assert_eq!(from, [&SecretSource::Env("TOKEN".into()), &SecretSource::File("/etc/holdpoint/token".into())]);
    assert_eq!(verify(sample(), &text).unwrap().services_with_id_token().count(), 0);
}

#[test]
fn a_secret_of_another_environment_is_granted_to_nobody() {
    let mut asking = sample();
    asking.bundle.text = asking.bundle.text.replace("region =", "secrets = [\"OPENAI_API_KEY\"]\nregion =");
    asking.bundle.text.push_str(
        "[[phase]]\nid = \"prerequisites\"\nmodule = \"phases/prerequisites\"\nrequirements = [\"PRE-2.openai\"]\n\
         [phase.grants]\nsecrets = [\"OPENAI_API_KEY\"]\n",
    );
    let allowed = allow(&resolve(&asking), &operator(COMMENTED)).unwrap();
    let bound = |environment: &str| {
        let key = "[secrets.OPENAI_API_KEY]\nfrom = { env = \"KEY\" }";
        let others = "[secrets.PRODUCTION_KEY]\nfrom = { env = \"P\" }\nenvironment = \"production\"";
        verify(asking.clone(), &format!("{allowed}\n{key}\n{environment}\n{others}\n"))
    };
    let verified = bound("environment = \"staging\"").unwrap_or_else(|e| panic!("{e}"));
    let names = |bindings: &[SecretBinding]| -> Vec<String> { bindings.iter().map(|b| b.name.to_string()).collect() };
    assert_eq!(names(&verified.secrets), ["OPENAI_API_KEY"]);
    assert_eq!(names(&verified.secrets_elsewhere), ["PRODUCTION_KEY"]);
    assert_eq!(names(&bound("").unwrap().secrets_elsewhere), ["PRODUCTION_KEY"]);
    let error = bound("environment = \"production\"").unwrap_err().to_string();
    let says =
        "`prerequisites` asks for secret `OPENAI_API_KEY`, which is of environment `production`, not of `staging`";
    assert!(error.contains(says), "{error}");
}

#[test]
fn refuses_mistakes_with_their_places() {
    let text = r#"
http = [{ services = ["backend"], hosts = ["*"], methods = ["get"] }]
conect-to = {}
connect-to = { "a.run.app" = "localhost:1" }
directories = ["x/../y"]
[secrets.KEY]
header = "Host"
format = "Bearer"
[bundles.x.y]
asks = "sha256:1"
http = [{ hosts = ["a.example.com"], methods = ["GET"], auth = { id-token = "service" } }]
[id-tokens.backend]
from = { env = "A", file = "b" }
"#;
    assert_eq!(
        Operator::parse(&operator(text)).unwrap_err().to_string(),
        r#"holdpoint.toml  service `backend` stands outside of the entry of a bundle, and only bundles have services
holdpoint.toml:2:45  `*` is not a host pattern: a star may only stand for whole parts at the front, as in *.example.com
holdpoint.toml:2:62  `get` is not an HTTP method: use 1 to 20 upper-case letters, e.g. GET
holdpoint.toml:3:1  unknown field `conect-to`, did you mean `connect-to`?
holdpoint.toml:4:17  `a.run.app` lacks a port, as in api.example.com:443
holdpoint.toml:4:31  `localhost:1` is not an address and a port, as in "127.0.0.1:8443"
holdpoint.toml:5:17  `/etc/holdpoint/x/../y` is not a directory: its path must not contain `..`
holdpoint.toml:6:1  secret `KEY` lacks from = { env = "…" } or from = { file = "…" }
holdpoint.toml:7:11  `Host` is not the name of a header that may carry a secret; write it in lower case, as in "authorization"
holdpoint.toml:8:11  `Bearer` lacks the place `{}` of the value, as in "Bearer {}"
holdpoint.toml:10:9  a digest is `sha256:` and 64 hexadecimal digits
holdpoint.toml:11:64  `auth` goes with services only, and this grant names hosts too
    give the hosts a grant of their own, or make them services of the environment
holdpoint.toml:12:1  the ID token for service `backend` lacks from = { env = "…" } or from = { file = "…" }
13 errors, nothing was run"#
    );
}

#[test]
fn looks_for_modules_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("bundle.toml", sample().bundle.text.as_bytes());
    write("checklist.toml", sample().checklist.text.as_bytes());
    let bundle = BundleFolder::read(folder.path(), None).unwrap();
    assert_eq!(bundle.bundle, sample().bundle);
    assert_eq!(bundle.checklist, sample().checklist);
    let error = bundle.module("phases/health").unwrap_err();
    assert_eq!(error.message, "there is no built module phases/health");
    let hint = error.hint.unwrap();
    assert!(hint.contains("modules/health.wasm") && hint.contains("by `builtin:` before their names"), "{hint}");
    let inside = bundle.clone().with_builtin(HEALTH);
    let hint = inside.module("phases/health").unwrap_err().hint.unwrap();
    assert!(hint.contains("this program has one inside: write module = \"builtin:health\""), "{hint}");
    std::fs::create_dir(folder.path().join("modules")).unwrap();
    write("modules/health.wasm", b"x");
    assert_eq!(bundle.module("phases/health").unwrap(), b"x");
    for bad in ["", "/etc/passwd", "../health", "oci://registry/x", "builtin:health"] {
        assert!(bundle.module(bad).is_err(), "{bad:?} should be refused");
    }
    let elsewhere = BundleFolder::read(folder.path(), Some(folder.path().join("none"))).unwrap();
    assert!(elsewhere.module("phases/health").is_err());
}

#[test]
fn a_service_that_moved_away_needs_consent_even_with_the_same_grants() {
    let mut moved = sample();
    moved.bundle.text = moved.bundle.text.replace("netra-backend-staging-*.a.run.app", "evil-*.a.run.app");
    moved.services.insert("backend".to_owned(), "https://evil-x.a.run.app".to_owned());
    let error = verify(moved, &allowed()).unwrap_err().to_string();
    assert!(error.contains("services.backend = [\"https://evil-*.a.run.app\"]"), "{error}");
}

#[test]
fn the_lines_that_are_shown_are_enough() {
    let lines = r#"
[bundles.netra-staging.staging]
http = [{ services = ["backend", "auth", "frontend"], methods = ["GET"] }]
directories = ["/srv/netra/config"]
services.backend = ["https://netra-backend-staging-*.a.run.app", "https://netra-backend-staging-*.run.app"]
services.auth = ["https://netra-auth-service-*.a.run.app", "https://netra-auth-service-*.run.app"]
services.frontend = ["https://netra-frontend-staging-*.a.run.app", "https://netra-frontend-staging-*.run.app"]
"#;
    let error = verify(sample(), "[bundles.netra-staging.staging]\n").unwrap_err().to_string();
    for line in lines.lines().skip(2) {
        assert!(error.contains(line), "{line} is not in\n{error}");
    }
    assert!(verify(sample(), lines).is_ok());
}
