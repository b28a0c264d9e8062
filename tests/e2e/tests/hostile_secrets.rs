//! Guests that want to know a secret, or to take it elsewhere. The value is given to the host alone; afterwards it stands in no file of
//! the run, and on no page about it, in no encoding.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, io::Write as _, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, write::GzEncoder};
use holdpoint_e2e::{
    hostile::{Attack, Hostile, Surroundings},
    server::{Reply, Server, answer, chunked},
};
use rusqlite::types::ValueRef;

/// Compiled into no guest and no bundle.
const VALUE: &str = "k3y/of+the=house 4711";

/// The ways in which a value may be written, as far as they depend on it alone.
fn written(value: &str) -> Vec<Vec<u8>> {
    let base64 = (0..3).map(|before| {
        let text = STANDARD.encode([&vec![0; before], value.as_bytes()].concat());
        text.as_bytes()[(before * 8).div_ceil(6)..(before + value.len()) * 8 / 6].to_vec()
    });
    let hex = hex::encode(value);
    let url: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let [json, unicode] = [value.replace('/', "\\/"), value.replace('=', "\\u003d")];
    let others = [value.to_owned(), json, unicode, percent(value), url, hex.to_uppercase(), hex];
    base64.chain(others.map(String::into_bytes)).collect()
}

/// As a form writes it.
fn percent(value: &str) -> String {
    let one =
        |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    value.bytes().map(one).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Where a value stands in the files of the run and on the pages about it, in whichever encoding: the encoding, and the place.
fn places(attack: &Attack, value: &str) -> Vec<(Vec<u8>, String)> {
    let mut texts: Vec<(String, Vec<u8>)> = files(&attack.scene.path().join(".holdpoint"))
        .into_iter()
        .map(|file| (file.display().to_string(), std::fs::read(&file).unwrap()))
        .collect();
    // A value in the file could begin on one page and end on another, so what SQLite puts together is searched, too.
    let journal = rusqlite::Connection::open(attack.scene.journal()).unwrap();
    for sql in ["SELECT * FROM event", "SELECT * FROM body"] {
        let mut statement = journal.prepare(sql).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                if let ValueRef::Text(cell) | ValueRef::Blob(cell) = row.get_ref(column).unwrap() {
                    texts.push((sql.to_owned(), cell.to_vec()));
                }
            }
        }
    }
    for page in [&["report"][..], &["report", "--format", "json"], &["report", "--format", "junit"], &["show"]] {
        texts.push((page.join(" "), attack.run(page).exits(0).stdout.into_bytes()));
    }
    let needles = written(value);
    let found = texts.iter().flat_map(|(place, text)| {
        let found = needles.iter().filter(|needle| text.windows(needle.len()).any(|part| part == **needle));
        found.map(|needle| (needle.clone(), place.clone()))
    });
    found.collect()
}

/// The value is nowhere.
#[track_caller]
fn unknown(attack: &Attack, value: &str) {
    let found = places(attack, value);
    let shown: Vec<_> = found.iter().map(|(needle, place)| (String::from_utf8_lossy(needle), place)).collect();
    assert!(shown.is_empty(), "{shown:?}");
}

/// Says the value back that it was sent, in the way that the path names.
fn echoing() -> Server {
    Server::start(|request| {
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let value = request.lines().find_map(|line| line.strip_prefix("x-api-key: ")).unwrap_or_default();
        let around = |before: &str| STANDARD.encode(format!("{before}{value}after"));
        let body = match path.as_str() {
            "/plain" => format!("<{value}>"),
            "/base64/0" => around(""),
            "/base64/1" => around("a"),
            "/base64/2" => around("ab"),
            "/hex" => hex::encode(value),
            "/HEX" => hex::encode(value).to_uppercase(),
            "/url" => percent(value),
            "/json" => value.replace('/', "\\/"),
            "/unicode" => value.replace('=', "\\u003d"),
            "/gzip" => return answer("200 OK\r\ncontent-encoding: gzip", gzip(value.as_bytes())),
            "/chunks" => {
                let (one, other) = value.as_bytes().split_at(value.len() / 2);
                return chunked("200 OK", &[one, other]);
            }
            "/header" => return answer(&format!("200 OK\r\nx-echo: {value}\r\nlocation: /?{}", percent(value)), ""),
            "/status" => {
                return Reply::Send(vec![format!("HTTP/1.1 200 {value}\r\ncontent-length: 0\r\n\r\n").into_bytes()]);
            }
            _ => String::new(),
        };
        answer("200 OK", body)
    })
}

