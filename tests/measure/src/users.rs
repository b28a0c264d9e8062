//! What virtual users cost: processor time of a request, and memory of a user, with a server in another process.
//!
//! `measure users URL USERS SECONDS` has so many users ask for URL as fast as they can. The first hundred are warmed up before memory is looked
//! at, so that what all share is not counted; whatever the server costs is not either.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use holdpoint_canary::{Canaries, Index, Key};
use holdpoint_cap_http::user::{Crowd, CrowdConfig};
use holdpoint_cap_load::{Exchange, Leak, Observer, User as _, Users as _};
use holdpoint_engine::user::{UserEngine, UserLimits, UsersConfig, VirtualUser, VirtualUsers};
use holdpoint_gate::{Gate, Rules, Unscrubbed};
use holdpoint_identity::Identities;
use holdpoint_model::{
    Digest, PhaseId, ServiceName, Timestamp,
    grant::{Grants, HostPort, HttpGrant, Method},
};
use holdpoint_testkit::Forgetful;
use url::Url;

use crate::cpu;

/// Users whose memory is not counted.
const FIRST: u32 = 100;

/// The figures of one run, with their units.
pub(crate) async fn figures(url: &str, count: u32, seconds: u64) -> Result<[(String, &'static str, f64); 3]> {
    ensure!(count > FIRST, "more than {FIRST} users are needed");
    let users = crew(url, count)?;
    let tally = Arc::new(Tally::default());
    let begun = Instant::now();
    let mut opened = Vec::new();
    for number in 0..count {
        opened.push(users.open(number).await?);
    }
    let start = begun.elapsed().as_secs_f64() * 1e6 / f64::from(count);
    drop(opened);

    let end = Instant::now() + Duration::from_secs(seconds);
    let mut running = Vec::new();
    for number in 0..FIRST {
        running.push(tokio::spawn(repeat(users.open(number).await?, end, tally.clone())));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let memory = resident()?;
    for number in FIRST..count {
        running.push(tokio::spawn(repeat(users.open(number).await?, end, tally.clone())));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (cpu, requests) = (cpu::seconds()?, tally.good.load(Relaxed));
    for user in running {
        user.await??;
    }
    let cpu = (cpu::seconds()? - cpu) * 1e6 / (tally.good.load(Relaxed) - requests) as f64;
    let memory = (tally.peak.load(Relaxed).max(resident()?) as f64 - memory as f64) / 1024.0 / f64::from(count - FIRST);
    let failed = tally.failed.load(Relaxed);
    ensure!(failed == 0, "{failed} requests failed, so the figures mean nothing");
    Ok([
        (format!("cpu-per-request-{count}"), "us", cpu),
        (format!("memory-per-user-{count}"), "KiB", memory),
        (format!("start-of-a-user-{count}"), "us", start),
    ])
}

async fn repeat(mut user: VirtualUser, end: Instant, tally: Arc<Tally>) -> Result<()> {
    for iteration in 0.. {
        if Instant::now() >= end {
            break;
        }
        user.iterate(iteration, &*tally).await?;
    }
    // The memory is that of all users while they are there.
    tally.peak.fetch_max(resident()?, Relaxed);
    Ok(())
}

#[derive(Default)]
struct Tally {
    good: AtomicU64,
    failed: AtomicU64,
    peak: AtomicU64,
}

impl Observer for Tally {
    fn exchange(&self, exchange: Exchange<'_>) {
        let counter = if exchange.failure.is_none() { &self.good } else { &self.failed };
        counter.fetch_add(1, Relaxed);
    }

    fn leak(&self, _: Leak) {
        self.failed.fetch_add(1, Relaxed);
    }
}

fn crew(url: &str, count: u32) -> Result<VirtualUsers> {
    let url = Url::parse(url)?;
    let (name, backend) = (PhaseId::parse("measured")?, ServiceName::parse("backend")?);
    let host = url.host_str().context("the URL has a host")?;
    let port = url.port_or_known_default().context("the URL has a port")?;
    let config = format!(r#"{{"path":"{}"}}"#, url.path());
    let grant = HttpGrant {
        services: vec![backend.clone()],
        hosts: vec![],
        methods: vec![Method::parse("GET")?],
        paths: None,
        class: None,
        auth: None,
        secret: vec![],
        read_back: None,
    };
    let canaries = Canaries::new(&Key::of_run(&[7; 32], "measure"), "load", 0);
    let crowd = Crowd::new(CrowdConfig {
        services: BTreeMap::from([(backend, url.join("/")?)]),
        connect_to: BTreeMap::from([(HostPort::parse(host, port)?, format!("{host}:{port}").parse()?)]),
        ca_file: None,
        grants: Grants { http: vec![grant], ..Grants::none(name.clone()) },
        index: Arc::new(Index::new([(&canaries, count)])?),
        set: 0,
        shared: vec![],
    })?;
    let guests = std::env::var_os("HOLDPOINT_GUESTS").map_or_else(|| PathBuf::from("target/guests"), PathBuf::from);
    let bytes =
        std::fs::read(guests.join("rude-user.wasm")).context("read rude-user.wasm; `cargo xtask guests` builds it")?;
    let limits = UserLimits::default();
    let rules = Rules { run: "MEASURE".into(), seed: Digest::of(b"measure"), dry_run: false };
    let (engine, module) = UserEngine::new(Digest::of(&bytes), &bytes, count, limits.memory, None)?;
    let config = UsersConfig {
        name,
        config,
        crowd: Arc::new(crowd),
        gate: Gate::new(Arc::new(Forgetful::acting()), Arc::new(Unscrubbed), rules),
        canaries,
        identities: Some(Identities::mint("a-signing-key-for-measuring")?),
        seed: Digest::of(b"measure"),
        now: Timestamp(0.0),
        limits,
    };
    Ok(VirtualUsers::new(engine, module, config))
}

/// Bytes of this process in memory.
fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("read /proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("find VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}
