//! The bindings that are generated from the contract. Nothing is written by hand here, and only `host` uses them.

wit_bindgen::generate!({
    path: [
        "../../wit/types",
        "../../wit/context",
        "../../wit/http",
        "../../wit/files",
        "../../wit/secrets",
        "../../wit/gcloud",
        "../../wit/exec",
        "../../wit/websocket",
        "../../wit/load",
        "../../wit/metrics",
        "../../wit/data",
        "../../wit/clock",
        "../../wit/report",
        "../../wit/phase",
    ],
    world: "holdpoint:phase/phase",
    generate_all,
    pub_export_macro: true,
});
