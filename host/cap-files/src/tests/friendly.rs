//! What a well-behaved phase gets.

use holdpoint_gate::{Message as _, Scrubbed, Scrubber};
use holdpoint_model::CallError;

use super::phase::Phase;
use crate::{Entry, Kind, Request, Response};

fn tree() -> Phase {
    let phase = Phase::new();
    phase.write("staging.yaml", "url: https://x\n");
    phase.write("app/services.json", "{}");
    phase.write("app/deep/flags.yaml", "a: 1");
    phase.write("app.txt", "");
    phase
}

#[test]
fn reads_a_file() {
    assert_eq!(tree().read("config/staging.yaml").unwrap(), b"url: https://x\n");
    assert_eq!(tree().read("config/app/deep/flags.yaml").unwrap(), b"a: 1");
}

#[test]
fn lists_what_stands_directly_in_a_directory() {
    let entries = tree().entries(Request::List { path: "config".into() }).unwrap();
    let entry = |path: &str, kind, size| Entry { path: path.into(), kind, size };
    assert_eq!(
        entries,
        [
            entry("config/app", Kind::Directory, 0.0),
            entry("config/app.txt", Kind::File, 0.0),
            entry("config/staging.yaml", Kind::File, 15.0),
        ]
    );
    assert_eq!(tree().paths(Request::List { path: "config/app/deep".into() }), ["config/app/deep/flags.yaml"]);
}

#[test]
fn walks_parents_before_children() {
    let paths = tree().paths(Request::Walk { path: "config".into() });
    let expected = [
        "config/app",
        "config/app.txt",
        "config/app/deep",
        "config/app/deep/flags.yaml",
        "config/app/services.json",
        "config/staging.yaml",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn globs_relative_to_the_directory() {
    let glob = |path: &str, pattern: &str| tree().paths(Request::Glob { path: path.into(), pattern: pattern.into() });
    assert_eq!(glob("config", "**/*.yaml"), ["config/app/deep/flags.yaml", "config/staging.yaml"]);
    assert_eq!(glob("config", "*.yaml"), ["config/staging.yaml"]);
    assert_eq!(glob("config/app", "*/*.yaml"), ["config/app/deep/flags.yaml"]);
    assert_eq!(glob("config", "app"), [""; 0]);
}

#[test]
fn says_what_is_wrong() {
    let phase = tree();
    let text = |answer: Result<Vec<u8>, CallError>| answer.unwrap_err().to_string();
    assert_eq!(text(phase.read("config/none.yaml")), "read config/none.yaml: no such file or directory");
    assert_eq!(text(phase.read("config/app")), "read config/app: it is a directory");
    assert_eq!(text(phase.read("config")), "read config: it is a directory");
    let Err(CallError::Failed(text)) = phase.entries(Request::Glob { path: "config".into(), pattern: "[".into() })
    else {
        panic!("should fail")
    };
    assert!(text.contains("the pattern can't be read"), "{text}");
}

#[test]
fn contents_are_scrubbed() {
    struct Stars;
    impl Scrubber for Stars {
        fn scrub(&self, bytes: &[u8]) -> Option<Scrubbed> {
            let bytes = String::from_utf8_lossy(bytes).replace("secret", "***").into_bytes();
            Some(Scrubbed { bytes, replaced: vec![] })
        }
    }
    let mut response = Response::Content { content: b"a secret".as_slice().into() };
    response.scrub(&Stars);
    assert_eq!(response, Response::Content { content: b"a ***".as_slice().into() });
}
