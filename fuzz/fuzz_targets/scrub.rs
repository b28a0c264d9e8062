//! Known values never survive, in any encoding that is promised, wherever they stand in whatever bytes.
//!
//! A vault with a named secret and two session tokens looks through bytes in which values were written. Then:
//! - it finds something exactly where a second opinion, which undoes writings instead of looking for them, finds something;
//! - no part between placeholders has a value; what is replaced is named and counted;
//! - what is between the placeholders stood in the text, in this order: nothing else is touched;
//! - looking again finds nothing that the placeholders did not bring;
//! - a placeholder gives its value only to the service and header that it is bound to, and a token only to whom it was handed.
#![no_main]

use arbitrary::Arbitrary;
use holdpoint_cap_secret::{RunVault, SecretBinding, SecretValue};
use holdpoint_fuzz::written::{self, Encoding, Escape};
use holdpoint_gate::{Destination, Scrubber as _, Vault as _};
use holdpoint_model::{PhaseId, RunId, ServiceName, grant::SecretName};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    values: [&'a str; 3],
    /// Which value, what stands around it before it is encoded, how, and the bytes that follow.
    parts: Vec<(u8, &'a str, &'a str, Encoding, Escape, &'a [u8])>,
    said: &'a str,
}

fuzz_target!(|input: Input<'_>| {
    let usable = |value: &str| {
        value.len() >= 8 && value.len() <= 64 && !value.contains("hp-se") && !"hp-secret.KEY.".contains(value)
    };
    // A secret that is blank counts as missing: it has no placeholder, and nothing is looked for.
    if !input.values.iter().all(|value| usable(value)) || input.values[0].trim().is_empty() || input.parts.len() > 8 {
        return;
    }
    let run = RunId::parse("R").expect("an id");
    let (health, other) = (PhaseId::parse("health").expect("an id"), PhaseId::parse("other").expect("an id"));
    let backend = ServiceName::parse("backend").expect("a name");
    let [secret, token, theirs] = input.values;
    let binding = SecretBinding {
        name: SecretName::parse("KEY").expect("a name"),
        value: Some(SecretValue::new(secret)),
        public: false,
        services: vec![backend.clone()],
        header: "authorization".into(),
        format: None,
    };
    let Ok(vault) = RunVault::new(&run, vec![binding], None) else { return };
    let named = vault.placeholder("KEY").expect("it has a value");
    let placeholders = [named.clone(), vault.keep(&health, token), vault.keep(&other, theirs)];

    let mut text: Vec<u8> = Vec::new();
    for (which, before, after, encoding, escape, bytes) in &input.parts {
        let whole = format!("{before}{}{after}", input.values[usize::from(*which) % 3]);
        // A line's end cannot be a part of any escape.
        text.push(b'\n');
        text.extend(escape.write(&encoding.write(&whole)).as_bytes());
        text.push(b'\n');
        text.extend_from_slice(bytes);
    }
    let has = |text: &[u8]| input.values.iter().any(|value| written::has(text, value));
    let Some(scrubbed) = vault.scrub(&text) else {
        assert!(!has(&text), "{} has a value and was let through", String::from_utf8_lossy(&text));
        return;
    };
    assert!(has(&text), "{} has no value", String::from_utf8_lossy(&text));
    assert!(scrubbed.replaced.iter().all(|one| one.count > 0 && placeholders.contains(&one.placeholder)));
    let parts = split(&scrubbed.bytes, &placeholders);
    let count: u32 = scrubbed.replaced.iter().map(|one| one.count).sum();
    assert!(parts.len() > count as usize, "as many placeholders as were counted");
    let mut rest = text.as_slice();
    for part in &parts {
        assert!(!has(part), "{} is left", String::from_utf8_lossy(part));
        assert!(vault.scrub(part).is_none(), "{} is found the second time", String::from_utf8_lossy(part));
        let place = if part.is_empty() { Some(0) } else { rest.windows(part.len()).position(|window| window == *part) };
        rest = &rest[place.expect("what is left stood in the text") + part.len()..];
    }
    reveal(&vault, &placeholders, &input, [&health, &other], &backend);
});

/// What stands between placeholders.
fn split<'t>(text: &'t [u8], placeholders: &[String]) -> Vec<&'t [u8]> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        match placeholders.iter().find(|placeholder| text[at..].starts_with(placeholder.as_bytes())) {
            Some(placeholder) => {
                parts.push(&text[start..at]);
                at += placeholder.len();
                start = at;
            }
            None => at += 1,
        }
    }
    parts.push(&text[start..]);
    parts
}

fn reveal(
    vault: &RunVault,
    placeholders: &[String; 3],
    input: &Input<'_>,
    phases: [&PhaseId; 2],
    backend: &ServiceName,
) {
    let [health, other] = phases;
    let to = |guest, service, header| Destination { guest, service, host: "h", header };
    let auth = ServiceName::parse("auth").expect("a name");
    let authorization = Some("authorization");
    let [named, token, theirs] = placeholders;
    assert_eq!(vault.reveal(named, &to(health, Some(backend), authorization)).as_deref(), Ok(input.values[0]));
    for (service, header) in
        [(None, authorization), (Some(&auth), authorization), (Some(backend), Some("x")), (Some(backend), None)]
    {
        assert!(vault.reveal(named, &to(health, service, header)).is_err(), "{service:?} {header:?}");
    }
    if token != named && token != theirs {
        assert_eq!(vault.reveal(token, &to(health, None, None)).as_deref(), Ok(input.values[1]));
        assert!(vault.reveal(token, &to(other, Some(backend), authorization)).is_err());
    }
    // What a guest says without a placeholder is said as it is, so it reveals nothing.
    if !placeholders.iter().any(|placeholder| input.said.contains(placeholder.as_str())) {
        let revealed = vault.reveal(input.said, &to(health, Some(backend), authorization));
        assert!(revealed.is_err() || revealed.as_deref() == Ok(input.said), "{revealed:?}");
    }
}
