//! The phase against scripts; the cases that are pure data lie in `fixtures/`.

use holdpoint::prelude::*;
use holdpoint::testing::{Scripted, Test};
use url::Url;

use super::run;
use crate::hostile::{values, with};

const BACK: &str = "https://auth.example/auth/callback";
const GOOGLE: &str = "https://accounts.google.com/o/oauth2/v2/auth";
const ISSUER: &str = "https://issuer.example/authorize";
const CHALLENGES: [&str; 2] =
    ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "qjrzSW9gMiUgpUvqgEPE4_-8swvyCtfOVvg55o5S_es"];
const STATES: [&str; 2] = ["state-of-the-first-login", "state-of-the-second-login"];

fn config(parameters: &[&str]) -> Value {
    json!({
        "service": "auth",
        "start": {
            "path": "/auth/google", "endpoint": GOOGLE, "client-id": "netra.apps.googleusercontent.com",
            "redirect-uris": [BACK], "scopes": ["openid", "email"], "parameters": parameters,
            "origins": ["https://app-*.netra.example"],
        },
        "login": { "start": "/auth/test", "issuer": "issuer", "session": "/auth/session", "logout": "/auth/logout" },
    })
}

/// A start as it should be, the `n`th.
fn start(n: usize) -> Vec<(&'static str, String)> {
    [
        ("client_id", "netra.apps.googleusercontent.com"),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", "openid email profile"),
        ("state", STATES[n]),
        ("code_challenge", CHALLENGES[n]),
        ("code_challenge_method", "S256"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

fn leads(endpoint: &str, pairs: &[(&str, String)]) -> Scripted {
    let url = Url::parse_with_params(endpoint, pairs).unwrap();
    status(302).header("location", url.as_str()).header("set-cookie", "login=cookie-of-the-login; HttpOnly")
}

/// A script in which only the two starts with Google are asked.
fn with_starts<'a>(starts: [Scripted; 2]) -> Test<'a> {
    let [first, second] = starts;
    holdpoint::test(run)
        .service("auth")
        .config(config(&[]))
        .answer(get("/auth/google"), first)
        .answer(get("/auth/google"), second)
}

/// The same after a change of both starts.
fn altered<'a>(alter: impl Fn(&mut Vec<(&'static str, String)>)) -> Test<'a> {
    with_starts([0, 1].map(|n| {
        let mut pairs = start(n);
        alter(&mut pairs);
        leads(GOOGLE, &pairs)
    }))
}

