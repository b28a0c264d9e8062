//! The world `policy`, as Rust. Nothing of it may wait.

wasmtime::component::bindgen!({
    path: ["../../wit/evidence", "../../wit/policy"],
    world: "holdpoint:policy/policy",
    imports: { default: trappable },
});
