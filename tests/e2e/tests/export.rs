//! A run as one file that is safe to mail: it holds no secret in whichever encoding, and is enough to report, show and replay it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use holdpoint_e2e::{
    Outcome, Scene, guests,
    process::Live,
    rows::{Judge, scene},
    staging::Staging,
};
use rusqlite::Connection;

const KEY: &str = "k-5f1c/0ffee+1234";
const COOKIE: &str = "cookie-0123456789abcdef";
const TOKEN: &str = "token/fedcba+9876543210";

/// A server that hands out a cookie and a token, and says back whatever it was sent, in four ways.
fn indiscreet() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(&stream)));
    url
}

fn answer(stream: &TcpStream) {
    let lines: Vec<String> =
        BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let sent: Vec<&str> = lines.iter().filter_map(|line| line.split_once(": ")).map(|(_, value)| value).collect();
    let said: Vec<String> = sent.iter().flat_map(|text| written(text)).chain(written(KEY)).collect();
    let body = serde_json::json!({ "access_token": TOKEN, "you sent": said }).to_string();
    let _ = write!(
        &mut &*stream,
        "HTTP/1.1 200 OK\r\nset-cookie: sid={COOKIE}; Path=/\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
}

/// A text as servers write it: plain, in hexadecimal digits, for a URL, and in base64 at each of its three places.
fn written(text: &str) -> Vec<String> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let url: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let base64 = ["", "a", "ab"].map(|before| STANDARD.encode(format!("{before}{text}zz")));
    [text.to_owned(), hex.to_uppercase(), hex, url.clone(), url.to_lowercase()].into_iter().chain(base64).collect()
}

/// What of a value stands in a file however its neighbours look: for base64 the part that depends on the value alone.
fn needles(value: &str) -> Vec<String> {
    let mut needles = written(value);
    for base64 in needles.iter_mut().rev().take(3) {
        *base64 = base64[4..base64.len() - 4].to_owned();
    }
    needles
}

#[track_caller]
fn holds_nothing_of(file: &Path, values: &[&str]) {
    let bytes = std::fs::read(file).unwrap();
    for needle in values.iter().flat_map(|value| needles(value)) {
        let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(!found, "{} holds {needle}", file.display());
    }
}

/// A run with a session and a secret, which everything that the server says repeats.
fn session() -> Scene {
    assert!(guests().join("session.wasm").is_file(), "session.wasm is not built");
    let url = indiscreet();
    let scene = Scene::bare();
    scene.write(
        "bundle/bundle.toml",
        &format!(
            "[bundle]\nname = \"scene\"\nversion = \"1.0.0\"\nchecklist = \"checklist.toml\"\n\n\
             [environments.test]\nsecrets = [\"API_KEY\"]\n[environments.test.services.backend]\nname = \"backend\"\nurl = \"{url}\"\n\n\
             [[phase]]\nid = \"login\"\nmodule = \"session\"\nrequirements = [\"P3.1\"]\nconfig = {{ secret = \"API_KEY\" }}\n\
             [phase.grants]\nhttp = [{{ services = [\"backend\"], methods = [\"GET\"], secret = [\"$.access_token\"] }}]\n\
             secrets = [\"API_KEY\"]\n"
        ),
    );
    scene.write("bundle/checklist.toml", "[[row]]\nid = \"P3.1\"\ntitle = \"healthy\"\nlevel = \"required\"\n");
    let place = url.trim_start_matches("http://");
    scene.write(
        "holdpoint.toml",
        &format!(
            "[connect-to]\n\"{place}\" = \"{place}\"\n[secrets.API_KEY]\nfrom = {{ env = \"SCENE_KEY\" }}\nservices = [\"backend\"]\n\
             header = \"authorization\"\nformat = \"Bearer {{}}\"\n"
        ),
    );
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    with_key(&scene, &["run", "BUNDLE"]).exits(0);
    scene
}

fn with_key(scene: &Scene, arguments: &[&str]) -> Outcome {
    Live::start(scene.command(arguments).env("SCENE_KEY", KEY)).finish()
}

