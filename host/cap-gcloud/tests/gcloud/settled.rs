//! Effects that failed halfway, and what is looked at before one.

use holdpoint_cap_gcloud::{Failure, Invocation};
use holdpoint_model::CallError;

use super::machine::{Machine, deploy};

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
