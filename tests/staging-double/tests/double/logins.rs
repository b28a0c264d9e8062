//! Logins, seen from outside: as they should be, and with each fault.

use std::collections::HashMap;

use axum::body::Body;
use axum::http::Request;
use holdpoint_staging_double::{Change, Double, Drawn, Service};
use serde_json::json;
use url::Url;

use crate::client::{Answer, get, healthy, send, setting};

/// A browser: it keeps the cookies of the auth service.
#[derive(Default, Clone)]
struct Browser(HashMap<String, String>);

impl Browser {
    async fn ask(&mut self, double: &Double, method: &str, path: &str) -> anyhow::Result<Answer> {
        let cookies: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(path).header("cookie", cookies.join("; "));
        let answer = send(double.address(Service::Auth), request.body(Body::empty())?).await?;
        for set in answer.headers.get_all("set-cookie") {
            let (name, value) = set.to_str()?.split(';').next().unwrap_or_default().split_once('=').unwrap_or_default();
            match value {
                "" => self.0.remove(name),
                value => self.0.insert(name.to_owned(), value.to_owned()),
            };
        }
        Ok(answer)
    }

    /// From the start to the way back, which is not gone.
    async fn begin(&mut self, double: &Double, path: &str) -> anyhow::Result<String> {
        let start = Url::parse(self.ask(double, "GET", path).await?.header("location"))?;
        assert_eq!(start.host_str(), Some("netra-test-issuer-demo.a.run.app"));
        let consent = get(double, Service::Issuer, &start[url::Position::BeforePath..]).await?;
        let back = Url::parse(consent.header("location"))?;
        assert_eq!(back.host_str(), Some("netra-auth-service-demo.a.run.app"));
        Ok(back[url::Position::BeforePath..].to_owned())
    }

    async fn log_in(&mut self, double: &Double) -> anyhow::Result<Answer> {
        let back = self.begin(double, "/auth/test").await?;
        self.ask(double, "GET", &back).await
    }

    async fn session(&mut self, double: &Double) -> anyhow::Result<u16> {
        Ok(self.ask(double, "GET", "/auth/session").await?.status.as_u16())
    }
}

/// A double with one setting of a fault of the auth service.
async fn faulted(name: &str, wanted: impl Fn(&str) -> bool) -> anyhow::Result<Double> {
    let double = healthy().await?;
    let setting = setting(name, |setting| wanted(&setting.to_string()));
    assert!(matches!(setting.drawn, Drawn::Server { service: Service::Auth, .. }), "{setting}");
    double.switch(setting).await?;
    Ok(double)
}

/// What the start of a login with Google asks.
async fn start(double: &Double, path: &str) -> anyhow::Result<(Url, HashMap<String, String>)> {
    let answer = get(double, Service::Auth, path).await?;
    assert_eq!(answer.status, 302);
    let url = Url::parse(answer.header("location"))?;
    let query = url.query_pairs().into_owned().collect();
    Ok((url, query))
}

