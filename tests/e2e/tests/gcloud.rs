//! Phases that give commands to the real gcloud, which works in an emulated project.

use std::fmt::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use holdpoint_e2e::gcp::{Gcp, What, When, gcloud_is_here};
use holdpoint_e2e::inline;
use holdpoint_e2e::process::{Live, until};
use holdpoint_e2e::{Outcome, Scene};
use holdpoint_testkit::{alive, marker};
use serde_json::{Value, json};

const SERVICES: [&str; 3] = ["netra-backend-staging", "netra-auth-service", "netra-frontend-staging"];

/// The phase of a bundle.
struct Cloud<'a> {
    guest: &'a str,
    rows: &'a [&'a str],
    config: Value,
    /// Its grants of gcloud.
    gcloud: &'a str,
}

/// A bundle with one phase; its operator allows what it asks.
fn scene(gcp: &Gcp, phase: &Cloud<'_>) -> Scene {
    let Cloud { guest, rows, config, gcloud } = phase;
    let scene = Scene::bare();
    scene.write(
        "bundle/bundle.toml",
        &format!(
            "[bundle]\nname = \"scene\"\nversion = \"1.0.0\"\nchecklist = \"checklist.toml\"\n\
             [environments.test]\nproject = \"netra-staging\"\nregion = \"us-central1\"\n\
             [[phase]]\nid = \"cloud\"\nmodule = \"{guest}\"\nrequirements = {rows:?}\ndeadline = \"3m\"\n\
             config = {}\n[phase.grants]\ngcloud = [{gcloud}]\n",
            inline(config)
        ),
    );
    let mut checklist = String::new();
    for row in *rows {
        writeln!(checklist, "[[row]]\nid = \"{row}\"\ntitle = \"row\"\nlevel = \"required\"")
            .expect("a string takes every text");
    }
    scene.write("bundle/checklist.toml", &checklist);
    scene.write("holdpoint.toml", &gcp.operator());
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

fn verify(gcp: &Gcp) -> Scene {
    verify_with(gcp, &["P2.2", "CRIT-1"], json!({ "services": SERVICES }))
}

fn verify_with(gcp: &Gcp, rows: &[&str], config: Value) -> Scene {
    let gcloud = "{ command = \"run services list\" }";
    scene(gcp, &Cloud { guest: "verify-deployment", rows, config, gcloud })
}

fn give(gcp: &Gcp, commands: &Value, gcloud: &str) -> Scene {
    scene(gcp, &Cloud { guest: "command", rows: &["P3.1"], config: json!({ "give": commands }), gcloud })
}

fn update(image: &str) -> Value {
    json!({ "words": ["run", "services", "update"], "arguments": ["netra-backend-staging"], "flags": { "image": image, "no-traffic": "" } })
}

const UPDATE: &str = "{ command = \"run services update\", arguments = [\"netra-*\"], flags = { image = \"pkg.dev/netra/*\", no-traffic = true } }";

#[test]
fn three_services_that_are_deployed_pass_and_the_run_replays_without_a_cloud() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&SERVICES);
    let scene = verify(&gcp);
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert_eq!(scene.wrong(), Vec::<String>::new());
    let shown = scene.run(&["show", "last", "cloud/0"]).exits(0).stdout;
    assert!(shown.contains("run services list") && shown.contains("netra-auth-service"), "{shown}");
    assert_eq!(gcp.log().len(), 0, "nothing was changed");
    gcp.stop();
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn each_thing_that_is_wrong_with_a_service_fails_its_row() {
    if !gcloud_is_here() {
        return;
    }
    let missing = Gcp::with(&SERVICES[..2]);
    let scene = verify(&missing);
    scene.run(&["run", "BUNDLE"]).exits(1);
    assert!(scene.wrong()[0].contains("no such one"), "{:?}", scene.wrong());

    let gcp = Gcp::with(&SERVICES);
    gcp.give(&["run", "services", "update", "netra-backend-staging", "--image=pkg.dev/netra/next", "--no-traffic"]);
    let scene = verify(&gcp);
    scene.run(&["run", "BUNDLE"]).exits(1);
    let found = scene.wrong();
    assert!(found.len() == 1 && found[0].contains("100 % to netra-backend-staging-00001"), "{found:?}");

    gcp.fault("*", "*", When::Always, What::NeverReady);
    gcp.give(&["run", "services", "update", "netra-auth-service", "--image=pkg.dev/netra/next", "--async"]);
    scene.run(&["run", "BUNDLE"]).exits(1);
    assert!(
        scene.wrong().iter().any(|one| one.starts_with("fail: ") && one.contains(" since ")),
        "{:?}",
        scene.wrong()
    );
}

