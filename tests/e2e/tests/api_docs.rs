//! The description of an API beside what is served, through the command line: of the double, and of a server that knows nothing of us.

use holdpoint_e2e::Scene;
use holdpoint_e2e::logic::{self, checks, expect, failed};
use holdpoint_e2e::python::Python;
use holdpoint_e2e::server::{Server, answer};
use holdpoint_e2e::staging::{Change, Service, Staging};
use holdpoint_staging_double::{DocsFault, Unsound};

const ROWS: [&str; 1] = ["BIZ-6"];
/// What is tried.
const MODULE: &str = "api-docs.wasm";

fn scene_at(backend: &str, staging: &Staging, config: &str) -> Scene {
    let module = MODULE.trim_end_matches(".wasm");
    let phase = format!(
        r#"id = "api-docs"
module = "{module}"
requirements = {ROWS:?}
[phase.config]
service = "backend"
{config}
[phase.grants]
http = [{{ services = ["backend"], methods = ["GET", "OPTIONS"] }}]"#
    );
    logic::scene_at(backend, staging, &phase, &ROWS)
}

fn scene(staging: &Staging) -> Scene {
    let config =
        "page = \"/docs\"\nroutes = [\"/api/me\", \"/api/files\", \"/api/files/{id}\", \"/api/pots/transfers\"]";
    scene_at(&staging.backend(), staging, config)
}

#[test]
fn a_description_that_says_what_is_served_passes_and_changes_nothing() {
    let staging = Staging::start();
    let scene = scene(&staging);
    let seen = checks(&scene, 0);
    expect(&seen, "what backend describes is sound", "pass", "version 3.1.0 with 13 paths");
    expect(&seen, "what is described is served", "pass", " by GET and ");
    expect(&seen, "what is served is described", "pass", "all of them");
    assert!(staging.served_users().is_empty(), "nobody is logged in");
    staging.stop();
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn each_way_to_be_wrong_fails_for_its_own_reason() {
    let invalid = |unsound| (DocsFault::Invalid(unsound), "what backend describes is sound");
    for ((fault, name), seen) in [
        ((DocsFault::Gone, "GET backend /openapi.json answers"), "404"),
        (invalid(Unsound::Page), "no JSON"),
        (invalid(Unsound::NoVersion), "neither openapi of version 3 nor swagger"),
        (invalid(Unsound::NoPaths), "no paths"),
        (invalid(Unsound::Reference), "refers to #/components/responses/Refused, which is not there"),
        ((DocsFault::Stale, "what is described is served"), "OPTIONS /api/agents/archive/{year} answers 404"),
        ((DocsFault::Incomplete, "what is served is described"), "not described: /api/files"),
    ] {
        let staging = Staging::start();
        staging.change(Service::Backend, Change::Docs(fault));
        let told = checks(&scene(&staging), 1);
        expect(&told, name, "fail", seen);
        if fault != DocsFault::Gone {
            assert_eq!(failed(&told), [name], "{told:#?}");
        }
    }
}

#[test]
fn a_real_fastapi_describes_what_it_serves_and_a_path_too_many_is_found() {
    let staging = Staging::start();
    let config = "page = \"/docs\"\nroutes = [\"/api/status\", \"/api/notes\", \"/api/notes/{id}\"]";
    let of = |wrong: &str, exit: i32| {
        let server = Python::notes(wrong);
        checks(&scene_at(&server.url(), &staging, config), exit)
    };
    let seen = of("none", 0);
    expect(&seen, "what is described is served", "pass", "so with 1 by GET and 2 by OPTIONS");
    expect(&seen, "what is served is described", "pass", "all of them");
    expect(&seen, "GET backend /docs shows a page", "pass", "");
    let seen = of("stale", 1);
    expect(&seen, "what is described is served", "fail", "GET /api/archive answers 404, described are 200");
    assert_eq!(failed(&seen), ["what is described is served"], "{seen:#?}");
}

#[test]
fn a_document_without_end_says_nothing_and_holds_nobody_up() {
    let staging = Staging::start();
    let server = Server::start(|_| answer("200 OK\r\ncontent-type: application/json", "[".repeat(9 << 20)));
    let seen = checks(&scene_at(&server.url(), &staging, ""), 3);
    expect(&seen, "GET backend /openapi.json answers", "inconclusive", "");
    let deep = Server::start(|_| answer("200 OK\r\ncontent-type: application/json", "[".repeat(1 << 20)));
    let seen = checks(&scene_at(&deep.url(), &staging, ""), 1);
    expect(&seen, "what backend describes is sound", "fail", "no JSON");
}
