//! The shipped bundle against a real web server with static files: a system that knows nothing of Holdpoint.

use holdpoint_e2e::{Outcome, Scene, nginx::Nginx};

const WELL: &str = r#"{"status":"healthy","dependencies":{"postgres":"up","redis":"up","clickhouse":"up"}}"#;

/// Everything that the health phase of the shipped bundle wants to see.
fn healthy() -> (Nginx, Scene) {
    let nginx = Nginx::serve(&["backend", "auth", "frontend"]);
    for service in ["backend", "auth"] {
        nginx.write(service, "health.json", WELL);
        nginx.write(service, "health/ready.json", WELL);
    }
    nginx.write("frontend", "health.json", r#"{"status":"ok"}"#);
    nginx.write("frontend", "index.html", "<!doctype html><html><body>Netra</body></html>");
    let mut choices = nginx.services();
    choices.extend(["--only".to_owned(), "health".to_owned()]);
    let scene = Scene::shipped(choices);
    (nginx, scene)
}

fn run(scene: &Scene) -> Outcome {
    scene.run(&["run", "BUNDLE", "--output", "json"])
}

/// What a row should have shown and what was seen.
fn expected_and_observed(scene: &Scene, row: &str) -> (String, String) {
    let report = scene.run(&["report", "--format", "json"]).exits(0).json();
    let text = |part: &str| report["rows"][row][part].as_str().unwrap_or_default().to_owned();
    (text("expected"), text("observed"))
}

#[test]
fn nginx_with_every_file_passes_and_is_never_a_release() {
    let (_nginx, scene) = healthy();
    let outcome = run(&scene).exits(7);
    assert_eq!(outcome.decision(), "partial");
    assert_eq!((outcome.row("P3.1"), outcome.row("CRIT-2")), ("pass".into(), "pass".into()), "{outcome:#?}");
    let report = scene.run(&["report"]).exits(0).stdout;
    assert!(report.ends_with("partial · only health; never a release\n"), "{report}");
}

#[test]
fn nginx_without_one_file_fails_the_row_with_404() {
    let (nginx, scene) = healthy();
    std::fs::remove_file(nginx.folder("auth").join("health/ready.json")).unwrap();
    let outcome = run(&scene).exits(1);
    assert_eq!((outcome.decision(), outcome.row("P3.1")), ("hold".into(), "fail".into()));
    let (expected, observed) = expected_and_observed(&scene, "P3.1");
    assert!(expected.starts_with("200"), "{expected}");
    assert!(observed.starts_with("404"), "{observed}");
    let report = scene.run(&["report"]).exits(0).stdout;
    assert!(report.contains("GET auth /health/ready answers"), "{report}");
}

#[test]
fn nginx_with_a_wrong_body_fails_the_row_with_what_it_says() {
    let (nginx, scene) = healthy();
    nginx.write("backend", "health.json", &WELL.replace(r#""redis":"up""#, r#""redis":"down""#));
    let outcome = run(&scene).exits(1);
    assert_eq!((outcome.row("P3.1"), outcome.row("CRIT-2")), ("fail".into(), "pass".into()));
    let (expected, observed) = expected_and_observed(&scene, "P3.1");
    assert_eq!((expected.as_str(), observed.as_str()), ("dependency redis up", "redis is down"));
}

#[test]
fn nginx_that_was_stopped_fails_as_refused() {
    let (mut nginx, scene) = healthy();
    nginx.stop();
    let outcome = run(&scene).exits(1);
    assert_eq!((outcome.row("P3.1"), outcome.row("CRIT-2")), ("fail".into(), "fail".into()));
    let (_, observed) = expected_and_observed(&scene, "CRIT-2");
    assert!(observed.contains("refused"), "{observed}");
}

#[test]
fn nginx_is_not_reached_where_the_operator_allows_no_override() {
    let (_nginx, scene) = healthy();
    let allowed = std::fs::read_to_string(scene.path().join("holdpoint.toml")).unwrap();
    scene.write("holdpoint.toml", &allowed.replace("service-overrides", "environments = [\"staging\"] #"));
    let outcome = run(&scene).exits(2);
    assert!(outcome.stderr.contains("nor an override that this machine allows"), "{outcome:#?}");
    assert!(outcome.stderr.contains("service-overrides = [\"http://127.0.0.1:"), "{outcome:#?}");
}
