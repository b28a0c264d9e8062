//! The bindings of the world `policy`. Nothing is written by hand here, and only `host` and the attribute use them.

wit_bindgen::generate!({
    path: ["../../wit/evidence", "../../wit/policy"],
    world: "holdpoint:policy/policy",
    generate_all,
    pub_export_macro: true,
});
