//! Who may have which value.

use holdpoint_gate::{Capability as _, Unrevealed, Vault as _};
use holdpoint_model::{Class, ServiceName, grant};

use super::{binding, guest, run, to, vault};
use crate::{Counterpart, Error, Request, RunVault, SecretBinding, SecretValue, Secrets};

fn denied(result: Result<String, Unrevealed>) -> (String, String) {
    match result {
        Err(Unrevealed::Denied(denial)) => (denial.reason, denial.remedy),
        other => panic!("should be denied: {other:?}"),
    }
}

#[test]
fn a_secret_goes_only_where_it_is_bound() {
    let vault = vault(vec![binding("API_KEY", "k-123456789")]);
    let text = vault.placeholder("API_KEY").unwrap();
    let health = guest("health");
    let [backend, auth] = ["backend", "auth"].map(|name| ServiceName::parse(name).unwrap());

    let header = Some("authorization");
    assert_eq!(vault.reveal(&text, &to(&health, Some(&backend), header)).unwrap(), "k-123456789");

    let (reason, _) = denied(vault.reveal(&text, &to(&health, None, header)));
    assert_eq!(reason, "a secret goes to services only; make the host a service of the bundle");
    let (reason, remedy) = denied(vault.reveal(&text, &to(&health, Some(&auth), header)));
    assert_eq!(reason, "it is not bound to service auth");
    assert!(remedy.ends_with("[secrets.API_KEY]\n    services = [\"auth\"]"), "{remedy}");
    denied(vault.reveal(&text, &to(&health, Some(&backend), Some("x-api-key"))));
    denied(vault.reveal(&text, &to(&health, Some(&backend), None)));
}

#[test]
fn writes_the_value_in_its_format() {
    let vault = vault(vec![SecretBinding { format: Some("Bearer {}".into()), ..binding("API_KEY", "{}-23456789") }]);
    let (health, backend) = (guest("health"), ServiceName::parse("backend").unwrap());
    let text = vault.placeholder("API_KEY").unwrap();
    let revealed = vault.reveal(&text, &to(&health, Some(&backend), Some("AUTHORIZATION"))).unwrap();
    assert_eq!(revealed, "Bearer {}-23456789");
}

#[test]
fn refuses_values_that_would_be_found_everywhere() {
    let make = |binding| RunVault::new(&run(), vec![binding], None).map(|_| ());
    assert!(matches!(make(binding("KEY", "hunter2")), Err(Error::Short { length: 7, .. })));
    make(SecretBinding { public: true, ..binding("KEY", "hunter2") }).unwrap();
    make(binding("KEY", "")).unwrap();
    make(binding("KEY", "todo")).unwrap();
    make(SecretBinding { value: None, ..binding("KEY", "") }).unwrap();
    assert!(matches!(
        make(SecretBinding { format: Some("Bearer".into()), ..binding("KEY", "12345678") }),
        Err(Error::Format { .. })
    ));
    let twice = RunVault::new(&run(), vec![binding("KEY", "12345678"), binding("KEY", "12345678")], None);
    assert!(matches!(twice, Err(Error::Twice { .. })));
}

#[test]
fn only_granted_names_may_be_asked_for() {
    let grants = grant::Grants {
        secrets: vec![grant::SecretsGrant { name: grant::SecretName::parse("API_KEY").unwrap() }],
        ..grant::Grants::none(guest("health"))
    };
    let ask = |name: &str| Secrets::authorize(&grants, &Request::Reference { name: name.into() });
    assert_eq!(ask("API_KEY"), Ok(Class::Read));
    assert!(ask("OTHER").unwrap_err().remedy.contains("secrets = [\"OTHER\"]"));
    assert!(ask(&"x".repeat(1 << 20)).unwrap_err().reason.len() < 300);
    assert_eq!(Secrets::summary(&Request::Available { name: "A\nB".into() }), "available A\u{fffd}B");
}

#[test]
fn a_value_is_never_printed_by_its_type() {
    // `SecretValue` has no Debug and no Display; what it can do is be compared and be copied.
    fn comparable<T: Clone + PartialEq>(_: &T) {}
    comparable(&SecretValue::new("x"));
}

#[test]
fn a_blank_value_is_none() {
    for blank in ["", " ", "\t \n"] {
        let vault = vault(vec![binding("API_KEY", blank)]);
        assert!(vault.placeholder("API_KEY").is_none(), "{blank:?}");
    }
}

#[test]
fn what_is_elsewhere_is_known_by_name_alone() {
    let other = Counterpart { environment: "production".into(), name: "LIVE_KEY".into(), alike: Some(true) };
    let known = [("API_KEY".to_owned(), vec![other.clone()])].into();
    let vault = vault(vec![binding("API_KEY", "k-123456789")]).beside(known);
    assert_eq!(vault.elsewhere("API_KEY"), [other]);
    assert_eq!(vault.elsewhere("LIVE_KEY"), []);
    assert_eq!(vault.placeholder("LIVE_KEY"), None, "it can't be used");
}
