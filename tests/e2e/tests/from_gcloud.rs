//! `holdpoint new bundle NAME --from-gcloud`: a bundle for what runs in an emulated project, found by the real gcloud.

use holdpoint_e2e::gcp::{Gcp, What, When, gcloud_is_here};
use holdpoint_e2e::process::Live;
use holdpoint_e2e::{Scene, guests, with_modules};

const SERVICES: [&str; 2] = ["netra-backend-staging", "netra-auth-service"];
const NEW: [&str; 6] = ["new", "bundle", "mine", "--from-gcloud", "--project", "netra-staging"];

fn scene(gcp: &Gcp) -> Scene {
    let scene = Scene::bare();
    scene.write("holdpoint.toml", &gcp.operator());
    scene
}

#[test]
fn what_runs_there_becomes_a_bundle_that_nothing_is_wrong_with() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&SERVICES);
    let scene = scene(&gcp);
    let made = scene.run(&NEW).exits(0);
    let text = std::fs::read_to_string(scene.path().join("mine/bundle.toml")).expect("it was written");
    for name in SERVICES {
        assert!(text.contains(&format!("[environments.staging.services.{name}]")), "{text}");
    }
    assert!(text.contains("region = \"us-central1\"") && text.contains("module = \"phases/health\""), "{text}");
    assert_eq!(gcp.log().len(), 0, "nothing was changed");

    let modules = guests().display().to_string();
    scene.run(&["allow", "mine", "--yes", "--modules", &modules]).exits(0);
    // Where the services are is asked when a run begins, so nobody has to say it.
    assert!(!made.stderr.contains("--service"), "{made:?}");
    let checked = scene.run(&["check", "mine", "--modules", &modules]).exits(0);
    assert!(checked.stdout.contains("asked of Cloud Run when the run begins"), "{checked:?}");
    let again = scene.run(&NEW).exits(2);
    assert!(again.stderr.contains("exists already"), "{again:?}");
}

#[test]
fn a_program_with_modules_needs_nothing_beside_the_bundle() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&SERVICES);
    let scene = scene(&gcp);
    let given = |arguments: &[&str]| Live::start(&mut scene.command_of(&with_modules(), arguments)).finish();
    given(&NEW).exits(0);
    let text = std::fs::read_to_string(scene.path().join("mine/bundle.toml")).expect("it was written");
    assert!(text.contains("module = \"builtin:health\""), "{text}");
    given(&["allow", "mine", "--yes"]).exits(0);
    given(&["check", "mine"]).exits(0);
}

#[test]
fn a_project_without_services_a_refusal_and_a_place_that_is_not_named_write_nothing() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&[]);
    let scene = scene(&gcp);
    let nothing = |arguments: &[&str], says: &str| {
        let refused = scene.run(arguments).exits(2);
        assert!(refused.stderr.contains(says), "{refused:?}");
        assert!(!scene.path().join("mine").exists(), "something was written");
    };
    nothing(&NEW, "there is no service of Cloud Run in project netra-staging");
    // The token comes from a file, so nobody knows which project gcloud is set to.
    nothing(&NEW[..4], "pass --project PROJECT");
    nothing(&["new", "bundle", "mine", "--project", "p"], "--from-gcloud");
    nothing(&["new", "bundle", "mine", "--from-gcloud", "--project", "No Project"], "nothing was written");
    gcp.fault("GET", "*", When::Always, What::Refuse(403, "Permission 'run.services.list' denied".to_owned()));
    nothing(&NEW, "Permission 'run.services.list' denied");
}

#[test]
fn without_a_log_in_nothing_is_written_and_what_helps_is_said() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&SERVICES);
    let scene = scene(&gcp);
    let operator = gcp.operator();
    let without = operator.lines().filter(|line| !line.starts_with("token-file")).collect::<Vec<_>>().join("\n");
    scene.write("holdpoint.toml", &without);
    let mut command = scene.command(&NEW);
    command.env("HOME", scene.path()).env("CLOUDSDK_CONFIG", scene.path().join("nobody"));
    let refused = Live::start(&mut command).finish().exits(2);
    assert!(refused.stderr.contains("gcloud auth login"), "{refused:?}");
    assert!(!scene.path().join("mine").exists());
}
