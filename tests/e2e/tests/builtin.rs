//! Modules that are inside of the program: `module = "builtin:NAME"`.

use holdpoint_e2e::process::Live;
use holdpoint_e2e::{Holdpoint, Outcome, Scene, guests, with_modules};

const BUNDLE: &str = r#"
[bundle]
name = "scene"
version = "1.0.0"
checklist = "checklist.toml"
[environments.test]
[[phase]]
id = "config"
module = "builtin:config"
requirements = ["P1.3"]
[phase.grants]
files = [{ directory = "config", path = "config" }]
"#;

fn scene() -> Scene {
    let scene = Scene::bare();
    scene.write("bundle/bundle.toml", BUNDLE);
    scene.write("bundle/checklist.toml", "[[row]]\nid = \"P1.3\"\ntitle = \"addresses\"\nlevel = \"required\"\n");
    scene.write("bundle/config/app.yaml", "url: https://example.com\n");
    scene.write("holdpoint.toml", "");
    scene
}

fn given(scene: &Scene, holdpoint: &Holdpoint, arguments: &[&str]) -> Outcome {
    Live::start(&mut scene.command_of(holdpoint, arguments)).finish()
}

#[test]
fn a_bundle_runs_with_modules_of_the_program_and_nothing_beside_it() {
    let (scene, program) = (scene(), with_modules());
    given(&scene, &program, &["check", "bundle"]).exits(2);
    given(&scene, &program, &["allow", "bundle", "--yes"]).exits(0);
    given(&scene, &program, &["check", "bundle"]).exits(0);
    given(&scene, &program, &["run", "bundle"]).exits(0);
    // The run holds its modules, so that a program without them replays it.
    scene.run(&["replay", "last"]).exits(0);
    // What is inside stays inside, wherever modules are said to be.
    given(&scene, &program, &["check", "bundle", "--modules", "nowhere"]).exits(0);
}

#[test]
fn the_digest_is_that_of_the_file() {
    let (scene, program) = (scene(), with_modules());
    let digest = |module: &str| {
        let outcome = given(&scene, &program, &["inspect", module, "--output", "json"]).exits(0);
        outcome.json()["digest"].as_str().unwrap_or_default().to_owned()
    };
    let file = guests().join("config.wasm");
    assert_eq!(digest("builtin:config"), digest(&file.display().to_string()));
    let file = file.display().to_string();
    let same = given(&scene, &program, &["inspect", "--diff", &file, "builtin:config"]).exits(0);
    assert!(same.stdout.contains("the same module"), "{same:?}");
}

#[test]
fn fixtures_are_tried_with_a_module_of_the_program() {
    let (scene, program) = (scene(), with_modules());
    let without = given(&scene, &program, &["test", "builtin:config"]).exits(2);
    assert!(without.stderr.contains("pass --fixtures DIR"), "{without:?}");
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/phases/config/fixtures");
    given(&scene, &program, &["test", "builtin:config", "--fixtures", fixtures]).exits(0);
}

#[test]
fn a_name_that_is_not_inside_is_refused_with_those_that_are() {
    let (scene, program) = (scene(), with_modules());
    scene.write("bundle/bundle.toml", &BUNDLE.replace("builtin:config", "builtin:confg"));
    let refused = given(&scene, &program, &["check", "bundle"]).exits(2);
    assert!(refused.stderr.contains("did you mean builtin:config?"), "{refused:?}");
    assert!(refused.stderr.contains("builtin:health"), "{refused:?}");
    // Guests of tests are nobody else's.
    assert!(!refused.stderr.contains("builtin:hostile"), "{refused:?}");
}

#[test]
fn a_program_without_modules_says_so_and_how_to_get_one() {
    let scene = scene();
    for arguments in [["check", "bundle"], ["inspect", "builtin:config"], ["test", "builtin:config"]] {
        let refused = scene.run(&arguments).exits(2);
        assert!(refused.stderr.contains("it was built without modules"), "{refused:?}");
        assert!(refused.stderr.contains("cargo xtask dist"), "{refused:?}");
    }
}
