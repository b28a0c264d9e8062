//! The phase against scripts; the cases that are pure data lie in `fixtures/`.

use holdpoint::prelude::*;

use super::run;

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::fixtures(run, "fixtures");
}

#[test]
fn a_finding_has_its_place_its_key_and_no_password() {
    let t = holdpoint::test(run)
        .file("config/app.yaml", "# staging\ndatabase:\n  url: postgres://app:hunter2@localhost:5432/netra\n");
    t.expect("P1.3", Fail, "config/app.yaml:3:8 database.url");
    t.expect("P1.3", Fail, "localhost:5432 (loopback)");
    t.expect("P1.3", Fail, "postgres://app:***@localhost:5432/netra");
    assert!(!t.shown().contains("hunter2"));
    assert_eq!(t.calls()[usize::try_from(t.checks()[0].evidence[0]).expect("an index")], "read config/app.yaml");
}

#[test]
fn every_seeded_address_is_found_in_every_format() {
    let seeds = [
        "http://localhost:8000",
        "redis://127.0.0.1:6379",
        "http://[::1]/",
        "http://host.docker.internal",
        "http://0.0.0.0:80",
        "http://127.1",
    ];
    for seed in seeds {
        for (name, content) in [
            ("a.yaml", format!("k: {seed}")),
            ("a.yml", format!("- x: ['{seed}']")),
            ("a.json", format!("{{\"k\": \"{seed}\"}}")),
            ("a.toml", format!("[t]\nk = \"{seed}\"")),
            ("a.env", format!("K={seed}")),
            (".env.staging", format!("export K='{seed}'")),
        ] {
            let t = holdpoint::test(run).file(&format!("config/{name}"), content);
            t.expect("P1.3", Fail, seed);
            assert_eq!(t.checks().len(), 1, "{name} {seed}");
        }
    }
}

#[test]
fn private_addresses_are_measured_and_pass() {
    let t = holdpoint::test(run).file("config/a.env", "DATABASE_URL=postgres://app@10.20.0.3/netra");
    t.expect("P1.3", Pass, "none in 1 values");
    assert!(t.log().iter().any(|line| line.contains("10.20.0.3 is a private address")));
    assert!(t.measures().iter().any(|m| m.name == "private addresses" && (m.value - 1.0).abs() < f64::EPSILON));
}

#[test]
fn an_exception_that_excuses_nothing_is_logged() {
    let t = holdpoint::test(run)
        .file("config/a.env", "A=1")
        .config(json!({ "exceptions": [{ "path": "config/b.env", "reason": "local only" }] }));
    t.expect("P1.3", Pass, "none");
    assert!(t.log().iter().any(|line| line.contains("config/b.env excuses nothing")));
}

#[test]
fn a_file_that_is_too_long_is_inconclusive() {
    let t = holdpoint::test(run).file("config/a.env", vec![b'#'; 5 * 1024 * 1024]);
    t.expect("P1.3", Inconclusive, "5242880 bytes");
}

#[test]
fn bytes_that_are_no_text_are_inconclusive() {
    let t = holdpoint::test(run).file("config/a.env", b"A=\xff".to_vec());
    t.expect("P1.3", Inconclusive, "not UTF-8 from byte 2");
}

#[test]
fn many_findings_are_bounded() {
    let lines: String = (0..60).map(|n| format!("K{n}=http://localhost:{n}\n")).collect();
    let t = holdpoint::test(run).file("config/a.env", lines);
    assert_eq!(t.checks().len(), 51);
    t.expect("P1.3", Fail, "10 more");
}
