//! Whom commands act as: what is told of that, and where their token comes from.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use holdpoint_cap_gcloud::{Failure, Gcloud, GcloudBackend, Identity, IdentityKind};
use holdpoint_gate::{Capability as _, Guest, Limits};
use holdpoint_model::grant::{GcloudGrant, Grants};
use holdpoint_model::{CallError, Timestamp};
use holdpoint_testkit::{Forgetful, SimulatedClock};

use super::machine::{Machine, Open, grants, list, phase};

fn identity(machine: &Machine) -> Result<Identity, String> {
    let told = machine.acts(Identity::asked()).map_err(|error| format!("{error:?}"))?;
    assert!(!String::from_utf8_lossy(told.stdout.bytes()).contains("ya29"), "a token is told");
    Identity::read(&told)
}

/// Stands for the operator's gcloud: how it is logged in, and of what kind that is.
fn logged_in(properties: &str, expiry: &str, kind: &str) -> Machine {
    let mut machine = Machine::with(&format!(
        "echo \"$@\" >> $FOLDER/log; env > $FOLDER/own\ncase \"$1\" in\n\
         config) echo '{{\"credential\":{{\"access_token\":\"ya29.from-the-helper\",\"token_expiry\":{expiry}}},\
         \"configuration\":{{\"properties\":{properties}}}}}';;\n\
         auth) echo '{{\"type\":\"{kind}\"}}';;\n*) echo '[]';; esac"
    ));
    machine.token_file = None;
    machine
}

#[test]
fn whom_commands_act_as_is_told_without_their_token() {
    let core = r#"{"core":{"account":"deployer@netra.iam.gserviceaccount.com","project":"other-project"}}"#;
    let machine = logged_in(core, "\"2099-01-01T00:00:00Z\"", "service_account");
    let told = identity(&machine).unwrap();
    assert_eq!(
        told,
        Identity {
            principal: Some("deployer@netra.iam.gserviceaccount.com".into()),
            kind: IdentityKind::ServiceAccount,
            ends: Some(4_070_908_800_000.0),
            project: "netra-staging".into(),
            region: Some("us-central1".into()),
            own_project: Some("other-project".into()),
        }
    );
    let log = machine.file("log");
    assert!(
        log.ends_with("auth describe deployer@netra.iam.gserviceaccount.com --format=json(type) --quiet\n"),
        "no more than the kind is asked for: {log}"
    );
    assert!(machine.file("own").contains("HOME=/operator"), "the operator's own log-in is asked");
}

