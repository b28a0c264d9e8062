use std::io::ErrorKind;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use holdpoint_staging_double::{Change, Double, Drawn, Fault, FaultSetting, Options, Service, WrongBody};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::client::{Answer, exchange, get, healthy, open, post, setting};

/// Each fault: switched on, only the struck service differs; cleared, all are as before.
async fn check(name: &str, expect: impl Fn(&Change, anyhow::Result<Answer>)) -> anyhow::Result<()> {
    let double = healthy().await?;
    for struck in Service::RELEASED {
        let setting = setting(name, |s| strikes(s, struck));
        let Drawn::Server { change, .. } = setting.drawn.clone() else { panic!("{setting}") };
        double.switch(setting).await?;
        for service in Service::ALL {
            let answer = get(&double, service, "/health").await;
            if service == struck { expect(&change, answer) } else { assert_healthy(answer?) }
        }
        double.clear().await?;
        assert_healthy(get(&double, struck, "/health").await?);
    }
    double.stop().await;
    Ok(())
}

fn strikes(setting: &FaultSetting, wanted: Service) -> bool {
    matches!(setting.drawn, Drawn::Server { service, .. } if service == wanted)
}

fn assert_healthy(answer: Answer) {
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json().expect("a body")["status"], "healthy");
}

fn body_of_200(answer: anyhow::Result<Answer>) -> Value {
    let answer = answer.expect("an answer");
    assert_eq!(answer.status, 200);
    answer.json().expect("a body")
}

#[tokio::test]
async fn dependency_down_shows_in_the_body_alone() -> anyhow::Result<()> {
    check("dependency-down", |change, answer| {
        let Change::DependencyDown(dependency) = change else { panic!("{change:?}") };
        let body = body_of_200(answer);
        assert_eq!(body["status"], "degraded");
        assert_eq!(body["dependencies"][dependency], "down");
    })
    .await
}

#[tokio::test]
async fn unavailable_answers_503() -> anyhow::Result<()> {
    check("unavailable", |_, answer| {
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 503);
        assert_eq!(answer.json().expect("a body"), json!({ "error": "unavailable" }));
    })
    .await
}

#[tokio::test]
async fn wrong_body_never_says_healthy() -> anyhow::Result<()> {
    check("wrong-body", |change, answer| {
        let body = body_of_200(answer);
        match change {
            Change::WrongBody(WrongBody::NoStatus) => assert_eq!(body.get("status"), None),
            Change::WrongBody(WrongBody::Status(status)) => assert_eq!(body["status"], *status),
            other => panic!("{other:?}"),
        }
    })
    .await
}

#[tokio::test]
async fn truncated_json_is_a_sound_answer_that_does_not_parse() -> anyhow::Result<()> {
    check("truncated-json", |_, answer| {
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/json");
        assert!(!answer.body.is_empty());
        assert!(answer.json().is_err());
    })
    .await
}

#[tokio::test]
async fn refused_closes_the_port_and_clear_opens_it_again() -> anyhow::Result<()> {
    check("refused", |_, answer| {
        let error = answer.err().expect("no answer");
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        assert_eq!(kind, Some(ErrorKind::ConnectionRefused));
    })
    .await
}

#[tokio::test]
async fn refused_also_ends_connections_that_were_open() -> anyhow::Result<()> {
    let double = healthy().await?;
    let health = || Request::get("/health").body(Body::empty());
    let mut kept = open(TcpStream::connect(double.address(Service::Auth)).await?).await?;
    assert_healthy(exchange(&mut kept, health()?).await?);
    double.switch(setting("refused", |s| strikes(s, Service::Auth))).await?;
    assert!(exchange(&mut kept, health()?).await.is_err());
    Ok(())
}

#[tokio::test]
async fn slow_answers_rightly_but_late() -> anyhow::Result<()> {
    let double = healthy().await?;
    double.switch(setting("slow", |s| strikes(s, Service::Backend))).await?;
    let start = Instant::now();
    assert_healthy(get(&double, Service::Auth, "/health").await?);
    assert!(start.elapsed() < Duration::from_millis(2_000));
    let start = Instant::now();
    assert_healthy(get(&double, Service::Backend, "/health").await?);
    assert!(start.elapsed() >= Duration::from_millis(2_600));
    double.clear().await?;
    let start = Instant::now();
    assert_healthy(get(&double, Service::Backend, "/health").await?);
    assert!(start.elapsed() < Duration::from_millis(2_000));
    Ok(())
}

#[tokio::test]
async fn faults_of_the_options_stand_from_the_first_request() -> anyhow::Result<()> {
    let faults = vec![
        setting("unavailable", |s| strikes(s, Service::Auth)),
        setting("refused", |s| strikes(s, Service::Frontend)),
    ];
    let double = Double::start(Options { faults, ..Options::default() }).await?;
    assert_eq!(get(&double, Service::Auth, "/health").await?.status, 503);
    assert!(get(&double, Service::Frontend, "/health").await.is_err());
    assert_healthy(get(&double, Service::Backend, "/health").await?);
    Ok(())
}

#[tokio::test]
async fn control_routes_switch_and_clear() -> anyhow::Result<()> {
    let double = healthy().await?;
    let wanted = setting("refused", |s| strikes(s, Service::Auth));
    let path = format!("/__double/fault/refused?seed={}", wanted.seed);
    // The struck service itself takes the order, and still answers it.
    let answer = post(&double, Service::Auth, &path).await?;
    assert_eq!(answer.json()?, json!({ "switched": wanted.to_string(), "seed": wanted.seed }));
    assert!(get(&double, Service::Auth, "/health").await.is_err());

    assert_eq!(post(&double, Service::Backend, "/__double/clear").await?.json()?, json!({ "cleared": true }));
    assert_healthy(get(&double, Service::Auth, "/health").await?);
    Ok(())
}

#[tokio::test]
async fn control_routes_name_the_faults_there_are() -> anyhow::Result<()> {
    let double = healthy().await?;
    let answer = post(&double, Service::Backend, "/__double/fault/nothing").await?;
    assert_eq!(answer.status, 404);
    let text = answer.json()?["error"].to_string();
    assert!(Fault::all().iter().all(|f| text.contains(f.name)), "{text}");
    let answer = post(&double, Service::Backend, "/__double/fault/slow?speed=1").await?;
    assert_eq!(answer.status, 400);
    let answer = post(&double, Service::Backend, "/__double/fault/localhost-name").await?;
    assert_eq!(answer.status, 409);
    Ok(())
}
