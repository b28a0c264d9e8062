//! Whom the host acts as: it takes its token from the operator's own gcloud, however that is logged in, and from nobody else.

use std::process::Command;
use std::time::Duration;

use holdpoint_e2e::gcp::{Gcp, InitialService, Login, Options, OwnGcloud, ServiceAccount, What, When, gcloud_is_here};
use holdpoint_e2e::process::{Live, until};
use holdpoint_e2e::{Outcome, Scene, guests, inline};
use serde_json::json;

const SERVICE: &str = "netra-backend-staging";
const DEPLOYER: &str = "deployer@netra-staging.iam.gserviceaccount.com";
const PERSON: &str = "person@example.com";

fn options() -> Options {
    Options { services: vec![InitialService::new(SERVICE, "pkg.dev/netra/first")], ..Options::default() }
}

/// A bundle that asks twice which services are deployed, the second time after the first.
fn scene(operator: &str) -> Scene {
    let scene = Scene::bare();
    let phase = |id: &str, needs: &str| {
        format!(
            "[[phase]]\nid = \"{id}\"\nmodule = \"verify-deployment\"\nneeds = [{needs}]\nrequirements = [\"P2.2\"]\n\
             map = {{ \"P2.2\" = \"{id}\" }}\nconfig = {{ services = [\"{SERVICE}\"] }}\ndeadline = \"3m\"\n\
             [phase.grants]\ngcloud = [{{ command = \"run services list\" }}]\n"
        )
    };
    let row = |id: &str| format!("[[row]]\nid = \"{id}\"\ntitle = \"row\"\nlevel = \"required\"\n");
    scene.write(
        "bundle/bundle.toml",
        &format!(
            "[bundle]\nname = \"scene\"\nversion = \"1.0.0\"\nchecklist = \"checklist.toml\"\n\
             [environments.test]\nproject = \"netra-staging\"\nregion = \"us-central1\"\n{}{}",
            phase("verify-deployment", ""),
            phase("again", "\"verify-deployment\"")
        ),
    );
    scene.write("bundle/checklist.toml", &(row("verify-deployment") + &row("again")));
    scene.write("holdpoint.toml", operator);
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

/// Starts a run as this operator does, with their environment and no other.
fn start(scene: &Scene, own: &OwnGcloud, more: &[(&str, &str)]) -> Live {
    let mut command = scene.command(&["run", "BUNDLE"]);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").envs(own.environment());
    command.envs(more.iter().copied());
    Live::start(&mut command)
}

fn run(scene: &Scene, own: &OwnGcloud) -> Outcome {
    start(scene, own, &[]).finish()
}

/// A key that nobody else has.
fn key() -> String {
    let made =
        Command::new("openssl").args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]).output();
    String::from_utf8(made.expect("openssl is installed").stdout).expect("a key is text")
}

/// As `gcloud auth login` leaves it behind, without a browser.
fn person(own: &OwnGcloud) {
    own.give(&["auth", "activate-refresh-token", PERSON, "1//refresh"]);
}

/// A project that knows a person, who is logged in, and a bundle that their gcloud serves.
fn with_person(options: Options) -> (Gcp, OwnGcloud, Scene) {
    let gcp = Gcp::starting(Options { refresh_tokens: people(), ..options });
    let own = gcp.own(&Login::Nobody);
    person(&own);
    let scene = scene(&own.operator(""));
    (gcp, own, scene)
}

fn people() -> Vec<(String, String)> {
    vec![("1//refresh".to_owned(), PERSON.to_owned())]
}

#[test]
fn a_person_who_is_logged_in() {
    if !gcloud_is_here() {
        return;
    }
    let (_gcp, own, scene) = with_person(options());
    run(&scene, &own).exits(0);
    // One that is named is taken, and one that is not logged in is told.
    let named = own.operator(&format!("account = \"{PERSON}\""));
    let rewrite = |operator: &str| {
        scene.write("holdpoint.toml", operator);
        scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    };
    rewrite(&named);
    run(&scene, &own).exits(0);
    rewrite(&own.operator("account = \"stranger@example.com\""));
    run(&scene, &own).exits(3);
    assert!(scene.wrong()[0].contains("is not logged in; see `gcloud auth list`"), "{:?}", scene.wrong());
}

