//! The shipped bundle's phases about keys and logins, through the host that ships, against the double.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use holdpoint_e2e::{
    Outcome, Scene, guests,
    process::Live,
    staging::{Change, Staging},
};
use holdpoint_staging_double::{LogoutLeaves, NoState, Options, Service, StateAccepted};
use serde_json::Value;

struct Shipped {
    staging: Staging,
    scene: Scene,
    /// The files under judgement.
    _files: tempfile::TempDir,
}

/// The shipped bundle against a healthy double, without what starts with one of `left_out`.
fn shipped(left_out: &[&str]) -> Shipped {
    for module in ["prerequisites.wasm", "auth-flow.wasm"] {
        assert!(guests().join(module).is_file(), "{module} is not built");
    }
    let files = tempfile::tempdir().unwrap();
    let staging = Staging::with(Options { files: Some(files.path().to_owned()), ..Options::default() });
    let pairs = staging.services();
    let kept = pairs.chunks(2).filter(|pair| !left_out.iter().any(|start| pair[1].starts_with(start)));
    let mut choices: Vec<String> = kept.flatten().cloned().collect();
    for input in ["config", "source"] {
        choices.extend(["--set".into(), format!("{input}={}", files.path().join(input).display())]);
    }
    Shipped { staging, scene: Scene::shipped(choices), _files: files }
}

impl Shipped {
    fn run(&self) -> Outcome {
        self.scene.run(&["run", "BUNDLE", "--output", "json"])
    }

    /// Verdict, expectation and observation of a row of the newest run.
    fn row(&self, id: &str) -> [String; 3] {
        let report: Value = self.scene.run(&["report", "--format", "json"]).exits(0).json();
        ["verdict", "expected", "observed"].map(|part| report["rows"][id][part].as_str().unwrap().to_owned())
    }
}

#[test]
fn prerequisites_pass_with_every_variable_and_name_the_one_that_is_not_there() {
    let shipped = shipped(&[]);
    shipped.run().exits(7);
    assert_eq!(shipped.row("PRE-2.client-id"), ["pass", "a real value for GOOGLE_STAGING_CLIENT_ID", "set"]);
    for (value, seen) in [
        (None, "no value"),
        (Some("  "), "no value"),
        (Some("your-gemini-api-key"), "a text of 19 bytes that only stands"),
    ] {
        let mut command = shipped.scene.command(&["run", "BUNDLE", "--output", "json"]);
        match value {
            Some(value) => command.env("GEMINI_API_KEY", value),
            None => command.env_remove("GEMINI_API_KEY"),
        };
        let outcome = Live::start(&mut command).finish().exits(1);
        assert_eq!((outcome.row("PRE-2.openai"), outcome.row("P3.1")), ("pass".into(), "not-exercised".into()));
        let [verdict, expected, observed] = shipped.row("PRE-2.gemini");
        assert_eq!((verdict.as_str(), expected.as_str()), ("fail", "a real value for GEMINI_API_KEY"));
        assert!(observed.starts_with(seen), "{observed}");
    }
}

#[test]
fn auth_flow_passes_a_login_and_is_replayed_without_a_server() {
    let shipped = shipped(&[]);
    shipped.run().exits(7);
    assert_eq!(shipped.row("P3.3")[..2], ["pass", "302 with a location"]);
    assert_eq!(shipped.row("CRIT-4")[0], "pass");
    let requests = shipped.staging.requests();
    shipped.scene.run(&["replay"]).exits(0);
    assert_eq!(shipped.staging.requests(), requests);
}

#[test]
fn auth_flow_never_shows_a_session_to_its_phase_or_its_journal() {
    let shipped = shipped(&[]);
    shipped.run().exits(7);
    let shown = shipped.scene.run(&["show", "last", "auth-flow"]).exits(0).stdout;
    let line = shown.lines().find(|line| line.contains("GET auth /auth/callback?")).unwrap();
    let number = line.split_whitespace().skip_while(|word| *word != "auth-flow").nth(1).unwrap();
    let call = shipped.scene.run(&["show", "last", &format!("auth-flow/{number}")]).exits(0).stdout;
    assert!(line.contains("effect"), "{line}");
    assert!(call.contains("netra_login=hp-session.auth-flow."), "{call}");
    assert!(call.contains("netra_session=hp-session.auth-flow."), "{call}");
}

#[test]
fn auth_flow_says_what_is_wrong_with_a_login() {
    let shipped = shipped(&[]);
    for (change, row, expected, observed) in [
        (
            Change::WrongHost("accounts-google.example"),
            "P3.3",
            "https://accounts.google.com/",
            "https://accounts-google.example/",
        ),
        (Change::NoState(NoState::Constant("netra")), "P3.3", "another state", "the same state for two logins: netra"),
        (
            Change::StateAccepted(StateAccepted::OfAnotherBrowser),
            "CRIT-4",
            "no session",
            "the callback answers 302, and the session 200",
        ),
        (Change::LogoutLeaves(LogoutLeaves::SaysSo), "CRIT-4", "401 or 403", "200"),
    ] {
        shipped.staging.change(Service::Auth, change.clone());
        shipped.run().exits(1);
        let [verdict, wanted, seen] = shipped.row(row);
        assert_eq!(verdict, "fail", "{change:?}");
        assert!(wanted.starts_with(expected) && seen.starts_with(observed), "{change:?}: {wanted} {seen}");
        shipped.staging.clear();
    }
}

#[test]
fn auth_flow_without_a_test_issuer_drives_no_login_and_is_no_release() {
    let shipped = shipped(&["issuer="]);
    let outcome = shipped.run().exits(7);
    assert_eq!((outcome.row("P3.3"), outcome.row("CRIT-4")), ("pass".into(), "not-exercised".into()));
    assert!(shipped.row("CRIT-4")[2].starts_with("no test issuer is given"), "{:?}", shipped.row("CRIT-4"));
}
