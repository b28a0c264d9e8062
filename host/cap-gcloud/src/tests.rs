//! The backend with a program that stands for gcloud: what it is given, and what becomes of what it does. The real one is driven
//! by the tests in `tests/e2e`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use holdpoint_gate::{Capability as _, Destination, Guest, Limits, Scrubbed, Scrubber, Unrevealed, Vault};
use holdpoint_model::grant::{
    CommandGrant, CommandWords, FlagGrant, FlagName, GcloudGrant, Grants, ProjectId, Region, ValuePattern,
};
use holdpoint_model::{Answer, CallError, Class, PhaseId, Timestamp};
use holdpoint_testkit::{Forgetful, SimulatedClock};
use tempfile::TempDir;

use crate::{Completed, Failure, Gcloud, GcloudBackend, GcloudConfig, Identity, IdentityKind, Invocation};

/// Hides nothing.
struct Open;

impl Scrubber for Open {
    fn scrub(&self, _bytes: &[u8]) -> Option<Scrubbed> {
        None
    }
}

impl Vault for Open {
    fn reveal(&self, text: &str, _destination: &Destination<'_>) -> Result<String, Unrevealed> {
        Ok(text.to_owned())
    }

    fn keep(&self, _guest: &PhaseId, value: &str) -> String {
        value.to_owned()
    }

    fn hide(&self, _name: &str, _value: &str) {}
}

/// A machine with a program in the place of gcloud.
struct Machine {
    folder: TempDir,
    token_file: Option<PathBuf>,
}

