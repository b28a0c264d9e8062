//! Killed at random moments and resumed: every effect once, nothing lost. And the suite itself: it finds a host that is broken on purpose.

use holdpoint_e2e::{Holdpoint, crash, sabotaged};

/// Kills of the quick suite; `cargo xtask bench --crash` sets more.
fn kills() -> u32 {
    std::env::var("HOLDPOINT_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(60)
}

fn seed() -> u64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    since.as_nanos() as u64
}

#[test]
fn every_effect_happens_once_whenever_the_host_is_killed() {
    let seed = seed();
    println!("seed {seed}");
    let tally = crash::suite(&Holdpoint::built(), kills(), seed).unwrap_or_else(|e| panic!("seed {seed}: {e:#}"));
    let share = 100 * tally.in_flight / tally.kills;
    println!("{tally:?}: {share} % of the kills fell between intent and answer");
    assert!(share >= 30, "seed {seed}: only {share} % of the kills fell between intent and answer");
}

#[test]
fn the_suite_finds_a_host_that_does_not_wait_for_its_journal() {
    let error = crash::suite(&sabotaged("no-wait"), 400, 1).expect_err("effects must happen twice");
    println!("{error:#}");
    assert!(format!("{error:#}").contains("more than once"), "{error:#}");
}

#[test]
fn the_suite_finds_a_host_with_real_clocks() {
    let error = crash::suite(&sabotaged("real-clock"), 60, 1).expect_err("guests must diverge");
    println!("{error:#}");
    assert!(format!("{error:#}").contains("diverged"), "{error:#}");
}
