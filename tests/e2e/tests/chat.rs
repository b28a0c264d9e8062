//! Virtual users that chat, through the command line: what the phase `chat` says of a system whose events come as they should, and of those
//! where they do not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use holdpoint_e2e::Scene;
use holdpoint_e2e::acting::{self, KEY};
use holdpoint_e2e::nginx::Nginx;
use holdpoint_e2e::process::until;
use holdpoint_e2e::python::Python;
use holdpoint_e2e::staging::{Change, ChatFault, Leak, LeakForm, Service, Staging, Struck};
use serde_json::Value;

const ROWS: [&str; 2] = ["BIZ-2", "P3.2.isolation"];
/// What is tried.
const MODULES: [&str; 2] = ["chat.wasm", "chat-user.wasm"];

fn scene(backend: &str) -> Scene {
    let [phase, user] = MODULES.map(|module| module.trim_end_matches(".wasm"));
    let user = format!(
        r#"id = "talker"
module = "{user}"
identities = {{ mint = "{KEY}" }}
config = {{ within = "1s" }}
[user.grants]
websocket = [{{ services = ["backend"], paths = ["/ws"] }}]"#
    );
    let phase = format!(
        r#"id = "chat"
module = "{phase}"
requirements = {ROWS:?}
[phase.config]
user = "talker"
users = 10
pace = "250ms"
ramp = "500ms"
during = "2s"
[phase.grants]
load = {{ max-users = 10, max-rate = 200, max-duration = "1m", max-requests = 20000, users = ["talker"] }}"#
    );
    acting::scene(backend, &user, &phase, &ROWS)
}

/// The checks of a run that ends so: name, verdict, and what was seen.
fn checks(scene: &Scene, exit: i32) -> Vec<(String, String, String)> {
    scene.run(&["run", "BUNDLE"]).exits(exit);
    let report = scene.run(&["report", "--format", "json"]).json();
    let text = |check: &Value, field: &str| check[field].as_str().unwrap_or_default().to_owned();
    let checks = report["checks"].as_array().unwrap();
    checks.iter().map(|check| (text(check, "name"), text(check, "verdict"), text(check, "observed"))).collect()
}

fn expect(checks: &[(String, String, String)], name: &str, verdict: &str, seen: &str) {
    let (_, found, observed) = checks.iter().find(|(known, ..)| known.starts_with(name)).unwrap();
    assert!(found == verdict && observed.contains(seen), "{name} should be {verdict} with `{seen}`: {checks:#?}");
}

fn with(change: Change) -> (Staging, Vec<(String, String, String)>) {
    let staging = Staging::start();
    staging.change(Service::Backend, change);
    let checks = checks(&scene(&staging.backend()), 1);
    (staging, checks)
}

