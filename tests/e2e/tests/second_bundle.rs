//! The bundle that ships for Kinto, against a real one: a system that nobody here wrote, with faults that it really can have.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use holdpoint_e2e::server::{Reply, Server};
use holdpoint_e2e::{Scene, kinto};
use holdpoint_testkit::Kinto;

/// The users that the bundle has act.
const USER: &str = "account-user.wasm";
/// What judges writes of many.
const PHASE: &str = "conditional-writes.wasm";
/// What Kinto 26.5.0 does not do: both rows are advisory.
const ITS_OWN: [&str; 2] = ["KINTO-NESTED", "KINTO-RACE"];
/// Every phase without a load.
const QUICK: &str = "alive,heartbeat,released,headers,api-docs,security,nested,conflicts,batches,database";

/// The verdict of each row.
type Rows = BTreeMap<String, String>;

/// The bundle for a Kinto that is reached at a port, which is to be of a version.
fn scene(kinto: &Kinto, port: u16, version: &str) -> Scene {
    let place = format!("127.0.0.1:{port}");
    let secret = |name: &str| {
        format!(
            "[secrets.{name}]\nfrom = {{ file = \"{name}\" }}\nservices = [\"kinto\"]\nheader = \"authorization\"\nformat = \"Basic {{}}\"\n"
        )
    };
    let operator = format!(
        "[connect-to]\n\"{place}\" = \"{place}\"\n\
         [stores.staging.database]\naddress = \"{}\"\ndatabase = \"postgres\"\nuser = \"holdpoint\"\npassword = \"DATABASE_PASSWORD\"\ntls = false\n\
         [secrets.DATABASE_PASSWORD]\nfrom = {{ file = \"DATABASE_PASSWORD\" }}\n{}{}",
        kinto.database.address(),
        secret("KINTO_USER"),
        secret("KINTO_OTHER"),
    );
    let inputs = [
        format!("url=http://{place}"),
        format!("version={version}"),
        format!("origin={}", Kinto::ORIGIN),
        "load-ramp=30s".to_owned(),
        "load-during=40s".to_owned(),
    ];
    let choices = inputs.into_iter().flat_map(|input| ["--set".to_owned(), input]).collect();
    let scene = Scene::of_bundle("kinto", choices);
    scene.write("KINTO_USER", Kinto::USER);
    scene.write("KINTO_OTHER", Kinto::OTHER);
    scene.write("DATABASE_PASSWORD", Kinto::PASSWORD);
    scene.write("holdpoint.toml", &operator);
    // The two seconds that it has are no matter of these tests, and a machine that runs all of them at once may need them for itself.
    scene.edit("bundle/bundle.toml", |text| {
        let within = "[phase.config]\nwithin = \"20s\"\n";
        // Kinto's heartbeat looks at three things side by side, and says of itself that they may lock each other out.
        let of_tables = format!("{within}retries = 2\n[[phase.config.endpoints]]");
        let patient = text.replace("[phase.config]\n[[phase.config.endpoints]]", &of_tables);
        let patient = patient.replace("[phase.config]\nendpoints = [", &format!("{within}endpoints = ["));
        assert_eq!(patient.matches(within).count(), 4, "of each phase that looks at health");
        patient
    });
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

fn rows(scene: &Scene, only: &[&str], exit: i32) -> Rows {
    let run = scene.run(&[&["run", "BUNDLE", "--output", "json"][..], only].concat()).exits(exit);
    let rows = run.summary()["rows"].as_object().cloned().unwrap_or_default();
    rows.into_iter().map(|(row, verdict)| (row, verdict.as_str().unwrap_or_default().to_owned())).collect()
}

/// Whether a row is as it is without a fault. What is its own is tried all the same: how many writers it takes at once differs each time.
fn is_usual(row: &str, verdict: &str) -> bool {
    if ITS_OWN.contains(&row) { verdict != "not-exercised" } else { verdict == "pass" }
}

/// The rows that are not as they are without a fault.
fn changed(scene: &Scene, exit: i32) -> Vec<String> {
    let rows = rows(scene, &["--only", QUICK], exit);
    let of_load = ["KINTO-USERS", "KINTO-AVERAGE", "KINTO-ISOLATION", "KINTO-OWN", "KINTO-P95", "KINTO-ERRORS"];
    assert_eq!(rows.len(), 20, "{rows:#?}");
    let is_right = |row: &str, verdict: &str| {
        if of_load.contains(&row) { verdict == "not-exercised" } else { is_usual(row, verdict) }
    };
    rows.into_iter()
        .filter(|(row, verdict)| !is_right(row, verdict))
        .map(|(row, verdict)| format!("{row} {verdict}"))
        .collect()
}

/// Stands before Kinto, and makes something else of what is asked and of what is answered.
fn before(kinto: &Kinto, asked: fn(&str) -> String, answered: fn(&str, String) -> String) -> Server {
    let port = kinto.port();
    Server::start(move |request| {
        let answer = passed_on(port, &asked(request));
        Reply::Send(vec![answered(request, answer).into_bytes()])
    })
}

/// The answer to a request, over a connection of its own; empty if there is none.
fn passed_on(port: u16, request: &str) -> String {
    let request = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    let mut answer = Vec::new();
    if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
        // Whoever is not there answers nothing, and who does not go on holds up no test.
        let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
        let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut answer));
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// A head or a request without the lines that begin so.
fn without(text: &str, names: &[&str]) -> String {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let is_kept = |line: &&str| !names.iter().any(|name| line.to_ascii_lowercase().starts_with(name));
    let head: Vec<&str> = head.split("\r\n").filter(is_kept).collect();
    format!("{}\r\n\r\n{body}", head.join("\r\n"))
}

