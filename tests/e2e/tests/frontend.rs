//! What the phase `frontend` says of the double's page, which a real browser opens: a page that is well, and one that goes wrong in each way.

use std::net::TcpListener;
use std::time::Duration;

use holdpoint_e2e::browser;
use holdpoint_e2e::logic::{Told, checks, expect, failed};
use holdpoint_e2e::staging::{Change, Service, Staging};
use holdpoint_staging_double::{Options, PageFault, PagePart, Thrown};

/// One load, with more time than a busy machine needs.
const ONCE: &str = "times = 1\nwithin = \"20s\"\nshows = [\"Netra\", \"Log in\", \"The system is healthy.\"]";

fn page(staging: &Staging) -> String {
    format!("{}/", staging.url(Service::Frontend))
}

/// Panics unless this check of the page has this verdict, and this was seen.
#[track_caller]
fn expect_of(url: &str, found: &[Told], check: &str, verdict: &str, seen: &str) {
    expect(found, &format!("{url} {check}"), verdict, seen);
}

#[test]
fn a_real_browser_opens_a_page_that_is_well_and_a_replay_needs_none() {
    let staging = Staging::start();
    let url = page(&staging);
    let scene = browser::scene(&url, &ONCE.replace("times = 1", "times = 2"), "");
    let found = checks(&scene, 0);
    expect_of(&url, &found, "loads", "pass", " ms (");
    expect_of(&url, &found, "has all that it asks for", "pass", "none of 8 fails");
    expect_of(&url, &found, "throws nothing", "pass", "none");
    expect_of(&url, &found, "shows what it should", "pass", "Netra Log in The system is healthy.");

    let report = scene.run(&["report", "--format", "json"]).json();
    let attached = &report["phases"][0]["attachments"][0];
    assert_eq!(attached["name"], "frontend.png");
    assert_eq!(attached["media_type"], "image/png");
    let load = report["measures"].as_array().and_then(|all| all.iter().find(|one| one["name"] == "frontend load"));
    assert!(load.and_then(|load| load["value"].as_f64()).is_some_and(|took| took > 1.0), "{load:?}");

    // Whoever wants to see it gets it, once.
    let events = scene.run(&["show", "last", "frontend"]).exits(0).stdout;
    let line = events.lines().find(|line| line.contains("frontend.png")).expect("it is among the events");
    let position = line.split_whitespace().next().expect("a position");
    scene.run(&["show", "last", position, "--to", "page.png"]).exits(0);
    let picture = std::fs::read(scene.path().join("page.png")).expect("it was written");
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_eq!(picture[16..24], [1_280_u32.to_be_bytes(), 800_u32.to_be_bytes()].concat());
    for refused in [[position, "page.png"], ["frontend", "other.png"], ["1", "other.png"]] {
        let [item, file] = refused;
        assert_ne!(scene.run(&["show", "last", item, "--to", file]).code, Some(0), "{refused:?}");
    }
    assert!(!scene.path().join("other.png").exists());

    // What replays has neither the page nor the browser.
    staging.stop();
    std::fs::remove_dir_all(scene.path().join("bundle")).expect("the bundle can be taken away");
    scene.write("holdpoint.toml", "");
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn a_real_browser_sees_what_is_wrong_with_a_page_and_nothing_else() {
    let staging = Staging::start();
    let url = page(&staging);
    let scene = browser::scene(&url, ONCE, "");
    let (requests, errors, shows) = ("has all that it asks for", "throws nothing", "shows what it should");
    for (fault, wrong, seen) in [
        (PageFault::Missing(PagePart::Style), &[requests][..], "/app.css is answered with 404"),
        (PageFault::Missing(PagePart::Script), &[requests, shows][..], "/app.js is answered with 404"),
        (PageFault::Throws(Thrown::Error), &[errors][..], "Uncaught TypeError"),
        (PageFault::Throws(Thrown::Rejection), &[errors][..], "Uncaught (in promise) Error: nobody is logged in"),
        (PageFault::Empty, &[shows][..], "no text"),
    ] {
        staging.clear();
        staging.change(Service::Frontend, Change::Page(fault));
        let found = checks(&scene, 1);
        let names: Vec<String> = wrong.iter().map(|check| format!("{url} {check}")).collect();
        assert_eq!(failed(&found), names, "{fault:?}");
        expect_of(&url, &found, wrong[0], "fail", seen);
    }
    staging.stop();
}

#[test]
fn a_real_browser_measures_a_page_that_is_slow() {
    let staging = Staging::start();
    let url = page(&staging);
    let scene = browser::scene(&url, &ONCE.replace("20s", "3s"), "");
    for part in [PagePart::Document, PagePart::Style, PagePart::Script] {
        staging.clear();
        staging.change(Service::Frontend, Change::Page(PageFault::Late { part, delay: Duration::from_secs(4) }));
        let found = checks(&scene, 1);
        assert_eq!(failed(&found), [format!("{url} loads")], "{part:?}");
        let (_, _, seen) = found.iter().find(|(name, ..)| name.ends_with(" loads")).expect("there is one");
        let took: u32 = seen.split(' ').next().and_then(|number| number.parse().ok()).expect("a time");
        assert!((4_000..30_000).contains(&took), "{seen}");
    }
    staging.stop();
}

#[test]
fn a_real_browser_that_gets_no_page_says_why() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", closed.local_addr().expect("it is bound"));
    drop(closed);
    let found = checks(&browser::scene(&url, ONCE, ""), 1);
    expect_of(&url, &found, "loads", "fail", "load 1: Page load failed: net::ERR_CONNECTION_REFUSED");
    assert_eq!(found.len(), 1, "{found:#?}");

    let staging = Staging::start();
    let url = page(&staging);
    staging.change(Service::Frontend, Change::Unavailable);
    let found = checks(&browser::scene(&url, ONCE, ""), 1);
    expect_of(&url, &found, "loads", "fail", "load 1: its document is answered with 503");
    let late = |part| Change::Page(PageFault::Late { part, delay: Duration::from_secs(60) });
    for part in [PagePart::Document, PagePart::Style] {
        staging.clear();
        staging.change(Service::Frontend, late(part));
        let found = checks(&browser::scene(&url, ONCE, "--timeout=3000"), 1);
        expect_of(&url, &found, "loads", "fail", "load 1: Page load timed out.");
    }
    staging.stop();
}

