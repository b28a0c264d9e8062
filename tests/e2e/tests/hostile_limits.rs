//! Guests that take, pour out or hand over more than there is room for. Each ends at a limit that the report names; nobody else notices.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use holdpoint_e2e::{
    hostile::{Attack, Held, Hostile, Surroundings},
    server::{Reply, Server, answer},
};

/// A run of one act that never returns; how it must end, and why.
#[track_caller]
fn ends(acts: &str, limits: &str, end: &str, why: &str) -> Held {
    // Where another limit ends it, a slow machine must not meet the deadline first.
    let deadline = if end == "deadline" { "2s" } else { "50s" };
    let table = format!("requirements = [\"P3.1\"]\ndeadline = \"{deadline}\"");
    let held = Attack::by(&Hostile { acts, limits, table: &table, ..Hostile::default() }).held(3);
    let (ended, reason) = held.end();
    assert!(ended == end && reason.contains(why), "it ended {ended}: {reason}");
    assert_eq!(held.report["rows"]["P3.1"]["verdict"], "inconclusive");
    held
}

#[test]
fn an_endless_loop_ends_at_the_deadline() {
    ends("{ act = \"spin\" }", "", "deadline", "it was still running after 2s");
}

#[test]
fn one_that_never_yields_holds_nobody_up_where_phases_go_one_after_the_other() {
    let around = Surroundings { operator: "[limits]\nparallel = 1", ..Surroundings::default() };
    let spins = Hostile {
        acts: "{ act = \"spin\" }",
        table: "requirements = [\"P3.1\"]\ndeadline = \"1s\"",
        ..Hostile::default()
    };
    let held = Attack::within(&around, &[spins.clone(), Hostile { id: "another", ..spins }]).held(3);
    assert_eq!(held.end().0, "deadline");
}

#[test]
fn memory_ends_at_its_limit() {
    ends("{ act = \"allocate\" }", "memory = \"16MiB\"", "trapped", "memory limit of 16 MiB reached");
}

#[test]
fn deep_recursion_ends_with_the_stack() {
    // Rust keeps a guest's stack at the bottom of its memory, so one that ends runs out of the memory.
    ends("{ act = \"recurse\" }", "", "trapped", "out of bounds memory access");
}

#[test]
fn a_flood_of_calls_is_stopped_after_its_budget() {
    let held = ends(
        "{ act = \"call-flood\" }",
        "calls = 50",
        "trapped",
        "the phase went on calling after its budget of 50 calls was used up",
    );
    let of = &holdpoint_e2e::hostile::phase(&held.report, "hostile")["calls"]["by_outcome"];
    assert_eq!((&of["answered"], &of["exhausted"]), (&50.into(), &100.into()));
}

#[test]
fn a_flood_of_statements_is_stopped_after_its_budget_and_the_cut_is_told() {
    for act in ["log-flood", "check-flood"] {
        let table = "requirements = [\"P3.1\"]\ndeadline = \"30s\"";
        let acts = format!("{{ act = \"{act}\" }}");
        let attack = Attack::by(&Hostile { acts: &acts, table, ..Hostile::default() });
        let held = attack.held(3);
        let why = "the phase went on stating after its budget of 10000 statements was used up";
        assert_eq!(held.end(), ("trapped", why), "{act}");
        // A line of `show` may be cut at its end.
        let told = "the phase's budget of 10000 statements";
        let show = attack.run(&["show", "last", "hostile"]).exits(0).stdout;
        assert_eq!(show.matches(told).count(), 1, "{act}");
        assert!(show.lines().count() < 10_010, "{act}: {} lines", show.lines().count());
    }
}

#[test]
fn a_flood_of_print_is_dropped_until_the_deadline() {
    ends("{ act = \"print-flood\" }", "", "deadline", "it was still running after 2s");
}

#[test]
fn handles_end_at_their_limit() {
    for act in ["output-streams", "pollables"] {
        ends(&format!("{{ act = \"{act}\" }}"), "", "trapped", "limit of open handles reached");
    }
}

