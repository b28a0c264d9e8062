//! The bindings of the world `virtual-user`. What it shares with phases has the same types. Nothing is written by hand here, and only `host`
//! uses them.

wit_bindgen::generate!({
    path: ["../../wit/types", "../../wit/http", "../../wit/websocket", "../../wit/clock", "../../wit/user"],
    world: "holdpoint:user/virtual-user",
    with: {
        "holdpoint:types/types@0.1.0": crate::bindings::holdpoint::types::types,
        "holdpoint:http/http@0.1.0": crate::bindings::holdpoint::http::http,
        "holdpoint:websocket/websocket@0.1.0": crate::bindings::holdpoint::websocket::websocket,
        "holdpoint:clock/clock@0.1.0": crate::bindings::holdpoint::clock::clock,
    },
    pub_export_macro: true,
});
