//! Every fault of the emulator's catalogue strikes a release: its row catches it, and what serves afterwards is what the report says.

use std::collections::BTreeSet;

use holdpoint_e2e::gcp::{Named, gcloud_is_here};
use holdpoint_e2e::release::{Bundle, Release, SERVICES};

/// A release that a fault strikes, and what it comes to.
struct Case {
    fault: &'static str,
    exit: i32,
    /// A verdict, its row, and a part of what was observed.
    row: (&'static str, &'static str, &'static str),
    /// What has all traffic at the end: what served before (`a`), what is deployed (`b`), or another pipeline's (`?`).
    serves: char,
    /// How often this release has changed the service.
    changes: usize,
}

const fn stopped(fault: &'static str, exit: i32, verdict: &'static str, observed: &'static str) -> Case {
    Case { fault, exit, row: (verdict, "P2.1.local", observed), serves: 'a', changes: 0 }
}

const fn no_matter(fault: &'static str) -> Case {
    Case { fault, exit: 0, row: ("pass", "P2.2", ""), serves: 'b', changes: 4 }
}

/// What is refused before anything has changed.
const REFUSED: &[Case] = &[
    stopped("read-forbidden", 1, "fail", "permission denied"),
    stopped("update-forbidden", 1, "fail", "permission denied"),
    stopped("service-vanished", 1, "fail", "not found"),
    stopped("conflict", 1, "fail", "conflict"),
    stopped("stale-generation", 1, "fail", "a change of it is under way"),
    stopped("token-expired", 1, "fail", "unauthenticated"),
    stopped("quota", 3, "inconclusive", "resource exhausted"),
    stopped("api-disabled", 3, "inconclusive", "the API is disabled"),
    Case { serves: '?', ..stopped("deployed-before", 1, "fail", "conflict") },
];

/// What is stopped in the midst.
const BROKEN: &[Case] = &[
    stopped("hang", 3, "inconclusive", "in doubt: no answer within 60000 ms; read back: not seen yet"),
    Case { changes: 2, ..stopped("never-ready", 5, "fail", "Deploying Revision") },
    Case { changes: 2, ..stopped("does-not-start", 5, "fail", "HealthCheckContainerError") },
    // Their tool keeps no tags of ours. Whether they want to go back nobody but them can know.
    Case { serves: '?', changes: 2, ..stopped("deployed-meanwhile", 6, "fail", "traffic has moved meanwhile") },
];

/// What lasts long, or goes by.
const SURVIVED: &[Case] = &[
    stopped("unavailable", 3, "inconclusive", "unavailable"),
    no_matter("slow"),
    no_matter("one-500"),
    no_matter("half-applied"),
    no_matter("revision-lost"),
];

/// What strikes nothing that this release asks for, and who is struck: `identity`, `build` and the emulator's own tests.
const ELSEWHERE: &[&str] = &[
    "policy-forbidden",
    "build-fails",
    "build-times-out",
    "build-never-ends",
    "token-short-lived",
    "project-forbidden",
    "login-refused",
];

fn try_all(cases: &[Case]) {
    if gcloud_is_here() {
        cases.iter().for_each(try_one);
    }
}

fn try_one(case: &Case) {
    let Case { fault, exit, row: (verdict, row, observed), serves, changes } = case;
    let release = Release::with(&Bundle { ready_within: "15s", ..Bundle::default() });
    let (backend, service) = SERVICES[0];
    release.gcp.serve_others(backend, &release.old.url(service));
    release.gcp.set(Named::find(fault).unwrap_or_else(|| panic!("no fault {fault}")).fault());
    let outcome = release.scene.run(&["run", "BUNDLE"]);
    assert_eq!(outcome.code, Some(*exit), "{fault}: {outcome:?}");
    let report = release.scene.run(&["report", "--format", "json"]).json();
    let seen = &report["rows"][row];
    assert_eq!(seen["verdict"], *verdict, "{fault}: {seen:#}");
    assert!(seen["observed"].as_str().is_some_and(|text| text.contains(observed)), "{fault}: {seen:#}");
    let served = release.serving().join(" ");
    match serves {
        '?' => assert!(served.starts_with("100") && !served.ends_with(['a', 'b']), "{fault}: {served}"),
        version => assert_eq!(served, format!("100{version}"), "{fault}"),
    }
    assert_eq!(release.changes(), *changes, "{fault}: {:#?}", release.gcp.log());
}

#[test]
fn what_the_cloud_refuses_has_changed_nothing() {
    try_all(REFUSED);
}

#[test]
fn what_breaks_off_in_the_midst_serves_what_served_before() {
    try_all(BROKEN);
}

#[test]
fn what_goes_by_is_waited_for_and_done_once() {
    try_all(SURVIVED);
}

#[test]
fn no_fault_is_left_out() {
    let tried: BTreeSet<&str> = [REFUSED, BROKEN, SURVIVED].into_iter().flatten().map(|case| case.fault).collect();
    let catalogue = Named::all().iter().map(|named| named.name);
    let left_out: Vec<&str> = catalogue.filter(|name| !tried.contains(name)).collect();
    assert_eq!(left_out, ELSEWHERE);
}
