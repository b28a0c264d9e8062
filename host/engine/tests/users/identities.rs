//! A user's token reaches the services that it may ask and nobody else: not its own module, not a host that it names.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use holdpoint_cap_load::{UserError, Users as _};
use holdpoint_identity::Identities;
use serde_json::json;

use crate::{driver::run, echo::Echo, scene::Scene};

fn scene(echo: &Echo, act: serde_json::Value) -> Scene {
    let lines: Vec<String> = (0..3).map(|n| format!("\"token-of-user-{n}-eyJhbGciOi\"")).collect();
    let config = json!({ "path": "/echo", "acts": [act], "who": [1] });
    let identities = Some(Identities::listed(&lines.join("\n")).unwrap());
    let url = format!("http://{}", echo.address);
    Scene { identities, users: 3, ..Scene::new("rude-user.wasm", url, echo.address, config) }
}

fn said(error: &UserError) -> &str {
    match error {
        UserError::Ended(text) => text,
        UserError::Open(text) => panic!("it did not even begin: {text}"),
    }
}

#[tokio::test]
async fn a_user_that_is_echoed_sees_placeholders_alone() {
    let echo = Echo::start(|request| {
        let hex: String = request.bytes().map(|byte| format!("{byte:02x}")).collect();
        format!("{request} {} {} {hex}", STANDARD.encode(request), STANDARD.encode(format!("a{request}")))
    })
    .await;
    let (_, ended) = run(&scene(&echo, json!({ "confess": "/confess" })).start(), 3, 3).await;
    assert_eq!(ended.keys().copied().collect::<Vec<_>>(), [1]);
    let seen = said(&ended[&1]);
    // What went out held the values, in the header and where the user put its placeholder.
    let sent = echo.requests().into_iter().find(|request| request.starts_with("POST /confess")).unwrap();
    let token = "token-of-user-1-eyJhbGciOi";
    assert!(sent.contains(&format!("authorization: Bearer {token}\r\n")), "{sent}");
    assert!(sent.contains(&format!(" {token}\r\n")) && sent.ends_with(token), "{sent}");
    assert!(sent.contains("cookie: sid=cookie-of-session-1\r\n"), "{sent}");
    // What came back holds none of them.
    assert!(seen.contains("authorization: Bearer hp-user.identity") && seen.contains("sid=hp-user.token."), "{seen}");
    for value in [token, "cookie-of-session-1", "token-of-session-1"] {
        assert!(!seen.contains(value), "{value} in {seen}");
    }
    for before in ["", "a", "ab"] {
        let encoded = STANDARD.encode(format!("{before}{token}"));
        assert!(!seen.contains(&encoded[4..encoded.len() - 4]), "{encoded} in {seen}");
    }
    // Every other user sent its own.
    for (user, times) in [(0, 4), (2, 4)] {
        let token = format!("authorization: Bearer token-of-user-{user}-eyJhbGciOi\r\n");
        assert_eq!(echo.requests().iter().filter(|request| request.contains(&token)).count(), times);
    }
}

#[tokio::test]
async fn a_host_that_is_not_granted_is_denied_and_hears_nothing() {
    let echo = Echo::start(str::to_owned).await;
    let other = Echo::start(str::to_owned).await;
    let url = format!("http://{}/steal", other.address);
    let (tally, ended) = run(&scene(&echo, json!({ "tell": url })).start(), 3, 3).await;
    let seen = said(&ended[&1]);
    assert!(seen.contains("denied http GET") && seen.contains("no grant covers host 127.0.0.1"), "{seen}");
    assert_eq!((ended.len(), other.requests().len()), (1, 0));
    assert!(tally.of(1).len() == 1, "a denial is no exchange: {:?}", tally.of(1));
}

#[tokio::test]
async fn a_user_without_an_identity_does_not_open() {
    let echo = Echo::start(str::to_owned).await;
    let users = Scene { users: 10, ..scene(&echo, json!(null)) }.start();
    assert!(users.open(2).await.is_ok());
    let error = users.open(3).await.err().unwrap();
    assert_eq!(error.to_string(), "can't be opened: 4 users and 3 identities; each user needs one of its own");
    let error = users.open(10).await.err().unwrap();
    assert!(matches!(error, UserError::Open(_)), "{error}");
}
