//! What a program gets, what is not started, and a helper that is something else.

use std::{fs, os::unix::fs::PermissionsExt as _};

use holdpoint_supervise::{End, Program, Supervisor, Unstarted};

use super::machine::{run, sh, supervisor, ways};

#[tokio::test]
async fn input_environment_folder_and_arguments_arrive_and_nothing_else() {
    for (namespaces, bounds) in ways() {
        let script = "cat; pwd; env | cut -d= -f1 | sort | tr '\\n' ' '; echo \"$0\"";
        let mut program = sh(script, bounds);
        program.arguments.push("$(id) `id`; id".into());
        program.directory = "/usr".into();
        let (end, out, err) = run(namespaces, &program, b"given\n").await;
        let out = out.replace("_ ", "").replace("OLDPWD ", "").replace("SHLVL ", "");
        assert_eq!((end, out.as_str()), (End::Code(0), "given\n/usr\nPATH PWD $(id) `id`; id\n"), "{err}");
    }
}

#[tokio::test]
async fn what_can_not_be_started_is_refused_and_says_why() {
    for (namespaces, bounds) in ways() {
        let nowhere = Program { path: "/usr/bin/no-such-program".into(), ..sh("", bounds.clone()) };
        let Err(Unstarted::Refused(why)) = supervisor(namespaces).start(&nowhere, b"").await else { panic!() };
        assert!(why.starts_with("/usr/bin/no-such-program can't be started: No such file"), "{why}");
        let another = Program { sha256: Some("0".repeat(64)), ..sh("true", bounds) };
        let Err(Unstarted::Refused(why)) = supervisor(namespaces).start(&another, b"").await else { panic!() };
        assert!(why.contains("is not the program that is pinned"), "{why}");
    }
    let large = supervisor(true).start(&sh("true", None), &vec![b'x'; (8 << 20) + 1]).await;
    let Err(Unstarted::Refused(why)) = large else { panic!() };
    assert!(why.contains("larger than 8 MiB"), "{why}");
}

#[tokio::test]
async fn without_a_helper_nothing_is_started() {
    for supervisor in [Supervisor::default(), Supervisor::with("/nowhere/holdpoint")] {
        let started = supervisor.start(&sh("true", None), b"").await;
        assert!(matches!(&started, Err(Unstarted::Refused(why)) if why.contains("can't be started")), "{started:?}");
    }
}

#[tokio::test]
async fn a_helper_that_is_no_stage_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let helper = folder.path().join("helper");
    // Their standard input is the host's socket.
    for (script, says) in [
        ("exit 0", "is gone"),
        ("printf '\\377\\377\\377\\177' >&0; cat", "too long"),
        ("printf '\\004\\000\\000\\000nope' >&0; cat", "expected"),
    ] {
        fs::write(&helper, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).unwrap();
        let started = Supervisor::with(&helper).start(&sh("true", None), b"").await;
        assert!(matches!(&started, Err(Unstarted::Lost(why)) if why.contains(says)), "{script}: {started:?}");
    }
}
