//! A policy is given evidence, and nothing else.

use holdpoint_engine::EngineError;

use crate::scene::{compiled, guest};

/// Why a module is no policy.
fn refused(bytes: &[u8]) -> String {
    match compiled(bytes).map(drop) {
        Err(error @ (EngineError::NotAPolicy { .. } | EngineError::Compile { .. })) => error.to_string(),
        Err(error) => panic!("{error}"),
        Ok(()) => panic!("it was taken"),
    }
}

fn component(imports: &str) -> Vec<u8> {
    wat::parse_str(format!("(component {imports})")).unwrap()
}

#[test]
fn whatever_is_not_evidence_is_refused_with_its_name_and_what_to_do() {
    for (imports, says) in [
        (
            r#"(import "wasi:clocks/wall-clock@0.2.6" (instance (export "now" (func (result u64)))))"#,
            "it imports wasi:clocks/wall-clock@0.2.6, and a policy is given holdpoint:evidence/evidence@0.1.0 alone; a policy has no system \
             beneath it: build it for wasm32-unknown-unknown",
        ),
        (
            r#"(import "holdpoint:http/http@0.1.0" (instance (export "x" (func))))"#,
            "it imports holdpoint:http/http@0.1.0, and",
        ),
        (r#"(import "holdpoint:evidence/evidence@0.2.0" (instance))"#, "build the policy with the SDK of this version"),
        (r#"(import "random" (func (result u32)))"#, "it imports random, and"),
        // Nothing that it may not import, and nothing that a policy exports.
        ("", "is not a policy: no exported instance named `holdpoint:policy/judge@0.1.0`"),
    ] {
        let reason = refused(&component(imports));
        assert!(reason.contains(says), "{reason}\nshould say\n{says}");
    }
}

#[test]
fn every_import_that_is_too_much_is_named() {
    let both = r#"(import "wasi:random/random@0.2.6" (instance)) (import "holdpoint:clock/clock@0.1.0" (instance))"#;
    let reason = refused(&component(both));
    assert!(reason.contains("wasi:random/random@0.2.6") && reason.contains("holdpoint:clock/clock@0.1.0"), "{reason}");
}

#[test]
fn a_phase_and_a_core_module_are_no_policies() {
    let phase = refused(&guest("health.wasm"));
    assert!(phase.contains("it imports holdpoint:http/http@0.1.0") && phase.contains("it imports wasi:"), "{phase}");
    let core = refused(&wat::parse_str("(module)").unwrap());
    assert!(core.contains("does not compile"), "{core}");
}

#[test]
fn those_that_ship_import_evidence_alone() {
    for policy in ["alerts.wasm", "objectives.wasm", "rego.wasm", "rollback-triggers.wasm"] {
        assert!(compiled(&guest(policy)).is_ok(), "{policy}");
    }
}
