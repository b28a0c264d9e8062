//! What requests and agents take of the double and give back, as its metrics say it.

use std::time::Duration;

use holdpoint_staging_double::{
    Adjustment, Change, Crowd, Double, Drawn, Fault, FaultSetting, Options, PoolFault, Service, SmallPool,
};
use tokio::task::JoinSet;

use crate::client::{get, healthy};
use crate::user::{User, fault};
use crate::users::metric;

async fn switch(double: &Double, change: PoolFault) -> anyhow::Result<()> {
    let drawn = Drawn::Server { service: Service::Backend, change: Change::Pool(change) };
    double.switch(FaultSetting { name: "chosen", seed: 0, drawn }).await
}

/// Looks until a gauge is so much.
async fn until(double: &Double, gauge: &str, value: f64) -> anyhow::Result<()> {
    let reached = async {
        while metric(double, gauge).await? != value {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(20), reached).await?
}

/// So many requests at one time, each of a user of its own; their statuses when all are answered.
async fn ask(double: &Double, many: u32) -> anyhow::Result<JoinSet<u16>> {
    let mut asked = JoinSet::new();
    for number in 0..many {
        let mut user = User::new(double, &number.to_string()).await?;
        asked.spawn(async move { user.get("/api/me").await.map_or(0, |answer| answer.status.as_u16()) });
    }
    Ok(asked)
}

#[tokio::test]
async fn requests_have_a_connection_for_as_long_as_they_take() -> anyhow::Result<()> {
    let double = Double::start(Options { work: Duration::from_millis(400), ..Options::default() }).await?;
    let asked = ask(&double, 3).await?;
    until(&double, "db_pool_in_use", 7.0).await?;
    assert_eq!(metric(&double, "db_pool_idle").await?, 193.0);
    assert_eq!(get(&double, Service::Backend, "/health").await?.status, 200, "it takes none");
    assert_eq!(asked.join_all().await, [200; 3]);
    assert_eq!(metric(&double, "db_pool_in_use").await?, 4.0);
    for (name, value) in [("db_pool_size", 200.0), ("db_pool_waiting", 0.0), ("db_pool_timeouts_total", 0.0)] {
        assert_eq!(metric(&double, name).await?, value, "{name}");
    }
    assert_eq!(metric(&double, "db_pool_timeout_seconds").await?, 5.0);
    Ok(())
}

#[tokio::test]
async fn a_small_pool_lets_requests_wait_and_then_give_up() -> anyhow::Result<()> {
    let double = healthy().await?;
    let small = |work, patience| {
        let (work, patience) = (Duration::from_millis(work), Duration::from_millis(patience));
        PoolFault::Small(SmallPool { size: 5, work, patience })
    };
    switch(&double, small(200, 60_000)).await?;
    let asked = ask(&double, 3).await?;
    until(&double, "db_pool_waiting", 2.0).await?;
    assert_eq!(asked.join_all().await, [200; 3]);
    assert_eq!(metric(&double, "db_pool_waiting").await?, 0.0);
    double.clear().await?;
    switch(&double, small(1_000, 50)).await?;
    let mut statuses = ask(&double, 3).await?.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 503, 503]);
    assert_eq!(metric(&double, "db_pool_timeouts_total").await?, 2.0);
    assert_eq!(metric(&double, "db_pool_timeout_seconds").await?, 0.05);
    double.clear().await?;
    assert_eq!(metric(&double, "db_pool_size").await?, 200.0);
    Ok(())
}

#[tokio::test]
async fn connections_that_are_kept_stay_in_use() -> anyhow::Result<()> {
    let double = healthy().await?;
    double.switch(fault("pool-leaks", Adjustment { one_in: Some(5), ..Adjustment::default() })).await?;
    let mut user = User::new(&double, "one").await?;
    for _ in 0..14 {
        user.get("/api/me").await?;
    }
    assert_eq!(metric(&double, "db_pool_in_use").await?, 6.0);
    double.clear().await?;
    assert_eq!(metric(&double, "db_pool_in_use").await?, 4.0);
    Ok(())
}

#[tokio::test]
async fn agents_that_keep_memory_keep_so_much_each() -> anyhow::Result<()> {
    let double = healthy().await?;
    let before = metric(&double, "process_resident_memory_bytes").await?;
    double.switch(fault("agents-keep-memory", Adjustment { bytes: Some(1_000), ..Adjustment::default() })).await?;
    let mut user = User::new(&double, "one").await?;
    for _ in 0..3 {
        let agent = user.agent().await?;
        assert_eq!(user.delete(&agent).await?.status, 200);
    }
    assert_eq!(metric(&double, "process_resident_memory_bytes").await? - before, 3_000.0);
    double.clear().await?;
    assert_eq!(metric(&double, "process_resident_memory_bytes").await?, before);
    Ok(())
}

#[tokio::test]
async fn others_are_told_of_at_each_look_while_they_come() -> anyhow::Result<()> {
    let double = healthy().await?;
    assert_eq!(metric(&double, "errors_total").await?, 0.0);
    let change = Change::Crowd(Crowd { requests: 100, errors: 2, slow: 10 });
    let drawn = Drawn::Server { service: Service::Backend, change };
    double.switch(FaultSetting { name: "chosen", seed: 0, drawn }).await?;
    assert_eq!(metric(&double, "errors_total").await?, 2.0);
    assert_eq!(metric(&double, "errors_total").await?, 4.0);
    double.clear().await?;
    assert_eq!(metric(&double, "errors_total").await?, 4.0, "a counter stays");
    assert!(metric(&double, "request_duration_seconds_count").await? >= 200.0);
    Ok(())
}

#[tokio::test]
async fn every_fault_of_resources_is_one_of_the_backend() -> anyhow::Result<()> {
    for fault in Fault::of_resources() {
        for seed in 0..20 {
            let setting = fault.settle(seed);
            let of_backend = matches!(setting.drawn, Drawn::Server { service: Service::Backend, .. });
            assert!(of_backend && setting.to_string().starts_with(fault.name), "{setting}");
        }
    }
    Ok(())
}
