//! Sockets that are held, through the command line: against the double with what goes wrong over time, behind a real nginx with a short time-out, and
//! by a server that nobody here wrote.

use std::time::Duration;

use holdpoint_e2e::Scene;
use holdpoint_e2e::logic::{self, LOGIN, LOGS_IN, Told, checks, expect, failed};
use holdpoint_e2e::nginx::Nginx;
use holdpoint_e2e::python::Python;
use holdpoint_e2e::staging::{Change, ChatFault, Service, Staging};
use holdpoint_staging_double::Ageing;

const ROWS: [&str; 2] = ["CRIT-6", "KI-3"];
/// What is tried.
const MODULE: &str = "websocket-endurance.wasm";

const HELD: &str = "a socket with a heartbeat is held";
const BEATS: &str = "every heartbeat is answered";
const MESSAGES: &str = "every message is answered";
const SILENT: &str = "a socket without a heartbeat";
const AGAIN: &str = "after the end of a socket";

fn scene_at(backend: &str, staging: &Staging, heartbeat: &str) -> Scene {
    let module = MODULE.trim_end_matches(".wasm");
    let phase = format!(
        r#"id = "websocket-endurance"
module = "{module}"
requirements = {ROWS:?}
[phase.config]
service = "backend"
hold = "4s"
past = "2s"
heartbeat = "{heartbeat}"
within = "500ms"
{LOGIN}[phase.grants]
http = [
    {LOGS_IN}
]
websocket = [{{ services = ["backend"], paths = ["/ws"] }}]"#
    );
    logic::scene_at(backend, staging, &phase, &ROWS)
}

fn with(fault: ChatFault) -> Vec<Told> {
    let staging = Staging::start();
    staging.change(Service::Backend, Change::Chat(fault));
    checks(&scene_at(&staging.backend(), &staging, "1s"), 1)
}

fn aged(how: Ageing) -> Vec<Told> {
    with(ChatFault::Aged { after: Duration::from_millis(1_500), how })
}

#[test]
fn sockets_that_last_pass_both_rows_and_a_replay_opens_none() {
    let staging = Staging::start();
    let scene = scene_at(&staging.backend(), &staging, "1s");
    let seen = checks(&scene, 0);
    for name in [HELD, BEATS, MESSAGES, SILENT, AGAIN] {
        expect(&seen, name, "pass", "");
    }
    staging.stop();
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn what_goes_wrong_with_the_age_of_a_socket_is_told_apart() {
    let seen = aged(Ageing::HalfOpen);
    expect(&seen, HELD, "fail", "it is open and answers nothing, no pings either");
    expect(&seen, BEATS, "fail", " were not");
    expect(&seen, SILENT, "fail", "neither");
    expect(&seen, AGAIN, "pass", "");

    let seen = aged(Ageing::Silent);
    expect(&seen, MESSAGES, "fail", "events lost");
    expect(&seen, BEATS, "pass", "0 of ");
    expect(&seen, HELD, "pass", "");

    let seen = aged(Ageing::Late(Duration::from_millis(800)));
    expect(&seen, MESSAGES, "fail", "late or unasked");
    expect(&seen, AGAIN, "pass", "");
}

#[test]
fn a_socket_that_is_cut_when_it_is_idle_is_a_drop_and_another_opens() {
    let seen = with(ChatFault::Cut { idle: Duration::from_millis(700) });
    expect(&seen, HELD, "fail", "another opened each time");
    expect(&seen, SILENT, "pass", "its end");
    expect(&seen, AGAIN, "pass", "");
    assert_eq!(failed(&seen), [HELD], "{seen:#?}");
}

/// The double behind a real nginx that gives a socket a second.
fn behind_nginx(heartbeat: &str, exit: i32) -> Vec<Told> {
    let staging = Staging::start();
    let upstream = staging.backend().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let (_nginx, port, certificate) = Nginx::with_patience("backend.test", upstream, "1s");
    let backend = format!("https://backend.test:{port}");
    let scene = scene_at(&backend, &staging, heartbeat);
    scene.write("ca.pem", &certificate);
    scene.edit("holdpoint.toml", |text| format!("ca-file = \"ca.pem\"\n{text}"));
    checks(&scene, exit)
}

#[test]
fn a_heartbeat_holds_a_socket_behind_an_impatient_nginx_if_it_is_often_enough() {
    let seen = behind_nginx("600ms", 0);
    expect(&seen, HELD, "pass", "");
    expect(&seen, SILENT, "pass", "its end");
    let seen = behind_nginx("1800ms", 1);
    expect(&seen, HELD, "fail", "ended after ");
    expect(&seen, AGAIN, "pass", "");
}

/// Sockets of nobody, held by a server that says every message again.
fn with_echo(server: &Python, exit: i32) -> Vec<Told> {
    let module = MODULE.trim_end_matches(".wasm");
    let phase = format!(
        r#"id = "websocket-endurance"
module = "{module}"
requirements = {ROWS:?}
[phase.config]
service = "backend"
path = "/"
subprotocols = []
events = ["message"]
id = "/id"
hold = "4s"
past = "2s"
heartbeat = "1s"
within = "500ms"
[phase.grants]
http = [{{ services = ["backend"], methods = ["GET"] }}]
websocket = [{{ services = ["backend"], paths = ["/"] }}]"#
    );
    checks(&logic::scene_at(&server.url(), &Staging::start(), &phase, &ROWS), exit)
}

#[test]
fn real_websockets_hold_a_socket_and_one_that_they_end_is_told_with_its_code() {
    let seen = with_echo(&Python::echo(1 << 20), 0);
    for name in [HELD, BEATS, MESSAGES, SILENT, AGAIN] {
        expect(&seen, name, "pass", "");
    }
    let seen = with_echo(&Python::echo(16), 1);
    expect(&seen, HELD, "fail", "the server closed it, 1009");
    expect(&seen, AGAIN, "fail", "1009");
    expect(&seen, MESSAGES, "inconclusive", "no message was sent");
}

#[test]
fn a_server_that_is_gone_fails_and_a_path_that_is_not_granted_says_nothing() {
    let staging = Staging::start();
    let scene = scene_at(&staging.backend(), &staging, "1s");
    scene.edit("bundle/bundle.toml", |text| text.replace("within =", "path = \"/chat\"\nwithin ="));
    let seen = checks(&scene, 3);
    expect(&seen, "a socket opens", "inconclusive", "denied websocket open backend /chat");
    scene.edit("bundle/bundle.toml", |text| text.replace("\"/chat\"", "\"/ws/other\""));
    let seen = checks(&scene, 1);
    expect(&seen, "a socket opens", "fail", "the handshake answers 404");
}