#[test]
fn random_numbers_are_given_in_small_pieces() {
    ends(
        "{ act = \"random\", bytes = 4294967295 }",
        "",
        "trapped",
        "4294967295 random bytes were asked for, and 65536 are the most at once",
    );
}

#[test]
fn what_one_call_brings_into_the_host_is_bounded_before_it_is_copied() {
    let reached = "limit of 32 MiB of arguments in one call reached";
    ends("{ act = \"log\", bytes = 100000000 }", "memory = \"256MiB\"", "trapped", reached);
    ends("{ act = \"secret-name\", bytes = 100000000 }", "memory = \"256MiB\"", "trapped", reached);
}

/// Acts that are refused and return, each with the words of the refusal, which stand in the log or among the denials.
#[track_caller]
fn refuses(hostile: &Hostile<'_>, words: &[&str]) -> (Attack, Held) {
    let attack = Attack::by(hostile);
    let held = attack.held(0);
    for (act, words) in words.iter().enumerate() {
        assert!(held.act(act).contains(words), "act {act}: {}", held.act(act));
        let denied = held.denials().iter().any(|(reason, remedy)| reason.contains(words) && !remedy.is_empty());
        assert!(
            denied || held.log().iter().any(|line| line.contains(words)),
            "{words} is not recorded: {:#}",
            held.report
        );
    }
    (attack, held)
}

#[test]
fn statements_that_are_too_large_are_refused_and_that_is_told() {
    refuses(
        &Hostile {
            acts: "{ act = \"log\", bytes = 100000 }, { act = \"attach\", bytes = 9000000 }, { act = \"requirements\", count = 100000 }",
            ..Hostile::default()
        },
        &[
            "a statement of 100000 bytes is more than the 65536 that are taken",
            "a statement of 9000000 bytes is more than the 8388608 that are taken",
            "a statement of 400016 bytes is more than the 65536 that are taken",
        ],
    );
}

#[test]
fn requests_that_are_too_large_are_denied_and_fill_no_journal() {
    let (attack, _) = refuses(
        &Hostile {
            acts: "{ act = \"body\", bytes = 16777217, times = 3 }, { act = \"path\", bytes = 1000000 }, \
                   { act = \"headers\", count = 10000 }, { act = \"file-path\", bytes = 1000000 }, \
                   { act = \"secret-name\", bytes = 1000000 }, { act = \"batch\", requests = 2000, path = \"/\" }",
            http: r#"{ services = ["backend"], methods = ["GET", "POST"] }"#,
            limits: "memory = \"128MiB\"",
            ..Hostile::default()
        },
        &[
            "the body is larger than 16 MiB",
            "the path is longer than 8 KiB",
            "there are more than 100 headers",
            "the path is longer than 4096 bytes",
            "no grant covers secret",
            "a batch takes 1024 requests, and 2000 were given",
        ],
    );
    let modules: u64 = ["hostile", "wasi"]
        .iter()
        .map(|name| {
            std::fs::metadata(attack.scene.modules.join(name).with_extension("wasm")).map_or(0, |file| file.len())
        })
        .sum();
    let journal = std::fs::metadata(attack.scene.journal()).map_or(u64::MAX, |file| file.len());
    assert!(journal < modules + (1 << 20), "the journal has {journal} bytes, its modules {modules}");
    let show = attack.run(&["show", "last", "hostile/0"]).exits(0).stdout;
    assert!(show.contains("not-kept"), "{show}");
}

#[test]
fn the_answers_of_a_batch_are_bounded_together() {
    let is_first = AtomicBool::new(true);
    let server = Server::start(move |_| {
        // One is whole before the others come.
        if !is_first.swap(false, Ordering::SeqCst) {
            std::thread::sleep(Duration::from_secs(1));
        }
        answer("200 OK", vec![b'x'; 1 << 20])
    });
    let around = Surroundings { backend: &server.url(), ..Surroundings::default() };
    let hostile = Hostile {
        acts: "{ act = \"batch\", requests = 100, path = \"/large\" }",
        limits: "memory = \"192MiB\"",
        ..Hostile::default()
    };
    let held = Attack::within(&around, &[hostile]).held(0);
    assert_eq!(held.act(0), "the answers of a batch come to more than 33554432 bytes");
    let bytes = held.report["measures"][0]["value"].as_f64().unwrap_or_default();
    assert!(bytes > 0.0 && bytes < f64::from(32 << 20), "{bytes}");
    assert_eq!(held.report["unanswered"][0]["outcome"], "exhausted");
}

