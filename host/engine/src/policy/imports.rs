//! What a policy may import: evidence, and nothing else.

/// The one interface that is there.
const EVIDENCE: &str = "holdpoint:evidence/evidence@0.1.0";

/// Why an import keeps a module from being a policy, and what would change it. `None` if it may be imported.
pub fn forbidden(import: &str) -> Option<String> {
    if import == EVIDENCE {
        return None;
    }
    let remedy = if import.starts_with("wasi:") {
        "a policy has no system beneath it: build it for wasm32-unknown-unknown, without clocks, files and random numbers"
    } else if import.starts_with("holdpoint:evidence/") {
        "this holdpoint has version 0.1.0 of it; build the policy with the SDK of this version"
    } else if import.starts_with("holdpoint:") {
        "a policy can do nothing but judge evidence; what a phase does is a phase"
    } else {
        "leave it out"
    };
    Some(format!("it imports {import}, and a policy is given {EVIDENCE} alone; {remedy}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_alone_may_be_imported() {
        assert_eq!(forbidden("holdpoint:evidence/evidence@0.1.0"), None);
        for (import, remedy) in [
            ("wasi:clocks/wall-clock@0.2.6", "wasm32-unknown-unknown"),
            ("holdpoint:http/http@0.1.0", "what a phase does is a phase"),
            ("holdpoint:evidence/evidence@0.2.0", "the SDK of this version"),
            ("env:memory/x", "leave it out"),
        ] {
            let said = forbidden(import).unwrap();
            assert!(said.starts_with(&format!("it imports {import}, and")) && said.contains(remedy), "{said}");
        }
    }
}