#[test]
fn a_service_account_with_its_key() {
    if !gcloud_is_here() {
        return;
    }
    let account = ServiceAccount::with_key(DEPLOYER, &key()).expect("the key can be read");
    let file = account.key_file("netra-staging").expect("it has a key").to_string();
    let gcp = Gcp::starting(Options { accounts: vec![account], ..options() });
    let own = gcp.own(&Login::Nobody);
    let path = own.folder().join("key.json");
    std::fs::write(&path, file).expect("a file can be written");
    own.give(&["auth", "activate-service-account", &format!("--key-file={}", path.display())]);
    let scene = scene(&own.operator(""));
    run(&scene, &own).exits(0);
}

/// A pipeline that another identity provider vouches for, as its file says.
fn federation(own: &OwnGcloud) -> String {
    let (subject, file) = (own.folder().join("subject"), own.folder().join("federation.json"));
    std::fs::write(&subject, "token-of-a-pipeline").expect("a file can be written");
    let federation = json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/ci",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "service_account_impersonation_url":
            format!("https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{DEPLOYER}:generateAccessToken"),
        "credential_source": { "file": subject },
    });
    std::fs::write(&file, federation.to_string()).expect("a file can be written");
    file.display().to_string()
}

#[test]
fn a_pipeline_that_another_identity_provider_vouches_for() {
    if !gcloud_is_here() {
        return;
    }
    let subject_tokens = vec![("token-of-a-pipeline".to_owned(), "pipeline".to_owned())];
    let gcp = Gcp::starting(Options { subject_tokens, ..options() });
    let own = gcp.own(&Login::Nobody);
    let file = federation(&own);
    let scene = scene(&own.operator(""));
    // As actions of pipelines leave it: nobody is logged in, and a variable names the file.
    start(&scene, &own, &[("CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE", &file)]).finish().exits(0);
    own.give(&["auth", "login", &format!("--cred-file={file}")]);
    run(&scene, &own).exits(0);
}

#[test]
fn a_machine_of_the_cloud_with_an_account_of_its_own() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::starting(options());
    let own = gcp.own(&Login::Machine);
    let scene = scene(&own.operator(""));
    run(&scene, &own).exits(0);
    assert!(gcp.requests().iter().any(|seen| seen.path.ends_with("/token")), "the machine was asked for a token");
}

#[test]
fn a_token_that_soon_ends_is_renewed_for_the_next_command() {
    if !gcloud_is_here() {
        return;
    }
    let (_gcp, own, scene) = with_person(Options { token_lifetime: 60, ..options() });
    run(&scene, &own).exits(0);
}

/// Lets all tokens end once services have been listed for the first time.
fn outlive_tokens(gcp: &Gcp, scene: &Scene, own: &OwnGcloud) -> Outcome {
    gcp.fault("GET", "*/services", When::First(1), What::SlowAnswer(Duration::from_secs(2)));
    let live = start(scene, own, &[]);
    until("services are listed", || gcp.requests().iter().any(|seen| seen.path.ends_with("/services")));
    gcp.advance(Duration::from_secs(2 * 86_400));
    live.finish()
}

#[test]
fn a_token_that_ends_in_mid_run_before_its_time_is_renewed() {
    if !gcloud_is_here() {
        return;
    }
    let (gcp, own, scene) = with_person(options());
    outlive_tokens(&gcp, &scene, &own).exits(0);
    let refused = gcp.requests().iter().filter(|seen| seen.status == Some(401)).count();
    assert!(refused > 0, "a token had ended: {:#?}", gcp.requests());
}

#[test]
fn a_token_in_a_file_that_nobody_renews_judges_nothing_once_it_has_ended() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::starting(options());
    let own = gcp.own(&Login::Nobody);
    let file = own.folder().join("token-of-the-job");
    std::fs::write(&file, gcp.token(Duration::from_secs(86_400))).expect("a file can be written");
    let scene = scene(&own.operator(&format!("token-file = \"{}\"", file.display())));
    outlive_tokens(&gcp, &scene, &own).exits(3);
    let found = scene.wrong();
    let words = format!("the token in {} is not taken; it has ended or was taken away", file.display());
    assert!(found.len() == 1 && found[0].starts_with("inconclusive: unauthenticated"), "{found:?}");
    assert!(found[0].contains(&words) && found[0].contains("has to renew it"), "{found:?}");
    let report = scene.run(&["report", "--format", "json"]).json();
    assert_eq!(report["rows"]["verify-deployment"]["verdict"], "pass", "{report:#}");
}