#[test]
fn what_nobody_tells_of_an_identity_is_not_made_up() {
    let nobody = logged_in("{}", "null", "authorized_user");
    let told = identity(&nobody).unwrap();
    assert_eq!((told.principal, told.kind, told.ends), (None, IdentityKind::Other, None));
    let file = identity(&Machine::with("touch $FOLDER/started")).unwrap();
    assert_eq!((file.principal, file.kind, file.ends), (None, IdentityKind::Token, None));
    let pipeline = logged_in(r#"{"auth":{"credential_file_override":"/nonexistent/file.json"}}"#, "null", "");
    assert!(identity(&pipeline).unwrap_err().contains("/nonexistent/file.json"));
}

#[test]
fn an_identity_needs_a_grant_and_takes_nothing() {
    let machine = Machine::with("touch $FOLDER/started");
    let none = Grants { gcloud: grants().gcloud.map(|gcloud| GcloudGrant { commands: vec![], ..gcloud }), ..grants() };
    let denial = Gcloud::authorize(&none, &Identity::asked()).unwrap_err();
    assert!(denial.remedy.contains("{ command = \"identity\" }"), "{denial:?}");
    for more in [Identity::asked().argument("netra-x"), Identity::asked().switch("all")] {
        assert!(matches!(machine.acts(more), Err(CallError::Denied(_))));
    }
    assert!(!machine.folder.path().join("started").exists());
}

#[test]
fn a_token_comes_from_the_operator_s_own_gcloud_and_is_asked_for_once() {
    let mut machine = Machine::with(
        "case \"$1\" in config) echo asked >> $FOLDER/log; env > $FOLDER/own\n\
         echo '{\"credential\":{\"access_token\":\"ya29.from-the-helper\",\"token_expiry\":\"2099-01-01T00:00:00Z\"}}';;\n\
         *) cat $CLOUDSDK_AUTH_ACCESS_TOKEN_FILE > $FOLDER/token-seen; echo '[]';; esac",
    );
    machine.token_file = None;
    let clock = Arc::new(SimulatedClock::at(1_800_000_000_000));
    let backend = Arc::new(GcloudBackend::new(machine.config(), grants(), Arc::new(Open), clock));
    let mut guest = Guest::new(Forgetful::acting().gate(), phase(), Timestamp(0.0), Limits::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answers =
        runtime.block_on(guest.call_all::<Gcloud, _>(&backend, &grants(), vec![list(), list(), list()], 3)).unwrap();
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(machine.file("log"), "asked\n");
    assert_eq!(machine.file("token-seen"), "ya29.from-the-helper");
    assert!(machine.file("own").contains("HOME=/operator"), "the operator's own log-in is there");
}

/// Stands for a platform that takes one token alone, and counts what it was asked.
const TAKES_RENEWED: &str = "if [ \"$1\" = config ]; then
  echo $3 >> $FOLDER/asked
  case \"$*\" in *--force-auth-refresh*) token=ya29.renewed ;; *) token=ya29.ended-early ;; esac
  echo '{\"credential\": {\"access_token\": \"'$token'\", \"token_expiry\": \"2100-01-01T00:00:00Z\"}}'
  exit
fi
echo x >> $FOLDER/given
grep -q renewed \"$CLOUDSDK_AUTH_ACCESS_TOKEN_FILE\" && echo '[]' && exit
echo 'ERROR: (gcloud.run.services.list) UNAUTHENTICATED: Request had invalid authentication credentials.' >&2
exit 1";

#[test]
fn a_token_that_ends_before_its_time_is_renewed_once() {
    let mut machine = Machine::with(TAKES_RENEWED);
    machine.token_file = None;
    assert_eq!(machine.acts(list()).unwrap().failure, None);
    assert_eq!(
        (machine.file("asked"), machine.file("given")),
        ("--min-expiry=10m\n--force-auth-refresh\n".into(), "x\nx\n".into())
    );
}

#[test]
fn a_token_in_a_file_that_is_not_taken_says_who_has_to_renew_it() {
    let machine = Machine::with(TAKES_RENEWED);
    let ended = machine.acts(list()).unwrap();
    assert_eq!((ended.failure, machine.file("given").as_str()), (Some(Failure::Unauthenticated), "x\n"));
    let last = ended.stderr.lines().last().unwrap();
    assert!(last.starts_with("holdpoint: the token in ") && last.contains("operators-token is not taken"), "{last}");
}

#[test]
fn without_an_identity_or_a_program_the_message_says_what_to_do() {
    let mut machine = Machine::with(
        "echo 'ERROR: (gcloud.config.config-helper) You do not currently have an active account selected.' >&2; exit 1",
    );
    machine.token_file = None;
    let CallError::Failed(why) = machine.acts(list()).unwrap_err() else { panic!("it is an error") };
    assert!(why.contains("gcloud auth login"), "{why}");
    machine.token_file = Some(Path::new("/nonexistent/token").into());
    let CallError::Failed(why) = machine.acts(list()).unwrap_err() else { panic!("it is an error") };
    assert!(why.contains("/nonexistent/token"), "{why}");
    fs::remove_file(machine.folder.path().join("gcloud")).unwrap();
    machine.token_file = None;
    let CallError::Failed(why) = machine.acts(list()).unwrap_err() else { panic!("it is an error") };
    assert!(why.contains("can't be started") && why.contains("[gcloud] of the operator's file"), "{why}");
}
