//! A day as a run leaves it: ten services that are asked all the time and counted by the second, and a probe of each every half minute. One hour is
//! slow, and now and then an exchange fails.

use std::{fs, path::Path, time::Instant};

use anyhow::{Context as _, Result};
use holdpoint_cap_load::{
    CurrentStage, Failures, Iterations, Progress, Quantiles, Request, Response, RouteCounts, Window,
};
use holdpoint_evidence::Book;
use holdpoint_gate::Encoded;
use holdpoint_journal::{Durability, Reader, Row, RowKind, Writer};
use holdpoint_model::{Class, OutcomeKind, PhaseEnd, PhaseId};
use serde_json::json;

use crate::cpu;

const SERVICES: u32 = 10;
/// Seconds of a poll, which tells as many windows, and from one tick to the next.
const POLL: u32 = 30;
const POLLS: u32 = 24 * 3_600 / POLL;
const SLOW: std::ops::Range<u32> = 13 * 3_600..14 * 3_600;
/// The phase of the bundle that `cargo xtask bench --day` makes.
const PHASE: &str = "day";

/// Writes the journal of a day that begins as the run in `from` has, and measures what it and its evidence take.
pub(crate) async fn figures(from: &Path, to: &Path) -> Result<[(&'static str, &'static str, f64); 4]> {
    write(from, to).await?;
    let journal = fs::metadata(to).context("look at the journal")?.len() as f64;
    let (before, began, busy) = (resident()?, Instant::now(), cpu::seconds()?);
    let mut book = Book::new([]);
    Reader::open(to)?.for_each_event(|event| book.take(&event))?;
    let (took, busy) = (began.elapsed().as_secs_f64(), cpu::seconds()? - busy);
    anyhow::ensure!(book.beyond().is_none(), "the day is more evidence than is kept");
    let evidence = resident()? - before;
    drop(book);
    let mebi = f64::from(1 << 20);
    Ok([
        ("day-journal", "MiB", journal / mebi),
        ("day-evidence-memory", "MiB", evidence / mebi),
        ("day-evidence-cpu", "s", busy),
        ("day-evidence-wall", "s", took),
    ])
}

async fn write(from: &Path, to: &Path) -> Result<()> {
    let header = Reader::open(from)?.header().context("read the run that the day begins as")?;
    let start = header.at;
    let phase = PhaseId::parse(PHASE)?;
    let writer = Writer::create(to, Durability::Scratch, None)?;
    writer.append(header).await?;
    writer.append(Row::phase_started(&phase, start)).await?;
    let plan = json!({ "start": { "work": { "request": {} } } });
    writer.append(call(0, "load", (start, plan.to_string()), &Response::Started)?).await?;
    let mut seq = 1;
    for poll in 0..POLLS {
        let at = start + f64::from((poll + 1) * POLL) * 1_000.0;
        for service in 0..SERVICES {
            writer.append(probe(seq, service, at)).await?;
            seq += 1;
        }
        let asked = serde_json::to_string(&Request::Poll { load: 0, wait_ms: POLL * 1_000 })?;
        writer.append(call(seq, "load", (at, asked), &told(poll))?).await?;
        seq += 1;
        let is_last = poll + 1 == POLLS;
        if is_last {
            writer.append(Row::phase_ended(&phase, &PhaseEnd::Completed, at)).await?;
        }
        writer.append_committed(Row::tick(is_last, at)).await?;
    }
    writer.close().context("close the journal")
}

fn call(seq: u32, capability: &'static str, (at, request): (f64, String), answer: &Response) -> Result<Row> {
    let answer = Encoded { json: serde_json::to_string(answer)?, bodies: Vec::new() };
    Ok(row(seq, capability, (at, request), answer))
}

fn row(seq: u32, capability: &'static str, (at, request): (f64, String), answer: Encoded) -> Row {
    Row {
        number: seq,
        capability: capability.into(),
        version: 1,
        class: Some(Class::Repeatable),
        attempt: 1,
        outcome: Some(OutcomeKind::Answered),
        request: Encoded { json: request, bodies: Vec::new() },
        answer,
        ..Row::new(RowKind::Call, PHASE, at)
    }
}

fn probe(seq: u32, service: u32, at: f64) -> Row {
    let target = json!({ "service": { "service": format!("service-{service}"), "path": "/health" } });
    let request = json!({ "target": target, "method": "GET", "headers": [], "timeout_ms": 2_000 }).to_string();
    let answer = json!({ "status": 200, "timings": { "total": 4.0 + share(seq.into()) } }).to_string();
    row(seq, "http", (at, request), Encoded { json: answer, bodies: Vec::new() })
}

/// What the load tells at a poll: the windows since the one before.
fn told(poll: u32) -> Response {
    let seconds = poll * POLL..(poll + 1) * POLL;
    Response::Running(Progress {
        elapsed_ms: f64::from(seconds.end) * 1_000.0,
        planned_ms: f64::from(POLL * POLLS) * 1_000.0,
        stage: CurrentStage { number: 1, count: 1, remaining_ms: 0.0 },
        users: 200,
        exchanges: seconds.end.saturating_mul(SERVICES * 20),
        failed: 0,
        leaks: 0,
        own_count: 0,
        windows: seconds.map(window).collect(),
    })
}

fn window(second: u32) -> Window {
    Window {
        at_ms: f64::from(second) * 1_000.0,
        length_ms: 1_000.0,
        incarnation: 1,
        users: 200,
        iterations: Iterations { started: 200, ended: 200, failed: 0, dropped: 0, late: 0 },
        routes: (0..SERVICES).map(|service| route(second, service)).collect(),
    }
}

fn route(second: u32, service: u32) -> RouteCounts {
    let drawn = u64::from(second) * u64::from(SERVICES) + u64::from(service);
    let is_slow = SLOW.contains(&second);
    let exchanges = 10 + (share(drawn) * 20.0) as u32;
    let status = u32::from(is_slow || share(drawn + (1 << 40)) < 0.001);
    let base = if is_slow { 600.0 } else { 60.0 } * (1.0 + share(drawn + (2 << 40)));
    // A histogram of three digits tells whole microseconds, and a mean of all digits.
    let time = |times: f64| (base * times * 1_000.0).round() / 1_000.0;
    let times = Quantiles {
        min: time(0.2),
        mean: base * (1.0 + share(drawn + (3 << 40)) / 7.0),
        p50: time(0.9),
        p90: time(1.6),
        p95: time(1.9),
        p99: time(2.8),
        max: time(3.1),
    };
    RouteCounts {
        route: format!("GET service-{service} /api"),
        exchanges,
        failures: Failures { status, ..Failures::default() },
        deliberate: 0,
        sent_bytes: f64::from(exchanges) * 240.0,
        received_bytes: f64::from(exchanges) * 812.0,
        latency: Some(times),
        service: Some(times),
    }
}

/// A number from 0 to below 1 that follows from another.
fn share(number: u64) -> f64 {
    let number = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((number ^ (number >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Bytes of this process that are in memory.
fn resident() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status").context("read /proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("find VmRSS")?;
    let kibi: f64 = line.trim().trim_end_matches("kB").trim().parse().context("read VmRSS")?;
    Ok(kibi * 1_024.0)
}
