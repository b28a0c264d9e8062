//! Answers of servers: no text of one keeps a value, and what is read out of one is bounded.
//!
//! - an HTTP answer or a listing with a value somewhere in it, in whichever field a server or a file's name can reach, is recorded
//!   without it;
//! - a body with a content encoding is decoded within its bound, or refused;
//! - session tokens are long enough to be found again, few, and not too long.
#![no_main]

use arbitrary::Arbitrary;
use holdpoint_cap_files as files;
use holdpoint_cap_http::{Header, Response, Timings, TlsFacts, fuzzing};
use holdpoint_cap_secret::RunVault;
use holdpoint_gate::{Encoded, Message, Vault as _};
use holdpoint_model::grant::JsonPath;
use holdpoint_model::{PhaseId, RunId};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

const VALUE: &str = "t0ken-5f1c0ffee";

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    /// Where the value stands.
    place: u8,
    before: &'a str,
    after: &'a str,
    headers: Vec<(&'a [u8], &'a [u8])>,
    body: &'a [u8],
    gzip: bool,
    cut: bool,
    marked: [&'a str; 2],
}

fuzz_target!(|input: Input<'_>| {
    records(&input);
    let encoding = if input.gzip { "gzip" } else { input.before };
    if let Ok((body, _)) = fuzzing::decode(encoding, input.body.to_vec(), input.cut) {
        assert!(body.len() <= (8 << 20).max(input.body.len()));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &input.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    let marked: Vec<JsonPath> = input.marked.iter().filter_map(|path| JsonPath::parse(path).ok()).collect();
    if let Ok(tokens) = fuzzing::tokens(&headers, input.body, input.cut, &marked) {
        assert!(tokens.len() <= 200 && tokens.iter().all(|token| (8..=16 << 10).contains(&token.len())));
    }
});

fn records(input: &Input<'_>) {
    let vault = RunVault::new(&RunId::parse("R").expect("an id"), vec![], None).expect("a vault");
    vault.keep(&PhaseId::parse("health").expect("an id"), VALUE);
    let with = |place: u8, text: &str| match input.place % 7 == place {
        true => format!("{}{VALUE}{}", input.before, input.after),
        false => text.to_owned(),
    };
    let response = Response {
        status: 200,
        headers: vec![Header::new(with(0, "x-name"), with(1, "value"))],
        body: with(2, "body").into_bytes().into(),
        truncated: false,
        length: 0.0,
        sha256: None,
        replaced: vec![],
        timings: Timings::default(),
        tls: Some(TlsFacts {
            version: "TLSv1.3".into(),
            cipher: "c".into(),
            names: vec![with(3, "name")],
            not_after: 0.0,
        }),
        peer: "127.0.0.1:80".into(),
    };
    clean(response, &vault);
    let entry = files::Entry { path: with(4, "config/a"), kind: files::Kind::File, size: 0.0 };
    clean(files::Response::Entries { entries: vec![entry] }, &vault);
    clean(files::Response::Content { content: with(5, "text").into_bytes().into() }, &vault);
}

fn clean(mut message: impl Message, vault: &RunVault) {
    message.scrub(vault);
    let encoded = Encoded::of(&message).expect("a record encodes");
    assert!(!encoded.json.contains(VALUE), "{}", encoded.json);
    for body in &encoded.bodies {
        assert!(!String::from_utf8_lossy(body.bytes()).contains(VALUE));
    }
}