#[test]
fn who_changed_a_service_what_stays_warm_and_what_is_not_looked_at_yet_are_seen() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&SERVICES[..1]);
    let rows = ["P2.2", "CRIT-1", "KI-1"];
    let config = |deployer: &str| json!({ "services": SERVICES[..1], "deployer": deployer, "min-instances": 1 });
    let scene = verify_with(&gcp, &rows, config("stranger@example.com"));
    scene.run(&["run", "BUNDLE"]).exits(1);
    assert_eq!(scene.wrong(), [format!("fail: {}", gcp.deployer(SERVICES[0])), "fail: 0".to_owned()]);

    gcp.give(&["run", "services", "update", SERVICES[0], "--min-instances=1"]);
    let scene = verify_with(&gcp, &rows, config(&gcp.deployer(SERVICES[0])));
    scene.run(&["run", "BUNDLE"]).exits(0);

    gcp.fault("GET", "*", When::Always, What::StaleGeneration);
    scene.run(&["run", "BUNDLE"]).exits(1);
    assert_eq!(scene.wrong(), ["fail: generation 1"]);
}

#[test]
fn a_machine_without_gcloud_begins_nothing_and_one_without_a_log_in_judges_nothing() {
    let gcp = Gcp::with(&SERVICES);
    let scene = verify(&gcp);
    let operator = std::fs::read_to_string(scene.path().join("holdpoint.toml")).expect("it was written");
    scene.write("holdpoint.toml", &operator.replace("[gcloud]\n", "[gcloud]\nprogram = \"nowhere/gcloud\"\n"));
    let refused = scene.run(&["run", "BUNDLE"]).exits(2);
    assert!(refused.stderr.contains("there is no program") && refused.stderr.contains("[gcloud]"), "{refused:?}");
    assert!(!scene.path().join(".holdpoint/runs").exists(), "a run was begun");
    if !gcloud_is_here() {
        return;
    }
    let without = operator.lines().filter(|line| !line.starts_with("token-file")).collect::<Vec<_>>().join("\n");
    scene.write("holdpoint.toml", &without);
    let mut command = scene.command(&["run", "BUNDLE"]);
    command.env("HOME", scene.path()).env("CLOUDSDK_CONFIG", scene.path().join("nobody"));
    Live::start(&mut command).finish().exits(3);
    let found = scene.wrong();
    assert!(
        found.iter().all(|one| one.starts_with("inconclusive: ") && one.contains("gcloud auth login")),
        "{found:?}"
    );
}

#[test]
fn a_list_that_is_refused_judges_nothing() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&SERVICES);
    gcp.fault("GET", "*/services", When::Always, What::Refuse(403, "Permission 'run.services.list' denied".to_owned()));
    let scene = verify(&gcp);
    scene.run(&["run", "BUNDLE"]).exits(3);
    let found = scene.wrong();
    assert!(
        found.len() == 3 && found.iter().all(|one| one.starts_with("inconclusive: permission denied")),
        "{found:?}"
    );
}

