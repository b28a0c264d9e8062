//! Phases that open WebSockets: what comes back, what is refused, what a broken server does, and what is left of it in a run.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use holdpoint_e2e::{
    Scene, holding, inline,
    nginx::Nginx,
    process::until,
    sockets::{SUBPROTOCOL, Sockets},
};
use serde_json::{Value, json};

const VALUE: &str = "the-value-of-a-credential";
const MAY: &str = "websocket = [{ services = [\"backend\"], paths = [\"/ws\"] }]";

/// A bundle with a phase that opens these sockets, whose operator has a secret for it and allows what it asks.
fn prepared(backend: &str, open: &Value, grants: &str) -> Scene {
    let scene = Scene::bare();
    let bundle = format!(
        "[bundle]\nname = \"scene\"\nversion = \"1.0.0\"\nchecklist = \"checklist.toml\"\n[environments.test]\n\
         secrets = [\"CHAT_KEY\"]\n[environments.test.services.backend]\nurl = \"{backend}\"\n[[phase]]\nid = \"chat\"\n\
         module = \"socket\"\nrequirements = [\"P3.1\"]\nconfig = {}\n[phase.grants]\nsecrets = [\"CHAT_KEY\"]\n{grants}\n",
        inline(&json!({ "open": open })),
    );
    scene.write("bundle/bundle.toml", &bundle);
    scene.write("bundle/checklist.toml", "[[row]]\nid = \"P3.1\"\ntitle = \"row\"\nlevel = \"required\"\n");
    let place = backend.rsplit('/').next().unwrap();
    let address = place.replace("chat.test", "127.0.0.1");
    let operator = format!(
        "[connect-to]\n\"{place}\" = \"{address}\"\n[secrets.CHAT_KEY]\nfrom = {{ file = \"key\" }}\n\
         services = [\"backend\"]\nheader = \"authorization\"\nformat = \"Bearer {{}}\"\n"
    );
    scene.write("holdpoint.toml", &operator);
    scene.write("key", VALUE);
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

/// A run of a phase that opens these sockets of the server.
fn ran(sockets: &Sockets, open: &Value, grants: &str) -> Scene {
    let scene = prepared(&sockets.url(), open, grants);
    let run = scene.run(&["run", "BUNDLE"]);
    assert!(matches!(run.code, Some(0 | 1)), "{run:?}");
    scene
}

/// What the phase saw, step by step, and the same again without a server.
fn told(scene: &Scene, sockets: Sockets) -> Vec<String> {
    let checks = scene.checks();
    drop(sockets);
    scene.run(&["replay", "last"]).exits(0);
    assert_eq!(scene.checks(), checks, "a replay has the same answers");
    checks
}

#[test]
fn frames_come_back_and_the_server_chooses_a_subprotocol() {
    let sockets = Sockets::start();
    let steps = json!([
        { "send": "hello" }, { "receive": "20s" }, { "send-bytes": 1_048_576 }, { "receive": "20s" },
        "ping", { "receive": "20s" }, "count", { "close": 1000 },
    ]);
    let open = json!([
        { "at": "/ws/echo", "subprotocols": ["chat.v2", SUBPROTOCOL], "headers": { "origin": "https://app.example.com" }, "steps": steps },
        { "at": "/ws/echo" },
    ]);
    let scene = ran(&sockets, &open, MAY);
    let seen = sockets.seen();
    assert_eq!(seen[..4], ["open /ws/echo", "origin https://app.example.com", "text hello", "binary 1048576"]);
    assert!(seen.contains(&"close 1000".to_owned()), "{seen:#?}");
    let told = told(&scene, sockets);
    assert_eq!(
        told[..7],
        [
            "pass: 101 chat.v1",
            "pass: sent",
            "pass: text \"hello\"",
            "pass: sent",
            "pass: binary 1048576",
            "pass: sent",
            "pass: pong",
        ]
    );
    let counted = "frames_sent: 2, frames_received: 2, bytes_sent: 1048581.0, bytes_received: 1048581.0, pings_sent: 1, \
                   pings_received: 0, pongs_received: 1, dropped: 0, waiting: 0";
    assert!(told[7].contains(counted), "{told:#?}");
    assert_eq!(told[8..], ["pass: 1000 \"done\" true", "pass: 101"]);
}

#[test]
fn a_server_behind_tls_is_known_by_its_certificate() {
    let sockets = Sockets::start();
    let (_nginx, port, certificate) = Nginx::in_front_of("chat.test", sockets.port());
    let steps = json!([{ "send": "over tls" }, { "receive": "20s" }, "ping", { "receive": "20s" }, { "close": 1001 }]);
    let open = json!([
        { "at": "/ws/echo", "subprotocols": [SUBPROTOCOL], "steps": steps },
        { "at": format!("wss://chat.test:{port}/ws/echo") },
    ]);
    let grants =
        format!("websocket = [{{ services = [\"backend\"], hosts = [\"chat.test:{port}\"], paths = [\"/ws\"] }}]");
    let scene = prepared(&format!("https://chat.test:{port}"), &open, &grants);
    let operator = std::fs::read_to_string(scene.path().join("holdpoint.toml")).unwrap();
    scene.write("ca.pem", &certificate);

    scene.run(&["run", "BUNDLE"]).exits(1);
    let told = scene.checks();
    assert!(told[0].contains("no TLS with chat.test:") && told[0].contains("certificate"), "{told:#?}");
    assert_eq!(sockets.seen(), [""; 0]);

    scene.write("holdpoint.toml", &format!("ca-file = \"ca.pem\"\n{operator}"));
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert_eq!(
        scene.checks(),
        [
            "pass: 101 chat.v1",
            "pass: sent",
            "pass: text \"over tls\"",
            "pass: sent",
            "pass: pong",
            "pass: 1001 \"done\" true",
            "pass: 101",
        ]
    );
}

#[test]
fn how_a_server_ends_a_socket_is_told() {
    let sockets = Sockets::start();
    let ends = |path: &str| json!({ "at": path, "steps": [{ "receive": "20s" }, { "receive": "20s" }] });
    let open =
        json!([ends("/ws/close"), ends("/ws/drop"), ends("/ws/big"), { "at": "/ws/refuse" }, { "at": "/ws/other" }]);
    let told = told(&ran(&sockets, &open, MAY), sockets);
    let gone = |socket: u32| {
        format!(
            "fail: socket {socket}: there is no such socket; it was never open, was closed, or its end was received"
        )
    };
    assert_eq!(told[..2], ["pass: 101", "pass: closed 4001 \"told so\" true"]);
    assert_eq!(told[2], gone(0));
    assert_eq!(told[3..5], ["pass: 101", "pass: closed 1006 \"the connection broke off\" false"]);
    assert_eq!(told[5], gone(3));
    let large = "pass: closed 1009 \"the server sent a frame of 1048577 bytes, and 1048576 are taken\" false";
    assert_eq!(told[6..8], ["pass: 101", large]);
    assert_eq!(told[9], "pass: 403");
    assert!(
        told[10].starts_with("fail: ") && told[10].ends_with("the server chose a subprotocol that was not offered"),
        "{told:#?}"
    );
}

#[test]
fn a_server_that_says_nothing_holds_nobody_up() {
    let sockets = Sockets::start();
    let steps =
        json!([{ "receive": "100ms" }, { "send": "hello?" }, "ping", { "receive": "100ms" }, { "close": 1000 }]);
    let told = told(&ran(&sockets, &json!([{ "at": "/ws/silent", "steps": steps }]), MAY), sockets);
    assert_eq!(
        told,
        [
            "pass: 101",
            "pass: nothing",
            "pass: sent",
            "pass: sent",
            "pass: nothing",
            "pass: 1006 \"the server did not answer the close frame within 5 s\" false",
        ]
    );
}

#[test]
fn pings_are_answered_and_what_is_too_much_is_thrown_away() {
    let sockets = Sockets::start();
    // The echo comes after the 300 frames, so nothing is still on its way when they are counted.
    let mut steps = vec![json!({ "send": "marker" }), json!("ping"), json!({ "sleep": "1s" })];
    steps.extend((0..259).map(|_| json!({ "receive": "1s" })));
    let open = json!([
        { "at": "/ws/ping", "steps": [{ "send": "hi" }, { "receive": "20s" }, "count"] },
        { "at": "/ws/many", "steps": steps },
    ]);
    let scene = ran(&sockets, &open, MAY);
    assert!(sockets.seen().contains(&"pong are you there".to_owned()), "{:#?}", sockets.seen());
    let told = told(&scene, sockets);
    assert!(told[3].contains("pings_received: 1"), "{}", told[3]);
    let many = &told[4 + 3..];
    assert_eq!(many[..2], ["pass: text \"0\"", "pass: text \"1\""]);
    assert_eq!(many[255..258], ["pass: text \"255\"", "pass: dropped 45", "pass: pong"]);
    assert_eq!(many[258], "pass: nothing");
}

#[test]
fn what_is_not_granted_is_denied_recorded_and_never_connected_to() {
    let sockets = Sockets::start();
    let port = sockets.port();
    let open = json!([
        { "at": "/other" },
        { "at": format!("ws://127.0.0.1:{port}/ws/echo") },
        { "at": "wss://chat.example.com/ws" },
        { "at": "/ws/../admin" },
        { "at": "/ws/echo", "headers": { "sec-websocket-extensions": "permessage-deflate" } },
    ]);
    let scene = ran(&sockets, &open, MAY);
    let shown = scene.run(&["show", "last", "chat/0"]).exits(0).stdout;
    assert!(shown.contains(r#"websocket = [{ services = [\"backend\"], paths = [\"/other\"] }]"#), "{shown}");
    assert_eq!(sockets.seen(), [""; 0]);
    let told = told(&scene, sockets);
    for (told, part) in told.iter().zip([
        "no grant covers /other of service backend; granted: services backend below /ws",
        "no grant covers /ws/echo of host 127.0.0.1:",
        "no grant covers /ws of host chat.example.com",
        "denied websocket open backend /ws/../admin",
        "the header sec-websocket-extensions is the host's",
    ]) {
        assert!(told.starts_with("fail: denied") || told.starts_with("inconclusive: denied"), "{told}");
        assert!(told.contains(part), "{part} is not in {told}");
    }
}

#[test]
fn a_module_without_a_grant_is_refused_and_one_that_the_operator_did_not_allow() {
    let sockets = Sockets::start();
    let http = "http = [{ services = [\"backend\"], methods = [\"GET\"] }]";
    let scene = prepared(&sockets.url(), &json!([]), MAY);
    let bundle = std::fs::read_to_string(scene.path().join("bundle/bundle.toml")).unwrap();
    scene.write("bundle/bundle.toml", &bundle.replace(MAY, http));
    let refused = scene.run(&["check", "BUNDLE"]).exits(2).stderr;
    assert!(
        refused.contains("imports holdpoint:websocket/websocket, but phase `chat` grants no websocket"),
        "{refused}"
    );
    // The grant of sockets is enough: nothing of `http` is imported with them.
    let module = std::fs::read(scene.modules.join("socket.wasm")).unwrap();
    let imports = |name: &str| module.windows(name.len()).any(|window| window == name.as_bytes());
    assert!(imports("holdpoint:websocket/websocket@") && !imports("holdpoint:http/http@"));
    scene.write("bundle/bundle.toml", &bundle.replace("\"/ws\"", "\"/\""));
    let refused = scene.run(&["check", "BUNDLE"]).exits(2).stderr;
    assert!(refused.contains("websocket = [{ services = [\"backend\"], paths = [\"/\"] }]"), "{refused}");
}

#[test]
fn an_address_that_nobody_pinned_is_not_connected_to() {
    let sockets = Sockets::start();
    let url = format!("ws://localhost:{}/ws/echo", sockets.port());
    let grants =
        format!("{MAY}\n").replace("services", &format!("hosts = [\"localhost:{}\"], services", sockets.port()));
    let told = told(&ran(&sockets, &json!([{ "at": url }]), &grants), sockets);
    assert!(told[0].contains("a loopback address"), "{told:#?}");
}

#[test]
fn more_sockets_than_the_bound_are_refused_until_one_is_closed() {
    let sockets = Sockets::start();
    let open = json!([{ "at": "/ws/echo", "times": 17, "steps": [{ "close": 1000 }] }, { "at": "/ws/echo" }]);
    let scene = ran(&sockets, &open, MAY);
    // Sixteen, and the one after the closing; the one beyond the bound was not connected to.
    assert_eq!(sockets.seen().iter().filter(|one| one.starts_with("open ")).count(), 17);
    let told = told(&scene, sockets);
    assert_eq!(told[15], "pass: 101");
    assert!(told[16].starts_with("fail: the phase has 16 sockets"), "{told:#?}");
    assert_eq!(told[17], "pass: 1000 \"done\" true");
    assert_eq!(told[18], "pass: 101");
}

#[test]
fn a_secret_goes_into_its_header_and_comes_back_as_a_placeholder() {
    let sockets = Sockets::start();
    let steps =
        json!([{ "receive": "20s" }, { "receive": "20s" }, { "send": "mine is {secret}" }, { "send": "nothing" }]);
    let open = json!([{ "at": "/ws/whoami", "secret": "CHAT_KEY", "steps": steps }]);
    let scene = prepared(&sockets.url(), &open, MAY);
    scene.run(&["run", "BUNDLE"]).exits(1);
    let told = scene.checks();
    assert!(told[1].starts_with("pass: text \"you are Bearer ") && told[1].contains("CHAT_KEY"), "{told:#?}");
    assert!(told[2].starts_with("pass: binary "), "{told:#?}");
    assert!(told[3].contains("never sent in a body"), "{told:#?}");
    assert_eq!(told[4], "pass: sent", "the socket is as good as before");
    let seen = sockets.seen();
    assert!(!seen.iter().any(|one| one.contains("mine is")), "{seen:#?}");
    assert_eq!(holding(&scene.path().join(".holdpoint"), VALUE), [""; 0]);
    assert_eq!(holding(scene.path(), VALUE).len(), 1, "the search finds what is there");
}

#[test]
fn a_socket_does_not_outlive_its_host_and_a_resumed_run_is_told() {
    let sockets = Sockets::start();
    let steps = json!([{ "send": "before" }, { "receive": "20s" }, { "receive": "50s" }, { "send": "after" }]);
    let open = json!([{ "at": "/ws/echo", "steps": steps }, { "at": "/ws/echo", "steps": [{ "close": 1000 }] }]);
    let scene = prepared(&sockets.url(), &open, MAY);
    let host = scene.start(&["run", "BUNDLE"]);
    let journal = || rusqlite::Connection::open(scene.journal()).unwrap();
    let recorded = || {
        let count = "SELECT count(*) FROM event WHERE summary LIKE 'receive %'";
        journal().query_row(count, [], |row| row.get::<_, u32>(0)).unwrap_or_default()
    };
    until("a frame came back", || sockets.seen().contains(&"text before".to_owned()) && recorded() == 1);
    drop(host);
    until("the socket is gone", || sockets.seen().contains(&"gone".to_owned()));
    scene.run(&["resume", "last"]).exits(1);
    let told = scene.checks();
    assert_eq!(told[..3], ["pass: 101", "pass: sent", "pass: text \"before\""]);
    for lost in &told[3..5] {
        assert!(
            lost.contains("interrupted: what call 0 had opened is gone: socket 0 ended with the host"),
            "{told:#?}"
        );
    }
    assert_eq!(told[5..], ["pass: 101", "pass: 1000 \"done\" true"], "another is opened anew");
    assert!(!sockets.seen().contains(&"text after".to_owned()), "{:#?}", sockets.seen());
    let checks = scene.checks();
    drop(sockets);
    scene.run(&["replay", "last"]).exits(0);
    assert_eq!(scene.checks(), checks);
}

#[test]
fn a_dry_run_opens_nothing_but_sockets_that_only_read() {
    let sockets = Sockets::start();
    let open = json!([{ "at": "/ws/echo", "steps": [{ "send": "hi" }, { "receive": "20s" }] }]);
    let scene = prepared(&sockets.url(), &open, MAY);
    scene.run(&["run", "BUNDLE", "--dry-run"]);
    assert!(scene.checks()[0].contains("a dry run makes no call of class repeatable"), "{:#?}", scene.checks());
    assert_eq!(sockets.seen(), [""; 0]);
    let reading = MAY.replace(" }]", ", class = \"read\" }]");
    let scene = prepared(&sockets.url(), &open, &reading);
    scene.run(&["run", "BUNDLE", "--dry-run"]);
    assert_eq!(scene.checks(), ["pass: 101", "pass: sent", "pass: text \"hi\""]);
}
