//! Guests that look for files beside those that were granted.

use std::os::unix::fs::symlink;

use holdpoint_e2e::hostile::{Attack, Hostile};

/// What lies outside.
const OUTSIDE: &str = "not-for-guests-4711";

#[test]
fn no_path_leads_out_of_a_granted_directory() {
    let reads = [
        "granted/../outside/file",
        "granted/../../outside/file",
        "../outside/file",
        "granted/%2e%2e/outside/file",
        "granted/..%2foutside/file",
        "granted/..\\\\outside\\\\file",
        "granted/./file",
        "granted//file",
        "/etc/passwd",
        "granted/file\\u0000",
        "granted/link",
        "granted/folder/file",
        "granted/root/etc/passwd",
        "outside/file",
        "",
    ];
    let lists = ["granted/..", "granted/folder", "granted/root", "/", "."];
    let reading = reads.iter().map(|path| format!("{{ act = \"read\", path = \"{path}\" }}"));
    let listing = lists.iter().map(|path| format!("{{ act = \"list\", path = \"{path}\" }}"));
    let acts: Vec<String> = reading.chain(listing).collect();
    let attack = Attack::by(&Hostile { acts: &acts.join(", "), ..Hostile::default() });
    attack.scene.write("bundle/outside/file", OUTSIDE);
    let (granted, outside) = (attack.scene.path().join("bundle/granted"), attack.scene.path().join("bundle/outside"));
    symlink(outside.join("file"), granted.join("link")).unwrap();
    symlink(&outside, granted.join("folder")).unwrap();
    symlink("/", granted.join("root")).unwrap();

    let held = attack.held(0);
    let denials = held.denials();
    for (words, remedy) in [
        ("`..` is not followed", "the name of a granted directory"),
        ("`.` is not followed", "the name of a granted directory"),
        ("the path is absolute", "the name of a granted directory"),
        ("the path has an empty part", "the name of a granted directory"),
        ("a backslash or a control character", "the name of a granted directory"),
        ("no grant covers directory \"outside\"", "files = [{ directory = \"outside\""),
        ("a symbolic link on the way leads out", "grant the directory that the link leads to"),
    ] {
        let found = denials.iter().find(|(reason, _)| reason.contains(words));
        assert!(found.is_some_and(|(_, line)| line.contains(remedy)), "{words}: {denials:#?}");
    }
    // A percent sign is a percent sign: that file does not exist.
    assert!(held.act(3).contains("no such file"), "{}", held.act(3));
    let journal = std::fs::read(attack.scene.journal()).unwrap();
    assert!(!journal.windows(OUTSIDE.len()).any(|part| part == OUTSIDE.as_bytes()), "the content is in the journal");
}
