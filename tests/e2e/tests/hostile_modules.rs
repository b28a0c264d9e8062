//! Modules that are no phases, and components that no compiler would make. The first are refused before anything runs; the second end at
//! a limit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use holdpoint_e2e::{
    guests,
    hostile::{Attack, Hostile, Surroundings},
};

/// A bundle whose hostile phase has these bytes as its module.
fn attack(bytes: &[u8]) -> Attack {
    Attack::unallowed(&Surroundings::default(), &[Hostile { module: "strange", ..Hostile::default() }])
        .with_module("strange", bytes)
}

/// Every command refuses it, in these words, and nothing is begun.
#[track_caller]
fn refused(bytes: &[u8], words: &str) {
    let attack = attack(bytes);
    for command in ["check", "allow", "run"] {
        let outcome = attack.run(&[command, "BUNDLE"]).exits(2);
        assert!(outcome.stderr.contains(words), "{command}: {outcome:?}");
        assert!(outcome.peak < holdpoint_e2e::hostile::MEMORY, "{} MiB", outcome.peak >> 20);
    }
    assert!(!attack.scene.path().join(".holdpoint").exists(), "a run was begun");
}

/// The same for one whose interfaces look right, so that only compiling it shows what it is.
#[track_caller]
fn refused_by_the_engine(bytes: &[u8], words: &str) {
    let attack = attack(bytes);
    attack.run(&["allow", "BUNDLE", "--yes"]);
    for command in ["check", "run"] {
        let outcome = attack.run(&[command, "BUNDLE"]).exits(2);
        assert!(outcome.stderr.contains(words), "{command}: {outcome:?}");
    }
}

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A component that exports `run` as a phase does, with these definitions in its core module and these instructions in `run`.
fn phase(outside: &str, inside: &str, run: &str) -> Vec<u8> {
    component(&format!(
        r#"(component
            {outside}
            (core module $m
                {inside}
                (memory (export "memory") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
                (func (export "run") (param i32 i32) (result i32) {run} i32.const 0))
            (core instance $i (instantiate $m {}))
            (func (export "run") (param "config" string) (result (result (error string)))
                (canon lift (core func $i "run") (memory $i "memory") (realloc (func $i "realloc")))))"#,
        if outside.is_empty() { "" } else { r#"(with "host" (instance (export "new" (func $new))))"# }
    ))
}

/// How a run of such a component ends; it may claim nothing that it did not earn.
#[track_caller]
fn ends(bytes: &[u8], end: &str, words: &str) {
    let attack = attack(bytes);
    attack.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    let held = attack.held(3);
    let (ended, reason) = held.end();
    assert!(ended == end && reason.contains(words), "it ended {ended}: {reason}");
}

#[test]
fn what_is_no_component_is_refused() {
    let hostile = std::fs::read(guests().join("hostile.wasm")).unwrap();
    // Random, and the same every time.
    let random: Vec<u8> = (0..4_096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    refused(&random, "it is not WebAssembly");
    refused(b"", "it is not WebAssembly");
    refused(&hostile[..hostile.len() / 2], "it is not WebAssembly");
    refused(&hostile[..8], "exports no `run`");
    refused(&component("(module)"), "it is a core module, and phases, users and policies are components");
}

#[test]
fn a_component_of_another_world_is_refused() {
    refused(&component("(component)"), "exports no `run`, so it is a module of another world than `phase`");
    refused(
        &component(r#"(component (import "acme:steal/everything" (instance)))"#),
        "imports acme:steal/everything, which no phase is given",
    );
    refused(
        &component(r#"(component (import "holdpoint:later/later@0.1.0" (instance)))"#),
        "which this version of holdpoint does not have",
    );
    refused(&component(r#"(component (import "holdpoint:clock/clock@0.2.0" (instance)))"#), "and this host has 0.1.0");
}

#[test]
fn a_component_with_the_right_names_and_wrong_types_is_refused() {
    let stranger = r#"(component
        (core module $m (func (export "run")))
        (core instance $i (instantiate $m))
        (func (export "run") (canon lift (core func $i "run"))))"#;
    refused_by_the_engine(&component(stranger), "is not a phase");
    let import = r#"(import "holdpoint:clock/clock@0.1.0" (instance (export "now" (func (result string)))))"#;
    refused_by_the_engine(
        &component(&stranger.replace("(component\n", &format!("(component {import}\n"))),
        "is not a phase",
    );
    let import = r#"(import "wasi:acme/steal@0.2.0" (instance (export "now" (func))))"#;
    refused_by_the_engine(
        &component(&stranger.replace("(component\n", &format!("(component {import}\n"))),
        "is not a phase",
    );
}

#[test]
fn an_import_without_a_grant_is_refused() {
    let hostile = std::fs::read(guests().join("hostile.wasm")).unwrap();
    let attack = Attack::unallowed(
        &Surroundings::default(),
        &[Hostile { module: "strange", http: "", secrets: "", ..Hostile::default() }],
    )
    .with_module("strange", &hostile);
    for command in ["check", "run"] {
        let outcome = attack.run(&[command, "BUNDLE"]).exits(2);
        for words in [
            "module strange imports holdpoint:http/http, but phase `hostile` grants no http",
            "to allow it, add to [phase.grants] of 'hostile': http = [{ services =",
        ] {
            assert!(outcome.stderr.contains(words), "{outcome:?}");
        }
    }
    assert!(!attack.scene.path().join(".holdpoint").exists(), "a run was begun");
}

#[test]
fn a_component_of_more_than_64_mib_is_not_read() {
    let mut bytes = component("(component)");
    // A custom section with a name of one byte and nothing but zeros in it.
    let content = 65 << 20;
    bytes.push(0);
    let mut length = content as u32;
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend([1, b'x']);
    bytes.resize(bytes.len() + content - 2, 0);
    refused(&bytes, "67108864");
}

#[test]
fn tables_end_at_their_limit() {
    let grow = "(loop $more (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 10000)) (i32.const -1)))) unreachable";
    ends(&phase("", "(table $t 1 funcref)", grow), "trapped", "table limit of 100000 elements reached");
}

#[test]
fn resources_of_a_guest_s_own_end_at_a_limit() {
    let outside = "(type $r (resource (rep i32))) (core func $new (canon resource.new $r))";
    let inside = r#"(import "host" "new" (func $new (param i32) (result i32)))"#;
    let forever = "(loop $more (drop (call $new (i32.const 7))) (br $more))";
    ends(&phase(outside, inside, forever), "trapped", "limit of open handles reached");
}

#[test]
fn a_start_function_that_never_ends_is_ended() {
    let attack = Attack::unallowed(
        &Surroundings::default(),
        &[Hostile { module: "strange", table: "requirements = [\"P3.1\"]\ndeadline = \"1s\"", ..Hostile::default() }],
    )
    .with_module("strange", &phase("", "(func $forever (loop $more (br $more))) (start $forever)", ""));
    attack.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    assert_eq!(attack.held(3).end(), ("deadline", "it was still running after 1s"));
}
