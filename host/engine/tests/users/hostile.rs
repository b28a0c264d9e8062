//! Users that mean harm end alone. Those beside them go on, about as fast as without them.

use std::time::Duration;

use holdpoint_cap_load::{Failure, UserError};
use holdpoint_engine::user::UserLimits;
use serde_json::{Value, json};

use crate::{
    driver::{Tally, run},
    echo::Echo,
    scene::Scene,
};

const USERS: u32 = 40;
const ITERATIONS: u64 = 50;

fn scene(echo: &Echo, act: Value, who: &[u32]) -> Scene {
    let config = json!({ "path": "/a", "acts": [act], "who": who });
    let url = format!("http://{}", echo.address);
    let limits = UserLimits { iteration: Duration::from_secs(2), ..UserLimits::default() };
    Scene { limits, users: USERS, ..Scene::new("rude-user.wasm", url, echo.address, config) }
}

fn innocent(tally: &Tally) {
    for user in 2..USERS {
        let exchanges = tally.of(user);
        let well = exchanges.iter().filter(|exchange| exchange.failure.is_none()).count();
        assert_eq!(well as u64, ITERATIONS + 1, "user {user}, its farewell included");
        assert_eq!(exchanges.last().unwrap().route, "GET backend /farewell");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_goes_beyond_its_bounds_ends_alone() {
    for (act, why) in [
        ("spin", "limit of 200 ms of computing in one iteration reached"),
        ("allocate", "memory limit of 4 MiB reached"),
        ("recurse", "out of bounds memory access"),
        ("flood", "the user went on calling after its budget of 100 calls was used up"),
        ("tick", "an iteration made more than 10000 calls of its host"),
        ("panic", "has had enough"),
        ("sleep", "an iteration was still running after 2s"),
    ] {
        let echo = Echo::start(|_| "{}".into()).await;
        let (tally, ended) = run(&scene(&echo, json!(act), &[0, 1]).start(), USERS, ITERATIONS).await;
        assert_eq!(ended.keys().copied().collect::<Vec<_>>(), [0, 1], "{act}: {ended:?}");
        for error in ended.values() {
            assert!(matches!(error, UserError::Ended(text) if text.contains(why)), "{act}: {error}");
        }
        innocent(&tally);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_user_makes_go_wrong_or_finds_wrong_is_counted_so() {
    let echo = Echo::start(|_| "{}".into()).await;
    let (tally, ended) = run(&scene(&echo, json!({ "deliberate": "/b" }), &[0]).start(), 2, 2).await;
    assert!(ended.is_empty(), "{ended:?}");
    let deliberate: Vec<_> = tally.of(0).iter().map(|e| (e.route.clone(), e.deliberate)).collect();
    let a = ("GET backend /a".to_owned(), false);
    let farewell = ("GET backend /farewell".to_owned(), false);
    assert_eq!(deliberate, [a.clone(), ("GET backend /b".to_owned(), true), a, farewell]);

    let (tally, _) = run(&scene(&echo, json!("doubt"), &[0]).start(), 2, 2).await;
    let failures: Vec<_> = tally.of(0).iter().map(|e| e.failure).collect();
    assert_eq!(failures, [None, Some(Failure::Content), None, None]);
}