#[test]
fn dangerous_commands_and_smuggled_arguments_are_denied_recorded_and_start_nothing() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&SERVICES);
    let describe = |argument: &str| json!({ "words": ["run", "services", "describe"], "arguments": [argument] });
    let list = |flag: &str, value: &str| json!({ "words": ["run", "services", "list"], "flags": { flag: value } });
    let mut commands = vec![];
    for words in [
        "meta debug",
        "meta list-from-json",
        "compute ssh",
        "auth print-access-token",
        "config config-helper",
        "secrets versions access",
        "iam service-accounts keys create",
        "storage cp",
        "alpha interactive",
        "config set",
        "run services delete",
        "builds submit",
    ] {
        commands.push(json!({ "words": words.split(' ').collect::<Vec<_>>() }));
    }
    for value in ["--account=other", "-x", "a\nb", "@/etc/passwd", "^;^a;b", "\u{2013}\u{2013}project=x", "a\u{0}b"] {
        commands.push(describe(value));
        commands.push(list("filter", value));
    }
    for flag in [
        "access-token-file",
        "flags-file",
        "configuration",
        "project",
        "region",
        "account",
        "billing-project",
        "log-http",
        "impersonate-service-account",
        "universe-domain",
        "platform",
        "kubeconfig",
        "format",
        "env-vars-file",
    ] {
        commands.push(list(flag, "x"));
    }
    let count = commands.len();
    let grants = "{ command = \"run services list\", flags = { filter = \"*\" } }, { command = \"run services describe\", arguments = [\"*\"] }";
    let scene = give(&gcp, &Value::from(commands), grants);
    scene.run(&["run", "BUNDLE"]).exits(1);
    let found = scene.wrong();
    assert_eq!(found.len(), count);
    assert!(found.iter().all(|one| one.contains("denied")), "{found:#?}");
    assert_eq!(gcp.requests().len(), 0, "nothing was started");
    let calls = scene.run(&["show"]).exits(0).stdout;
    assert!(calls.contains("meta debug"), "{calls}");
}

#[test]
fn an_effect_that_was_taken_and_answered_with_500_has_happened_once() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&SERVICES);
    gcp.fault("PUT", "*", When::First(1), What::HalfApplied(500));
    let scene = give(&gcp, &json!([update("pkg.dev/netra/next")]), UPDATE);
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert_eq!(gcp.log().iter().filter(|seen| seen.effect.is_some()).count(), 1, "{:#?}", gcp.log());
    assert_eq!(gcp.service("netra-backend-staging")["revisions"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_host_that_dies_in_a_deployment_finds_out_afterwards_and_deploys_once() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&SERVICES);
    gcp.fault("PUT", "*", When::First(1), What::SlowAnswer(Duration::from_secs(20)));
    let scene = give(&gcp, &json!([update("pkg.dev/netra/next")]), UPDATE);
    let live = scene.start(&["run", "BUNDLE"]);
    until("the change was taken", || gcp.log().iter().any(|seen| seen.effect.is_some()));
    drop(live);
    let ended: Outcome = scene.run(&["resume", "last"]).exits(0);
    assert_eq!(gcp.log().iter().filter(|seen| seen.effect.is_some()).count(), 1, "{ended:?}\n{:#?}", gcp.log());
    assert_eq!(gcp.service("netra-backend-staging")["revisions"].as_array().map(Vec::len), Some(2));
    scene.run(&["replay", "last"]).exits(0);
}

/// A change that is asked for and never answered, and the argument that tells its processes from all others.
fn hanging(gcp: &Gcp) -> (Scene, String) {
    gcp.fault("PUT", "*", When::Always, What::Hang);
    let image = format!("pkg.dev/netra/{}", marker());
    (give(gcp, &json!([update(&image)]), UPDATE), format!("--image={image}"))
}

#[test]
fn a_host_that_is_killed_takes_its_gcloud_along() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&SERVICES);
    let (scene, ours) = hanging(&gcp);
    // The same command of somebody who supervises nothing: a shell that is killed leaves it.
    let theirs = format!("--image=pkg.dev/netra/{}", marker());
    let give = "gcloud run services update netra-auth-service --no-traffic \"$0\"; true";
    let shell = Live::start(gcp.command("sh").args(["-c", give, &theirs]));
    let live = scene.start(&["run", "BUNDLE"]);
    let asked = |gcp: &Gcp| gcp.requests().iter().filter(|seen| seen.method == "PUT").count();
    until("both have asked for the change", || asked(&gcp) == 2);
    assert!(!alive(&ours).is_empty());
    drop(shell);
    drop(live);
    let killed = Instant::now();
    until("no process of the host's gcloud lives", || alive(&ours).is_empty());
    assert!(killed.elapsed() < Duration::from_secs(1), "{:?}", killed.elapsed());
    let left = alive(&theirs);
    assert!(!left.is_empty(), "what nobody supervises is to be found, or the test could not fail");
    for process in left {
        let killed = Command::new("kill").args(["-KILL", &process.to_string()]).status();
        assert!(killed.expect("kill can be started").success());
    }
    gcp.clear_faults();
    scene.run(&["resume", "last"]).exits(0);
    assert_eq!(gcp.log().iter().filter(|seen| seen.effect.is_some()).count(), 1, "{:#?}", gcp.log());
}

