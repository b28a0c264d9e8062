//! The contract in `wit/`, as Rust. Generated; nothing outside of this crate sees it.

wasmtime::component::bindgen!({
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
    imports: { default: async | trappable },
    exports: { default: async },
});
