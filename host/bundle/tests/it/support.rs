//! Sources and small components for the tests of this crate.

use std::collections::BTreeMap;
use std::path::PathBuf;

use holdpoint_bundle::{Diagnostics, ModuleError, OperatorSource, Resolved, Sources, Text, Verified};

/// A component that imports interfaces with one function and exports `run`.
pub(crate) fn component(imports: &[&str]) -> Vec<u8> {
    exporting(imports, &["run"])
}

/// A component that imports interfaces, by hand: the preamble, the type of an instance with one function, the imports, one empty component as
/// each export.
pub(crate) fn exporting(imports: &[&str], exports: &[&str]) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    let mut section = |id: u8, body: Vec<u8>| {
        bytes.push(id);
        bytes.extend(leb(body.len()));
        bytes.extend(body);
    };
    let function = [0x01, 0x40, 0, 0x01, 0];
    let its_name = [0x04, 0, 1, b'f', 0x01, 0];
    section(7, [&[1, 0x42, 2], &function[..], &its_name[..]].concat());
    let mut body = leb(imports.len());
    for name in imports {
        body.push(0);
        body.extend(leb(name.len()));
        body.extend(name.bytes());
        body.extend([5, 0]);
    }
    section(10, body);
    section(4, b"\0asm\x0d\0\x01\0".to_vec());
    let mut body = leb(exports.len());
    for name in exports {
        body.push(0);
        body.extend(leb(name.len()));
        body.extend(name.bytes());
        body.extend([4, 0, 0]);
    }
    section(11, body);
    bytes
}

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// Modules by name: `phases/health` and `phases/auth-flow` import http, `phases/prerequisites` secrets, `phases/config` and `phases/architecture` files, `phases/toolchain` and `phases/local-isolation` exec, `phases/plain` nothing, `phases/cloud` what nobody has. `users/browse` is a virtual user.
pub(crate) fn modules(name: &str) -> Result<Vec<u8>, ModuleError> {
    Ok(match name {
        "phases/health" => {
            component(&["wasi:cli/stdout@0.2.6", "holdpoint:context/context@0.1.0", "holdpoint:http/http@0.1.0"])
        }
        "phases/prerequisites" => component(&["holdpoint:secrets/secrets@0.1.0", "holdpoint:report/report@0.1.0"]),
        "phases/auth-flow" => component(&["holdpoint:http/http@0.1.0", "holdpoint:report/report@0.1.0"]),
        "phases/architecture" => component(&["holdpoint:files/files@0.1.0", "holdpoint:report/report@0.1.0"]),
        "phases/config" => component(&["holdpoint:files/files@0.1.0", "holdpoint:report/report@0.1.0"]),
        "phases/deploy" => component(&[
            "holdpoint:http/http@0.1.0",
            "holdpoint:gcloud/gcloud@0.1.0",
            "holdpoint:exec/exec@0.1.0",
            "holdpoint:load/load@0.1.0",
        ]),
        "phases/toolchain" | "phases/local-isolation" | "phases/frontend" => component(&["holdpoint:exec/exec@0.1.0"]),
        "phases/identity" | "phases/verify-deployment" | "phases/rollback" => {
            component(&["holdpoint:gcloud/gcloud@0.1.0"])
        }
        "phases/monitoring-setup" => component(&["holdpoint:files/files@0.1.0", "holdpoint:gcloud/gcloud@0.1.0"]),
        "phases/request-isolation" | "phases/agent-isolation" => {
            component(&["holdpoint:http/http@0.1.0", "holdpoint:load/load@0.1.0"])
        }
        "phases/chat" | "phases/disturbed-isolation" => component(&["holdpoint:load/load@0.1.0"]),
        "phases/sessions" | "phases/transactions" | "phases/files" | "phases/api-docs" => {
            component(&["holdpoint:http/http@0.1.0", "holdpoint:clock/clock@0.1.0", "holdpoint:report/report@0.1.0"])
        }
        "phases/websocket-endurance" => component(&[
            "holdpoint:http/http@0.1.0",
            "holdpoint:websocket/websocket@0.1.0",
            "holdpoint:clock/clock@0.1.0",
        ]),
        "phases/security" => {
            component(&["holdpoint:http/http@0.1.0", "holdpoint:secrets/secrets@0.1.0", "holdpoint:clock/clock@0.1.0"])
        }
        "phases/service-logs" => component(&["holdpoint:gcloud/gcloud@0.1.0", "holdpoint:secrets/secrets@0.1.0"]),
        "phases/data-stores" => component(&["holdpoint:data/data@0.1.0", "holdpoint:clock/clock@0.1.0"]),
        "phases/pool" => {
            component(&["holdpoint:metrics/metrics@0.1.0", "holdpoint:load/load@0.1.0", "holdpoint:files/files@0.1.0"])
        }
        "phases/agent-churn" => component(&["holdpoint:metrics/metrics@0.1.0", "holdpoint:load/load@0.1.0"]),
        "phases/dashboards" => component(&[
            "holdpoint:gcloud/gcloud@0.1.0",
            "holdpoint:metrics/metrics@0.1.0",
            "holdpoint:clock/clock@0.1.0",
        ]),
        "phases/environment" => component(&["holdpoint:files/files@0.1.0", "holdpoint:secrets/secrets@0.1.0"]),
        "phases/next-steps" => component(&["holdpoint:files/files@0.1.0", "holdpoint:clock/clock@0.1.0"]),
        "users/chat-user" => {
            let imports = ["holdpoint:websocket/websocket@0.1.0", "holdpoint:user/user@0.1.0"];
            exporting(&imports, &["start", "iterate", "stop"])
        }
        "users/browse" | "users/browse-user" | "users/agent-user" => {
            let imports = ["holdpoint:http/http@0.1.0", "holdpoint:user/user@0.1.0", "holdpoint:clock/clock@0.1.0"];
            exporting(&imports, &["start", "iterate", "stop"])
        }
        "policies/objectives" | "policies/rollback-triggers" | "policies/alerts" => {
            exporting(&["holdpoint:evidence/evidence@0.1.0"], &["holdpoint:policy/judge@0.1.0"])
        }
        "policies/wasi" => exporting(&["wasi:clocks/wall-clock@0.2.6"], &["holdpoint:policy/judge@0.1.0"]),
        "policies/http" => exporting(&["holdpoint:http/http@0.1.0"], &["holdpoint:policy/judge@0.1.0"]),
        "phases/monitor" => {
            component(&["holdpoint:http/http@0.1.0", "holdpoint:clock/clock@0.1.0", "holdpoint:report/report@0.1.0"])
        }
        "phases/plain" => component(&["holdpoint:report/report@0.1.0"]),
        "phases/cloud" => component(&["holdpoint:queue/queue@0.1.0"]),
        "phases/newer" => component(&["holdpoint:report/report@0.9.0"]),
        "phases/core" => b"\0asm\x01\0\0\0".to_vec(),
        _ => {
            return Err(ModuleError { message: format!("there is no built module {name}"), hint: None });
        }
    })
}