#[test]
fn a_real_kinto_on_a_real_postgresql_is_released_with_all_that_is_its_own_told() {
    assert!(holdpoint_e2e::guests().join(USER).exists() && holdpoint_e2e::guests().join(PHASE).exists());
    let mut kinto = Kinto::start(&kinto(), &[]);
    let scene = scene(&kinto, kinto.port(), Kinto::VERSION);
    // How fast a machine is that runs all tests at once is not what is tried here.
    scene.edit("bundle/bundle.toml", |text| {
        let slower = text.replace("at-once = 25\npace = \"4s\"", "at-once = 5\npace = \"8s\"\naverage = \"20s\"");
        let slower = slower.replace("limit = 2.0, at_least = 200", "limit = 20.0, at_least = 200");
        assert_eq!(slower.matches("20.0").count() + slower.matches("\"8s\"").count(), 2, "both are there");
        slower
    });
    let rows = rows(&scene, &[], 0);
    assert_eq!(rows.len(), 20, "{rows:#?}");
    for (row, verdict) in &rows {
        assert!(is_usual(row, verdict), "{row} is {verdict}: {:#?}", scene.wrong());
    }
    assert_eq!(rows["KINTO-NESTED"], "fail", "{:#?}", scene.checks());
    kinto.stop();
    scene.run(&["replay", "last"]).exits(0);
    let password = Kinto::USER.trim_end_matches('=');
    // Neither as it is sent nor as a person knows it; the operator's own file shows that the search finds it.
    for secret in [password, "the-password-of-alice", "the-password-of-bob", Kinto::PASSWORD] {
        let found = holdpoint_e2e::holding(&scene.path().join(".holdpoint"), secret);
        assert!(found.is_empty(), "the password of a test account stands in {found:?}");
    }
    assert_eq!(holdpoint_e2e::holding(scene.path(), password).len(), 1);
}

