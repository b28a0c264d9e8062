use std::fs;

use axum::body::Body;
use axum::http::Request;
use holdpoint_staging_double::{Double, Effect, Options, Outcome, Service};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::client::{Answer, exchange, get, healthy, open, send};

fn effect(key: &str, body: impl Into<Body>) -> anyhow::Result<Request<Body>> {
    Ok(Request::post("/effects").header("idempotency-key", key).body(body.into())?)
}

async fn cause(double: &Double, key: &str, body: &Value) -> anyhow::Result<Answer> {
    send(double.address(Service::Backend), effect(key, body.to_string())?).await
}

#[tokio::test]
async fn applies_an_effect_once_and_repeats_its_answer() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let log = dir.path().join("effects.log");
    let double = Double::start(Options { effect_log: Some(log.clone()), ..Options::default() }).await?;

    let first = cause(&double, "run/crash/3", &json!({ "step": "one\ttwo\n" })).await?;
    assert_eq!(first.status, 200);
    assert_eq!(first.json()?, json!({ "applied": true, "number": 1, "key": "run/crash/3" }));
    let second = cause(&double, "run/crash/3", &json!({ "step": "other" })).await?;
    assert_eq!((second.status, second.body), (first.status, first.body));
    cause(&double, "run/crash/4", &json!([])).await?;

    let lines = "run/crash/3\t{\"step\":\"one\\ttwo\\n\"}\nrun/crash/3\tREPEATED\nrun/crash/4\t[]\n";
    assert_eq!(fs::read_to_string(&log)?, lines);
    let outcomes: Vec<Outcome> = double.effects().into_iter().map(|e| e.outcome).collect();
    let applied = |number, body: &str| Outcome::Applied { number, body: body.to_owned() };
    assert_eq!(outcomes, [applied(1, "{\"step\":\"one\\ttwo\\n\"}"), Outcome::Repeated, applied(2, "[]")]);
    Ok(())
}

#[tokio::test]
async fn applies_a_repeated_effect_again_without_dedupe() -> anyhow::Result<()> {
    let double = Double::start(Options { dedupe: false, ..Options::default() }).await?;
    cause(&double, "k", &json!(1)).await?;
    let again = cause(&double, "k", &json!(1)).await?;
    assert_eq!(again.json()?["number"], 2);
    let applied = |number| Effect { key: "k".into(), outcome: Outcome::Applied { number, body: "1".into() } };
    assert_eq!(double.effects(), [applied(1), applied(2)]);
    Ok(())
}

#[tokio::test]
async fn reads_an_effect_back_by_its_key() -> anyhow::Result<()> {
    let double = healthy().await?;
    let first = cause(&double, "run/crash/3", &json!({})).await?;
    for path in ["/effects/run/crash/3", "/effects/run%2Fcrash%2F3"] {
        let answer = get(&double, Service::Backend, path).await?;
        assert_eq!((answer.status, &answer.body), (first.status, &first.body));
    }
    assert_eq!(get(&double, Service::Backend, "/effects/run/crash/4").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn refuses_effects_without_key_or_json_or_bound() -> anyhow::Result<()> {
    let double = healthy().await?;
    let backend = double.address(Service::Backend);
    let keyless = Request::post("/effects").body(Body::from("{}"))?;
    assert_eq!(send(backend, keyless).await?.status, 400);
    assert_eq!(send(backend, effect("two words", "{}")?).await?.status, 400);
    assert_eq!(send(backend, effect(&"k".repeat(257), "{}")?).await?.status, 400);
    assert_eq!(send(backend, effect("k", "{")?).await?.status, 400);
    assert_eq!(send(backend, effect("k", format!("\"{}\"", "x".repeat(70_000)))?).await?.status, 413);
    assert_eq!(double.effects(), []);
    Ok(())
}

#[tokio::test]
async fn a_client_gone_before_the_effect_has_caused_nothing() -> anyhow::Result<()> {
    let double = Double::start(Options { effect_before_ms: 300, ..Options::default() }).await?;
    abandon(&double, |double| !double.requests().is_empty()).await?;
    // Begun later and just as long: when it is answered, the abandoned one would be applied.
    cause(&double, "later", &json!({})).await?;
    let keys: Vec<String> = double.effects().into_iter().map(|e| e.key).collect();
    assert_eq!(keys, ["later"]);
    assert_eq!(get(&double, Service::Backend, "/effects/k").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_client_gone_after_the_effect_finds_it_by_reading_back() -> anyhow::Result<()> {
    let double = Double::start(Options { effect_after_ms: 60_000, ..Options::default() }).await?;
    abandon(&double, |double| !double.effects().is_empty()).await?;
    assert_eq!(get(&double, Service::Backend, "/effects/k").await?.json()?["number"], 1);
    Ok(())
}

/// Sends an effect and gives up as soon as `reached` says that the server is so far.
async fn abandon(double: &Double, reached: impl Fn(&Double) -> bool) -> anyhow::Result<()> {
    let mut connection = open(TcpStream::connect(double.address(Service::Backend)).await?).await?;
    let request = effect("k", "{}")?;
    tokio::select! {
        answer = exchange(&mut connection, request) => {
            anyhow::bail!("answered with {} too early", answer?.status)
        }
        () = async { while !reached(double) { tokio::task::yield_now().await } } => Ok(()),
    }
}
