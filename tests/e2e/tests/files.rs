//! Files that go to the double and come back, through the command line.

use holdpoint_e2e::Scene;
use holdpoint_e2e::logic::{self, LOGIN, LOGS_IN, checks, expect, failed};
use holdpoint_e2e::staging::{Change, Service, Staging};
use holdpoint_staging_double::FileFault;

const ROWS: [&str; 1] = ["BIZ-5"];
/// What is tried.
const MODULE: &str = "files.wasm";

fn scene(staging: &Staging) -> Scene {
    let module = MODULE.trim_end_matches(".wasm");
    let phase = format!(
        r#"id = "files"
module = "{module}"
requirements = {ROWS:?}
[phase.config]
service = "backend"
sizes = [1, 65536, 1048576]
limit = 1048576
upload = {{ path = "/api/files?name={{name}}", id = "/id", hash = "/sha256" }}
download = {{ path = "/api/files/{{id}}" }}
delete = {{ path = "/api/files/{{id}}" }}
{LOGIN}[phase.grants]
http = [
    {LOGS_IN}
    {{ services = ["backend"], methods = ["GET", "POST", "DELETE"], paths = ["/api/files"] }},
]"#
    );
    logic::scene(staging, &phase, &ROWS)
}

#[test]
fn files_come_back_as_they_were_sent_and_a_replay_sends_none() {
    let staging = Staging::start();
    let scene = scene(&staging);
    let seen = checks(&scene, 0);
    expect(&seen, "a file of 1048576 bytes", "pass", "the same bytes");
    expect(&seen, "bytes=-2 of a file", "pass", "the same bytes");
    expect(&seen, "a file of 1048577 bytes is refused", "pass", "413");
    staging.stop();
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn a_byte_a_part_or_a_limit_that_is_wrong_fails_for_its_own_reason() {
    for (fault, name, seen) in [
        (FileFault::Corrupted(50), "a file of 1048576 bytes", "1 bytes are others, first that at 524288"),
        (FileFault::Shifted, "bytes=1-524288 of a file", "524287 bytes of 524288"),
        (FileFault::NoLimit, "a file of 1048577 bytes is refused", "201"),
    ] {
        let staging = Staging::start();
        staging.change(Service::Backend, Change::File(fault));
        let told = checks(&scene(&staging), 1);
        expect(&told, name, "fail", seen);
        if fault == FileFault::NoLimit {
            assert_eq!(failed(&told).len(), 1, "{told:#?}");
        }
    }
}