fn set(pairs: &mut [(&'static str, String)], name: &str, value: &str) {
    let (_, known) = pairs.iter_mut().find(|(known, _)| *known == name).unwrap();
    value.clone_into(known);
}

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::fixtures(run, "fixtures");
}

#[test]
fn a_start_as_it_should_be_passes_and_a_login_that_cannot_be_driven_is_not_exercised() {
    let t = altered(|_| {});
    t.expect("P3.3", Pass, "302 with a location, twice");
    t.expect("P3.3", Pass, "two states of 24 characters");
    t.expect("CRIT-4", NotExercised, "no test issuer is given (--service issuer=URL)");
    assert_eq!(t.calls(), ["GET auth /auth/google", "GET auth /auth/google"]);
}

#[test]
fn whatever_is_wrong_with_a_start_is_shown_by_one_check() {
    type Alter = fn(&mut Vec<(&'static str, String)>);
    let cases: [(Alter, &str, &str); 15] = [
        (|p| set(p, "client_id", "another"), "netra.apps.googleusercontent.com", "another"),
        (|p| set(p, "redirect_uri", "https://evil.example/"), BACK, "https://evil.example/"),
        (|p| set(p, "redirect_uri", "https://auth.example/auth/callback/x"), BACK, "callback/x"),
        (|p| p.push(("redirect_uri", BACK.to_owned())), BACK, "2 values of redirect_uri"),
        (|p| set(p, "response_type", "token"), "code", "token"),
        (|p| set(p, "scope", "openid emails"), "openid email", "openid emails"),
        (|p| p.retain(|(name, _)| *name != "state"), "another state", "no state"),
        (|p| set(p, "state", ""), "another state", "an empty state"),
        (|p| set(p, "state", "constant-constant"), "another state", "the same state for two logins"),
        (
            |p| p.iter_mut().filter(|(n, _)| *n == "state").for_each(|(_, v)| *v = v[13..17].into()),
            "at least 16",
            "a state of 4 characters",
        ),
        (|p| p.retain(|(name, _)| *name != "code_challenge"), "S256", "no code_challenge"),
        (|p| set(p, "code_challenge_method", "plain"), "S256", "the method plain"),
        (|p| set(p, "code_challenge", CHALLENGES[0]), "S256", "the same code_challenge"),
        (|p| set(p, "code_challenge", "short"), "43 characters", "no S256: short"),
        (|p| p.push(("client_secret", "x".into())), "no credential", "the parameter client_secret"),
    ];
    for (alter, wanted, seen) in cases {
        let t = altered(alter);
        t.expect("P3.3", Fail, seen);
        let failed: Vec<_> = t.checks().iter().filter(|check| check.verdict == Fail).collect();
        assert_eq!(failed.len(), 1, "{seen}: {}", t.shown());
        assert!(failed[0].expected.contains(wanted), "{seen}: {}", t.shown());
        assert_eq!(failed[0].evidence, [0, 1]);
    }
}

#[test]
fn a_start_that_leads_elsewhere_is_shown_with_its_place() {
    let elsewhere = "https://accounts.google.com.evil.example/o/oauth2/v2/auth";
    let t = with_starts([0, 1].map(|n| leads(elsewhere, &start(n))));
    t.expect("P3.3", Fail, elsewhere);
    t.expect("P3.3", Fail, GOOGLE);
    let t = with_starts([0, 1].map(|n| leads("http://accounts.google.com/o/oauth2/v2/auth", &start(n))));
    t.expect("P3.3", Fail, "http://accounts.google.com/");
}

#[test]
fn what_is_no_redirect_is_shown_as_it_is() {
    for (answer, seen) in [
        (status(200).body("<html>log in</html>"), "200: <html>log in</html>"),
        (status(302), "302 without a location"),
        (status(302).header("location", "/login"), "302 to `/login`, which is no absolute URL"),
        (status(307).header("location", GOOGLE), "307"),
        (refused(), "connection refused"),
    ] {
        with_starts([answer.clone(), answer]).expect("P3.3", Fail, seen);
    }
    with_starts([denied(), denied()]).expect("P3.3", Inconclusive, "denied");
}

/// A script of starts with a hostile `next`, all answered alike.
fn hostile<'a>(answer: &Scripted) -> Test<'a> {
    let script = altered(|_| {}).config(config(&["next"]));
    values(&Url::parse(BACK).unwrap())
        .iter()
        .fold(script, |script, value| script.answer(get(&with("/auth/google", "next", value)), answer.clone()))
}

#[test]
fn a_parameter_must_not_change_where_a_login_starts() {
    for (answer, seen) in [
        (leads(GOOGLE, &start(0)), "so with 7 hostile values"),
        (status(400), "so with 7 hostile values"),
        (status(302).header("location", "/login?error=next"), "so with 7 hostile values"),
        (status(302).header("location", "https://app-1.netra.example/"), "so with 7 hostile values"),
    ] {
        hostile(&answer).expect("P3.3", Pass, seen);
    }
    let mut led = start(0);
    set(&mut led, "redirect_uri", "//evil.example/");
    for (answer, seen) in [
        (leads(GOOGLE, &led), "//evil.example/ → redirect_uri //evil.example/"),
        (status(302).header("location", "//evil.example/x?y"), "→ https://evil.example/x"),
        (status(303).header("location", "/\\evil.example"), "→ https://evil.example/"),
        (status(500), "→ 500"),
        (refused(), "→ connection refused"),
    ] {
        hostile(&answer).expect("P3.3", Fail, seen);
    }
    hostile(&ok(json!({}))).expect("P3.3", Inconclusive, "200, a page that may lead anywhere");
    hostile(&denied()).expect("P3.3", Inconclusive, "denied");
}

/// A script of logins with the test issuer. `session` are the answers to who is logged in, in order.
fn logins<'a>(parameters: &[&str], callbacks: &[Scripted], forged: &Scripted, session: &[u16]) -> Test<'a> {
    let back = |state: &str| format!("/auth/callback?code=the-code&state={state}");
    let mut script = altered(|_| {})
        .service("issuer")
        .config(config(parameters))
        .answer(get("/.well-known/openid-configuration").on("issuer"), ok(json!({ "authorization_endpoint": ISSUER })))
        .answer(get("/auth/test"), leads(ISSUER, &start(0)))
        .answer(
            get(&Url::parse_with_params(ISSUER, start(0)).unwrap()[url::Position::BeforePath..]).on("issuer"),
            status(302).header("location", &format!("{BACK}?code=the-code&state={}", STATES[0])),
        )
        .answer(get("/auth/callback?code=the-code"), forged.clone())
        .answer(get(&back("state-of-the-first-logiA")), forged.clone())
        .answer(post("/auth/logout"), ok(json!({})));
    for callback in callbacks {
        script = script.answer(get(&back(STATES[0])), callback.clone());
    }
    session.iter().fold(script, |script, code| script.answer(get("/auth/session"), status(*code)))
}

fn enters() -> Scripted {
    status(302).header("location", "https://app-1.netra.example/").header("set-cookie", "sid=cookie-of-the-session")
}

/// As it should be: entered, refused in another browser, entered, refused the second time.
fn well() -> [Scripted; 4] {
    [enters(), status(400), enters(), status(400)]
}

#[test]
fn a_login_is_driven_from_its_start_to_its_end() {
    let t = logins(&[], &well(), &status(400), &[401, 200, 401, 401]);
    t.expect("CRIT-4", Pass, "a session that answers 200");
    t.expect("CRIT-4", Pass, "400, and no session");
    assert_eq!(t.checks().iter().filter(|check| check.requirements == ["CRIT-4"]).count(), 8, "{}", t.shown());
    assert_eq!(
        t.calls()[2..7].iter().map(|call| call.split('?').next().unwrap()).collect::<Vec<_>>(),
        [
            "GET issuer /.well-known/openid-configuration",
            "GET auth /auth/session",
            "GET auth /auth/test",
            "GET issuer /authorize",
            "GET auth /auth/callback",
        ]
    );
}

#[test]
fn a_session_that_outlives_its_logout_fails() {
    let t = logins(&[], &well(), &status(400), &[401, 200, 200, 401]);
    t.expect("CRIT-4", Fail, "401 or 403");
    t.expect("CRIT-4", Fail, "200");
    let failed: Vec<_> = t.checks().iter().filter(|check| check.verdict == Fail).map(|check| &check.name).collect();
    assert_eq!(failed, ["after the logout its session is refused"]);
}

#[test]
fn a_callback_that_takes_a_wrong_state_fails() {
    let t = logins(&[], &well(), &enters(), &[401, 200, 401, 200, 200, 401]);
    t.expect("CRIT-4", Fail, "the callback answers 302, and the session 200");
    let failed: Vec<_> = t.checks().iter().filter(|check| check.verdict == Fail).map(|check| &check.name).collect();
    assert_eq!(failed, ["a callback with another state is refused", "a callback without a state is refused"]);
}

#[test]
fn a_callback_that_is_good_twice_fails() {
    let twice = [enters(), status(400), enters()];
    let t = logins(&[], &twice, &status(400), &[401, 200, 401, 401, 401, 401, 200]);
    t.expect("CRIT-4", Fail, "the callback answers 302, and the session 200");
}

#[test]
fn a_login_that_breaks_is_shown_once_and_nothing_else_is_tried() {
    for (callback, sessions, seen) in [
        (status(502).body("no"), vec![401], "the callback answers 502: no"),
        (status(302), vec![401, 401], "the session answers 401"),
        (timeout(), vec![401], "no answer within"),
    ] {
        let t = logins(&[], &[callback], &status(400), &sessions);
        t.expect("CRIT-4", Fail, seen);
        assert_eq!(t.checks().iter().filter(|check| check.requirements == ["CRIT-4"]).count(), 2);
    }
}

#[test]
fn an_issuer_that_is_broken_says_nothing_about_the_login() {
    let issuer = |answer| altered(|_| {}).service("issuer").answer(get("/.well-known/openid-configuration"), answer);
    issuer(refused()).expect("CRIT-4", Inconclusive, "connection refused");
    issuer(status(404)).expect("CRIT-4", Inconclusive, "404");
    issuer(ok(json!({}))).expect("CRIT-4", Inconclusive, "200: {}");
}

#[test]
fn a_parameter_must_not_lead_away_after_a_login() {
    for (then, verdict, seen) in [
        ("https://app-1.netra.example/", Pass, "so with 7 hostile values"),
        ("/", Pass, "so with 7 hostile values"),
        ("//evil.example/", Fail, "→ https://evil.example/"),
    ] {
        let enters_hostile = status(302).header("location", then).header("set-cookie", "sid=cookie-of-the-session");
        let callbacks: Vec<Scripted> = well().into_iter().chain([enters_hostile]).collect();
        let script = logins(&["next"], &callbacks, &status(400), &[401, 200, 401, 401]);
        let script = values(&Url::parse(BACK).unwrap()).iter().fold(script, |script, value| {
            script
                .answer(get(&with("/auth/google", "next", value)), status(400))
                .answer(get(&with("/auth/test", "next", value)), leads(ISSUER, &start(0)))
        });
        script.expect("P3.3", verdict, seen);
        script.expect("CRIT-4", Pass, "no session");
    }
}

#[test]
fn a_mistake_in_the_configuration_names_the_field() {
    let cases: [(&str, Value, &str); 9] = [
        ("/start/path", json!("auth"), "config.start.path `auth` must begin with `/`"),
        ("/start/endpoint", json!("http://a.example/"), "config.start.endpoint: `http://a.example/` is no https URL"),
        ("/start/redirect-uris", json!([]), "config.start.redirect-uris is empty"),
        ("/start/redirect-uris", json!(["/auth/callback"]), "is no URL"),
        ("/start/client-id", json!(""), "config.start.client-id is empty"),
        ("/start/origins", json!(["app.example"]), "config.start.origins: `app.example` does not begin with https://"),
        ("/start/parameters", json!(vec!["p"; 21]), "config.start.parameters has 21 values, of at most 20"),
        ("/login/logout", json!("logout"), "config.login.logout `logout` must begin"),
        ("/service", json!("oauth"), "no service `oauth` is granted"),
    ];
    for (place, value, error) in cases {
        let mut config = config(&[]);
        *config.pointer_mut(place).unwrap() = value;
        let t = holdpoint::test(run).service("auth").config(config);
        let actual = t.returned().expect_err(error);
        assert!(actual.contains(error), "{actual}");
        assert!(t.checks().is_empty(), "nothing is judged");
    }
}
