//! A host that is killed at random moments of a deployment and of a rollback: nothing is done twice, nothing stays in doubt. The host alone
//! is killed: its gcloud ends with it, or it would send its request again.

use std::time::Duration;

use holdpoint_e2e::crash::Chance;
use holdpoint_e2e::gcp::gcloud_is_here;
use holdpoint_e2e::process::Live;
use holdpoint_e2e::release::Release;
use holdpoint_e2e::staging::{Change, Service};

/// Times that it is killed; `cargo xtask bench --crash` sets more.
fn kills() -> u32 {
    std::env::var("HOLDPOINT_RELEASE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(20)
}

/// Before it is left to end, or one run would never do.
const KILLS_A_RUN: u32 = 7;
/// Milliseconds: as long as three or four commands.
const LONGEST: u64 = 4_000;
/// The mark, the revision, two steps of traffic, and the way back.
const EFFECTS: usize = 5;

#[test]
fn whenever_a_host_is_killed_every_change_of_a_service_happens_once() {
    let seed = seed();
    println!("seed {seed}");
    println!("{} times", suite(seed, kills().div_ceil(2)));
}

/// At other moments, beside the first.
#[test]
fn whenever_another_host_is_killed_every_change_of_a_service_happens_once() {
    let seed = seed();
    println!("seed {seed}");
    println!("{} times", suite(seed, kills() / 2));
}

fn seed() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos() as u64
}

/// How often hosts were killed.
fn suite(seed: u64, kills: u32) -> u32 {
    let mut done = 0;
    if gcloud_is_here() {
        let mut chance = Chance::new(seed);
        while done < kills {
            done += one(&mut chance, (kills - done).min(KILLS_A_RUN));
        }
    }
    done
}

/// One release that is taken back; how often its host was killed.
fn one(chance: &mut Chance, kills: u32) -> u32 {
    let release = Release::new();
    release.new.change(Service::Backend, Change::DependencyDown("postgres"));
    let mut arguments: &[&str] = &["run", "BUNDLE"];
    let mut done = 0;
    while done < kills {
        let mut live: Live = release.scene.start(arguments);
        // A run that has no header yet can't be taken up.
        std::thread::sleep(Duration::from_millis(1_500 + chance.below(LONGEST)));
        if !live.is_running() {
            break;
        }
        drop(live);
        done += 1;
        arguments = &["resume", "last"];
    }
    if release.scene.run(&["report", "last"]).stdout.contains("unfinished") {
        release.scene.run(&["resume", "last"]).exits(5);
    }
    let report = release.scene.run(&["report", "--format", "json"]).exits(0).json();
    assert_eq!(report["decision"], "rolled-back", "{report:#}");
    assert_eq!(release.serving(), ["100a"]);
    assert_eq!(release.changes(), EFFECTS, "{:#?}\n{report:#}", release.gcp.log());
    let doubts = release.scene.run(&["show", "last"]).exits(0).stdout;
    assert!(!doubts.contains("in-doubt"), "{doubts}");
    release.scene.run(&["replay", "last"]).exits(0);
    done.max(1)
}