#[test]
fn a_log_in_that_was_taken_away_says_what_to_do() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::starting(options());
    let own = gcp.own(&Login::Nobody);
    let known = Gcp::starting(Options { refresh_tokens: people(), ..options() });
    let theirs = known.own(&Login::Nobody);
    person(&theirs);
    // The log-in is that of a project where the person is known; here nobody knows them.
    let scene = scene(&own.operator(""));
    start(&scene, &theirs, &[]).finish().exits(3);
    let found = scene.wrong();
    assert!(found[0].starts_with("inconclusive: "), "{found:?}");
    assert!(found[0].contains("log in again with `gcloud auth login`"), "{found:?}");
}

#[test]
fn nobody() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::starting(options());
    let own = gcp.own(&Login::Nobody);
    let scene = scene(&own.operator(""));
    run(&scene, &own).exits(3);
    let found = scene.wrong();
    assert!(found.iter().all(|one| one.starts_with("inconclusive: ")), "{found:?}");
    assert!(found[0].contains("gcloud auth login") && found[0].contains("active account"), "{found:?}");
    assert_eq!(gcp.requests().len(), 0, "nobody was asked anything");
}

/// A bundle that asks whom gcloud acts as, and may see the project.
fn asking(operator: &str, config: &serde_json::Value) -> Scene {
    assert!(guests().join("identity.wasm").is_file(), "the phase is not built");
    let scene = Scene::bare();
    let grants = "{ command = \"identity\" }, { command = \"projects describe\", arguments = [\"netra-staging\"] }";
    scene.write(
        "bundle/bundle.toml",
        &format!(
            "[bundle]\nname = \"scene\"\nversion = \"1.0.0\"\nchecklist = \"checklist.toml\"\n\
             [environments.test]\nproject = \"netra-staging\"\nregion = \"us-central1\"\n\
             [[phase]]\nid = \"identity\"\nmodule = \"identity\"\nrequirements = [\"PRE-1.identity\", \"PRE-1.project\"]\n\
             deadline = \"3m\"\nconfig = {}\n[phase.grants]\ngcloud = [{grants}]\n",
            inline(config)
        ),
    );
    let row = |id: &str| format!("[[row]]\nid = \"{id}\"\ntitle = \"row\"\nlevel = \"required\"\n");
    scene.write("bundle/checklist.toml", &(row("PRE-1.identity") + &row("PRE-1.project")));
    scene.write("holdpoint.toml", operator);
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

fn wanting(kind: &str) -> serde_json::Value {
    json!({ "project": "netra-staging", "lasts": "5m", "kinds": [kind] })
}

#[test]
fn whom_gcloud_acts_as_is_told_however_it_is_logged_in_and_replays() {
    if !gcloud_is_here() {
        return;
    }
    let account = ServiceAccount::with_key(DEPLOYER, &key()).expect("the key can be read");
    let file = account.key_file("netra-staging").expect("it has a key").to_string();
    let subject_tokens = vec![("token-of-a-pipeline".to_owned(), "pipeline".to_owned())];
    let gcp = Gcp::starting(Options { accounts: vec![account], refresh_tokens: people(), subject_tokens, ..options() });
    let by_key = gcp.own(&Login::Nobody);
    let path = by_key.folder().join("key.json");
    std::fs::write(&path, file).expect("a file can be written");
    by_key.give(&["auth", "activate-service-account", &format!("--key-file={}", path.display())]);
    let by_person = gcp.own(&Login::Nobody);
    person(&by_person);
    let by_pipeline = gcp.own(&Login::Nobody);
    let pipeline = federation(&by_pipeline);
    let by_machine = gcp.own(&Login::Machine);
    let file = [("CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE", pipeline.as_str())];
    for (own, more, kind, principal) in [
        (&by_key, &[][..], "service-account", DEPLOYER),
        (&by_person, &[], "user", PERSON),
        (&by_pipeline, &file, "workload-identity", DEPLOYER),
        (&by_machine, &[], "metadata", DEPLOYER),
    ] {
        let scene = asking(&own.operator(""), &wanting(kind));
        start(&scene, own, more).finish().exits(0);
        assert_eq!(scene.wrong(), Vec::<String>::new(), "{kind}");
        let report = scene.run(&["report", "--format", "json"]).exits(0).stdout;
        assert!(report.contains(&format!("{principal} ({kind})")), "{report}");
        let journal = std::fs::read(scene.journal()).expect("the journal can be read");
        for secret in [&b"ya29."[..], b"1//refresh", b"BEGIN PRIVATE KEY", b"token-of-a-pipeline"] {
            assert!(!journal.windows(secret.len()).any(|bytes| bytes == secret), "{kind}: a secret is in the journal");
        }
        scene.run(&["replay", "last"]).exits(0);
    }
    assert!(gcp.requests().iter().any(|seen| seen.path == "/v1/projects/netra-staging" && seen.status == Some(200)));
    let scene = asking(&by_person.operator(""), &wanting("service-account"));
    run(&scene, &by_person).exits(1);
    assert_eq!(scene.wrong(), ["fail: user"]);
}

#[test]
fn nobody_and_who_soon_ends_fail_the_row_of_the_identity() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::starting(options());
    let own = gcp.own(&Login::Nobody);
    let scene = asking(&own.operator(""), &wanting("user"));
    run(&scene, &own).exits(1);
    let found = scene.wrong();
    assert!(found[0].starts_with("fail: ") && found[0].contains("log in with `gcloud auth login`"), "{found:?}");
    assert_eq!(found[1], "inconclusive: without an identity nothing is known of it");

    let (_gcp, own, _) = with_person(Options { token_lifetime: 60, ..options() });
    let scene = asking(&own.operator(""), &wanting("user"));
    run(&scene, &own).exits(1);
    let found = scene.wrong();
    assert!(found.len() == 1 && found[0].starts_with("fail: for ") && found[0].ends_with(" s"), "{found:?}");
}

