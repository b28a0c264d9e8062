//! A bundle with one phase that acts as the test account of the double: who logs in at its auth service, vouched for by its issuer.

use serde_json::Value;

use crate::{
    Scene, checklist,
    staging::{Service, Staging},
};

/// What a phase is configured with to log in.
pub const LOGIN: &str = r#"[phase.config.login]
service = "auth"
start = "/auth/test"
issuer = "issuer"
"#;

/// What it is granted for that, as entries of `http`.
pub const LOGS_IN: &str = r#"{ services = ["auth"], methods = ["GET"], paths = ["/auth/test"] },
    { services = ["auth"], methods = ["GET"], paths = ["/auth/callback"], class = "effect" },
    { services = ["issuer"], methods = ["GET"], paths = ["/authorize"], class = "repeatable" },"#;

/// A bundle with this phase, as lines of its own table, and a checklist that requires these rows. The operator allows all that it asks.
pub fn scene(staging: &Staging, phase: &str, rows: &[&str]) -> Scene {
    scene_at(&staging.backend(), staging, phase, rows)
}

/// The same with the backend elsewhere.
pub fn scene_at(backend: &str, staging: &Staging, phase: &str, rows: &[&str]) -> Scene {
    scene_of(backend, staging, &format!("[[phase]]\n{phase}"), rows)
}

/// A bundle with these users and phases, as whole tables.
pub fn scene_of(backend: &str, staging: &Staging, tables: &str, rows: &[&str]) -> Scene {
    let scene = Scene::bare();
    let [auth, issuer] = [Service::Auth, Service::Issuer].map(|service| staging.url(service));
    let bundle = format!(
        r#"[bundle]
name = "scene"
version = "1.0.0"
checklist = "checklist.toml"
[environments.test.services]
backend = {{ url = "{backend}" }}
auth = {{ url = "{auth}" }}
issuer = {{ url = "{issuer}" }}
{tables}
"#
    );
    scene.write("bundle/bundle.toml", &bundle);
    scene.write("bundle/checklist.toml", &checklist(rows));
    let pinned = |url: &str| {
        let place = url.trim_start_matches("https://").trim_start_matches("http://").to_owned();
        let (_, port) = place.rsplit_once(':').expect("a service of a test has a port");
        format!("\"{place}\" = \"127.0.0.1:{port}\"\n")
    };
    let places: String = [backend, &auth, &issuer].map(pinned).concat();
    scene.write("holdpoint.toml", &format!("[connect-to]\n{places}"));
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

/// A check of a run: its name, its verdict, what was seen.
pub type Told = (String, String, String);

/// The checks of a run that ends so.
pub fn checks(scene: &Scene, exit: i32) -> Vec<Told> {
    scene.run(&["run", "BUNDLE"]).exits(exit);
    let report = scene.run(&["report", "--format", "json"]).json();
    let text = |check: &Value, field: &str| check[field].as_str().unwrap_or_default().to_owned();
    let checks = report["checks"].as_array().cloned().unwrap_or_default();
    checks.iter().map(|check| (text(check, "name"), text(check, "verdict"), text(check, "observed"))).collect()
}

/// Panics unless the check whose name begins so has this verdict, and this was seen.
#[track_caller]
pub fn expect(checks: &[Told], name: &str, verdict: &str, seen: &str) {
    let found = checks.iter().find(|(known, ..)| known.starts_with(name));
    let is_so = found.is_some_and(|(_, found, observed)| found == verdict && observed.contains(seen));
    assert!(is_so, "{name} should be {verdict} with `{seen}`: {checks:#?}");
}

/// The names of the checks that failed.
pub fn failed(checks: &[Told]) -> Vec<&str> {
    checks.iter().filter(|(_, verdict, _)| verdict == "fail").map(|(name, ..)| name.as_str()).collect()
}
