//! What a phase tries that wants more than it was granted.

use std::fs;

use holdpoint_model::CallError;

use super::phase::Phase;
use crate::{Kind, Request};

fn denied<T: std::fmt::Debug>(answer: Result<T, CallError>, part: &str) {
    match answer {
        Err(CallError::Denied(denial)) => assert!(denial.reason.contains(part), "{denial:?}"),
        other => panic!("should be denied: {other:?}"),
    }
}

#[test]
fn denies_paths_that_leave_by_their_text() {
    let phase = Phase::new();
    fs::write(phase.outside("secret"), "x").unwrap();
    for (path, reason) in [
        ("config/../secret", "`..` is not followed"),
        ("../secret", "`..` is not followed"),
        ("/etc/passwd", "absolute"),
        ("config//etc/passwd", "empty part"),
        ("config/a\0b", "control character"),
        ("other/x", "no grant covers directory \"other\""),
        ("secret", "no grant covers directory \"secret\""),
        (&"a/".repeat(100_000), "longer than"),
    ] {
        denied(phase.read(path), reason);
        denied(phase.entries(Request::Walk { path: path.into() }), reason);
    }
    denied(phase.entries(Request::Glob { path: "config".into(), pattern: "*".repeat(2_000) }), "the pattern is longer");
}

#[cfg(unix)]
#[test]
fn denies_links_that_leave() {
    use std::os::unix::fs::symlink;
    let phase = Phase::new();
    fs::create_dir(phase.outside("away")).unwrap();
    fs::write(phase.outside("away/secret"), "x").unwrap();
    symlink(phase.outside("away/secret"), phase.inside("absolute")).unwrap();
    symlink("../away/secret", phase.inside("relative")).unwrap();
    symlink("../away", phase.inside("folder")).unwrap();
    symlink("/", phase.inside("root")).unwrap();
    phase.write("real", "here");
    symlink("real", phase.inside("near")).unwrap();

    let leads_out = "leads out of the granted directory";
    for path in ["config/absolute", "config/relative", "config/folder/secret", "config/root/etc/passwd"] {
        denied(phase.read(path), leads_out);
    }
    for path in ["config/folder", "config/root", "config/root/etc"] {
        denied(phase.entries(Request::List { path: path.into() }), leads_out);
        denied(phase.entries(Request::Walk { path: path.into() }), leads_out);
    }
    // A link that stays is followed when it is read, and never by a walk.
    assert_eq!(phase.read("config/near").unwrap(), b"here");
    let walked = phase.entries(Request::Walk { path: "config".into() }).unwrap();
    assert!(
        walked
            .iter()
            .filter(|entry| entry.path != "config/real")
            .all(|entry| entry.kind == Kind::Other && entry.size == 0.0)
    );
    assert_eq!(walked.len(), 6);
    let found = phase.paths(Request::Glob { path: "config".into(), pattern: "**".into() });
    assert_eq!(found, ["config/real"]);
}

#[cfg(unix)]
#[test]
#[expect(clippy::disallowed_methods, reason = "only a program can make a named pipe")]
fn does_not_wait_for_a_pipe_or_read_a_socket() {
    use std::os::unix::net::UnixListener;
    let phase = Phase::new();
    let made = std::process::Command::new("mkfifo").arg(phase.inside("pipe")).status().unwrap();
    assert!(made.success());
    let _listener = UnixListener::bind(phase.inside("socket")).unwrap();
    for path in ["config/pipe", "config/socket"] {
        let text = phase.read(path).unwrap_err().to_string();
        assert!(text.contains("only files are read"), "{text}");
    }
    let kinds: Vec<Kind> =
        phase.entries(Request::List { path: "config".into() }).unwrap().into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [Kind::Other, Kind::Other]);
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let phase = Phase::new();
    phase.write("fits", vec![b'x'; 8 << 20]);
    phase.write("large", vec![b'x'; (8 << 20) + 1]);
    assert_eq!(phase.read("config/fits").unwrap().len(), 8 << 20);
    assert!(matches!(phase.read("config/large"), Err(CallError::Exhausted(_))));
}

#[test]
fn a_listing_that_is_too_long_is_not_given() {
    let phase = Phase::new();
    for n in 0..10_001 {
        fs::write(phase.inside(&format!("{n:05}.log")), "").unwrap();
    }
    phase.write("one.yaml", "");
    for request in [Request::List { path: "config".into() }, Request::Walk { path: "config".into() }] {
        assert!(matches!(phase.entries(request), Err(CallError::Exhausted(_))));
    }
    assert_eq!(phase.paths(Request::Glob { path: "config".into(), pattern: "*.yaml".into() }), ["config/one.yaml"]);
}

#[test]
fn directories_that_lie_too_deep_are_not_walked() {
    let phase = Phase::new();
    phase.write(&format!("{}file", "d/".repeat(66)), "");
    assert!(matches!(phase.entries(Request::Walk { path: "config".into() }), Err(CallError::Exhausted(_))));
}