#[test]
fn a_token_in_a_file_is_nobody_s_and_has_no_end_that_is_known() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::starting(options());
    let scene = asking(&gcp.operator(), &json!({ "project": "netra-staging" }));
    scene.run(&["run", "BUNDLE"]).exits(0);
    let scene = asking(&gcp.operator(), &wanting("user"));
    scene.run(&["run", "BUNDLE"]).exits(3);
    let found = scene.wrong();
    assert_eq!(found, ["inconclusive: token: nobody tells what it is", "inconclusive: nobody tells when a token ends"]);
}

#[test]
fn another_project_and_one_that_is_not_shown_fail_the_row_of_the_project() {
    if !gcloud_is_here() {
        return;
    }
    let (gcp, own, _) = with_person(options());
    // Their configuration says it, and no variable.
    let operator = own.operator("");
    let operator: Vec<&str> = operator.lines().filter(|line| !line.starts_with("CLOUDSDK_CORE_PROJECT")).collect();
    let scene = asking(&operator.join("\n"), &wanting("user"));
    own.give(&["config", "set", "project", "netra-production"]);
    run(&scene, &own).exits(1);
    assert_eq!(scene.wrong(), ["fail: netra-production"]);
    own.give(&["config", "set", "project", "netra-staging"]);
    run(&scene, &own).exits(0);
    let api = "cloudresourcemanager.googleapis.com";
    for (status, words) in [(403, "permission denied for "), (404, "not found for ")] {
        gcp.fault_on(api, "GET", "*", When::Always, What::Refuse(status, "The caller may not see it".to_owned()));
        run(&scene, &own).exits(1);
        let found = scene.wrong();
        assert!(found.len() == 1 && found[0].starts_with(&format!("fail: {words}")), "{found:?}");
        gcp.clear_faults();
    }
    gcp.fault_on(api, "GET", "*", When::Always, What::Refuse(503, "later".to_owned()));
    run(&scene, &own).exits(3);
    let found = scene.wrong();
    assert!(found.len() == 1 && found[0].starts_with("inconclusive: unavailable"), "{found:?}");
}