impl Machine {
    /// The program is a script of sh. It has the folder as `$FOLDER`.
    fn with(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("gcloud");
        fs::write(&program, format!("#!/bin/sh\nFOLDER={}\n{script}\n", folder.path().display())).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let token = folder.path().join("operators-token");
        fs::write(&token, "ya29.token-of-the-operator\n").unwrap();
        Self { token_file: Some(token), folder }
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    fn config(&self) -> GcloudConfig {
        GcloudConfig {
            program: self.folder.path().join("gcloud"),
            token_file: self.token_file.clone(),
            added: BTreeMap::from([("CLOUDSDK_PROXY_PORT".to_owned(), "8080".to_owned())]),
            own: BTreeMap::from([
                ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
                ("HOME".to_owned(), "/operator".to_owned()),
            ]),
            ..GcloudConfig::default()
        }
    }

    fn give(&self, gate: Forgetful, invocation: Invocation) -> Answer<Completed> {
        let clock = Arc::new(SimulatedClock::at(1_800_000_000_000));
        let backend = Arc::new(GcloudBackend::new(self.config(), grants(), Arc::new(Open), clock));
        let mut guest = Guest::new(gate.gate(), phase(), Timestamp(0.0), Limits::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(guest.call::<Gcloud, _>(&backend, &grants(), invocation)).unwrap()
    }

    fn acts(&self, invocation: Invocation) -> Answer<Completed> {
        self.give(Forgetful::acting(), invocation)
    }
}

fn phase() -> PhaseId {
    PhaseId::parse("deploy").unwrap()
}

fn grants() -> Grants {
    let command = |words: &str, flags: &[&str]| CommandGrant {
        command: CommandWords::parse(words).unwrap(),
        arguments: vec![ValuePattern::parse("netra-*").unwrap()],
        flags: flags
            .iter()
            .map(|name| (FlagName::parse(name).unwrap(), FlagGrant::Value(ValuePattern::parse("*").unwrap())))
            .collect(),
        class: None,
    };
    let gcloud = GcloudGrant {
        project: ProjectId::parse("netra-staging").unwrap(),
        region: Region::parse("us-central1").ok(),
        commands: vec![
            command("identity", &[]),
            command("run services list", &[]),
            command("run services update", &["image"]),
            command("run services update-traffic", &["to-revisions"]),
            command("run deploy", &["image"]),
        ],
    };
    Grants { gcloud: Some(gcloud), ..Grants::none(phase()) }
}

fn list() -> Invocation {
    Invocation::new("run services list")
}

fn deploy() -> Invocation {
    Invocation::new("run deploy").argument("netra-backend").flag("image", "pkg.dev/n/b@sha256:1")
}

#[test]
fn a_command_gets_an_environment_made_from_nothing_and_a_token_in_a_file() {
    let machine = Machine::with(
        "env > $FOLDER/environment; cat $CLOUDSDK_AUTH_ACCESS_TOKEN_FILE > $FOLDER/token-seen; echo \"$@\" > $FOLDER/arguments\n\
         cat > $FOLDER/stdin; echo '[{\"metadata\":{}}]'; echo words >&2",
    );
    let done = machine.acts(Invocation { stdin: b"given".to_vec().into(), ..list() }).unwrap();
    assert_eq!((done.exit, done.failure, done.stderr.as_str()), (0, None, "words\n"));
    assert_eq!(done.stdout.bytes(), b"[{\"metadata\":{}}]\n");
    assert_eq!(machine.file("arguments"), "run services list --format=json --quiet\n");
    assert_eq!(machine.file("stdin"), "given");
    assert_eq!(machine.file("token-seen"), "ya29.token-of-the-operator");
    let environment = machine.file("environment");
    for line in ["CLOUDSDK_CORE_PROJECT=netra-staging", "CLOUDSDK_RUN_REGION=us-central1", "CLOUDSDK_PROXY_PORT=8080"] {
        assert!(environment.lines().any(|has| has == line), "{line}: {environment}");
    }
    for name in ["CARGO", "USER", "RUSTUP_HOME", "GOOGLE_APPLICATION_CREDENTIALS"] {
        assert!(!environment.lines().any(|has| has.starts_with(&format!("{name}="))), "{name}: {environment}");
    }
    assert!(!environment.contains("HOME=/operator"), "the operator's folder is not a guest's");
}

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
fn what_is_not_granted_starts_nothing() {
    let machine = Machine::with("touch $FOLDER/started");
    for invocation in [
        Invocation::new("run services delete").argument("netra-backend"),
        Invocation::new("run services list").argument("other"),
        list().flag("project", "production"),
        Invocation::new("auth print-access-token"),
        Invocation { stdin: vec![b'x'; (1 << 20) + 1].into(), ..list() },
    ] {
        let denied = machine.acts(invocation).unwrap_err();
        assert!(matches!(denied, CallError::Denied(_)), "{denied:?}");
    }
    assert_eq!(machine.file("started"), "");
    assert!(!machine.folder.path().join("started").exists());
}

#[test]
fn a_command_that_is_late_ends_with_all_that_it_started() {
    let machine = Machine::with("sh -c 'echo $$ > $0/child; exec sleep 600' $FOLDER & wait");
    let late = machine.acts(Invocation { timeout_ms: 500, ..list() }).unwrap_err();
    assert_eq!(late, CallError::Timeout(500));
    let child = machine.file("child").trim().to_owned();
    assert!(!child.is_empty(), "it had started something");
    let gone = || match fs::read_to_string(format!("/proc/{child}/stat")) {
        // What has ended and was not waited for by whoever starts processes here is no running process.
        Ok(stat) => stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')),
        Err(_) => true,
    };
    let until = std::time::Duration::from_secs(10);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let ended = runtime.block_on(async {
        tokio::time::timeout(until, async {
            while !gone() {
                tokio::task::yield_now().await;
            }
        })
        .await
    });
    assert!(ended.is_ok(), "process {child} goes on");
}

#[test]
fn output_without_end_is_bounded() {
    let machine = Machine::with(
        "head -c 6000000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero | tr '\\0' y >&2; echo end >&2",
    );
    let done = machine.acts(list()).unwrap();
    assert_eq!((done.stdout.len(), done.truncated), (4 << 20, true));
    assert!(done.stderr.len() <= 64 << 10 && done.stderr.ends_with("end\n"), "{}", done.stderr.len());
}

#[test]
fn failures_are_told_apart_by_the_words_of_gcloud() {
    for (exit, words, failure) in [
        (1, "ERROR: (gcloud.run.services.list) PERMISSION_DENIED: Permission denied", Failure::PermissionDenied),
        (1, "ERROR: (gcloud.run.services.describe) Cannot find service [netra-x]", Failure::NotFound),
        (1, "ERROR: (gcloud.projects.describe) Projects instance [netra-x] not found: It is not", Failure::NotFound),
        (1, "ERROR: (gcloud.projects.describe) [a@b.c] does not have permission to access", Failure::PermissionDenied),
        (1, "ERROR: gcloud crashed", Failure::Other),
        (2, "ERROR: (gcloud.run) Invalid choice: 'lst'.", Failure::Usage),
    ] {
        let machine = Machine::with(&format!("echo \"{words}\" >&2; exit {exit}"));
        let done = machine.acts(list()).unwrap();
        assert_eq!((done.exit, done.failure), (exit, Some(failure)), "{words}");
    }
}

#[test]
fn an_effect_that_failed_halfway_is_read_back_by_the_name_of_its_revision() {
    let there = "echo \"$@\" >> $FOLDER/log\n\
        case \"$1 $2\" in\n\
        'run deploy') for a; do case $a in --revision-suffix=*) echo ${a#*=} > $FOLDER/suffix;; esac; done\n\
        echo 'HTTPError 503: unavailable' >&2; exit 1;;\n\
        'run revisions') echo \"[{\\\"metadata\\\":{\\\"name\\\":\\\"netra-backend-$(cat $FOLDER/suffix)\\\"}}]\";; esac";
    let machine = Machine::with(there);
    let done = machine.acts(deploy()).unwrap();
    assert_eq!(done.failure, None, "it is there, so it has happened");
    let log = machine.file("log");
    assert!(
        log.contains(
            "run deploy netra-backend --image=pkg.dev/n/b@sha256:1 --format=json --quiet --async --revision-suffix=hp-"
        ),
        "{log}"
    );
    assert!(log.contains("run revisions list --service=netra-backend"), "{log}");

    let nowhere =
        Machine::with("case \"$1 $2\" in 'run deploy') echo 'HTTPError 503: x' >&2; exit 1;; *) echo '[]';; esac");
    assert!(matches!(nowhere.acts(deploy()), Err(CallError::InDoubt(_))), "it may be under way still");
    let conflict = |then: &str| {
        Machine::with(&format!(
            "case \"$1 $2\" in 'run deploy') echo 'HTTPError 409: Conflict' >&2; exit 1;; *) {then};; esac"
        ))
    };
    let lost = conflict("echo '[]'").acts(deploy()).unwrap();
    assert_eq!(lost.failure, Some(Failure::Conflict), "another change came first: ours can't be seen");
    assert!(matches!(conflict("exit 1").acts(deploy()), Err(CallError::InDoubt(_))), "nothing could be seen");
    let refused = Machine::with("echo 'HTTPError 403: no' >&2; exit 1");
    assert_eq!(refused.acts(deploy()).unwrap().failure, Some(Failure::PermissionDenied));
}

#[test]
fn an_update_never_makes_a_service() {
    let machine = Machine::with(
        "echo \"$@\" >> $FOLDER/log; case \"$3\" in describe) echo 'ERROR: Cannot find service [netra-bakend]' >&2; exit 1;; esac",
    );
    let update = Invocation::new("run services update").argument("netra-bakend").flag("image", "i");
    let CallError::Failed(why) = machine.acts(update).unwrap_err() else { panic!("it is an error") };
    assert!(why.contains("no service netra-bakend in netra-staging"), "{why}");
    assert!(!machine.file("log").contains("update"), "{}", machine.file("log"));
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
    assert!(why.contains("can't start") && why.contains("[gcloud] of the operator's file"), "{why}");
}

#[test]
fn a_read_may_take_its_time_and_no_more() {
    let long = Gcloud::limit(&Invocation { timeout_ms: 60_000, ..list() });
    assert_eq!(long, Duration::from_secs(65));
    assert_eq!(Gcloud::authorize(&grants(), &list()), Ok(Class::Read));
    assert_eq!(Gcloud::authorize(&grants(), &deploy()), Ok(Class::Effect));
}