#[test]
fn a_real_kinto_on_a_real_postgresql_that_is_set_wrongly_fails_its_row_and_no_other() {
    for (settings, version, row) in [
        (None, "26.4.0", "KINTO-VERSION fail"),
        (Some(("kinto.cors_origins", "*")), Kinto::VERSION, "KINTO-CORS fail"),
        (Some(("kinto.bucket_read_principals", "system.Everyone")), Kinto::VERSION, "KINTO-AUTH fail"),
        (Some(("kinto.transaction_per_request", "false")), Kinto::VERSION, "KINTO-BATCH fail"),
    ] {
        let kinto = Kinto::start(&kinto(), settings.as_slice());
        let scene = scene(&kinto, kinto.port(), version);
        assert_eq!(changed(&scene, 1), [row], "{settings:?}: {:#?}", scene.wrong());
    }
}

#[test]
fn what_stands_before_a_real_kinto_on_a_real_postgresql_and_breaks_it_fails_its_row_and_no_other() {
    let kinto = Kinto::start(&kinto(), &[]);
    let same = |request: &str| request.to_owned();
    let scene_of = |server: &Server| scene(&kinto, server.port(), Kinto::VERSION);
    let nothing = before(&kinto, same, |_, answer| answer);
    assert_eq!(changed(&scene_of(&nothing), 7), [""; 0], "who changes nothing breaks nothing");
    let bare = before(&kinto, same, |_, answer| without(&answer, &["x-content-type-options"]));
    assert_eq!(changed(&scene_of(&bare), 1), ["KINTO-HEADERS fail"]);
    let unconditional = before(&kinto, |request| without(request, &["if-match", "if-none-match"]), |_, answer| answer);
    assert_eq!(changed(&scene_of(&unconditional), 1), ["KINTO-CONFLICT fail"]);
    let lying = before(&kinto, same, |_, answer| answer.replace("\"/contribute.json\"", "\"/contribute.jsan\""));
    assert_eq!(changed(&scene_of(&lying), 1), ["KINTO-API fail"]);
    let talking = before(&kinto, same, |request, answer| {
        let tells = request.starts_with("GET /v1/ ");
        let told = "\r\nx-store: postgres://app:hunter22@10.0.0.3/app\r\n";
        if tells { answer.replacen("\r\n", told, 1) } else { answer }
    });
    assert_eq!(changed(&scene_of(&talking), 1), ["KINTO-LEAKS fail"]);
    // As a server that says what it was sent, in the words of whoever has the account.
    let telling = before(&kinto, same, |request, answer| {
        let is_owned = request.starts_with("GET /v1/buckets ") && request.contains(Kinto::USER);
        if is_owned { answer.replacen("\r\n", "\r\nx-user: alice:the-password-of-alice\r\n", 1) } else { answer }
    });
    assert_eq!(changed(&scene_of(&telling), 1), ["KINTO-LEAKS fail"]);
    let taking = before(&kinto, same, |request, answer| {
        let is_tried = request.starts_with("PUT /v1/buckets/holdpoint/collections/private/records/input ");
        if is_tried { answer.replacen(" 400 ", " 200 ", 1) } else { answer }
    });
    assert_eq!(changed(&scene_of(&taking), 1), ["KINTO-INPUT fail"]);
}

#[test]
fn what_a_real_kinto_loses_with_its_real_postgresql_is_told() {
    let mut kinto = Kinto::start(&kinto(), &[]);
    let scene = scene(&kinto, kinto.port(), Kinto::VERSION);
    kinto.database.run("revoke insert on holdpoint from holdpoint");
    assert_eq!(changed(&scene, 1), ["KINTO-DATABASE fail"]);
    kinto.database.stop();
    let rows = rows(&scene, &["--only", QUICK], 1);
    for (row, verdict) in [
        ("KINTO-UP", "pass"),
        ("KINTO-STORAGE", "fail"),
        ("KINTO-DATABASE", "fail"),
        ("KINTO-VERSION", "pass"),
        ("KINTO-AUTH", "not-exercised"),
        ("KINTO-BATCH", "not-exercised"),
    ] {
        assert_eq!(rows[row], verdict, "{row}: {:#?}", scene.wrong());
    }
}
