//! A dry run reads, refuses every effect, shows it, and is never a release.

use holdpoint_e2e::{Phase, Scene, staging::Staging};

const GRANTS: &str = r#"http = [{ services = ["backend"], methods = ["GET", "POST"], read-back = "/effects/{key}" }]"#;

fn scene(backend: &str) -> Scene {
    let table = "requirements = [\"P3.1\"]\nconfig = { steps = 3 }".to_owned();
    Scene::new(backend, &[Phase { id: "writes".into(), guest: "crash".into(), table, grants: GRANTS.into() }])
}

#[test]
fn a_dry_run_refuses_and_shows_every_effect() {
    let staging = Staging::start();
    let scene = scene(&staging.backend());
    let dry = scene.run(&["run", "BUNDLE", "--dry-run"]).exits(1);
    assert!(dry.stdout.contains("· dry run\n"), "{dry:?}");
    assert!(dry.stdout.contains("phase `writes` was denied http POST backend /effects (3 times)"), "{dry:?}");
    assert!(dry.stdout.contains("a dry run makes no call of class effect"), "{dry:?}");
    assert!(dry.stdout.contains("run without --dry-run"), "{dry:?}");
    assert_eq!(staging.effects(), []);
    assert_eq!(staging.requests(), 3, "reads are made");

    // Its replay refuses the same, and a real run does what it showed.
    scene.run(&["replay"]).exits(0);
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert_eq!(staging.effects().len(), 3);
}

#[test]
fn a_dry_run_without_effects_is_partial() {
    let staging = Staging::start();
    let scene = Scene::new(&staging.backend(), &[Phase::reading("reads", "swarm", "{ calls = 2 }")]);
    let dry = scene.run(&["run", "BUNDLE", "--dry-run", "--output", "json"]).exits(7);
    assert_eq!((dry.decision(), dry.row("P3.1")), ("partial".into(), "pass".into()));
}

#[test]
fn a_machine_for_dry_runs_only_refuses_effects_of_every_run() {
    let staging = Staging::start();
    let scene = scene(&staging.backend());
    let allowed = std::fs::read_to_string(scene.path().join("holdpoint.toml")).unwrap();
    scene.write("holdpoint.toml", &format!("dry-run-only = true\n{allowed}"));
    let run = scene.run(&["run", "BUNDLE"]).exits(1);
    assert!(run.stdout.contains("· dry run\n"), "{run:?}");
    assert_eq!(staging.effects(), []);
}

#[test]
fn a_dry_run_that_was_interrupted_stays_dry() {
    let staging = Staging::start();
    let scene = scene(&staging.backend());
    staging.slow(std::time::Duration::from_secs(25));
    let run = scene.start(&["run", "BUNDLE", "--dry-run"]);
    holdpoint_e2e::process::until("the first request came", || staging.requests() > 0);
    run.interrupt();
    run.finish().exits(130);
    staging.clear();
    let resumed = scene.run(&["resume"]).exits(1);
    assert!(resumed.stdout.contains("· dry run"), "{resumed:?}");
    assert_eq!(staging.effects(), []);
}
