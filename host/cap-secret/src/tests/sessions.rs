//! Session tokens: whose they are, and what a crash does to them.

use std::fs;

use holdpoint_gate::{Scrubber as _, Unrevealed, Vault as _};

use super::{binding, guest, run, to, vault};
use crate::RunVault;

#[test]
fn a_token_belongs_to_whom_it_was_handed() {
    let vault = vault(vec![]);
    let (login, other) = (guest("auth-flow"), guest("health"));
    let placeholder = vault.keep(&login, "tok-abcdefgh");
    assert!(placeholder.starts_with("hp-session.auth-flow.0."), "{placeholder}");
    assert_eq!(vault.keep(&login, "tok-abcdefgh"), placeholder);
    assert!(vault.keep(&login, "tok-ijklmnop").starts_with("hp-session.auth-flow.1."));

    let cookie = format!("sid={placeholder}; x=1");
    assert_eq!(vault.reveal(&cookie, &to(&login, None, None)).unwrap(), "sid=tok-abcdefgh; x=1");
    assert!(matches!(vault.reveal(&cookie, &to(&other, None, None)), Err(Unrevealed::Denied(_))));
    // Once a server has handed it to the other too, it is also the other's, under the same placeholder.
    assert_eq!(vault.keep(&other, "tok-abcdefgh"), placeholder);
    assert_eq!(vault.reveal(&placeholder, &to(&other, None, None)).unwrap(), "tok-abcdefgh");
}

#[test]
fn a_named_secret_that_comes_back_stays_named() {
    let vault = vault(vec![binding("API_KEY", "k-123456789")]);
    assert_eq!(Some(vault.keep(&guest("health"), "k-123456789")), vault.placeholder("API_KEY"));
    assert_eq!(vault.keep(&guest("health"), "short"), "short");
}

#[test]
fn tokens_survive_a_crash_with_the_file_and_are_lost_without() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions");
    let login = guest("auth-flow");
    let first = RunVault::new(&run(), vec![], Some(path.clone())).unwrap();
    let placeholder = first.keep(&login, "tok-abcdefgh");
    drop(first);
    // A line that a crash cut short.
    fs::write(&path, fs::read_to_string(&path).unwrap() + "{\"guest\":\"auth").unwrap();

    let second = RunVault::new(&run(), vec![], Some(path.clone())).unwrap();
    assert_eq!(second.reveal(&placeholder, &to(&login, None, None)).unwrap(), "tok-abcdefgh");
    assert_eq!(second.scrub(b"tok-abcdefgh").unwrap().bytes, placeholder.as_bytes());
    let next = second.keep(&login, "tok-ijklmnop");
    assert!(next.starts_with("hp-session.auth-flow.1."), "{next}");
    drop(second);
    let third = RunVault::new(&run(), vec![], Some(path.clone())).unwrap();
    assert_eq!(third.reveal(&next, &to(&login, None, None)).unwrap(), "tok-ijklmnop");

    third.forget().unwrap();
    third.forget().unwrap();
    assert!(!path.exists());
    let Err(Unrevealed::Lost(text)) =
        RunVault::new(&run(), vec![], None).unwrap().reveal(&next, &to(&login, None, None))
    else {
        panic!("should be lost")
    };
    assert!(text.ends_with("log in again"), "{text}");
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let vault = RunVault::new(&run(), vec![], Some(path.clone())).unwrap();
    vault.keep(&guest("auth-flow"), "tok-abcdefgh");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn another_runs_placeholder_is_only_text() {
    let vault = vault(vec![]);
    let text = "hp-session.health.0.00000000 hp-secret.KEY.00000000";
    assert_eq!(vault.reveal(text, &to(&guest("health"), None, None)).unwrap(), text);
}

#[test]
fn a_credential_of_the_host_is_found_everywhere_and_written_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions");
    let vault = RunVault::new(&run(), vec![], Some(path.clone())).unwrap();
    let health = guest("health");
    vault.hide("id-token.backend", "eyJh.eyJh.c2ln");
    vault.hide("id-token.backend", "eyJh.eyJh.c2ln");
    let placeholder = String::from_utf8(vault.scrub(b"eyJh.eyJh.c2ln").unwrap().bytes).unwrap();
    assert!(placeholder.starts_with("hp-credential.id-token.backend."), "{placeholder}");
    // A server that hands it out as if it were a session token of its own changes nothing.
    assert_eq!(vault.keep(&health, "eyJh.eyJh.c2ln"), placeholder);
    assert_eq!(fs::read_to_string(&path).unwrap(), "");
    // Nobody can have it put in, whatever text is sent.
    assert_eq!(vault.reveal(&placeholder, &to(&health, None, None)).unwrap(), placeholder);
    // A renewed one has the same placeholder, and the old one is still found.
    vault.hide("id-token.backend", "eyJh.eyJh.bmV3");
    for value in ["eyJh.eyJh.c2ln", "eyJh.eyJh.bmV3", "ZXlKaC5leUpoLmMybG4=", "65794a682e65794a682e6332 6c6e"] {
        let found = vault.scrub(value.replace(' ', "").as_bytes()).unwrap_or_else(|| panic!("{value}"));
        assert_eq!(found.bytes, placeholder.as_bytes(), "{value}");
    }
}

#[test]
fn the_host_learns_a_token_only_by_its_whole_placeholder_and_for_whom_it_was_handed() {
    let vault = vault(vec![binding("API_KEY", "k-123456789")]);
    let (accounts, other) = (guest("accounts"), guest("other"));
    let placeholder = vault.keep(&accounts, "session-of-one");
    assert_eq!(vault.handed(&placeholder, &accounts).as_deref(), Some("session-of-one"));
    assert_eq!(vault.handed(&placeholder, &other), None);
    let secret = vault.placeholder("API_KEY").unwrap();
    for text in [format!("{placeholder}x"), format!("x{placeholder}"), secret, "session-of-one".into(), String::new()] {
        assert_eq!(vault.handed(&text, &accounts), None, "{text}");
    }
    vault.keep(&other, "session-of-one");
    assert!(vault.handed(&placeholder, &other).is_some(), "it was handed to both");
}

#[test]
fn tokens_of_a_run_that_came_from_another_machine_have_numbers_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions");
    let login = guest("auth-flow");
    let there = vault(vec![]).keep(&login, "tok-of-there");
    let here = || RunVault::new(&run(), vec![], Some(path.clone())).unwrap().counting_from(1 << 24);
    let vault = here();
    let first = vault.keep(&login, "tok-of-here1");
    assert!(first.starts_with("hp-session.auth-flow.16777216."), "{first}");
    let Err(Unrevealed::Lost(text)) = vault.reveal(&there, &to(&login, None, None)) else { panic!("should be lost") };
    assert!(text.contains("log in again"), "{text}");
    drop(vault);
    // A crash changes nothing of that.
    let vault = here();
    assert_eq!(vault.reveal(&first, &to(&login, None, None)).unwrap(), "tok-of-here1");
    assert!(vault.keep(&login, "tok-of-here2").starts_with("hp-session.auth-flow.16777217."));
}
