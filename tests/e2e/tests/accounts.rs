//! Virtual users who are test accounts: a phase logs them in at the double, and each user has a session of its own.

use holdpoint_e2e::{
    Outcome, Scene, logic,
    process::until,
    staging::{Adjustment, Fault, LeakForm, Staging},
};

/// What is tried.
const MODULE: &str = "accounts.wasm";
const ACTING: u32 = 6;

/// A bundle whose first phase logs in as its configuration says, and whose second has users act for so long.
fn scene(staging: &Staging, accounts: &str, during: &str) -> Scene {
    let module = MODULE.trim_end_matches(".wasm");
    let tables = format!(
        r#"[[user]]
id = "agent-user"
module = "agent-user"
identities = {{ login = "accounts" }}
[user.grants]
http = [{{ services = ["backend"], methods = ["POST", "DELETE"], paths = ["/api/agents"] }}]
[[phase]]
id = "accounts"
module = "{module}"
requirements = ["P3.1"]
config = {{ session = "netra_session", {accounts} }}
[phase.grants]
http = [
    {{ services = ["auth"], methods = ["GET"], paths = ["/auth/test", "/auth/callback"] }},
    {{ services = ["issuer"], methods = ["GET"], paths = ["/authorize"] }},
]
[[phase]]
id = "isolation"
module = "request-isolation"
needs = ["accounts"]
requirements = ["P3.2.success", "P3.2.isolation"]
[phase.config]
user = "agent-user"
users = {ACTING}
at-once = 2
pace = "1s"
ramp = "500ms"
during = "{during}"
tell = {{ think = "200ms" }}
[phase.grants]
http = [{{ services = ["backend"], methods = ["GET"], paths = ["/metrics"] }}]
load = {{ max-users = 20, max-rate = 200, max-duration = "1m", max-requests = 20000, users = ["agent-user"] }}
"#
    );
    logic::scene_of(&staging.backend(), staging, &tables, &["P3.1", "P3.2.success", "P3.2.isolation"])
}

fn run(scene: &Scene, exit: i32) -> Outcome {
    scene.run(&["run", "BUNDLE", "--output", "json"]).exits(exit)
}

/// What the row of a load came to, in words.
fn told(scene: &Scene, row: &str) -> String {
    let report = scene.run(&["report", "--format", "json"]).json();
    report["rows"][row]["observed"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn each_user_acts_as_an_account_that_a_phase_has_logged_in() {
    let staging = Staging::start();
    let scene = scene(&staging, &format!("accounts = {ACTING}"), "3s");
    run(&scene, 0);
    let expected: Vec<String> = std::iter::once("tester@netra-staging.example".to_owned())
        .chain((2..=ACTING).map(|n| format!("tester-{n}@netra-staging.example")))
        .collect();
    let mut served: Vec<String> = staging.served_users().into_keys().collect();
    served.sort();
    let mut wanted = expected;
    wanted.sort();
    assert_eq!(served, wanted);
    // What stands in the run are placeholders.
    let journal = std::fs::read(scene.journal()).unwrap();
    let passed_on = journal.windows(24).filter(|window| window.starts_with(b"\"hp-session.accounts.")).count();
    assert!(passed_on >= ACTING as usize, "{passed_on}");
    let requests = staging.requests();
    scene.run(&["replay", "last"]).exits(0);
    assert_eq!(staging.requests(), requests);

    let by = Adjustment { one_in: Some(10), form: Some(LeakForm::Plain), ..Adjustment::default() };
    staging.switch(Fault::named("leak").unwrap().settle(1).adjusted(by).unwrap());
    run(&scene, 1);
    assert!(told(&scene, "P3.2.isolation").contains(" leaks in "), "{}", told(&scene, "P3.2.isolation"));
}

#[test]
fn fewer_accounts_than_users_are_refused_and_so_is_a_token_that_nobody_handed_out() {
    let staging = Staging::start();
    for (accounts, why) in [
        (format!("accounts = {}", ACTING - 1), format!("{ACTING} users and {} identities", ACTING - 1)),
        (
            format!("accounts = {ACTING}, forged = [\"a-token-of-my-own\"]"),
            "identity 1 of phase `accounts` is no token that a server has handed to it".to_owned(),
        ),
    ] {
        let scene = scene(&staging, &accounts, "3s");
        run(&scene, 3);
        let report = scene.run(&["report", "--format", "json"]).stdout;
        assert!(report.contains(&why), "{why}: {report}");
    }
    assert_eq!(staging.served_users().len(), 0, "nobody has acted");
}

#[test]
fn a_host_that_goes_on_with_a_load_has_the_same_accounts() {
    let staging = Staging::start();
    let scene = scene(&staging, &format!("accounts = {ACTING}"), "6s");
    let first = scene.start(&["run", "BUNDLE", "--output", "json"]);
    until("users have acted", || staging.served_users().values().sum::<u64>() > 30);
    drop(first);
    scene.run(&["resume", "last", "--output", "json"]).exits(0);
    assert_eq!(staging.served_users().len(), ACTING as usize, "nobody had to log in again");
}
