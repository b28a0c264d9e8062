//! Which crate of the project may depend on which. ARCHITECTURE.md says the same in words.

use std::collections::BTreeSet;

use crate::project::{Dependency, Package};

/// A crate and what its code depends on.
type Edges = [(&'static str, &'static [&'static str])];

/// Every member, with all that it depends on of the project's own crates. The list is exact: an edge that is gone is taken out here.
pub(super) const NORMAL: &Edges = &[
    ("holdpoint-model", &[]),
    ("holdpoint-gate", &["holdpoint-model"]),
    ("holdpoint-journal", &["holdpoint-gate", "holdpoint-model"]),
    ("holdpoint-cap-clock", &["holdpoint-gate", "holdpoint-model"]),
    ("holdpoint-cap-data", &["holdpoint-cap-http", "holdpoint-gate", "holdpoint-model"]),
    ("holdpoint-supervise", &["holdpoint-model"]),
    ("holdpoint-cap-exec", &["holdpoint-gate", "holdpoint-model", "holdpoint-supervise"]),
    ("holdpoint-cap-files", &["holdpoint-gate", "holdpoint-model"]),
    ("holdpoint-cap-gcloud", &["holdpoint-gate", "holdpoint-model", "holdpoint-supervise"]),
    ("holdpoint-cap-http", &["holdpoint-canary", "holdpoint-gate", "holdpoint-model"]),
    ("holdpoint-cap-load", &["holdpoint-cap-http", "holdpoint-gate", "holdpoint-model"]),
    ("holdpoint-cap-metrics", &["holdpoint-cap-http", "holdpoint-gate", "holdpoint-model"]),
    ("holdpoint-cap-secret", &["holdpoint-gate", "holdpoint-model"]),
    ("holdpoint-cap-websocket", &["holdpoint-cap-http", "holdpoint-gate", "holdpoint-model"]),
    ("holdpoint-builtin", &[]),
    ("holdpoint-bundle", &["holdpoint-model"]),
    ("holdpoint-canary", &[]),
    ("holdpoint-evidence", &["holdpoint-model"]),
    ("holdpoint-identity", &["holdpoint-model"]),
    ("holdpoint-report", &["holdpoint-model"]),
    ("holdpoint-scaffold", &["holdpoint-model"]),
    (
        "holdpoint-fixture",
        &[
            "holdpoint-cap-clock",
            "holdpoint-cap-data",
            "holdpoint-cap-exec",
            "holdpoint-cap-files",
            "holdpoint-cap-gcloud",
            "holdpoint-cap-http",
            "holdpoint-cap-metrics",
            "holdpoint-cap-secret",
            "holdpoint-gate",
            "holdpoint-model",
            // The notation of series, in which no rule is judged here.
            "holdpoint-rules",
        ],
    ),
    (
        "holdpoint-engine",
        &[
            "holdpoint-canary",
            "holdpoint-cap-clock",
            "holdpoint-cap-data",
            "holdpoint-cap-exec",
            "holdpoint-cap-files",
            "holdpoint-cap-gcloud",
            "holdpoint-cap-http",
            "holdpoint-cap-load",
            "holdpoint-cap-metrics",
            "holdpoint-cap-secret",
            "holdpoint-cap-websocket",
            "holdpoint-gate",
            "holdpoint-identity",
            "holdpoint-model",
        ],
    ),
    (
        "holdpoint-app",
        &[
            // What alerts are, to write them out for others. No rule is judged here.
            "holdpoint-alerts",
            "holdpoint-bundle",
            "holdpoint-canary",
            "holdpoint-cap-clock",
            "holdpoint-cap-data",
            "holdpoint-cap-exec",
            "holdpoint-cap-files",
            "holdpoint-cap-gcloud",
            "holdpoint-cap-http",
            "holdpoint-cap-load",
            "holdpoint-cap-metrics",
            "holdpoint-cap-secret",
            "holdpoint-cap-websocket",
            "holdpoint-engine",
            "holdpoint-evidence",
            "holdpoint-fixture",
            "holdpoint-gate",
            "holdpoint-identity",
            "holdpoint-journal",
            "holdpoint-model",
            "holdpoint-report",
            "holdpoint-scaffold",
            "holdpoint-supervise",
        ],
    ),
    ("holdpoint-cli", &["holdpoint-app", "holdpoint-builtin", "holdpoint-model", "holdpoint-report"]),
    ("holdpoint-testkit", &["holdpoint-gate", "holdpoint-model"]),
    // Guests know the SDK and nothing of the host.
    ("holdpoint-macros", &[]),
    ("holdpoint-rules", &[]),
    ("holdpoint-alerts", &["holdpoint-rules"]),
    ("holdpoint-formats", &[]),
    ("holdpoint-sdk", &["holdpoint-macros", "holdpoint-rules"]),
    ("holdpoint-phase-agent-churn", &["holdpoint-sdk"]),
    ("holdpoint-phase-agent-isolation", &["holdpoint-sdk"]),
    ("holdpoint-phase-disturbed-isolation", &["holdpoint-sdk"]),
    ("holdpoint-phase-auth-flow", &["holdpoint-sdk"]),
    ("holdpoint-phase-architecture", &["holdpoint-sdk"]),
    ("holdpoint-phase-chat", &["holdpoint-sdk"]),
    ("holdpoint-phase-conditional-writes", &["holdpoint-sdk"]),
    ("holdpoint-phase-config", &["holdpoint-formats", "holdpoint-sdk"]),
    ("holdpoint-phase-dashboards", &["holdpoint-sdk"]),
    ("holdpoint-phase-data-stores", &["holdpoint-sdk"]),
    ("holdpoint-phase-health", &["holdpoint-sdk"]),
    ("holdpoint-phase-deploy", &["holdpoint-sdk"]),
    ("holdpoint-phase-identity", &["holdpoint-sdk"]),
    ("holdpoint-phase-local-isolation", &["holdpoint-sdk"]),
    ("holdpoint-phase-monitor", &["holdpoint-sdk"]),
    ("holdpoint-phase-monitoring-setup", &["holdpoint-sdk"]),
    ("holdpoint-phase-next-steps", &["holdpoint-formats", "holdpoint-sdk"]),
    ("holdpoint-phase-pool", &["holdpoint-formats", "holdpoint-sdk"]),
    ("holdpoint-phase-prerequisites", &["holdpoint-sdk"]),
    ("holdpoint-phase-queries", &["holdpoint-sdk"]),
    ("holdpoint-phase-rollback", &["holdpoint-sdk"]),
    ("holdpoint-phase-security", &["holdpoint-sdk"]),
    ("holdpoint-phase-service-logs", &["holdpoint-sdk"]),
    ("holdpoint-phase-toolchain", &["holdpoint-sdk"]),
    ("holdpoint-phase-request-isolation", &["holdpoint-sdk"]),
    ("holdpoint-phase-verify-deployment", &["holdpoint-sdk"]),
    ("holdpoint-phase-api-docs", &["holdpoint-sdk"]),
    ("holdpoint-phase-environment", &["holdpoint-sdk"]),
    ("holdpoint-phase-files", &["holdpoint-sdk"]),
    ("holdpoint-phase-frontend", &["holdpoint-sdk"]),
    ("holdpoint-phase-sessions", &["holdpoint-sdk"]),
    ("holdpoint-phase-transactions", &["holdpoint-sdk"]),
    ("holdpoint-phase-websocket-endurance", &["holdpoint-sdk"]),
    ("holdpoint-guest-accounts", &["holdpoint-sdk"]),
    ("holdpoint-guest-command", &["holdpoint-sdk"]),
    ("holdpoint-guest-crash", &["holdpoint-sdk"]),
    ("holdpoint-guest-hostile", &["holdpoint-sdk"]),
    ("holdpoint-guest-fetch", &["holdpoint-sdk"]),
    ("holdpoint-guest-load", &["holdpoint-sdk"]),
    ("holdpoint-guest-numbers", &["holdpoint-sdk"]),
    ("holdpoint-guest-session", &["holdpoint-sdk"]),
    ("holdpoint-guest-socket", &["holdpoint-sdk"]),
    ("holdpoint-guest-swarm", &["holdpoint-sdk"]),
    ("holdpoint-guest-tool", &["holdpoint-sdk"]),
    ("holdpoint-guest-wasi", &["holdpoint-sdk"]),
    ("holdpoint-policy-alerts", &["holdpoint-alerts", "holdpoint-sdk"]),
    ("holdpoint-policy-objectives", &["holdpoint-sdk"]),
    ("holdpoint-policy-rego", &["holdpoint-sdk"]),
    ("holdpoint-policy-rollback-triggers", &["holdpoint-sdk"]),
    ("holdpoint-policy-rude", &["holdpoint-sdk"]),
    ("holdpoint-user-account", &["holdpoint-sdk"]),
    ("holdpoint-user-agent", &["holdpoint-sdk"]),
    ("holdpoint-user-browse", &["holdpoint-sdk"]),
    ("holdpoint-user-chat", &["holdpoint-sdk"]),
    ("holdpoint-user-rude", &["holdpoint-sdk"]),
    ("holdpoint-user-socket", &["holdpoint-sdk"]),
    // The double stands for the real system, which knows nothing of us.
    ("holdpoint-staging-double", &[]),
    // So does the emulator, which stands for Google Cloud.
    ("holdpoint-gcp-emulator", &[]),
    ("xtask", &["holdpoint-gcp-emulator", "holdpoint-staging-double", "holdpoint-testkit"]),
];

/// What tests of any crate of the host may depend on besides.
pub(super) const DEV: &[&str] = &[
    "holdpoint-testkit",
    "holdpoint-staging-double",
    "holdpoint-gcp-emulator",
    "holdpoint-journal",
    "holdpoint-model",
];

/// They look at the whole from outside, so they may see everything; nothing may see them.
const OBSERVERS: [&str; 3] = ["holdpoint-e2e", "holdpoint-measure", "holdpoint-measure-policy"];

pub(super) fn check(packages: &[Package], normal: &Edges, dev: &[&str]) -> Vec<String> {
    let members: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|package| !OBSERVERS.contains(&package.name.as_str())) {
        let Some((_, allowed)) = normal.iter().find(|(name, _)| *name == package.name) else {
            wrong.push(format!("{}: is in no list of edges; add it to xtask/src/tidy/edges.rs", package.name));
            continue;
        };
        let inner = |dev: bool| {
            let of_kind = move |dependency: &&Dependency| dependency.is_dev() == dev;
            package.dependencies.iter().filter(of_kind).map(|d| d.name.as_str()).filter(|name| members.contains(name))
        };
        let has: BTreeSet<&str> = inner(false).collect();
        for name in has.iter().filter(|name| !allowed.contains(name)) {
            wrong.push(format!("{}: depends on {name}, which its edges do not allow", package.name));
        }
        for name in allowed.iter().filter(|name| !has.contains(*name)) {
            wrong.push(format!("{}: does not depend on {name} any more; take it out of its edges", package.name));
        }
        for name in inner(true).filter(|name| !dev.contains(name) && !allowed.contains(name)) {
            wrong.push(format!("{}: its tests depend on {name}, which tests may not", package.name));
        }
    }
    for (name, _) in normal.iter().filter(|(name, _)| !members.contains(name)) {
        wrong.push(format!("{name}: is in the list of edges and is no member of the workspace; take it out"));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, normal: &[&str], dev: &[&str]) -> Package {
        let of = |names: &[&str], kind: Option<&str>| -> Vec<Dependency> {
            names.iter().map(|name| Dependency { name: (*name).to_owned(), kind: kind.map(str::to_owned) }).collect()
        };
        Package {
            name: name.to_owned(),
            folder: format!("host/{name}"),
            license: None,
            dependencies: [of(normal, None), of(dev, Some("dev"))].concat(),
            targets: vec![],
        }
    }

    const EDGES: &Edges = &[("model", &[]), ("gate", &["model"]), ("testkit", &["gate"])];

    #[test]
    fn the_allowed_edges_are_fine() {
        let packages = [
            package("model", &["serde"], &[]),
            package("gate", &["model", "tokio"], &["testkit"]),
            package("testkit", &["gate"], &[]),
            package(OBSERVERS[0], &["gate"], &["testkit"]),
        ];
        assert_eq!(check(&packages, EDGES, &["testkit"]), [""; 0]);
    }

    #[test]
    fn each_wrong_edge_is_named() {
        let packages =
            [package("model", &["gate"], &["gate"]), package("gate", &[], &["testkit"]), package("new", &[], &[])];
        assert_eq!(
            check(&packages, EDGES, &["testkit"]),
            [
                "model: depends on gate, which its edges do not allow",
                "model: its tests depend on gate, which tests may not",
                "gate: does not depend on model any more; take it out of its edges",
                "new: is in no list of edges; add it to xtask/src/tidy/edges.rs",
                "testkit: is in the list of edges and is no member of the workspace; take it out",
            ]
        );
    }
}