#[test]
fn a_chat_that_works_passes_and_a_replay_says_nothing() {
    let staging = Staging::start();
    let scene = scene(&staging.backend());
    let seen = checks(&scene, 0);
    expect(&seen, "sockets open", "pass", "10 of 10 opened");
    expect(&seen, "every message", "pass", "0 of ");
    expect(&seen, "answers come soon", "pass", "p95 ");
    expect(&seen, "nobody hears", "pass", "");
    staging.stop();
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn sockets_are_asked_for_in_the_older_version_where_the_server_offers_http2() {
    let staging = Staging::start();
    let upstream = staging.backend().rsplit(':').next().unwrap().parse().unwrap();
    let (nginx, port, certificate) = Nginx::offering_http2("backend.test", upstream);
    let scene = scene(&format!("https://backend.test:{port}"));
    scene.write("ca.pem", &certificate);
    let operator = std::fs::read_to_string(scene.path().join("holdpoint.toml")).unwrap();
    scene.write("holdpoint.toml", &format!("ca-file = \"ca.pem\"\n{operator}"));
    let seen = checks(&scene, 0);
    expect(&seen, "sockets open", "pass", "10 of 10 opened");
    expect(&seen, "every message", "pass", "0 of ");
    assert_eq!(nginx.protocols().into_iter().collect::<Vec<_>>(), [("HTTP/1.1".to_owned(), 10)]);
}

#[test]
fn real_websockets_that_say_everything_again_are_a_chat_and_those_that_take_nothing_are_none() {
    let echoing = |server: &Python| {
        let scene = scene(&server.url());
        let how = r#"within = "1s", path = "/", subprotocols = [], events = ["message"], id = "/id", number = """#;
        scene
            .edit("bundle/bundle.toml", |text| text.replace(r#"within = "1s""#, how).replace(r#"["/ws"]"#, r#"["/"]"#));
        scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
        scene
    };
    let seen = checks(&echoing(&Python::echo(1 << 20)), 0);
    expect(&seen, "sockets open", "pass", "10 of 10 opened");
    expect(&seen, "every message", "pass", "0 of ");
    expect(&seen, "nobody hears", "pass", "");
    let seen = checks(&echoing(&Python::echo(16)), 1);
    expect(&seen, "every message", "fail", "\"no event is lost\" was wrong");
    expect(&seen, "nobody hears", "not-exercised", "nobody ever heard its own words");
}

#[test]
fn events_that_are_lost_doubled_or_out_of_order_fail_for_their_own_reason() {
    for (struck, reason) in [
        (Struck::Dropped, "no event is lost"),
        (Struck::Duplicated, "no event comes twice"),
        (Struck::Reordered, "events come in order"),
    ] {
        let (_staging, seen) = with(Change::Chat(ChatFault::Frames { struck, one_in: 200 }));
        expect(&seen, "every message", "fail", &format!("\"{reason}\" was wrong"));
        expect(&seen, "sockets open", "pass", "");
        let (.., observed) = seen.iter().find(|(name, ..)| name.starts_with("every message")).unwrap();
        assert_eq!(observed.matches("was wrong").count(), 1, "{observed}");
    }
}

#[test]
fn a_socket_that_is_silent_or_half_open_is_found_and_told_apart() {
    let (_staging, seen) = with(Change::Chat(ChatFault::Silent { after: 12 }));
    expect(&seen, "every message", "fail", "\"no event is lost\" was wrong");
    let all = |seen: &[(String, String, String)]| seen.iter().map(|(.., seen)| seen.as_str()).collect::<String>();
    assert!(!all(&seen).contains("pings are answered"), "{seen:#?}");
    let (_staging, seen) = with(Change::Chat(ChatFault::HalfOpen { after: 12 }));
    expect(&seen, "every message", "fail", "\"pings are answered\" was wrong");
}

#[test]
fn words_of_another_in_a_frame_are_a_leak() {
    let (_staging, seen) = with(Change::Leak(Leak { one_in: 50, form: LeakForm::Frame }));
    expect(&seen, "nobody hears", "fail", " by SEND backend /ws/chat (plain)");
    expect(&seen, "every message", "pass", "0 of ");
}

#[test]
fn nobody_who_answers_is_a_failure_and_says_why() {
    let staging = Staging::start();
    let scene = scene(&staging.backend());
    staging.stop();
    let seen = checks(&scene, 1);
    expect(&seen, "sockets open", "fail", "connect");
    expect(&seen, "every message", "inconclusive", "");
    expect(&seen, "nobody hears", "not-exercised", "nobody ever heard its own words");
}

#[test]
fn users_are_granted_sockets_by_the_bundle_and_the_operator() {
    let staging = Staging::start();
    let scene = scene(&staging.backend());
    let bundle = std::fs::read_to_string(scene.path().join("bundle/bundle.toml")).unwrap();
    let without = bundle.replace("websocket = [{ services = [\"backend\"], paths = [\"/ws\"] }]", "");
    scene.write("bundle/bundle.toml", &without);
    let said = scene.run(&["check", "BUNDLE"]).exits(2).stderr;
    assert!(said.contains("imports holdpoint:websocket/websocket, but user `talker` grants no websocket"), "{said}");
    scene.write("bundle/bundle.toml", &bundle.replace("paths = [\"/ws\"]", "paths = [\"/\"]"));
    let said = scene.run(&["run", "BUNDLE"]).exits(2).stderr;
    assert!(
        said.contains("talker") && said.contains("websocket = [{ services = [\"backend\"], paths = [\"/\"] }]"),
        "{said}"
    );
}

#[test]
fn a_path_that_is_not_granted_is_told_as_what_it_is() {
    let staging = Staging::start();
    let scene = scene(&staging.backend());
    let bundle = std::fs::read_to_string(scene.path().join("bundle/bundle.toml")).unwrap();
    scene.write("bundle/bundle.toml", &bundle.replace("within = \"1s\"", "path = \"/chat\""));
    let seen = checks(&scene, 3);
    expect(&seen, "sockets open", "inconclusive", "denied websocket open backend /chat: no grant covers");
    assert!(staging.served_users().is_empty());
}

#[test]
fn a_host_that_is_killed_while_users_chat_goes_on() {
    let staging = Staging::start();
    let scene = scene(&staging.backend());
    let run = scene.start(&["run", "BUNDLE"]);
    until("some chat", || staging.served_users().len() >= 8);
    drop(run);
    scene.run(&["resume", "last"]);
    let report = scene.run(&["report", "--format", "json"]).json();
    assert_eq!(report["rows"]["BIZ-2"]["verdict"], "pass", "{report:#}");
}
