//! What is of an environment stays in it, through the command line: secrets beside those of another, files, and bundles that ask for what is another's.

use holdpoint_e2e::acting::{self, expect};
use holdpoint_e2e::staging::{Fault, Staging};
use holdpoint_e2e::{Scene, checklist};
use holdpoint_staging_double::Options;

const ROWS: [&str; 1] = ["NOTE-1"];
/// What is tried.
const MODULE: &str = "environment.wasm";

/// A bundle whose phase looks at a secret and at a directory; `live` is the value of production's secret, if this machine has it.
fn scene(directory: &str, live: Option<&str>) -> Scene {
    let scene = Scene::bare();
    let module = MODULE.trim_end_matches(".wasm");
    let bundle = format!(
        r#"[bundle]
name = "scene"
version = "1.0.0"
checklist = "checklist.toml"
[environments.test]
secrets = ["KEY"]
[environments.production]
secrets = ["LIVE_KEY"]
[[phase]]
id = "environment"
module = "{module}"
requirements = {ROWS:?}
[phase.config]
secrets = ["KEY"]
foreign = {{ config = ["netra-production", "netra-*-production"] }}
[phase.grants]
secrets = ["KEY"]
files = [{{ directory = "config", path = "{directory}" }}]
"#
    );
    scene.write("bundle/bundle.toml", &bundle);
    scene.write("bundle/config/app.yaml", "url: https://netra-backend-staging.example\n");
    scene.write("bundle/checklist.toml", &checklist(&ROWS));
    scene.write("key", "the-value-of-the-test");
    if let Some(live) = live {
        scene.write("live", live);
    }
    let operator = "[secrets.KEY]\nfrom = { file = \"key\" }\nenvironment = \"test\"\n\
                    [secrets.LIVE_KEY]\nfrom = { file = \"live\" }\nenvironment = \"production\"\n";
    scene.write("holdpoint.toml", operator);
    scene.run(&["allow", "BUNDLE", "--env", "test", "--yes"]).exits(0);
    scene
}

fn run(scene: &Scene, exit: i32) -> serde_json::Value {
    scene.run(&["run", "BUNDLE", "--env", "test"]).exits(exit);
    acting::rows(scene)
}

#[test]
fn values_that_differ_pass_and_none_of_production_is_in_the_run() {
    let scene = scene("config", Some("the-value-of-production"));
    let seen = run(&scene, 0);
    expect(&seen, "NOTE-1", "pass", "");
    assert!(
        scene.checks().iter().any(|check| check.contains("others have LIVE_KEY of production")),
        "{:?}",
        scene.checks()
    );
    let journal = std::fs::read(scene.journal()).expect("a journal");
    for value in ["the-value-of-production", "the-value-of-the-test"] {
        assert!(!journal.windows(value.len()).any(|window| window == value.as_bytes()), "{value}");
    }
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn a_value_that_is_shared_fails_and_names_whose_it_is() {
    let seen = run(&scene("config", Some("the-value-of-the-test\n")), 1);
    expect(&seen, "NOTE-1", "fail", "LIVE_KEY of production has the same value");
}

#[test]
fn a_value_that_is_not_here_is_not_compared() {
    for live in [None, Some(" ")] {
        let scene = scene("config", live);
        expect(&run(&scene, 3), "NOTE-1", "inconclusive", "no value to compare with: LIVE_KEY of production; bind ");
        let told = scene.checks();
        assert!(told.contains(&"pass: nothing in 1 files".to_owned()), "{told:?}");
    }
    // Where the operator's file binds nothing to another environment, there is nothing to compare with.
    let scene = scene("config", Some("the-value-of-production"));
    scene.edit("holdpoint.toml", |text| text.replace("environment = \"production\"\n", ""));
    let says = "the operator's file has no secret of another environment; bind ";
    expect(&run(&scene, 3), "NOTE-1", "inconclusive", says);
}

#[test]
fn nobody_is_granted_a_secret_of_another_environment() {
    let scene = scene("config", Some("the-value-of-production"));
    scene.edit("holdpoint.toml", |text| text.replace("environment = \"test\"", "environment = \"production\""));
    let says = "`environment` asks for secret `KEY`, which is of environment `production`, not of `test`";
    scene.run(&["run", "BUNDLE", "--env", "test"]).refuses(&[says]);
    scene.edit("bundle/bundle.toml", |text| {
        text.replace("secrets = [\"KEY\"]\nfiles", "secrets = [\"LIVE_KEY\"]\nfiles")
    });
    let says = "secret `LIVE_KEY` is not bound to the environment";
    scene.run(&["run", "BUNDLE", "--env", "test"]).refuses(&[says]);
}

#[test]
fn what_is_productions_in_the_configuration_of_staging_is_found_wherever_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let staging = Staging::with(Options { files: Some(folder.path().to_owned()), ..Options::default() });
    let scene = scene(&folder.path().join("config").display().to_string(), Some("the-value-of-production"));
    expect(&run(&scene, 0), "NOTE-1", "pass", "");
    for name in ["production-url", "production-database"] {
        for seed in 0..4 {
            let setting = Fault::named(name).expect("it is listed").settle(seed);
            staging.switch(setting.clone());
            let seen = run(&scene, 1);
            assert!(
                seen["NOTE-1"]["observed"].as_str().is_some_and(|seen| seen.contains(" has netra-")),
                "{setting}: {seen:#}"
            );
            staging.clear();
        }
    }
}

#[test]
fn a_directory_that_is_not_there_is_no_good_news() {
    let scene = scene("config", Some("the-value-of-production"));
    std::fs::remove_dir_all(scene.path().join("bundle/config")).expect("a folder can be removed");
    let run = scene.run(&["run", "BUNDLE", "--env", "test"]);
    assert_ne!(run.code, Some(0), "{run:?}");
}
