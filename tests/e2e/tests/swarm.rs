//! Sixteen phases at once: each in its own order, all in one chain, and nobody who looks on has to wait.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use holdpoint_e2e::{Phase, Scene, process::until, staging::Staging};
use holdpoint_journal::{Reader, RowKind};

const PHASES: usize = 16;
const CALLS: u32 = 200;
/// How long a reader may take while everything else goes on.
const PROMPT: Duration = Duration::from_secs(2);

/// The numbers of each phase's calls, in the order of the journal.
fn calls(reader: &Reader) -> BTreeMap<String, Vec<u32>> {
    let (last, _) = reader.head().unwrap();
    let mut calls: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for position in 1..=last {
        let row = reader.row(position).unwrap().unwrap();
        if row.kind == RowKind::Call {
            calls.entry(row.guest.to_string()).or_default().push(row.number);
        }
    }
    calls
}

/// Changes from one phase to another in a list of who wrote.
fn changes(reader: &Reader) -> usize {
    let (last, _) = reader.head().unwrap();
    let writers: Vec<std::sync::Arc<str>> =
        (1..=last).map(|position| reader.row(position).unwrap().unwrap().guest).collect();
    writers.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

#[test]
fn sixteen_phases_at_once_stay_ordered_in_one_chain_and_block_no_reader() {
    let staging = Staging::start();
    // Long enough for readers to come by many times.
    staging.slow(Duration::from_millis(10));
    let phases: Vec<Phase> = (0..PHASES)
        .map(|number| Phase::reading(&format!("p{number}"), "swarm", &format!("{{ calls = {CALLS} }}")))
        .collect();
    let scene = Scene::new(&staging.backend(), &phases);
    let mut run = scene.start(&["run", "BUNDLE", "--output", "json"]);
    until("the run is listed as running", || scene.run(&["runs"]).stdout.contains("running"));

    let (mut looks, mut slowest) = (0, Duration::ZERO);
    while run.is_running() {
        for command in [&["show", "last"][..], &["runs"], &["report", "last"], &["show", "last", "p3"]] {
            let begun = Instant::now();
            let outcome = scene.run(command);
            assert_eq!(outcome.code, Some(0), "{command:?} while the run goes on: {outcome:#?}");
            let took = begun.elapsed();
            assert!(took < PROMPT, "{command:?} took {took:?} while the run goes on");
            looks += u32::from(run.is_running());
            slowest = slowest.max(took);
        }
    }
    let outcome = run.finish().exits(0);
    println!("{looks} looks while it ran, the slowest took {slowest:?}");
    assert!(looks >= 4, "only {looks} looks while it ran");
    assert_eq!((outcome.decision(), outcome.row("P3.1")), ("release".into(), "pass".into()));

    let reader = Reader::open(&scene.journal()).unwrap();
    reader.verify().unwrap();
    let calls = calls(&reader);
    assert_eq!(calls.len(), PHASES);
    for (phase, numbers) in &calls {
        assert!(numbers.iter().copied().eq(0..CALLS), "calls of {phase} out of order: {numbers:?}");
    }
    assert!(changes(&reader) > PHASES * 4, "the phases ran one after the other");
    assert_eq!(staging.requests(), PHASES * CALLS as usize);
    staging.stop();
    scene.run(&["replay"]).exits(0);
}