#[test]
fn answers_that_come_side_by_side_are_bounded_before_they_are_whole() {
    let server = Server::start(|_| answer("200 OK", vec![b'x'; 8 << 20]));
    let around = Surroundings { backend: &server.url(), ..Surroundings::default() };
    let hostile = Hostile {
        acts: "{ act = \"batch\", requests = 64, path = \"/large\" }",
        limits: "memory = \"192MiB\"",
        ..Hostile::default()
    };
    let held = Attack::within(&around, &[hostile]).held(0);
    assert!(held.act(0).contains("the answers of a batch come to more than 33554432 bytes"), "{}", held.act(0));
}

#[test]
fn a_server_that_never_answers_holds_no_phase_beyond_its_deadline() {
    let server = Server::start(|_| Reply::Silence);
    let around = Surroundings { backend: &server.url(), ..Surroundings::default() };
    let hostile = Hostile {
        acts: "{ act = \"send\", path = \"/\", timeout = 60000 }",
        table: "requirements = [\"P3.1\"]\ndeadline = \"2s\"",
        ..Hostile::default()
    };
    let held = Attack::within(&around, &[hostile]).held(3);
    assert_eq!(held.end(), ("deadline", "it was still running after 2s"));
    let took = holdpoint_e2e::hostile::phase(&held.report, "hostile")["milliseconds"].as_f64().unwrap_or_default();
    assert!((2_000.0..20_000.0).contains(&took), "{took} ms");
    assert_eq!(server.seen().len(), 1, "a replay sends nothing");
}

#[test]
fn an_effect_that_outlives_its_phase_is_recorded_and_the_phase_stays_ended() {
    let server = Server::start(|_| Reply::Silence);
    let around = Surroundings { backend: &server.url(), ..Surroundings::default() };
    let hostile = Hostile {
        acts: "{ act = \"send\", path = \"/\", method = \"POST\", timeout = 3000 }",
        table: "requirements = [\"P3.1\"]\ndeadline = \"1s\"",
        http: r#"{ services = ["backend"], methods = ["POST"] }"#,
        ..Hostile::default()
    };
    let held = Attack::within(&around, &[hostile]).held(3);
    assert_eq!(held.end(), ("deadline", "it was still running after 1s"));
    assert_eq!(held.report["unanswered"][0]["outcome"], "in-doubt", "{:#}", held.report);
}

#[test]
fn a_sleep_beyond_the_deadline_is_denied() {
    let (_, held) = refuses(
        &Hostile {
            acts: "{ act = \"sleep\", milliseconds = 4294967295 }, { act = \"sleep-until-never\" }",
            ..Hostile::default()
        },
        &["the phase ends after 5m", "is not a moment that will come"],
    );
    assert!(held.denials().iter().all(|(_, remedy)| !remedy.is_empty()), "{:?}", held.denials());
}

#[test]
fn a_panic_in_the_middle_of_a_check_leaves_its_row_without_a_verdict() {
    let held = ends("{ act = \"panic\" }", "", "trapped", "unreachable");
    assert!(held.log().iter().any(|line| line.contains("the guest was told to panic")), "{:?}", held.log());
}

#[test]
fn a_claim_on_a_row_of_others_is_refused_and_told() {
    let (_, held) = refuses(
        &Hostile { acts: "{ act = \"claim\", row = \"P9.9\" }", ..Hostile::default() },
        &["phase `hostile` may claim: P3.1"],
    );
    let told =
        "denied: claim on row P9.9; phase `hostile` may claim: P3.1; add \"P9.9\" to `requirements` of phase 'hostile'";
    assert!(held.log().iter().any(|line| line.starts_with(told)), "{:?}", held.log());
    assert_eq!(held.report["rows"].as_object().map(|rows| rows.len()), Some(1));
}
