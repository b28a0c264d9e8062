//! What a command is given, what it may not be, and how it ends.

use std::time::Duration;

use holdpoint_cap_gcloud::{Failure, Gcloud, Invocation};
use holdpoint_gate::Capability as _;
use holdpoint_model::{CallError, Class};
use holdpoint_testkit::{alive, marker};

use super::machine::{Machine, deploy, grants, list};

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
fn a_command_that_is_late_has_ended_with_all_that_it_started_when_that_is_told() {
    let marker = marker();
    let script =
        format!("sleep {marker} & (setsid sleep {marker} &) ; trap '' TERM; echo on > $FOLDER/begun; sleep {marker}");
    let machine = Machine::with(&script);
    let late = machine.acts(Invocation { timeout_ms: 1_500, ..list() }).unwrap_err();
    assert_eq!(late, CallError::Timeout(1_500));
    assert_eq!(machine.file("begun"), "on\n", "it had started something");
    assert_eq!(alive(&marker), [0; 0]);
}

#[test]
fn what_a_command_leaves_behind_ends_with_it() {
    let marker = marker();
    let machine = Machine::with(&format!("setsid sleep {marker} & echo '[]'"));
    assert_eq!(machine.acts(list()).unwrap().stdout.bytes(), b"[]\n");
    assert_eq!(alive(&marker), [0; 0]);
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
fn a_read_may_take_its_time_and_no_more() {
    let long = Gcloud::limit(&Invocation { timeout_ms: 60_000, ..list() });
    assert_eq!(long, Duration::from_secs(65));
    assert_eq!(Gcloud::authorize(&grants(), &list()), Ok(Class::Read));
    assert_eq!(Gcloud::authorize(&grants(), &deploy()), Ok(Class::Effect));
}