#[test]
fn a_real_browser_trusts_the_key_that_it_was_told_and_no_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let staging = Staging::with(Options { tls: Some(folder.path().to_owned()), ..Options::default() });
    let url = page(&staging);
    let host = Service::Frontend.host();
    let place = staging.address(Service::Frontend);
    // Nothing else is there for this browser.
    let leads = format!("--host-resolver-rules=\"MAP {host} {place}, MAP * ~NOTFOUND\"");
    let found = checks(&browser::scene(&url, ONCE, &leads), 1);
    expect_of(&url, &found, "loads", "fail", "net::ERR_CERT_AUTHORITY_INVALID");
    let key = staging.key_hash().expect("there is a certificate");
    let trusts = format!("{leads} --ignore-certificate-errors-spki-list={key}");
    let found = checks(&browser::scene(&url, ONCE, &trusts), 0);
    expect_of(&url, &found, "has all that it asks for", "pass", "none of 4 fails");
    staging.stop();
}

#[test]
fn a_browser_that_can_not_be_started_judges_nothing() {
    let scene = browser::scene("http://127.0.0.1:9/", ONCE, "");
    scene.edit("holdpoint.toml", |text| text.replace("/bin/sh", "/nowhere/sh"));
    let found = checks(&scene, 3);
    expect_of("http://127.0.0.1:9/", &found, "loads", "inconclusive", "/nowhere/sh");
    scene.edit("holdpoint.toml", |text| {
        text.replace("/nowhere/sh", "/bin/sh").replace("chromium-headless-shell", "nothing-of-that-name")
    });
    let found = checks(&scene, 3);
    expect_of("http://127.0.0.1:9/", &found, "loads", "inconclusive", "exit code 127: ");
}
