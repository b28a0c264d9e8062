//! The rules of the network through the program that ships: credentials that no guest holds, redirects that lead astray, and an
//! environment that would lead everything astray.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use holdpoint_e2e::{Phase, Scene, holding, process::Live, staging::Staging};
use serde_json::Value;

const TOKEN: &str = "an-id-token.of-this.machine";
const WITH_TOKEN: &str =
    "http = [{ services = [\"backend\"], methods = [\"GET\"], auth = { id-token = \"service\" } }]";
const WITHOUT: &str = "http = [{ services = [\"backend\"], methods = [\"GET\"] }]";

/// A phase that asks these, with these grants.
fn fetching(ask: &str, grants: &str) -> Phase {
    Phase {
        guest: "fetch".into(),
        grants: grants.into(),
        ..Phase::reading("fetch", "fetch", &format!("{{ ask = [{ask}] }}"))
    }
}

/// What was seen of a request, and the whole report.
fn seen(scene: &Scene, name: &str) -> String {
    let report = scene.run(&["report", "--format", "json"]).exits(0).json();
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}: {checks:#?}"));
    found["observed"].as_str().unwrap().to_owned()
}

/// Says in the operator's file where the token of the backend is.
fn give_token(scene: &Scene) {
    let operator = std::fs::read_to_string(scene.path().join("holdpoint.toml")).unwrap();
    scene.write("holdpoint.toml", &format!("{operator}\n[id-tokens.backend]\nfrom = {{ file = \"token\" }}\n"));
    scene.write("token", &format!("{TOKEN}\n"));
}

#[test]
fn an_id_token_is_sent_by_the_host_and_stands_in_no_answer_and_no_file() {
    let staging = Staging::start();
    let scene = Scene::new(&staging.backend(), &[fetching("{ get = \"/whoami-iam\" }", WITH_TOKEN)]);
    let allowed = scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    let words = "fetch: send GET to services backend, with an ID token of this machine";
    assert!(format!("{}{}", allowed.stdout, allowed.stderr).contains(words), "{allowed:?}");

    // Before the machine has one, nothing is begun.
    for command in ["check", "run"] {
        let without = scene.run(&[command, "BUNDLE"]).exits(2);
        let line = "[id-tokens.backend]\n        from = { file = \"…\" }";
        assert!(without.stderr.contains("service backend: ") && without.stderr.contains(line), "{without:?}");
    }
    assert!(!scene.path().join(".holdpoint/runs").exists(), "a run was begun");

    give_token(&scene);
    scene.run(&["run", "BUNDLE"]).exits(0);
    let seen = seen(&scene, "GET /whoami-iam");
    let json: Value = serde_json::from_str(seen.strip_prefix("200 ").unwrap()).unwrap();
    for field in ["token", "base64"] {
        let shown = json[field].as_str().unwrap();
        assert!(shown.starts_with("hp-credential.id-token.backend."), "{seen}");
    }
    let held = holding(&scene.path().join(".holdpoint"), TOKEN);
    assert!(held.is_empty(), "the token stands in {held:?}");
    assert_eq!(holding(scene.path(), TOKEN).len(), 1, "the operator's own file is found, so the search works");

    // A replay needs none.
    std::fs::remove_file(scene.path().join("token")).unwrap();
    scene.run(&["replay"]).exits(0);
}

#[test]
fn without_auth_in_its_grant_a_request_carries_no_token() {
    let staging = Staging::start();
    let scene = Scene::new(&staging.backend(), &[fetching("{ get = \"/whoami-iam\" }", WITHOUT)]);
    give_token(&scene);
    scene.run(&["run", "BUNDLE"]).exits(1);
    assert!(seen(&scene, "GET /whoami-iam").starts_with("401 "));
}

#[test]
fn a_guest_that_writes_the_credential_itself_is_denied() {
    let staging = Staging::start();
    let ask = "{ get = \"/whoami-iam\", headers = { Authorization = \"Bearer mine\" } }";
    let scene = Scene::new(&staging.backend(), &[fetching(ask, WITH_TOKEN)]);
    give_token(&scene);
    scene.run(&["run", "BUNDLE"]).exits(1);
    let seen = seen(&scene, "GET /whoami-iam");
    assert!(seen.contains("the host itself writes the header authorization"), "{seen}");
    assert_eq!(staging.requests(), 0);
}

