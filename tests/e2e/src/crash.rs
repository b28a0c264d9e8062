//! The crash suite: a host is killed at random moments of a phase with effects and resumed until the run has ended. The server's own log
//! must show each effect exactly once, and nothing that was found may be lost.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use holdpoint_staging_double::{Double, Options, Service};

use crate::{Holdpoint, Outcome, Phase, Scene};

/// Effects of one run.
const STEPS: u32 = 12;
/// Kills of one run, before it is left to end.
const KILLS_A_RUN: u32 = 8;

/// What a suite came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub runs: u32,
    pub kills: u32,
    /// Kills that hit between an effect's intent and its answer.
    pub in_flight: u32,
    /// Effects that the server saw.
    pub effects: u32,
}

/// Kills a build so many times. The error says what it did wrong.
pub fn suite(holdpoint: &Holdpoint, kills: u32, seed: u64) -> Result<Tally> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let mut chance = Chance(seed);
    let mut tally = Tally { runs: 0, kills: 0, in_flight: 0, effects: 0 };
    while tally.kills < kills {
        let folder = tempfile::tempdir()?;
        let log = folder.path().join("effects");
        let options = Options {
            effect_log: Some(log.clone()),
            dedupe: false,
            effect_before_ms: 1,
            effect_after_ms: 5,
            ..Options::default()
        };
        let double = runtime.block_on(Double::start(options))?;
        let wanted = (kills - tally.kills).min(KILLS_A_RUN);
        let result = run(holdpoint, &double.url(Service::Backend), wanted, &mut chance, &mut tally);
        runtime.block_on(double.stop());
        result.and_then(|()| exactly_once(&log)).with_context(|| format!("run {} of seed {seed}", tally.runs))?;
        tally.effects += STEPS;
    }
    Ok(tally)
}

fn scene(backend: &str) -> Scene {
    let grants = r#"http = [
        { services = ["backend"], methods = ["GET"] },
        { services = ["backend"], methods = ["POST"], paths = ["/effects"], read-back = "/effects/{key}" },
    ]"#;
    let table = format!("requirements = [\"P3.1\"]\nconfig = {{ steps = {STEPS} }}");
    Scene::new(backend, &[Phase { id: "crash".into(), guest: "crash".into(), table, grants: grants.into() }])
}

/// One run: killed and resumed, then left to end.
fn run(holdpoint: &Holdpoint, backend: &str, kills: u32, chance: &mut Chance, tally: &mut Tally) -> Result<()> {
    let scene = scene(backend);
    tally.runs += 1;
    let mut arguments: &[&str] = &["run", "BUNDLE", "--output", "json"];
    for _ in 0..kills {
        let mut child = scene.command_of(holdpoint, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if killed(&scene, &mut child, chance)? {
            tally.kills += 1;
            tally.in_flight += u32::from(between_intent_and_answer(&scene.journal())?);
            arguments = &["resume", "--output", "json"];
        } else {
            return ended(&scene, child.wait_with_output()?.into());
        }
    }
    ended(&scene, scene.command_of(holdpoint, arguments).output()?.into())
}

/// Waits until the run has its header, then for a random while, then kills. False if it was done by then.
fn killed(scene: &Scene, child: &mut Child, chance: &mut Chance) -> Result<bool> {
    let begun = Instant::now();
    while !has_begun(scene) {
        if let Some(status) = child.try_wait()? {
            bail!("it ended with {status} before it began");
        }
        ensure!(begun.elapsed() < Duration::from_secs(30), "it did not begin within 30 s");
        std::thread::yield_now();
    }
    std::thread::sleep(Duration::from_micros(chance.below(90_000)));
    if child.try_wait()?.is_some() {
        return Ok(false);
    }
    child.kill()?;
    child.wait()?;
    Ok(true)
}

/// Whether the run has begun: its journal has the header. Before that there is nothing to resume.
fn has_begun(scene: &Scene) -> bool {
    let runs = std::fs::read_dir(scene.path().join(".holdpoint/runs"));
    runs.is_ok_and(|runs| runs.flatten().any(|run| rows(&run.path().join("run.db")).is_ok_and(|rows| rows > 0)))
}

fn rows(journal: &Path) -> rusqlite::Result<u32> {
    let database = rusqlite::Connection::open_with_flags(journal, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    database.query_row("SELECT count(*) FROM event", [], |row| row.get(0))
}

/// Whether the last thing that the journal has of a call is an intent.
fn between_intent_and_answer(journal: &Path) -> Result<bool> {
    let database = rusqlite::Connection::open(journal)?;
    let last = database.query_row(
        "SELECT kind FROM event WHERE kind IN ('call', 'intent', 'outcome') ORDER BY position DESC LIMIT 1",
        [],
        |row| row.get::<_, String>(0),
    );
    Ok(last.is_ok_and(|kind| kind == "intent"))
}

/// The run has ended well, and its report holds everything that was found.
fn ended(scene: &Scene, outcome: Outcome) -> Result<()> {
    // The last kill may have come after the decision was recorded, so that nothing is left to resume, and only the journal tells how it ended.
    let is_over = outcome.code == Some(2) && outcome.stderr.contains("was interrupted");
    let told = format!("it ended with {:?}: {}{}", outcome.code, outcome.stdout, outcome.stderr);
    ensure!(outcome.code == Some(0) || is_over, "{told}");
    let report = scene.run(&["report", "--format", "json"]);
    ensure!(report.code == Some(0), "the report can't be read: {}", report.stderr);
    let report: serde_json::Value = serde_json::from_str(&report.stdout).context("the report is no JSON")?;
    // The resume that found a divergence may have been killed after it had decided; then only the report says why.
    let phase = &report["phases"][0];
    let (decision, end, reason) = (&report["decision"], &phase["end"], &phase["reason"]);
    ensure!(decision == "release", "it came to {decision}: {end}, {reason}");
    let measures = report["measures"].as_array().map_or(0, Vec::len);
    ensure!(measures == STEPS as usize, "{measures} measures of {STEPS} are left");
    let replay = scene.run(&["replay"]);
    ensure!(replay.code == Some(0), "the replay came to something else: {}{}", replay.stdout, replay.stderr);
    Ok(())
}

/// The server's log has each effect once.
fn exactly_once(log: &PathBuf) -> Result<()> {
    let text = std::fs::read_to_string(log)?;
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    for line in text.lines() {
        let key = line.split('\t').next().unwrap_or_default();
        *times.entry(key).or_default() += 1;
    }
    let twice: Vec<_> = times.iter().filter(|(_, times)| **times != 1).collect();
    ensure!(twice.is_empty(), "effects were done more than once: {twice:?}");
    ensure!(times.len() == STEPS as usize, "{} effects of {STEPS} were done", times.len());
    Ok(())
}

/// Random numbers that follow from a seed: SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// Begins with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}
