//! Transactions that are broken off in their midst, through the command line, against the double.

use holdpoint_e2e::Scene;
use holdpoint_e2e::acting::{expect, ran};
use holdpoint_e2e::logic::{self, LOGIN, LOGS_IN};
use holdpoint_e2e::staging::{Change, Service, Staging};
use holdpoint_staging_double::HalfDone;

const ROWS: [&str; 1] = ["BIZ-4"];
/// What is tried.
const MODULE: &str = "transactions.wasm";

fn scene(staging: &Staging) -> Scene {
    let module = MODULE.trim_end_matches(".wasm");
    let phase = format!(
        r#"id = "transactions"
module = "{module}"
requirements = {ROWS:?}
[phase.config]
service = "backend"
breaks = 6
settles = "500ms"
transfer = {{ path = "/api/pots/transfers", body = {{ from = "left", to = "right", amount = 10 }}, back = {{ from = "right", to = "left", amount = 10 }} }}
invariant = {{ path = "/api/pots", conserved = ["/pots/left", "/pots/right"] }}
{LOGIN}[phase.grants]
http = [
    {LOGS_IN}
    {{ services = ["backend"], methods = ["GET"], paths = ["/api/pots"] }},
    {{ services = ["backend"], methods = ["POST"], paths = ["/api/pots/transfers"] }},
]"#
    );
    logic::scene(staging, &phase, &ROWS)
}

#[test]
fn transfers_that_are_broken_off_leave_nothing_half_done_and_a_replay_makes_none() {
    let staging = Staging::start();
    let scene = scene(&staging);
    let seen = ran(&scene, 0);
    expect(&seen, "BIZ-4", "pass", " of 6 were broken off");
    let requests = staging.requests();
    scene.run(&["replay", "last"]).exits(0);
    assert_eq!(staging.requests(), requests);
}

#[test]
fn what_is_half_done_is_seen_whether_it_stays_so_or_not() {
    for half in [HalfDone::LeftBehind, HalfDone::Seen] {
        let staging = Staging::start();
        staging.change(Service::Backend, Change::HalfDone(half));
        let seen = ran(&scene(&staging), 1);
        expect(&seen, "BIZ-4", "fail", " = 1990 after transfer ");
    }
}

#[test]
fn where_no_transaction_is_named_or_nobody_can_log_in_nothing_was_exercised() {
    let staging = Staging::start();
    let scene = scene(&staging);
    let whole = std::fs::read_to_string(scene.path().join("bundle/bundle.toml")).expect("a bundle");
    let without = whole.lines().filter(|line| !line.starts_with("transfer =") && !line.starts_with("invariant ="));
    scene.write("bundle/bundle.toml", &without.collect::<Vec<_>>().join("\n"));
    expect(&ran(&scene, 3), "BIZ-4", "not-exercised", "name no transaction");
    scene.write("bundle/bundle.toml", &whole.replace("issuer = \"issuer\"", "issuer = \"nobody\""));
    expect(&ran(&scene, 3), "BIZ-4", "not-exercised", "no service `nobody` is given");
}