#[test]
fn an_operator_who_allows_requests_has_not_allowed_a_token_with_them() {
    let staging = Staging::start();
    let scene = Scene::new(&staging.backend(), &[fetching("{ get = \"/whoami-iam\" }", WITH_TOKEN)]);
    give_token(&scene);
    let operator = std::fs::read_to_string(scene.path().join("holdpoint.toml")).unwrap();
    let narrower = operator.replace(", auth = { id-token = \"service\" }", "");
    assert_ne!(narrower, operator);
    scene.write("holdpoint.toml", &narrower);
    let refused = scene.run(&["run", "BUNDLE"]).exits(2);
    assert!(refused.stderr.contains(&WITH_TOKEN.replace("http = ", "    http = ")), "{refused:?}");
    assert_eq!(staging.requests(), 0);
}

/// A server that redirects `/` to a place and answers everything else with 200, and the heads of the requests that came.
fn redirecting(location: &str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (heads, location) = (Arc::new(Mutex::new(Vec::new())), location.to_owned());
    let seen = heads.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // A client that goes away in between is the next test's affair.
            let _ = answer(stream, &location, &heads);
        }
    });
    (url, seen)
}

fn answer(mut stream: TcpStream, location: &str, heads: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? > 0 {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let status = match head.starts_with("GET / ") {
        true => format!("302 Found\r\nlocation: {location}"),
        false => "200 OK".to_owned(),
    };
    heads.lock().unwrap().push(head);
    stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes())
}

#[test]
fn each_hop_is_granted_anew_and_a_token_stays_below_its_service() {
    let (elsewhere, others) = redirecting("/");
    let port = elsewhere.rsplit_once(':').unwrap().1;
    let local = format!(
        "http = [{{ services = [\"backend\"], methods = [\"GET\"], auth = {{ id-token = \"service\" }} }}, \
                         {{ hosts = [\"127.0.0.1:{port}\", \"169.254.169.254\"], methods = [\"GET\"] }}]"
    );
    for (location, code, said) in [
        ("/next", 0, "200 "),
        ("http://evil.example.com/", 1, "no grant covers host evil.example.com"),
        ("http://10.0.0.1/", 1, "no grant covers host 10.0.0.1"),
        ("http://user:password@evil.example.com/", 1, "the URL names a user"),
        ("http://169.254.169.254/latest/meta-data", 1, "a metadata service"),
        (&format!("{elsewhere}/next"), 1, "a loopback address"),
    ] {
        let (url, heads) = redirecting(location);
        let scene = Scene::new(&url, &[fetching("{ get = \"/\", follow = 5 }", &local)]);
        give_token(&scene);
        scene.run(&["run", "BUNDLE"]).exits(code);
        let seen = seen(&scene, "GET /");
        assert!(seen.contains(said), "{location}: {seen}");
        let carried = heads.lock().unwrap().iter().filter(|head| head.contains(TOKEN)).count();
        assert_eq!(carried, if code == 0 { 2 } else { 1 }, "{location}");
    }
    assert_eq!(others.lock().unwrap().len(), 0);

    // Where the operator leads there, the hop is made, and the token stays behind.
    let (url, heads) = redirecting(&format!("{elsewhere}/next"));
    let scene = Scene::new(&url, &[fetching("{ get = \"/\", follow = 5 }", &local)]);
    give_token(&scene);
    let operator = std::fs::read_to_string(scene.path().join("holdpoint.toml")).unwrap();
    let place = format!("127.0.0.1:{port}");
    scene.write(
        "holdpoint.toml",
        &operator.replacen("[connect-to]\n", &format!("[connect-to]\n\"{place}\" = \"{place}\"\n"), 1),
    );
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert!(heads.lock().unwrap()[0].contains(TOKEN));
    let others = others.lock().unwrap();
    assert!(others.len() == 1 && !others[0].contains("authorization"), "{others:?}");
}

#[test]
fn proxies_of_the_environment_are_not_used() {
    let staging = Staging::start();
    let scene = Scene::new(&staging.backend(), &[fetching("{ get = \"/health\" }", WITHOUT)]);
    let (proxy, heads) = redirecting("/");
    let mut command = scene.command(&["run", "BUNDLE"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(name, &proxy).env(name.to_lowercase(), &proxy);
    }
    Live::start(&mut command).finish().exits(0);
    assert_eq!((staging.requests(), heads.lock().unwrap().len()), (1, 0));
}
