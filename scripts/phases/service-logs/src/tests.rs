//! The phase against scripts of gcloud.

use holdpoint::Failure;
use holdpoint::prelude::*;
use holdpoint::testing::{Ends, Test, denied_command, fails, late_command, prints};

use super::run;

fn read(service: &str) -> Command {
    let filter = format!("resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"{service}\"");
    Command::new("logging read").argument(filter).flag("freshness", "1h").flag("limit", "500")
}

fn logs<'a>(ends: Ends) -> Test<'a> {
    holdpoint::test(run)
        .secret("API_KEY", true)
        .config(json!({ "services": ["netra-backend"], "secrets": ["API_KEY"], "public": ["AKIAIOSFODNN7PUBLICK"] }))
        .command(read("netra-backend"), ends)
}

fn entry(text: &str) -> Value {
    json!([
        { "timestamp": "2026-01-01T00:00:00Z", "textPayload": "all is well" },
        { "timestamp": "2026-01-01T00:00:01Z", "jsonPayload": { "message": text } },
    ])
}

#[test]
fn entries_without_a_secret_pass() {
    logs(prints(&entry("user 7 logged in with AKIAIOSFODNN7PUBLICK"))).expect("SEC-4", Pass, "none in 2 entries");
}

#[test]
fn a_known_secret_and_the_shape_of_one_are_found_with_the_time_of_their_entry() {
    let known = "secret.API_KEY in the entry of 2026-01-01T00:00:01Z";
    logs(prints(&entry("sent secret.API_KEY"))).expect("SEC-4", Fail, known);
    let shaped = "an access key of AWS (AKIA…, 20 characters) in the entry of 2026-01-01T00:00:01Z";
    logs(prints(&entry("key AKIAIOSFODNN7EXAMPLE"))).expect("SEC-4", Fail, shaped);
}

#[test]
fn what_nobody_could_read_passes_nothing() {
    logs(prints(&json!([]))).expect("SEC-4", Inconclusive, "no entry of the last 1h");
    logs(prints(&json!({}))).expect("SEC-4", Inconclusive, "its answer can't be read");
    logs(fails(Failure::PermissionDenied, "no logs for you")).expect("SEC-4", Inconclusive, "no logs for you");
    logs(denied_command()).expect("SEC-4", Inconclusive, "denied");
    logs(late_command()).expect("SEC-4", Inconclusive, "no answer within");
    let t = logs(prints(&entry("fine"))).secret("API_KEY", false);
    t.expect("SEC-4", Inconclusive, "API_KEY: it has no real value on this machine");
}

/// A page of a log: the second until which it is, and its entries as second and text.
type Page<'p> = (Option<&'p str>, &'p [(&'p str, &'p str)]);

/// Pages of a log whose entries are asked for two by two.
fn paged<'a>(pages: &[Page<'_>]) -> Test<'a> {
    let t = holdpoint::test(run).config(json!({ "services": ["netra-backend"], "limit": 2, "pages": 3 }));
    pages.iter().fold(t, |t, (until, entries)| {
        let mut filter =
            "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"netra-backend\"".to_owned();
        if let Some(second) = until {
            let until = format!("2025-12-31T23:30:{second}Z");
            filter.push_str(&format!(" AND timestamp>=\"2025-12-31T23:00:00Z\" AND timestamp<=\"{until}\""));
        }
        let entries = entries
            .iter()
            .map(|(second, text)| json!({ "timestamp": format!("2025-12-31T23:30:{second}Z"), "textPayload": text }));
        let command = Command::new("logging read").argument(filter).flag("freshness", "1h").flag("limit", "2");
        t.command(command, prints(&entries.collect()))
    })
}

#[test]
fn older_entries_are_read_until_there_are_no_more() {
    let key = "key AKIAIOSFODNN7EXAMPLE";
    let t = paged(&[
        (None, &[("09", "a"), ("08", "b")]),
        (Some("08"), &[("08", "b"), ("07", "c")]),
        (Some("07"), &[("07", "c")]),
    ]);
    t.expect("SEC-4", Pass, "none in 3 entries");
    assert_eq!(t.checks()[0].evidence.len(), 3, "{}", t.shown());
    let t = paged(&[(None, &[("09", "a"), ("08", "b")]), (Some("08"), &[("08", "b"), ("08", key)])]);
    t.expect("SEC-4", Fail, "an access key of AWS (AKIA…, 20 characters) in the entry of 2025-12-31T23:30:08Z");
    let t = paged(&[(None, &[("09", "a"), ("08", "b")]), (Some("08"), &[])]);
    t.expect("SEC-4", Pass, "none in 2 entries");
}

#[test]
fn a_log_that_goes_on_passes_nothing() {
    let newest: &[(&str, &str)] = &[("09", "a"), ("08", "b")];
    let t =
        paged(&[(None, newest), (Some("08"), &[("08", "b"), ("07", "c")]), (Some("07"), &[("07", "c"), ("06", "d")])]);
    t.expect("SEC-4", Inconclusive, "more than 4 entries of the last 1h; write a shorter freshness, more pages");
    let t = paged(&[(None, newest), (Some("08"), &[("08", "b"), ("08", "c")])]);
    t.expect("SEC-4", Inconclusive, "more entries of 2025-12-31T23:30:08Z than one page has; write a higher limit");
    let t = paged(&[(None, &[("09", "a"), ("08\" OR severity=\"ERROR", "b")])]);
    t.expect("SEC-4", Inconclusive, "the oldest entry has no time");
}

#[test]
fn a_mistake_in_the_configuration_names_the_field() {
    for (config, error) in [
        (json!({ "services": [] }), "config.services is empty"),
        (json!({ "services": vec!["a"; 51] }), "config.services has 51 entries, of at most 50"),
        (json!({ "services": ["a\" OR severity=\"x"] }), "a service's name has letters, digits and -"),
        (json!({ "services": ["a"], "freshness": "soon" }), "is no span of time"),
        (json!({ "services": ["a"], "freshness": "h" }), "is no span of time"),
        (json!({ "services": ["a"], "freshness": "65536h" }), "is no span of time"),
        (json!({ "services": ["a"], "limit": 5_001 }), "config.limit is 5001"),
        (json!({ "services": ["a"], "pages": 0 }), "config.pages is 0, and has to be 1 to 100"),
        (json!({ "services": ["a"], "pages": 101 }), "config.pages is 101"),
    ] {
        let t = holdpoint::test(run).config(config);
        let actual = t.returned().expect_err(error);
        assert!(actual.contains(error), "{actual}");
    }
}
