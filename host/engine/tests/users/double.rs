//! Users of the staging double.

use std::collections::BTreeSet;

use holdpoint_cap_load::Failure;
use holdpoint_identity::Identities;
use holdpoint_staging_double::{Double, Options, Service, TEST_SIGNING_KEY};
use serde_json::json;

use crate::{driver::run, echo::Echo, scene::Scene};

pub(crate) fn browsers(double: &Double) -> Scene {
    let identities = Some(Identities::mint(TEST_SIGNING_KEY).unwrap());
    let (url, address) = (double.url(Service::Backend), double.address(Service::Backend));
    Scene { identities, ..Scene::new("browse-user.wasm", url, address, json!({})) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_a_clean_system_see_their_own_and_nothing_else() {
    let double = Double::start(Options::default()).await.unwrap();
    let (tally, ended) = run(&browsers(&double).start(), 50, 10).await;
    assert!(ended.is_empty(), "{ended:?}");
    let exchanges = tally.exchanges();
    assert_eq!(exchanges.len(), 50 * 10 * 3);
    assert!(exchanges.iter().all(|e| e.failure.is_none() && e.status == Some(200)), "{:?}", exchanges[0]);
    assert!(exchanges.iter().all(|e| e.sent_bytes > 100 && e.received_bytes > 100), "{:?}", exchanges[0]);
    let routes: BTreeSet<&str> = exchanges.iter().map(|e| e.route.as_str()).collect();
    let expected = ["GET backend /api/me", "GET backend /api/state/note", "PUT backend /api/state/note"];
    assert_eq!(routes.into_iter().collect::<Vec<_>>(), expected);
    assert!(tally.leaks().is_empty());
    let own = tally.own.lock().unwrap().clone();
    assert!(own.len() == 50 && own.values().all(|times| *times >= 20), "everybody met its own canary: {own:?}");
    // The system saw as many users as there were, each with an identity of its own.
    let served = double.served_users();
    assert!(served.len() == 50 && served.values().all(|times| *times == 30), "{served:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_speak_tls_with_who_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { tls: Some(folder.path().to_owned()), ..Options::default() };
    let double = Double::start(options).await.unwrap();
    let ca_file = Some(std::fs::read(folder.path().join("ca.pem")).unwrap());
    let (tally, ended) = run(&Scene { ca_file, ..browsers(&double) }.start(), 5, 20).await;
    assert!(ended.is_empty(), "{ended:?}");
    let exchanges = tally.exchanges();
    assert!(exchanges.len() == 300 && exchanges.iter().all(|e| e.failure.is_none()), "{:?}", exchanges[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_user_keeps_a_connection_of_its_own() {
    let echo = Echo::start(|_| "{}".into()).await;
    let url = format!("http://{}", echo.address);
    let scene = Scene::new("rude-user.wasm", url, echo.address, json!({ "path": "/a" }));
    let (tally, ended) = run(&scene.start(), 20, 10).await;
    assert!(ended.is_empty(), "{ended:?}");
    assert_eq!((tally.exchanges().len(), echo.connections()), (20 * 11, 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_trusts_another_authority_has_no_tls_and_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { tls: Some(folder.path().to_owned()), ..Options::default() };
    let double = Double::start(options).await.unwrap();
    let (tally, ended) = run(&browsers(&double).start(), 2, 1).await;
    assert!(ended.is_empty(), "{ended:?}");
    let exchanges = tally.exchanges();
    // Without an answer to the write nothing is read back.
    assert_eq!(exchanges.len(), 4);
    assert!(exchanges.iter().all(|e| e.failure == Some(Failure::Tls) && e.status.is_none()), "{exchanges:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_that_all_share_is_found_wrong_by_who_wrote_it() {
    let double = Double::start(Options::default()).await.unwrap();
    double.switch(holdpoint_staging_double::Fault::named("shared-global").unwrap().settle(1)).await.unwrap();
    let (tally, _) = run(&browsers(&double).start(), 20, 10).await;
    let wrong = tally.exchanges().iter().filter(|e| e.failure == Some(Failure::Content)).count();
    assert!(wrong > 0, "somebody has read what another wrote");
    assert!(!tally.leaks().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_there_is_a_failed_exchange_and_no_end() {
    let double = Double::start(Options::default()).await.unwrap();
    let scene = browsers(&double);
    double.stop().await;
    let (tally, ended) = run(&scene.start(), 2, 2).await;
    assert!(ended.is_empty(), "{ended:?}");
    let failures: BTreeSet<_> = tally.exchanges().iter().map(|e| e.failure).collect();
    assert_eq!(failures, BTreeSet::from([Some(Failure::Connect)]));
}