#[tokio::test]
async fn a_login_gives_a_session_and_a_logout_ends_it() -> anyhow::Result<()> {
    let double = healthy().await?;
    let mut browser = Browser::default();
    assert_eq!(browser.session(&double).await?, 401);
    let entered = browser.log_in(&double).await?;
    assert_eq!(
        (entered.status.as_u16(), entered.header("location")),
        (302, "https://netra-frontend-staging-demo.a.run.app/")
    );
    let session = browser.ask(&double, "GET", "/auth/session").await?;
    assert_eq!(session.json()?, json!({ "account": "tester@netra-staging.example" }));
    let mut stolen = browser.clone();
    assert_eq!(browser.ask(&double, "POST", "/auth/logout").await?.status, 200);
    assert_eq!((browser.session(&double).await?, stolen.session(&double).await?), (401, 401));
    assert!(browser.0.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_session_is_renewed_once_and_no_more_after_its_logout() -> anyhow::Result<()> {
    let double = healthy().await?;
    let mut browser = Browser::default();
    assert_eq!(browser.ask(&double, "POST", "/auth/refresh").await?.status, 401);
    browser.log_in(&double).await?;
    let mut old = browser.clone();
    assert_eq!(browser.ask(&double, "POST", "/auth/refresh").await?.status, 200);
    assert_ne!(browser.0["netra_session"], old.0["netra_session"]);
    assert_eq!((browser.session(&double).await?, old.session(&double).await?), (200, 401));
    assert_eq!(old.ask(&double, "POST", "/auth/refresh").await?.status, 401);
    let mut left = browser.clone();
    assert_eq!(browser.ask(&double, "POST", "/auth/logout").await?.status, 200);
    assert_eq!(left.ask(&double, "POST", "/auth/refresh").await?.status, 401);

    for (name, session, again, after) in [
        ("refresh-keeps-session", 200, 401, 401),
        ("refresh-twice", 401, 200, 401),
        ("refresh-after-logout", 401, 401, 200),
    ] {
        let double = faulted(name, |_| true).await?;
        let mut browser = Browser::default();
        browser.log_in(&double).await?;
        let mut old = browser.clone();
        browser.ask(&double, "POST", "/auth/refresh").await?;
        assert_eq!(old.session(&double).await?, session, "{name}");
        assert_eq!(old.ask(&double, "POST", "/auth/refresh").await?.status, again, "{name}");
        let mut left = browser.clone();
        browser.ask(&double, "POST", "/auth/logout").await?;
        assert_eq!(left.ask(&double, "POST", "/auth/refresh").await?.status, after, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_callback_is_good_once_and_for_its_own_browser_and_state() -> anyhow::Result<()> {
    let double = healthy().await?;
    let mut browser = Browser::default();
    let back = browser.begin(&double, "/auth/test").await?;
    let (path, _) = back.split_once("&state=").unwrap_or_default();
    let before = browser.clone();
    for (path, mut browser) in [
        (back.clone(), Browser::default()),
        (path.to_owned(), before.clone()),
        (format!("{path}&state=guessed"), before.clone()),
    ] {
        assert_eq!(browser.ask(&double, "GET", &path).await?.status, 400, "{path}");
        assert_eq!(browser.session(&double).await?, 401);
    }
    assert_eq!(browser.ask(&double, "GET", &back).await?.status, 302);
    let mut again = before;
    assert_eq!(again.ask(&double, "GET", &back).await?.status, 400);
    Ok(())
}

#[tokio::test]
async fn a_code_that_the_issuer_does_not_know_is_no_login() -> anyhow::Result<()> {
    let double = healthy().await?;
    let mut browser = Browser::default();
    let back = browser.begin(&double, "/auth/test").await?.replace("code=", "code=x");
    assert_eq!(browser.ask(&double, "GET", &back).await?.status, 401);
    assert_eq!(browser.session(&double).await?, 401);
    Ok(())
}

#[tokio::test]
async fn the_issuer_speaks_as_its_discovery_says() -> anyhow::Result<()> {
    let double = healthy().await?;
    let discovery = get(&double, Service::Issuer, "/.well-known/openid-configuration").await?.json()?;
    let key_set = Url::parse(discovery["jwks_uri"].as_str().unwrap_or_default())?;
    let keys = get(&double, Service::Issuer, key_set.path()).await?.json()?;
    assert_eq!(keys["keys"][0]["alg"], "ES256");
    let form = Request::post("/token").body(Body::from("grant_type=authorization_code&code=guessed"))?;
    let refused = send(double.address(Service::Issuer), form).await?;
    assert_eq!((refused.status.as_u16(), &refused.json()?["error"]), (400, &json!("invalid_grant")));
    let evil = "/authorize?client_id=netra-staging-test-login&redirect_uri=https://evil.example/";
    assert_eq!(get(&double, Service::Issuer, evil).await?.status, 400);
    Ok(())
}

#[tokio::test]
async fn people_go_on_to_a_page_of_ours_and_nowhere_else() -> anyhow::Result<()> {
    let double = healthy().await?;
    for (asked, then) in
        [("%2Fchat%3Froom%3D1", "/chat?room=1"), ("%2F%2Fevil.example", "/"), ("https%3A%2F%2Fevil.example", "/")]
    {
        let mut browser = Browser::default();
        let back = browser.begin(&double, &format!("/auth/test?return_to={asked}")).await?;
        let entered = browser.ask(&double, "GET", &back).await?;
        assert_eq!(entered.header("location"), format!("https://netra-frontend-staging-demo.a.run.app{then}"));
    }
    Ok(())
}

#[tokio::test]
async fn wrong_host_alters_the_host_alone() -> anyhow::Result<()> {
    let double = faulted("oauth-wrong-host", |_| true).await?;
    let (url, query) = start(&double, "/auth/google").await?;
    assert!(
        url.host_str().is_some_and(|host| host.ends_with(".example")) && url.path() == "/o/oauth2/v2/auth",
        "{url}"
    );
    assert_eq!(query["state"].len(), 43);
    Ok(())
}

#[tokio::test]
async fn no_state_leaves_out_or_repeats_or_shortens_it() -> anyhow::Result<()> {
    for (words, state) in
        [("no state", None), ("empty", Some(0)), ("always \"netra\"", Some(5)), ("4 characters", Some(4))]
    {
        let double = faulted("oauth-no-state", |setting| setting.ends_with(words)).await?;
        let (_, query) = start(&double, "/auth/google").await?;
        assert_eq!(query.get("state").map(String::len), state, "{words}");
    }
    Ok(())
}

#[tokio::test]
async fn no_pkce_leaves_out_or_weakens_the_challenge() -> anyhow::Result<()> {
    for (words, method) in [("no code_challenge", None), ("plain", Some("plain")), ("the same", Some("S256"))] {
        let double = faulted("oauth-no-pkce", |setting| setting.ends_with(words)).await?;
        let (_, first) = start(&double, "/auth/google").await?;
        let (_, second) = start(&double, "/auth/google").await?;
        assert_eq!(first.get("code_challenge_method").map(String::as_str), method);
        assert_eq!(first.get("code_challenge") == second.get("code_challenge"), method != Some("plain"), "{words}");
    }
    Ok(())
}

#[tokio::test]
async fn open_redirect_believes_one_parameter() -> anyhow::Result<()> {
    let at_start =
        faulted("oauth-open-redirect", |s| s.contains("next becomes") && s.ends_with("whatever it is")).await?;
    let (_, query) = start(&at_start, "/auth/google?next=https://evil.example/").await?;
    assert_eq!(query["redirect_uri"], "https://evil.example/");
    let (_, query) = start(&at_start, "/auth/google?return_to=https://evil.example/").await?;
    assert_eq!(query["redirect_uri"], "https://netra-auth-service-demo.a.run.app/auth/callback");

    let after = faulted("oauth-open-redirect", |s| s.contains("return_to is followed") && s.ends_with("slash")).await?;
    for (asked, then) in [
        ("//evil.example/", "//evil.example/"),
        ("https://evil.example/", "https://netra-frontend-staging-demo.a.run.app/"),
    ] {
        let mut browser = Browser::default();
        let back = browser.begin(&after, &format!("/auth/test?return_to={asked}")).await?;
        assert_eq!(browser.ask(&after, "GET", &back).await?.header("location"), then);
    }
    Ok(())
}

#[tokio::test]
async fn wrong_state_lets_one_kind_of_stranger_in() -> anyhow::Result<()> {
    for words in ["without a state is taken", "any state is taken", "another browser is taken"] {
        let double = faulted("login-wrong-state", |setting| setting.ends_with(words)).await?;
        for (kind, code) in [("without a state", 0), ("any state", 1), ("another browser", 2)] {
            let mut browser = Browser::default();
            let back = browser.begin(&double, "/auth/test").await?;
            let (path, _) = back.split_once("&state=").unwrap_or_default();
            let path = [path.to_owned(), format!("{path}&state=guessed"), back.clone()][code].clone();
            let mut browser = if kind == "another browser" { Browser::default() } else { browser };
            browser.ask(&double, "GET", &path).await?;
            let enters = browser.session(&double).await? == 200;
            assert_eq!(enters, words.starts_with(kind), "{words}: {kind}");
        }
        assert_eq!(Browser::default().log_in(&double).await?.status, 302);
    }
    Ok(())
}

#[tokio::test]
async fn a_broken_login_answers_with_its_status() -> anyhow::Result<()> {
    let double = healthy().await?;
    let setting = setting("login-broken", |_| true);
    let Drawn::Server { change: Change::CallbackFails(status), .. } = setting.drawn.clone() else {
        panic!("{setting}")
    };
    double.switch(setting).await?;
    assert_eq!(Browser::default().log_in(&double).await?.status.as_u16(), status);
    double.clear().await?;
    assert_eq!(Browser::default().log_in(&double).await?.status, 302);
    Ok(())
}

#[tokio::test]
async fn a_kept_session_outlives_its_logout() -> anyhow::Result<()> {
    for (words, status) in [("takes the cookie away", 200), ("says so", 200), ("redirects", 303)] {
        let double = faulted("logout-keeps-session", |setting| setting.ends_with(words)).await?;
        let mut browser = Browser::default();
        browser.log_in(&double).await?;
        let mut stolen = browser.clone();
        assert_eq!(browser.ask(&double, "POST", "/auth/logout").await?.status.as_u16(), status);
        assert_eq!(stolen.session(&double).await?, 200, "{words}");
    }
    Ok(())
}
