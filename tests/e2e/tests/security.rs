//! What the phase `security` says of a system that bears those who mean harm, and of one that is open to them in each way that the double knows.

use std::fmt::Write as _;

use holdpoint_e2e::acting::{expect, ran, rows};
use holdpoint_e2e::python::Python;
use holdpoint_e2e::staging::{Breach, Change, Service, Staging};
use holdpoint_e2e::{Scene, checklist, connect_to};
use holdpoint_staging_double::{Mishandled, Options, PerService, Told, Unchecked, WrongCors, WrongLimit};

/// What is tried.
const MODULE: &str = "security.wasm";
const SECRETS: [&str; 4] = ["STAGING_USER_TOKEN", "STAGING_OTHER_TOKEN", "STAGING_EXPIRED_TOKEN", "OPENAI_API_KEY"];
const PAGE: &str = "https://netra-frontend-staging-demo.a.run.app";

const AUTHENTICATION: &str = r#"
[[phase.config.authentication.routes]]
service = "backend"
path = "/api/me"
[[phase.config.authentication.routes]]
service = "backend"
path = "/api/agents"
[[phase.config.authentication.owned]]
service = "backend"
write = { method = "POST", path = "/api/agents", json = { name = "owned", prompt = "{marker}" } }
read = "/api/agents/{id}"
id = "/id"
delete = true
"#;

const LEAKS: &str = r#"
[phase.config.leaks]
secrets = ["OPENAI_API_KEY"]
pages = [{ service = "backend", path = "/health" }, { service = "backend", path = "/api/me" }]
"#;

const RATE: &str = r#"
[phase.config.rate]
route = { service = "backend", path = "/api/search" }
most = 300
recovers = "5s"
"#;

const INPUT: &str = r#"
[phase.config.input]
openapi = { service = "backend", path = "/openapi.json" }
too-large = 100000
within = "1s"
created = { "POST /api/agents" = { id = "/id", path = "/api/agents/{id}" } }
"#;

fn cors() -> String {
    let route = r#"{ service = "backend", path = "/api/state/note", method = "PUT" }"#;
    format!("\n[phase.config.cors]\nallowed = [\"{PAGE}\"]\nroutes = [{route}]\n")
}

/// What a phase may ask of a backend that is tried in this way.
const REQUESTS: &str = r#"
    { services = ["backend"], methods = ["GET", "OPTIONS"] },
    { services = ["backend"], methods = ["POST", "PUT", "DELETE"], paths = ["/api/agents", "/api/state"], class = "repeatable" },"#;
/// The same, where somebody asks until it is too much.
const DISRUPTIVE: &str = r#"
    { services = ["backend"], methods = ["GET"] },
    { services = ["backend"], methods = ["GET"], paths = ["/api/search"], class = "disruptive" },"#;