const WAYS: [&str; 13] = [
    "plain", "base64/0", "base64/1", "base64/2", "hex", "HEX", "url", "json", "unicode", "gzip", "chunks", "header",
    "status",
];

/// A run that sends a header and has it said back in every way.
fn echoed(server: &Server, header: &str, secret: &str) -> Attack {
    let acts = WAYS
        .map(|way| format!("{{ act = \"fetch\", path = \"/{way}\", headers = [[\"x-api-key\", \"{header}\"]] }}"))
        .join(", ");
    let around = Surroundings { backend: &server.url(), secret, ..Surroundings::default() };
    Attack::within(&around, &[Hostile { acts: &acts, ..Hostile::default() }])
}

#[test]
fn an_echoed_secret_is_found_however_it_is_written() {
    let server = echoing();
    let attack = echoed(&server, "{secret API_KEY}", VALUE);
    let held = attack.held(0);
    assert!(server.seen().iter().all(|request| request.contains(VALUE)), "the server got the value each time");
    for (way, measure) in WAYS.iter().zip(held.report["measures"].as_array().unwrap()) {
        let found = measure["value"].as_f64().unwrap();
        // No answer has the words beside the status.
        assert!(found >= 1.0 || *way == "status", "{way}: {found}");
    }
    unknown(&attack, VALUE);
}

/// What the test above rests on: a value that is no secret is found, in every encoding that the server uses.
#[test]
fn the_search_finds_what_is_there() {
    let server = echoing();
    let attack = echoed(&server, VALUE, "another-value-for-the-host");
    attack.held(0);
    let found: BTreeSet<Vec<u8>> = places(&attack, VALUE).into_iter().map(|(needle, _)| needle).collect();
    // Nobody writes every single character with a percent sign.
    let every: String = VALUE.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for needle in written(VALUE).into_iter().filter(|needle| needle != every.as_bytes()) {
        assert!(found.contains(&needle), "{} was not found", String::from_utf8_lossy(&needle));
    }
}

