//! What is known is found before it leaves, however it is written.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{Leak, Search, SecretValue};

fn search() -> Search {
    let mut search = Search::default();
    search.secret("API_KEY", &SecretValue::new("k-5f1c0ffee/+"));
    search
}

#[test]
fn every_encoding_is_found_and_named() {
    let value = b"k-5f1c0ffee/+";
    let hex = hex::encode_upper(value);
    for (text, encoding) in [
        ("x k-5f1c0ffee/+ y".to_owned(), "plain"),
        (r#"{"k":"k-5f1c0ffee\/+"}"#.to_owned(), "plain"),
        ("q=k-5f1c0ffee%2F%2B".to_owned(), "url"),
        (format!("0x{hex}"), "hex"),
        (STANDARD.encode(value), "base64"),
        (STANDARD.encode([b"a".as_slice(), value, b"zz"].concat()), "base64"),
        (STANDARD.encode([b"ab".as_slice(), value, b"z"].concat()), "base64"),
    ] {
        let leak = Leak { what: "secret API_KEY".into(), encoding };
        assert_eq!(search().find(text.as_bytes()), Some(leak), "{text}");
    }
    assert_eq!(search().find(b"k-5f1c0ffee"), None);
}

#[test]
fn a_password_is_found_that_a_secret_holds_with_its_name() {
    let mut search = Search::default();
    search.secret("USER", &SecretValue::new("YWxpY2U6dGhlLXBhc3N3b3JkLW9mLWFsaWNl"));
    let leak = search.find(b"the password is the-password-of-alice").unwrap();
    assert_eq!((leak.what.as_str(), leak.encoding), ("secret USER", "plain"));
    assert_eq!(search.values(), 1);
}

#[test]
fn tokens_that_were_left_behind_are_found_and_a_short_value_is_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sessions");
    let mut search = search();
    search.sessions(&file).unwrap();
    assert!(!file.exists(), "looking makes no file");
    let line = r#"{"guest":"login","n":3,"owner":"login","value":"token-of-a-session"}"#;
    std::fs::write(&file, format!("{line}\n{{\"guest\":\"cut")).unwrap();
    search.sessions(&file).unwrap();
    search.secret("SHORT", &SecretValue::new("short"));
    assert_eq!(search.values(), 2);
    let leak = search.find(b"Bearer token-of-a-session").unwrap();
    assert_eq!((leak.what.as_str(), leak.encoding), ("session token 3 of phase login", "plain"));
    assert_eq!(search.find(b"short"), None);
}
