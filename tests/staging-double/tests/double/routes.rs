use std::collections::HashMap;

use axum::body::Body;
use axum::http::Request;
use holdpoint_staging_double::Service;
use serde_json::json;
use tokio::net::TcpStream;
use url::Url;

use crate::client::{exchange, get, healthy, open, post, send};

#[tokio::test]
async fn every_service_reports_its_own_dependencies() -> anyhow::Result<()> {
    let double = healthy().await?;
    for service in Service::ALL {
        let up: serde_json::Map<_, _> = service.dependencies().iter().map(|d| ((*d).to_owned(), json!("up"))).collect();
        for path in ["/health", "/health/ready"] {
            let answer = get(&double, service, path).await?;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("content-type"), "application/json");
            assert_eq!(
                answer.json()?,
                json!({ "status": "healthy", "service": service.name(), "version": "1.0.0", "dependencies": up })
            );
        }
        let answer = get(&double, service, "/health/live").await?;
        assert_eq!(answer.json()?, json!({ "status": "alive" }));
    }
    double.stop().await;
    Ok(())
}

#[tokio::test]
async fn the_frontend_serves_a_page() -> anyhow::Result<()> {
    let double = healthy().await?;
    let answer = get(&double, Service::Frontend, "/").await?;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(answer.body.starts_with(b"<!doctype html>"));
    Ok(())
}

#[tokio::test]
async fn a_login_starts_at_google_with_a_fresh_state() -> anyhow::Result<()> {
    let double = healthy().await?;
    let mut states = Vec::new();
    for _ in 0..2 {
        let answer = get(&double, Service::Auth, "/auth/google").await?;
        assert_eq!(answer.status, 302);
        let url = Url::parse(answer.header("location"))?;
        assert_eq!((url.host_str(), url.path()), (Some("accounts.google.com"), "/o/oauth2/v2/auth"));
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["redirect_uri"], "https://netra-auth-service-demo.a.run.app/auth/callback");
        assert_eq!(query["scope"], "openid email profile");
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["code_challenge"].len(), 43);
        assert!(query["client_id"].ends_with(".apps.googleusercontent.com"));
        states.push(query["state"].clone());
    }
    assert_ne!(states[0], states[1]);
    Ok(())
}

#[tokio::test]
async fn unknown_routes_and_methods_are_refused_in_json() -> anyhow::Result<()> {
    let double = healthy().await?;
    for service in Service::ALL {
        let unknown = get(&double, service, "/nothing").await?;
        assert_eq!(unknown.status, 404);
        assert_eq!(unknown.json()?, json!({ "error": "not found" }));
        let wrong = post(&double, service, "/health").await?;
        assert_eq!(wrong.status, 405);
        assert_eq!(wrong.json()?, json!({ "error": "method not allowed" }));
    }
    assert_eq!(get(&double, Service::Frontend, "/auth/google").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn logs_what_was_asked_but_not_control_calls() -> anyhow::Result<()> {
    let double = healthy().await?;
    get(&double, Service::Auth, "/health?full=1").await?;
    post(&double, Service::Auth, "/__double/clear").await?;
    let request = Request::post("/effects").header("idempotency-key", "run/phase/7").body(Body::from("{}"))?;
    send(double.address(Service::Backend), request).await?;

    let seen = double.requests();
    assert_eq!(seen.len(), 2);
    assert_eq!((seen[0].service, seen[0].method.as_str(), seen[0].path.as_str()), (Service::Auth, "GET", "/health"));
    assert_eq!(seen[0].idempotency_key, None);
    assert_eq!(seen[1].idempotency_key.as_deref(), Some("run/phase/7"));
    assert!(seen[0].at > 0.0 && seen[0].at <= seen[1].at);

    let listed = get(&double, Service::Frontend, "/__double/requests").await?.json()?;
    assert_eq!(listed[1]["service"], "backend");
    assert_eq!(listed[1]["idempotency_key"], "run/phase/7");
    Ok(())
}

#[tokio::test]
async fn who_has_no_token_is_not_let_in() -> anyhow::Result<()> {
    let double = healthy().await?;
    let ask =
        |authorization: &str| Request::get("/whoami-iam").header("authorization", authorization).body(Body::empty());
    assert_eq!(get(&double, Service::Backend, "/whoami-iam").await?.status, 401);
    for other in ["", "Bearer ", "Basic abc"] {
        assert_eq!(send(double.address(Service::Backend), ask(other)?).await?.status, 401);
    }
    let answer = send(double.address(Service::Backend), ask("Bearer abc")?).await?;
    assert_eq!((answer.status.as_u16(), answer.json()?["token"].as_str()), (200, Some("abc")));
    Ok(())
}

#[tokio::test]
async fn stopping_ends_open_connections() -> anyhow::Result<()> {
    let double = healthy().await?;
    let address = double.address(Service::Backend);
    let mut kept = open(TcpStream::connect(address).await?).await?;
    exchange(&mut kept, Request::get("/health").body(Body::empty())?).await?;

    double.stop().await;

    assert!(exchange(&mut kept, Request::get("/health").body(Body::empty())?).await.is_err());
    let error = TcpStream::connect(address).await.expect_err("the port is closed");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
    Ok(())
}

#[tokio::test]
async fn names_its_address_in_plain_urls() -> anyhow::Result<()> {
    let double = healthy().await?;
    let address = double.address(Service::Auth);
    assert!(address.ip().is_loopback());
    assert_eq!(double.url(Service::Auth), format!("http://{address}"));
    Ok(())
}
