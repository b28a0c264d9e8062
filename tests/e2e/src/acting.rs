//! A bundle whose phase lets virtual users act on a backend.

use serde_json::Value;

use crate::{Scene, checklist};

/// The secret that signs the users' identities.
pub const KEY: &str = "STAGING_TEST_SIGNING_KEY";

/// A bundle with one phase and one kind of users, each as lines of its own table, and a checklist that requires these rows. The operator allows all
/// that it asks.
pub fn scene(backend: &str, user: &str, phase: &str, rows: &[&str]) -> Scene {
    scene_by(backend, (user, phase), rows, "")
}

/// The same by an operator's file that begins with more.
pub fn scene_by(backend: &str, (user, phase): (&str, &str), rows: &[&str], operator: &str) -> Scene {
    let more = operator;
    let scene = Scene::bare();
    let bundle = format!(
        r#"[bundle]
name = "scene"
version = "1.0.0"
checklist = "checklist.toml"
[environments.test]
secrets = ["{KEY}"]
[environments.test.services.backend]
url = "{backend}"
[[user]]
{user}
[[phase]]
{phase}
"#
    );
    scene.write("bundle/bundle.toml", &bundle);
    scene.write("bundle/checklist.toml", &checklist(rows));
    let place = backend.trim_start_matches("https://").trim_start_matches("http://");
    let (_, port) = place.rsplit_once(':').expect("a backend of a test has a port");
    // A soak lasts longer than a phase may by default.
    let operator = format!(
        "{more}[limits]\nmax-deadline = \"24h\"\n[connect-to]\n\"{place}\" = \"127.0.0.1:{port}\"\n[secrets.{KEY}]\nfrom = {{ env = \"{KEY}\" }}\n"
    );
    scene.write("holdpoint.toml", &operator);
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

/// The rows of the newest run.
pub fn rows(scene: &Scene) -> Value {
    scene.run(&["report", "--format", "json"]).json()["rows"].clone()
}

/// A run that ends so, and its rows.
pub fn ran(scene: &Scene, exit: i32) -> Value {
    scene.run(&["run", "BUNDLE"]).exits(exit);
    rows(scene)
}

/// Panics unless a row has this verdict, and this was observed.
#[track_caller]
pub fn expect(rows: &Value, row: &str, verdict: &str, observed: &str) {
    let seen = &rows[row];
    let told = seen["observed"].as_str().unwrap_or_default();
    assert!(
        seen["verdict"] == verdict && told.contains(observed),
        "{row} should be {verdict} with `{observed}`: {seen:#}"
    );
}