pub(crate) const CHECKLIST: &str = r#"
[[row]]
id = "P3.1"
title = "health"
level = "required"
[[row]]
id = "RB-V1"
title = "health after a rollback"
level = "off"
"#;

/// Sources of a bundle with a small checklist, without an operator's file.
pub(crate) fn sources(bundle: &str) -> Sources {
    Sources {
        bundle: Text { label: "bundle.toml".to_owned(), text: bundle.to_owned() },
        folder: PathBuf::from("/bundles/x"),
        checklist: Text { label: "checklist.toml".to_owned(), text: CHECKLIST.to_owned() },
        files: BTreeMap::new(),
        operator: None,
        environment: None,
        inputs: BTreeMap::new(),
        services: BTreeMap::new(),
        only: vec![],
    }
}

/// The sources of a bundle as people write them, with its services placed.
pub(crate) fn sample() -> Sources {
    let mut sources = shipped();
    sources.bundle.text = include_str!("sample.toml").to_owned();
    sources.inputs.retain(|name, _| name == "config");
    sources
}

/// The sample, whose phase `config` has one more line of grants.
pub(crate) fn sample_with(grant: &str) -> Sources {
    let mut sources = sample();
    let files = "files = [{ directory = \"config\", path = \"${input.config}\" }]";
    sources.bundle.text = sources.bundle.text.replace(files, &format!("{files}\n{grant}"));
    sources
}

/// Resolves with the modules of these tests.
pub(crate) fn resolve(sources: &Sources) -> Resolved {
    Resolved::from_sources(sources, &modules).unwrap_or_else(|e| panic!("{e}"))
}

/// Verifies under an operator's file of this text.
pub(crate) fn verify(mut sources: Sources, text: &str) -> Result<Verified, Diagnostics> {
    sources.operator = Some(operator(text));
    Verified::new(resolve(&sources), &sources, None)
}

