use axum::body::Body;
use axum::http::{HeaderMap, Request};
use holdpoint_staging_double::{
    Breach, Change, Double, Drawn, Fault, FaultSetting, Mishandled, Options, PerService, Service, Told, Unchecked,
    WrongCors, WrongLimit, environment,
};

use crate::client::{Answer, get, healthy, send};

const PAGE: &str = "https://netra-frontend-staging-demo.a.run.app";

async fn open_to(breach: Breach) -> anyhow::Result<Double> {
    let double = healthy().await?;
    let drawn = Drawn::Server { service: Service::Backend, change: Change::Breach(breach) };
    double.switch(FaultSetting { name: "chosen", seed: 0, drawn }).await?;
    Ok(double)
}

fn token(name: &str) -> &'static str {
    let variable = environment(None).into_iter().find(|variable| variable.name == name);
    variable.and_then(|variable| variable.value).expect("the environment has it")
}

async fn ask(
    double: &Double,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> anyhow::Result<Answer> {
    let request =
        headers.iter().fold(Request::builder().method(method).uri(path), |r, (name, value)| r.header(*name, *value));
    send(double.address(Service::Backend), request.body(Body::from(body.to_owned()))?).await
}

async fn as_user(double: &Double, variable: &str, path: &str) -> anyhow::Result<Answer> {
    let bearer = format!("Bearer {}", token(variable));
    ask(double, "GET", path, &[("authorization", bearer.as_str())], "").await
}

fn allowed(headers: &HeaderMap) -> &str {
    headers.get("access-control-allow-origin").and_then(|value| value.to_str().ok()).unwrap_or("")
}

#[tokio::test]
async fn every_fault_of_security_changes_something_of_a_service() -> anyhow::Result<()> {
    for fault in Fault::of_security() {
        let setting = fault.settle(7);
        assert!(matches!(setting.drawn, Drawn::Server { change: Change::Breach(_), .. }), "{setting}");
        assert!(fault.requirement.starts_with("SEC-"), "{setting}");
    }
    Ok(())
}

#[tokio::test]
async fn a_healthy_backend_refuses_all_but_good_tokens() -> anyhow::Result<()> {
    let double = healthy().await?;
    assert_eq!(get(&double, Service::Backend, "/api/me").await?.status, 401);
    assert_eq!(as_user(&double, "STAGING_EXPIRED_TOKEN", "/api/me").await?.status, 401);
    assert_eq!(as_user(&double, "STAGING_USER_TOKEN", "/api/me").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_route_can_be_open_and_a_token_unchecked() -> anyhow::Result<()> {
    let double = open_to(Breach::OpenRoute("/api/me")).await?;
    assert_eq!(get(&double, Service::Backend, "/api/me").await?.status, 200);
    assert_eq!(get(&double, Service::Backend, "/api/agents").await?.status, 401);
    let double = open_to(Breach::Unchecked(Unchecked::Expiry)).await?;
    assert_eq!(as_user(&double, "STAGING_EXPIRED_TOKEN", "/api/me").await?.status, 200);
    let double = open_to(Breach::Unchecked(Unchecked::Signature)).await?;
    let forged = format!("Bearer {}AA", token("STAGING_USER_TOKEN"));
    assert_eq!(ask(&double, "GET", "/api/me", &[("authorization", forged.as_str())], "").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn an_agent_is_its_users_unless_owners_are_ignored() -> anyhow::Result<()> {
    let double = healthy().await?;
    let user = format!("Bearer {}", token("STAGING_USER_TOKEN"));
    let headers = [("authorization", user.as_str())];
    let made = ask(&double, "POST", "/api/agents", &headers, r#"{"name":"a","prompt":"mine"}"#).await?;
    let path = format!("/api/agents/{}", made.json()?["id"].as_str().expect("an id"));
    assert_eq!(as_user(&double, "STAGING_OTHER_TOKEN", &path).await?.status, 404);
    let drawn = Drawn::Server { service: Service::Backend, change: Change::Breach(Breach::OwnerIgnored) };
    double.switch(FaultSetting { name: "chosen", seed: 0, drawn }).await?;
    assert_eq!(as_user(&double, "STAGING_OTHER_TOKEN", &path).await?.json()?["prompt"], "mine");
    Ok(())
}

#[tokio::test]
async fn only_the_page_of_the_team_may_read_unless_a_fault_has_it_otherwise() -> anyhow::Result<()> {
    let preflight = |origin| [("origin", origin), ("access-control-request-method", "PUT")];
    let double = healthy().await?;
    let ours = ask(&double, "OPTIONS", "/api/me", &preflight(PAGE), "").await?;
    assert_eq!((ours.status.as_u16(), allowed(&ours.headers)), (204, PAGE));
    assert!(ours.header("access-control-allow-methods").contains("PUT"));
    let read = ask(&double, "GET", "/api/me", &[("origin", PAGE)], "").await?;
    assert_eq!((read.status.as_u16(), allowed(&read.headers)), (401, PAGE));
    let evil = "https://evil.example";
    assert_eq!(allowed(&ask(&double, "OPTIONS", "/api/me", &preflight(evil), "").await?.headers), "");
    for (wrong, origin, seen) in
        [(WrongCors::Reflected, evil, evil), (WrongCors::AnyWithCookies, evil, "*"), (WrongCors::PageRefused, PAGE, "")]
    {
        let double = open_to(Breach::Cors(wrong)).await?;
        assert_eq!(allowed(&ask(&double, "GET", "/api/me", &[("origin", origin)], "").await?.headers), seen);
    }
    Ok(())
}

#[tokio::test]
async fn an_error_tells_nothing_unless_a_fault_has_it_otherwise() -> anyhow::Result<()> {
    let key = token("OPENAI_API_KEY");
    let clean = get(&healthy().await?, Service::Backend, "/nothing").await?;
    assert!(!clean.json()?.to_string().contains(key));
    let told = |told| async move { get(&open_to(Breach::Tells(told)).await?, Service::Backend, "/nothing").await };
    assert!(told(Told::Plain).await?.json()?.to_string().contains(key));
    assert!(!told(Told::Base64).await?.json()?["debug"].as_str().expect("a text").contains(key));
    assert_eq!(told(Told::Header).await?.header("x-debug"), key);
    assert!(told(Told::Shape).await?.json()?["debug"].as_str().expect("a text").starts_with("AKIA"));
    Ok(())
}

/// The statuses of so many requests of a user, and then of another.
async fn searched(double: &Double) -> anyhow::Result<(Vec<u16>, u16, String)> {
    let mut statuses = Vec::new();
    let mut wait = String::new();
    for _ in 0..60 {
        let answer = as_user(double, "STAGING_USER_TOKEN", "/api/search").await?;
        statuses.push(answer.status.as_u16());
        if answer.status == 429 {
            answer.header("retry-after").clone_into(&mut wait);
            break;
        }
    }
    Ok((statuses, as_user(double, "STAGING_OTHER_TOKEN", "/api/search").await?.status.as_u16(), wait))
}

#[tokio::test]
async fn a_limit_holds_for_one_user_unless_a_fault_has_it_otherwise() -> anyhow::Result<()> {
    let (statuses, other, wait) = searched(&healthy().await?).await?;
    assert_eq!((statuses.last(), other, wait.as_str()), (Some(&429), 200, "1"));
    let (statuses, ..) = searched(&open_to(Breach::Limit(WrongLimit::Missing)).await?).await?;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    let (_, other, _) = searched(&open_to(Breach::Limit(WrongLimit::Shared)).await?).await?;
    assert_eq!(other, 429);
    let (statuses, _, wait) = searched(&open_to(Breach::Limit(WrongLimit::Silent)).await?).await?;
    assert_eq!((statuses.last(), wait.as_str()), (Some(&429), ""));
    Ok(())
}

#[tokio::test]
async fn what_is_malformed_is_refused_unless_a_fault_has_it_otherwise() -> anyhow::Result<()> {
    let user = format!("Bearer {}", token("STAGING_USER_TOKEN"));
    let headers = [("authorization", user.as_str())];
    for (breach, status) in [(None, 400_u16), (Some(Mishandled::Fails), 500), (Some(Mishandled::Taken), 200)] {
        let double = match breach {
            None => healthy().await?,
            Some(mishandled) => open_to(Breach::Malformed(mishandled)).await?,
        };
        assert_eq!(ask(&double, "POST", "/api/agents", &headers, "{").await?.status, status);
    }
    Ok(())
}

#[tokio::test]
async fn the_document_says_what_the_routes_take() -> anyhow::Result<()> {
    let document = get(&healthy().await?, Service::Backend, "/openapi.json").await?.json()?;
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/api/state/{key}"]["put"]["requestBody"].is_object());
    Ok(())
}

#[tokio::test]
async fn the_port_without_tls_leads_to_the_one_with_it_unless_a_fault_has_it_otherwise() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let plain_ports = Some(PerService::default());
    let double = Double::start(Options { tls: Some(dir.path().to_owned()), plain_ports, ..Options::default() }).await?;
    let address = double.plain_address(Service::Backend).expect("it listens");
    let asked = || Request::get("/health?x=1").body(Body::empty());
    let led = send(address, asked()?).await?;
    let to = format!("https://{}/health?x=1", Service::Backend.host());
    assert_eq!((led.status.as_u16(), led.header("location")), (308, to.as_str()));
    let drawn = Drawn::Server { service: Service::Backend, change: Change::Breach(Breach::PlainServed) };
    double.switch(FaultSetting { name: "chosen", seed: 0, drawn }).await?;
    assert_eq!(send(address, asked()?).await?.status, 200);
    double.stop().await;
    Ok(())
}