/// A bundle whose phase has these sections and may ask this; the operator's file begins with more, and allows all that it asks.
fn scene_of(url: &str, rows: &[&str], (sections, http): (&str, &str), operator: &str) -> Scene {
    let scene = Scene::bare();
    let module = MODULE.trim_end_matches(".wasm");
    let bundle = format!(
        r#"[bundle]
name = "scene"
version = "1.0.0"
checklist = "checklist.toml"
[environments.test]
secrets = {SECRETS:?}
[environments.test.services.backend]
url = "{url}"
[[phase]]
id = "security"
module = "{module}"
requirements = {rows:?}
deadline = "5m"
[phase.config.tokens]
user = "STAGING_USER_TOKEN"
other = "STAGING_OTHER_TOKEN"
expired = "STAGING_EXPIRED_TOKEN"
{sections}
[phase.grants]
secrets = {SECRETS:?}
http = [{http}
]
"#
    );
    scene.write("bundle/bundle.toml", &bundle);
    scene.write("bundle/checklist.toml", &checklist(rows));
    let mut text = operator.to_owned();
    for name in SECRETS {
        writeln!(text, "[secrets.{name}]\nfrom = {{ env = \"{name}\" }}").expect("a string takes every text");
        if name.ends_with("_TOKEN") {
            text.push_str("services = [\"backend\"]\nheader = \"authorization\"\nformat = \"Bearer {}\"\n");
        }
    }
    scene.write("holdpoint.toml", &text);
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

/// A scene for a backend without TLS.
fn scene(staging: &Staging, rows: &[&str], sections: &str, http: &str) -> Scene {
    let place = staging.address(Service::Backend);
    let operator = format!("disruptive = [\"test\"]\n[connect-to]\n\"{place}\" = \"{place}\"\n");
    scene_of(&staging.backend(), rows, (sections, http), &operator)
}

/// A run of one row against a backend that is open in this way: it fails and says so.
#[track_caller]
fn found(row: &str, sections: &str, http: &str, breach: Breach, observed: &str) {
    let staging = Staging::start();
    staging.change(Service::Backend, Change::Breach(breach));
    let seen = ran(&scene(&staging, &[row], sections, http), 1);
    expect(&seen, row, "fail", observed);
}

#[test]
fn a_system_that_bears_harm_passes_every_row_and_a_replay_asks_nobody() {
    let staging = Staging::start();
    let sections = [AUTHENTICATION, &cors(), LEAKS, INPUT].concat();
    let scene = scene(&staging, &["SEC-2", "SEC-3", "SEC-4", "SEC-6"], &sections, REQUESTS);
    let seen = ran(&scene, 0);
    for row in ["SEC-2", "SEC-3", "SEC-4", "SEC-6"] {
        expect(&seen, row, "pass", "");
    }
    staging.stop();
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn an_open_route_is_found() {
    let sections = AUTHENTICATION;
    found("SEC-2", sections, REQUESTS, Breach::OpenRoute("/api/me"), "no token → 200");
}

#[test]
fn a_token_that_nobody_looks_at_is_found() {
    let sections = AUTHENTICATION;
    found("SEC-2", sections, REQUESTS, Breach::Unchecked(Unchecked::Expiry), "an expired token → 200");
    found("SEC-2", sections, REQUESTS, Breach::Unchecked(Unchecked::Signature), "a forged token → 200");
}

#[test]
fn what_another_user_may_read_is_found() {
    found("SEC-2", AUTHENTICATION, REQUESTS, Breach::OwnerIgnored, "200, with what the first has written");
}

#[test]
fn pages_of_others_that_may_read_are_found_and_so_are_pages_of_the_team_that_may_not() {
    for (wrong, observed) in [
        (WrongCors::Reflected, "its own origin with cookies"),
        (WrongCors::AnyWithCookies, "any origin with cookies"),
        (WrongCors::PageRefused, "access-control-allow-origin: not there"),
    ] {
        let staging = Staging::start();
        staging.change(Service::Backend, Change::Breach(Breach::Cors(wrong)));
        let scene = scene(&staging, &["SEC-3"], &cors(), REQUESTS);
        scene.run(&["run", "BUNDLE"]).exits(1);
        assert_eq!(rows(&scene)["SEC-3"]["verdict"], "fail");
        assert!(scene.wrong().iter().any(|check| check.contains(observed)), "{observed}: {:?}", scene.wrong());
    }
}

#[test]
fn a_secret_in_an_error_is_found_however_it_is_written_and_stands_in_no_report() {
    for (told, observed) in [
        (Told::Plain, "(plain) in the body"),
        (Told::Base64, "(base64) in the body"),
        (Told::Hex, "(hex) in the body"),
        (Told::Header, "in x-debug"),
        (Told::Shape, "an access key of AWS"),
    ] {
        found("SEC-4", LEAKS, REQUESTS, Breach::Tells(told), observed);
    }
}

#[test]
fn a_limit_that_holds_for_one_user_passes() {
    let staging = Staging::start();
    let seen = ran(&scene(&staging, &["SEC-5"], RATE, DISRUPTIVE), 0);
    expect(&seen, "SEC-5", "pass", "");
}

#[test]
fn no_limit_one_for_all_and_one_that_says_nothing_are_found() {
    for (wrong, observed) in [
        (WrongLimit::Missing, "none of 300 was refused"),
        (WrongLimit::Shared, "429"),
        (WrongLimit::Silent, "no retry-after"),
    ] {
        found("SEC-5", RATE, DISRUPTIVE, Breach::Limit(wrong), observed);
    }
}

#[test]
fn nobody_ramps_in_an_environment_that_the_operator_has_not_named() {
    let staging = Staging::start();
    let scene = scene(&staging, &["SEC-5"], RATE, DISRUPTIVE);
    scene.edit("holdpoint.toml", |text| text.replace("disruptive = [\"test\"]\n", ""));
    let before = staging.requests();
    let refused = scene.run(&["run", "BUNDLE"]).exits(2);
    assert!(refused.stderr.contains("disturbs environment `test` on purpose"), "{refused:?}");
    assert_eq!(staging.requests(), before, "nobody was asked");
}

#[test]
fn malformed_requests_that_fail_hang_or_are_taken_are_found() {
    for (mishandled, observed) in [
        (Mishandled::Fails, "JSON that ends too early → 500"),
        (Mishandled::Hangs, "JSON that ends too early → no answer within"),
        (Mishandled::Taken, "JSON that ends too early → 200, taken"),
    ] {
        found("SEC-6", INPUT, REQUESTS, Breach::Malformed(mishandled), observed);
    }
}

#[test]
fn a_real_fastapi_bears_what_is_malformed_and_one_that_falls_over_half_a_letter_is_found() {
    let input = r#"
[phase.config.input]
openapi = { service = "backend", path = "/openapi.json" }
too-large = 100000
created = { "POST /api/notes" = { id = "/id", path = "/api/notes/{id}" } }
"#;
    let http = r#"
    { services = ["backend"], methods = ["GET"] },
    { services = ["backend"], methods = ["POST", "DELETE"], paths = ["/api/notes"], class = "repeatable" },"#;
    let of = |wrong: &str, exit: i32| {
        let server = Python::notes(wrong);
        ran(&scene_of(&server.url(), &["SEC-6"], (input, http), &connect_to(&server.url())), exit)
    };
    expect(&of("none", 0), "SEC-6", "pass", "");
    expect(&of("echoes", 1), "SEC-6", "fail", "half of a surrogate pair → 500");
}

const HOST: &str = "backend.netra.example";

/// A double with TLS on domains of its own, and the scene that judges it.
fn with_tls() -> (Staging, Scene, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let staging = Staging::with(Options {
        tls: Some(folder.path().to_owned()),
        plain_ports: Some(PerService::default()),
        names: PerService::each(|service| format!("{service}.netra.example")),
        ..Options::default()
    });
    let (with, without) = (staging.address(Service::Backend), staging.plain_address(Service::Backend));
    let without = without.expect("it listens without TLS too");
    let ca = folder.path().join("ca.pem");
    let operator = format!(
        "ca-file = \"{}\"\n[connect-to]\n\"{HOST}:443\" = \"{with}\"\n\"{HOST}:80\" = \"{without}\"\n",
        ca.display()
    );
    let sections = format!("[phase.config.https]\nhosts = [\"{HOST}\"]\npath = \"/health\"\n");
    let http = format!("\n    {{ services = [\"backend\"], hosts = [\"{HOST}\"], methods = [\"GET\"] }},");
    let scene = scene_of(&format!("https://{HOST}"), &["SEC-1"], (sections.as_str(), http.as_str()), &operator);
    (staging, scene, folder)
}

#[test]
fn a_host_that_leads_to_https_with_a_certificate_that_holds_passes() {
    let (_staging, scene, _folder) = with_tls();
    expect(&ran(&scene, 0), "SEC-1", "pass", "");
}

#[test]
fn a_host_without_redirect_without_hsts_or_with_an_expired_certificate_is_found() {
    for (breach, observed) in [
        (Breach::PlainServed, "200: {"),
        (Breach::NoHsts, "no such header"),
        (Breach::CertificateExpired, "certificate"),
    ] {
        let (staging, scene, _folder) = with_tls();
        staging.change(Service::Backend, Change::Breach(breach));
        let seen = ran(&scene, 1);
        expect(&seen, "SEC-1", "fail", observed);
    }
}