#[test]
fn a_secret_goes_nowhere_but_where_the_operator_bound_it() {
    let (backend, other) = (echoing(), echoing());
    let send = |rest: &str| format!("{{ act = \"send\", {rest} }}");
    let acts = [
        "{ act = \"secret\", name = \"OTHER_KEY\" }".to_owned(),
        "{ act = \"secret\", name = \"PATH\" }".to_owned(),
        send(r#"service = "other", path = "/", headers = [["x-api-key", "{secret API_KEY}"]]"#),
        send(r#"path = "/", headers = [["authorization", "Bearer {secret API_KEY}"]]"#),
        send(r#"path = "/", method = "POST", body = "key={secret API_KEY}""#),
        format!(
            "{{ act = \"send\", url = \"{}/\", headers = [[\"x-api-key\", \"{{secret API_KEY}}\"]] }}",
            other.url()
        ),
        // A path is never filled, so this goes out as it is, and tells the server nothing.
        r#"{ act = "fetch", path = "/plain?key={secret API_KEY}" }"#.to_owned(),
    ];
    let port = other.port();
    let http = format!(
        r#"{{ services = ["backend", "other"], methods = ["GET", "POST"] }}, {{ hosts = ["127.0.0.1:{port}"], methods = ["GET"] }}"#
    );
    let around =
        Surroundings { backend: &backend.url(), other: Some(&other.url()), secret: VALUE, ..Surroundings::default() };
    let attack = Attack::within(&around, &[Hostile { acts: &acts.join(", "), http: &http, ..Hostile::default() }]);
    let held = attack.held(0);
    for (act, words) in [
        "no grant covers secret",
        "no grant covers secret",
        "it is not bound to service other",
        "it is bound to the header x-api-key, not authorization",
        "never sent in a body",
        "a secret goes to services only",
    ]
    .iter()
    .enumerate()
    {
        assert!(held.act(act).contains(words), "act {act}: {}", held.act(act));
        let denial = held.denials().into_iter().find(|(reason, _)| reason.contains(words));
        assert!(denial.is_some_and(|(_, remedy)| !remedy.is_empty()), "{words}: {:?}", held.denials());
    }
    assert_eq!(other.seen(), [""; 0]);
    assert_eq!(backend.seen().len(), 1, "{:?}", backend.seen());
    assert!(
        !backend.seen()[0].contains(VALUE) && backend.seen()[0].contains("hp-secret.API_KEY."),
        "{:?}",
        backend.seen()
    );
    unknown(&attack, VALUE);
}

const COOKIE: &str = "cookie-token-0001";
const HEADER: &str = "header-token-0002";
const MARKED: &str = "marked-token-0003";
const UNMARKED: &str = "unmarked-text-0004";

#[test]
fn a_session_token_is_known_to_nobody_and_of_use_to_its_phase_alone() {
    // It keeps what the first phase drops, and hands it to the second: the two of them work together.
    let dropped = std::sync::Mutex::new(String::new());
    let server = Server::start(move |request| {
        let path = request.split(' ').nth(1).unwrap_or_default();
        match path.split_once('?').unwrap_or((path, "")) {
            ("/login", _) => answer(
                &format!(
                    "200 OK\r\nset-cookie: sid={COOKIE}; Path=/\r\nx-session-token: {HEADER}\r\nx-note: {UNMARKED}"
                ),
                format!("{{\"access_token\":\"{MARKED}\"}}"),
            ),
            ("/drop", token) => {
                token.clone_into(&mut dropped.lock().unwrap());
                answer("200 OK", "")
            }
            ("/collect", _) => answer("200 OK", dropped.lock().unwrap().as_bytes()),
            _ => answer("200 OK", format!("{COOKIE} {HEADER} {MARKED}")),
        }
    });
    let http = r#"{ services = ["backend"], methods = ["GET"], secret = ["$.access_token"] }"#;
    let first = Hostile {
        acts: r#"{ act = "fetch", path = "/login" },
            { act = "fetch", path = "/me", headers = [["authorization", "Bearer {json access_token}"]] },
            { act = "fetch", path = "/login" },
            { act = "fetch", path = "/drop?{json access_token}" }"#,
        http,
        ..Hostile::default()
    };
    let thief = Hostile {
        id: "thief",
        acts: r#"{ act = "fetch", path = "/collect" },
            { act = "send", path = "/me", headers = [["authorization", "Bearer {body 0}"]] }"#,
        table: "requirements = [\"P3.1\"]\nneeds = [\"hostile\"]",
        http,
        ..Hostile::default()
    };
    let acts: String = first.acts.split_whitespace().collect::<Vec<_>>().join(" ");
    let stolen: String = thief.acts.split_whitespace().collect::<Vec<_>>().join(" ");
    let around = Surroundings { backend: &server.url(), ..Surroundings::default() };
    let attack = Attack::within(&around, &[Hostile { acts: &acts, ..first }, Hostile { acts: &stolen, ..thief }]);
    let held = attack.held(0);

    let seen = server.seen();
    assert_eq!(seen.len(), 5, "the thief's request was not sent: {seen:?}");
    assert!(seen[1].contains(&format!("authorization: Bearer {MARKED}")), "its own phase may use it: {}", seen[1]);
    assert!(seen[3].contains("/drop?hp-session.hostile."), "all that it can hand on is a placeholder: {}", seen[3]);
    let denials = held.denials();
    let theft = denials.iter().find(|(reason, _)| reason.contains("it was never handed to phase 'thief'"));
    assert!(theft.is_some_and(|(_, remedy)| remedy == "log in within phase 'thief'"), "{denials:?}");
    for token in [COOKIE, HEADER, MARKED] {
        unknown(&attack, token);
    }
    // What neither the contract nor the grant calls a token is kept as it came.
    let journal = std::fs::read(attack.scene.journal()).unwrap();
    assert!(journal.windows(UNMARKED.len()).any(|part| part == UNMARKED.as_bytes()));
}