/// The sources of the bundle that ships, with its services placed.
pub(crate) fn shipped() -> Sources {
    let service = |name: &str, title: &str| (name.to_owned(), format!("https://{title}-demo.a.run.app"));
    Sources {
        bundle: Text {
            label: "bundle.toml".to_owned(),
            text: include_str!("../../../../scripts/bundles/netra-staging/bundle.toml").to_owned(),
        },
        checklist: Text {
            label: "checklist.toml".to_owned(),
            text: include_str!("../../../../scripts/bundles/netra-staging/checklist.toml").to_owned(),
        },
        inputs: [
            ("config", "/srv/netra/config"),
            ("source", "/srv/netra/source"),
            ("client-id", "netra.apps.googleusercontent.com"),
            ("redirect-uri", "https://netra-auth-service-demo.a.run.app/auth/callback"),
            ("release", "2.4.0"),
            ("next-steps", "/srv/netra/next-steps"),
            ("on-call", "alice"),
            ("deputy", "bob"),
            ("host.backend", "netra-backend-staging-demo.a.run.app"),
            ("host.auth", "netra-auth-service-demo.a.run.app"),
            ("host.frontend", "netra-frontend-staging-demo.a.run.app"),
            ("image.backend", "us-docker.pkg.dev/netra-staging/netra/backend@sha256:1"),
            ("image.auth", "us-docker.pkg.dev/netra-staging/netra/auth@sha256:1"),
            ("image.frontend", "us-docker.pkg.dev/netra-staging/netra/frontend@sha256:1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        services: [
            service("backend", "netra-backend-staging"),
            service("auth", "netra-auth-service"),
            service("frontend", "netra-frontend-staging"),
        ]
        .into(),
        ..sources("")
    }
}

pub(crate) fn operator(text: &str) -> OperatorSource {
    OperatorSource {
        file: Text { label: "holdpoint.toml".to_owned(), text: text.to_owned() },
        folder: PathBuf::from("/etc/holdpoint"),
    }
}

/// The rows that phases and policies of the shipped bundle speak for, in the order of its checklist. Three are of what it does not use.
pub(crate) const JUDGED: [&str; 96] = [
    "PRE-1.identity",
    "PRE-1.project",
    "PRE-2.openai",
    "PRE-2.anthropic",
    "PRE-2.gemini",
    "PRE-2.client-id",
    "PRE-2.client-secret",
    "PRE-3.python",
    "PRE-3.docker",
    "PRE-3.compose",
    "P1.1",
    "P1.2",
    "P1.3",
    "P2.1.checks",
    "P2.1.local",
    "P2.1.cloud",
    "P2.2",
    "P3.1",
    "P3.2.success",
    "P3.2.average",
    "P3.2.isolation",
    "P3.2.memory",
    "P3.3",
    "P4.1.p95",
    "P4.1.errors",
    "P4.1.availability",
    "P4.1.memory-per-request",
    "P4.1.shared-state",
    "P4.1.cleanup",
    "P4.1.pool",
    "P4.1.cpu",
    "P4.1.memory",
    "P4.1.connections",
    "P4.1.leak",
    "P4.2.dashboards",
    "P4.2.alerts",
    "P4.3.t1",
    "P4.3.t2",
    "P4.3.t3",
    "P4.3.t4",
    "CRIT-1",
    "CRIT-2",
    "CRIT-3",
    "CRIT-4",
    "CRIT-5",
    "CRIT-6",
    "CRIT-7",
    "CRIT-8",
    "CRIT-9",
    "SEC-1",
    "SEC-2",
    "SEC-3",
    "SEC-4",
    "SEC-5",
    "SEC-6",
    "BIZ-1",
    "BIZ-2",
    "BIZ-3",
    "BIZ-4",
    "BIZ-5",
    "BIZ-6",
    "RB-T1",
    "RB-T2",
    "RB-T3",
    "RB-T4",
    "RB-T5",
    "RB-C1",
    "RB-C2",
    "RB-V1",
    "RB-V2",
    "DASH-1",
    "DASH-2",
    "DASH-3",
    "DASH-4",
    "ALERT-1",
    "ALERT-2",
    "ALERT-3",
    "ALERT-4",
    "KI-1",
    "KI-2",
    "KI-3",
    "KI-4",
    "SUC-1.deploy",
    "SUC-1.rollback",
    "SUC-1.gap",
    "SUC-2",
    "SUC-3.users",
    "SUC-3.failures",
    "SUC-3.cleanup",
    "SUC-3.state",
    "NEXT-1",
    "NEXT-2",
    "NEXT-3",
    "NEXT-4",
    "NEXT-5",
    "NOTE-1",
];
