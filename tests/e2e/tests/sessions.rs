//! Sessions that are renewed and ended, through the command line, against the double.

use holdpoint_e2e::Scene;
use holdpoint_e2e::logic::{self, LOGIN, LOGS_IN, checks, expect, failed};
use holdpoint_e2e::staging::{Change, Service, Staging};
use holdpoint_staging_double::{LogoutLeaves, SessionKept};

const ROWS: [&str; 2] = ["BIZ-3", "CRIT-4"];
/// What is tried.
const MODULE: &str = "sessions.wasm";

fn scene(staging: &Staging) -> Scene {
    let module = MODULE.trim_end_matches(".wasm");
    let phase = format!(
        r#"id = "sessions"
module = "{module}"
requirements = {ROWS:?}
[phase.config]
session = "/auth/session"
refresh = "/auth/refresh"
logout = "/auth/logout"
session-cookie = "netra_session"
refresh-cookie = "netra_refresh"
{LOGIN}[phase.grants]
http = [
    {LOGS_IN}
    {{ services = ["auth"], methods = ["GET"], paths = ["/auth/session"] }},
    {{ services = ["auth"], methods = ["POST"], paths = ["/auth/refresh", "/auth/logout"] }},
]"#
    );
    logic::scene(staging, &phase, &ROWS)
}

#[test]
fn sessions_that_end_pass_both_rows_show_no_token_and_a_replay_asks_nobody() {
    let staging = Staging::start();
    let scene = scene(&staging);
    let seen = checks(&scene, 0);
    expect(&seen, "a refresh gives another session", "pass", "another session that answers 200");
    expect(&seen, "after a logout its session is refused", "pass", "401");
    let journal = std::fs::read(scene.journal()).expect("a journal");
    let text = String::from_utf8_lossy(&journal);
    assert!(text.contains("netra_refresh=hp-session.sessions."), "what renews a session is a token, too");
    let requests = staging.requests();
    scene.run(&["replay", "last"]).exits(0);
    assert_eq!(staging.requests(), requests);
}

#[test]
fn what_is_good_for_too_long_fails_for_its_own_reason() {
    for (change, name) in [
        (Change::SessionKept(SessionKept::Session), "after a refresh the old session is refused"),
        (Change::SessionKept(SessionKept::Renewal), "what has renewed a session renews no other"),
        (Change::SessionKept(SessionKept::LoggedOut), "after a logout nothing is renewed"),
        (Change::LogoutLeaves(LogoutLeaves::SaysSo), "after a logout its session is refused"),
    ] {
        let staging = Staging::start();
        staging.change(Service::Auth, change);
        let seen = checks(&scene(&staging), 1);
        expect(&seen, name, "fail", "200");
        // A logout that ends nothing leaves what renews, too.
        assert!(
            failed(&seen).iter().all(|failed| *failed == name || failed.starts_with("after a logout")),
            "{seen:#?}"
        );
    }
}

#[test]
fn a_service_that_is_gone_fails_and_a_path_that_is_not_granted_says_nothing() {
    let staging = Staging::start();
    let scene = scene(&staging);
    scene
        .edit("bundle/bundle.toml", |text| text.replace("[\"/auth/refresh\", \"/auth/logout\"]", "[\"/auth/logout\"]"));
    let seen = checks(&scene, 3);
    expect(&seen, "a refresh gives another session", "inconclusive", "denied");
    staging.stop();
    let seen = checks(&scene, 1);
    expect(&seen, "a test account logs in", "fail", "refused");
}