#[test]
fn an_interrupt_at_the_terminal_lets_a_change_that_was_sent_come_to_its_end() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&SERVICES);
    gcp.fault("PUT", "*", When::First(1), What::SlowAnswer(Duration::from_secs(4)));
    let scene = give(&gcp, &json!([update("pkg.dev/netra/next")]), UPDATE);
    let live = Live::start(scene.command(&["run", "BUNDLE"]).process_group(0));
    until("the change was taken", || gcp.log().iter().any(|seen| seen.effect.is_some()));
    live.interrupt_group();
    let ended = live.finish();
    let asked = gcp.requests().len();
    let shown = scene.run(&["show", "last", "cloud/0"]).exits(0).stdout;
    assert!(shown.contains("netra-backend-staging") && shown.contains("\"exit\""), "{shown}\n{ended:?}");
    scene.run(&["resume", "last"]).exits(0);
    assert_eq!(gcp.requests().len(), asked, "its answer was recorded, so nothing is read back");
    assert_eq!(gcp.log().iter().filter(|seen| seen.effect.is_some()).count(), 1, "{:#?}", gcp.log());
}

#[test]
fn an_update_of_a_service_that_is_not_there_makes_none() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&SERVICES);
    let mut update = update("pkg.dev/netra/next");
    update["arguments"] = json!(["netra-bakend-staging"]);
    let scene = give(&gcp, &json!([update]), UPDATE);
    scene.run(&["run", "BUNDLE"]).exits(1);
    assert!(scene.wrong()[0].contains("there is no service netra-bakend-staging"), "{:?}", scene.wrong());
    assert_eq!(gcp.log().len(), 0);
}

#[test]
fn no_token_of_a_command_is_in_the_run() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&SERVICES);
    let scene = verify(&gcp);
    let text = gcp.operator();
    let path = text.lines().find_map(|line| line.strip_prefix("token-file = \"")).expect("it names its token");
    let token = std::fs::read_to_string(path.trim_end_matches('"')).expect("the token can be read");
    scene.run(&["run", "BUNDLE"]).exits(0);
    let journal = std::fs::read(scene.journal()).expect("the journal can be read");
    let token = token.trim().as_bytes();
    assert!(
        token.len() >= 8 && !journal.windows(token.len()).any(|bytes| bytes == token),
        "the token stands in the journal"
    );
    std::fs::write(path.trim_end_matches('"'), "ya29.somebody-elses-token").expect("a token can be written");
    scene.run(&["run", "BUNDLE"]).exits(3);
    assert!(scene.wrong()[0].contains("unauthenticated"), "{:?}", scene.wrong());
}

#[test]
fn what_a_service_has_logged_is_read_and_nothing_is_changed() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&SERVICES[..1]);
    gcp.give(&["run", "services", "update", SERVICES[0], "--image=pkg.dev/netra/next"]);
    let before = gcp.log().len();
    let read = |filter: &str| json!({ "words": ["logging", "read"], "arguments": [filter], "flags": { "freshness": "1d", "limit": "5" } });
    let of = format!("resource.labels.service_name={}", SERVICES[0]);
    let grants = "{ command = \"logging read\", arguments = [\"resource.labels.service_name=*\"], flags = { freshness = \"*\", limit = \"5\" } }";
    let scene = give(&gcp, &json!([read(&of), read("severity>=DEFAULT")]), grants);
    scene.run(&["run", "BUNDLE"]).exits(1);
    let checks = scene.checks();
    assert_eq!(checks[0], "pass: done");
    assert!(checks[1].contains("no grant covers it"), "{checks:?}");
    let shown = scene.run(&["show", "last", "cloud/0"]).exits(0).stdout;
    assert!(shown.contains("STARTUP TCP probe succeeded"), "{shown}");
    assert_eq!(gcp.log().len(), before, "nothing was changed");
    gcp.stop();
    scene.run(&["replay", "last"]).exits(0);
}