/// What lies in the folder of a scene besides what was there.
fn files(scene: &Scene) -> Vec<String> {
    let entries = std::fs::read_dir(scene.path()).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_exported_session_holds_no_secret_and_is_enough_by_itself() {
    let scene = session();
    let exported = with_key(&scene, &["export", "last", "--to", "mail.db", "--output", "json"]).exits(0);
    let facts = exported.json();
    let file = scene.path().join("mail.db");
    assert_eq!((&facts["searched"], &facts["unsearched"]), (&1.into(), &serde_json::json!([])));
    assert_eq!(facts["size"], std::fs::metadata(&file).unwrap().len());
    let hash = Live::start(std::process::Command::new("sha256sum").arg(&file)).finish().exits(0).stdout;
    assert_eq!(facts["digest"], format!("sha256:{}", hash.split(' ').next().unwrap()));
    assert!(facts["hosts"].as_array().unwrap().iter().any(|host| host.as_str().unwrap().starts_with("127.0.0.1")));
    assert!(facts["paths"].to_string().contains("/bundle"), "{facts}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    holds_nothing_of(&file, &[KEY, COOKIE, TOKEN]);

    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::copy(&file, elsewhere.path().join("mail.db")).unwrap();
    let alone = |arguments: &[&str]| {
        let mut command = scene.holdpoint.command();
        command.current_dir(elsewhere.path()).env("HOME", elsewhere.path()).env_remove("SCENE_KEY").args(arguments);
        Live::start(&mut command).finish()
    };
    let body = |outcome: Outcome| outcome.exits(0).stdout;
    let before = body(scene.run(&["report", "last", "--format", "body"]));
    assert_eq!(body(alone(&["report", "mail.db", "--format", "body"])), before);
    assert!(alone(&["show", "./mail.db", "login/1"]).exits(0).stdout.contains("GET backend /login"));
    assert!(alone(&["replay", "mail.db"]).exits(0).stdout.contains("the same again: release"));
}

#[test]
fn a_run_in_which_a_secret_stands_is_not_exported_and_nothing_is_left_behind() {
    let scene = session();
    let before = files(&scene);
    // What was not known as a secret when it was recorded is one now.
    let command = &mut scene.command(&["export", "last", "--to", "mail.db"]);
    let refused = Live::start(command.env("SCENE_KEY", "a session goes on")).finish().exits(2);
    assert!(refused.stderr.contains("the value of secret API_KEY stands in the run at position "), "{refused:?}");
    assert!(refused.stderr.contains("run-started (body of the request), written plain"), "{refused:?}");
    assert_eq!(files(&scene), before);
    // A token that a killed host left in the run's folder.
    let line = r#"{"guest":"login","n":7,"owner":"login","value":"backend /login"}"#;
    std::fs::write(scene.journal().with_file_name("sessions"), format!("{line}\n")).unwrap();
    let refused = with_key(&scene, &["export", "last", "--to", "mail.db"]).exits(2);
    assert!(refused.stderr.contains("session token 7 of phase login"), "{refused:?}");
    assert_eq!(files(&scene), before);
}

#[test]
fn a_secret_without_a_value_is_said_not_to_have_been_looked_for() {
    let scene = session();
    let exported = scene.run(&["export", "last", "--to", "mail.db"]).exits(0);
    assert!(exported.stderr.contains("warning: API_KEY has no value on this machine now"), "{exported:?}");
}

#[test]
fn a_file_that_is_there_is_written_over_only_with_force() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), "", &[Judge::good("fine")]);
    scene.run(&["run", "BUNDLE"]).exits(0);
    scene.write("mail.db", "something else");
    let refused = scene.run(&["export", "last", "--to", "mail.db"]).exits(2);
    assert!(refused.stderr.contains("mail.db is there already; pass --force to write over it"), "{refused:?}");
    assert_eq!(std::fs::read_to_string(scene.path().join("mail.db")).unwrap(), "something else");
    scene.run(&["export", "last", "--to", "mail.db", "--force"]).exits(0);
    scene.run(&["report", "mail.db"]).exits(0);
    assert_eq!(files(&scene), [".holdpoint", "bundle", "holdpoint.toml", "mail.db"]);
}

#[test]
fn only_a_whole_run_with_a_decision_is_exported() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), "", &[Judge::good("fine")]);
    staging.slow(std::time::Duration::from_secs(25));
    let run = scene.start(&["run", "BUNDLE"]);
    holdpoint_e2e::process::until("the first request came", || staging.requests() > 0);
    let refused = scene.run(&["export"]).exits(2);
    assert!(refused.stderr.contains("export it when it has its decision"), "{refused:?}");
    drop(run);
    let refused = scene.run(&["export"]).exits(2);
    assert!(refused.stderr.contains("holdpoint resume") && refused.stderr.contains("holdpoint cancel"), "{refused:?}");
    scene.run(&["cancel", "last"]).exits(0);
    scene.run(&["export", "last", "--to", "mail.db"]).exits(0);

    let journal = Connection::open(scene.journal()).unwrap();
    journal.execute("UPDATE event SET summary = 'x' WHERE position = 2", []).unwrap();
    let refused = scene.run(&["export", "last", "--to", "other.db"]).exits(4);
    assert!(refused.stderr.contains("the journal is damaged at position 2"), "{refused:?}");
    assert!(!scene.path().join("other.db").exists());
}
