//! Releases with the real gcloud: traffic that really moves between two versions, what stops a deployment, and the way back.

use std::time::Duration;

use holdpoint_e2e::gcp::{What, When, gcloud_is_here};
use holdpoint_e2e::guests;
use holdpoint_e2e::process::until;
use holdpoint_e2e::release::{Bundle, Release, SERVICES, image};
use holdpoint_e2e::staging::{Change, Service};

const BACKEND: &str = SERVICES[0].0;
const AUTH: &str = SERVICES[1].0;

fn run(release: &Release, code: i32) {
    release.scene.run(&["run", "BUNDLE"]).exits(code);
}

/// How many milliseconds lie between the first check that failed and the moment when the rollback asks what serves. How long gcloud takes to
/// answer is another matter.
fn trigger_to_look(release: &Release) -> f64 {
    let journal = rusqlite::Connection::open(release.scene.journal()).expect("the journal can be opened");
    let time = |of: &str| -> f64 {
        let sql = format!("SELECT {of} ORDER BY position LIMIT 1");
        journal.query_row(&sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
    };
    let failed = time("at FROM event WHERE kind = 'statement' AND summary LIKE 'check fail: %'");
    time("at - (answer ->> 'milliseconds') FROM event WHERE guest = 'rollback' AND kind = 'call'") - failed
}

#[test]
fn three_services_are_deployed_step_by_step_and_the_run_replays_without_a_cloud() {
    if !gcloud_is_here() {
        return;
    }
    for module in ["deploy.wasm", "rollback.wasm"] {
        assert!(guests().join(module).is_file(), "{module} is not built");
    }
    let release = Release::with(&Bundle { services: 3, ..Bundle::default() });
    let before = release.old.requests();
    run(&release, 0);
    assert_eq!(release.scene.wrong(), ["not-exercised: nothing called for it"; 0]);
    assert_eq!(release.serving(), ["100b", "100b", "100b"]);
    assert!(release.old.requests() > before, "the old version served during the first step");
    let report = release.scene.run(&["report"]).exits(0).stdout;
    assert!(report.contains("nothing called for it") && report.ends_with("release\n"), "{report}");
    let script = release.scene.run(&["report", "--format", "json"]).exits(0).stdout;
    let expected = format!("--image={}", image(BACKEND, 'a'));
    assert!(script.contains(&expected) && script.contains("--region=us-central1"), "{script}");
    release.gcp.stop();
    release.scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn a_gap_while_traffic_moves_is_seen_and_a_steady_service_has_none() {
    if !gcloud_is_here() {
        return;
    }
    let release = Release::new();
    run(&release, 0);
    let row = |release: &Release| {
        let report = release.scene.run(&["report", "--format", "json"]).exits(0).json();
        report["rows"]["SUC-1.gap"].clone()
    };
    let clean = row(&release);
    assert_eq!(clean["verdict"], "pass", "{clean:#}");
    release.scene.run(&["replay", "last"]).exits(0);

    let release = Release::new();
    let moves = "*/services/netra-backend-staging";
    release.gcp.fault("PUT", moves, When::Nth(3), What::Gap(Duration::from_secs(2)));
    run(&release, 0);
    let gap = row(&release);
    assert_eq!(gap["verdict"], "fail", "{gap:#}");
    let observed = gap["observed"].as_str().unwrap_or_default();
    let length = observed.strip_prefix("a gap of ").and_then(|rest| rest.split(' ').next()?.parse::<u32>().ok());
    assert!(length.is_some_and(|length| (1_700..4_000).contains(&length)), "{gap:#}");
    assert!(observed.contains("status"), "{gap:#}");
    assert_eq!(release.serving(), ["100b"], "the deployment itself went on");
}

#[test]
fn nothing_is_deployed_where_a_row_in_front_of_the_deployment_fails() {
    if !gcloud_is_here() {
        return;
    }
    let release = Release::with(&Bundle { before: "/nowhere", ..Bundle::default() });
    run(&release, 1);
    let report = release.scene.run(&["report", "--format", "json"]).exits(0).json();
    let row = &report["rows"]["P2.1.checks"];
    assert_eq!(row["verdict"], "not-exercised", "{row:#}");
    assert_eq!(row["observed"], "needs `before`, whose row P1.3 is fail");
    assert_eq!(report["rows"]["RB-C1"]["observed"], "nothing called for it");
    assert_eq!(release.gcp.requests().len(), 0, "nobody was asked for anything");
}

#[test]
fn a_version_that_does_not_answer_gets_no_traffic() {
    if !gcloud_is_here() {
        return;
    }
    let release = Release::new();
    release.new.change(Service::Backend, Change::Unavailable);
    run(&release, 5);
    assert!(
        release.scene.wrong()[0].starts_with("fail: 503 of GET backend-candidate /health"),
        "{:?}",
        release.scene.wrong()
    );
    assert_eq!(release.serving(), ["100a"]);
}

#[test]
fn a_version_that_breaks_later_is_taken_back() {
    if !gcloud_is_here() {
        return;
    }
    let release = Release::new();
    // It says that it is well, and that what it needs is not.
    release.new.change(Service::Backend, Change::DependencyDown("postgres"));
    let ended = release.scene.run(&["run", "BUNDLE"]).exits(5);
    assert!(ended.stdout.contains("rolled-back"), "{ended:?}");
    assert_eq!(release.serving(), ["100a"]);
    let report = release.scene.run(&["report", "--format", "json"]).exits(0).json();
    for (row, verdict) in
        [("P3.1", "fail"), ("P2.2", "pass"), ("RB-C1", "pass"), ("RB-V1", "pass"), ("SUC-1.rollback", "pass")]
    {
        assert_eq!(report["rows"][row]["verdict"], verdict, "{row}: {report:#}");
    }
    let waited = trigger_to_look(&release);
    assert!(waited < 1_000.0, "{waited} ms between the row that fails and the first look of the rollback");
    release.scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn what_never_gets_ready_is_caught_and_nothing_moves() {
    if !gcloud_is_here() {
        return;
    }
    let release = Release::new();
    release.gcp.fault("PUT", "*/services/netra-backend-staging", When::Always, What::DoesNotStart);
    run(&release, 5);
    assert!(release.scene.wrong()[0].contains("HealthCheckContainerError"), "{:?}", release.scene.wrong());
    assert_eq!(release.serving(), ["100a"]);
}

#[test]
fn another_pipeline_s_deployment_is_neither_overwritten_nor_taken_back() {
    if !gcloud_is_here() {
        return;
    }
    let release = Release::with(&Bundle { services: 2, ..Bundle::default() });
    run(&release, 0);
    // Somebody else deploys, and then somebody wants to go back.
    release.gcp.give(&["run", "services", "update", AUTH, "--image", &image(AUTH, 'c')]);
    let changes = release.changes();
    release.scene.run(&["run", "BUNDLE", "--only", "rollback"]).exits(6);
    let wrong = release.scene.wrong();
    assert!(wrong.iter().any(|one| one.starts_with("fail: somebody else has deployed")), "{wrong:?}");
    assert!(wrong.iter().any(|one| one.starts_with("inconclusive: not touched")), "{wrong:?}");
    assert_eq!(release.changes(), changes, "nothing was touched");
}

#[test]
fn a_rollback_by_hand_needs_nothing_but_the_services() {
    if !gcloud_is_here() {
        return;
    }
    let release = Release::with(&Bundle { mode: "never", ..Bundle::default() });
    run(&release, 0);
    // The run that deployed is gone with its machine.
    std::fs::remove_dir_all(release.scene.path().join(".holdpoint")).expect("there are runs");
    release.scene.run(&["run", "BUNDLE", "--only", "rollback"]).exits(5);
    assert_eq!(release.serving(), ["100a"]);
    // Again, and there is nothing left to do.
    let changes = release.changes();
    release.scene.run(&["run", "BUNDLE", "--only", "rollback"]).exits(5);
    assert_eq!(release.changes(), changes);
}

#[test]
fn a_first_deployment_has_nothing_to_go_back_to() {
    if !gcloud_is_here() {
        return;
    }
    let release = Release::new();
    release.scene.run(&["run", "BUNDLE", "--only", "rollback"]).exits(6);
    assert!(
        release.scene.wrong().iter().any(|one| one.contains("no tag says what served before")),
        "{:?}",
        release.scene.wrong()
    );
    assert_eq!(release.changes(), 0);
}

#[test]
fn one_of_three_that_can_t_go_back_does_not_keep_the_others() {
    if !gcloud_is_here() {
        return;
    }
    let release = Release::with(&Bundle { mode: "never", services: 2, ..Bundle::default() });
    run(&release, 0);
    let refused = What::Refuse(403, "Permission 'run.services.update' denied".to_owned());
    release.gcp.fault_of(AUTH, "PUT", When::Always, refused);
    release.scene.run(&["run", "BUNDLE", "--only", "rollback,rollback-health"]).exits(6);
    assert_eq!(release.serving(), ["100a", "100b"]);
    let wrong = release.scene.wrong();
    assert!(wrong[0].contains("by hand: gcloud run services update-traffic netra-auth-service"), "{wrong:?}");
}

#[test]
fn a_revision_that_is_gone_is_not_gone_back_to_and_what_serves_goes_on() {
    if !gcloud_is_here() {
        return;
    }
    let release = Release::with(&Bundle { mode: "never", ..Bundle::default() });
    run(&release, 0);
    // It is deleted in the moment in which it is to get traffic, and then it is not there any more.
    release.gcp.fault_of(BACKEND, "PUT", When::First(1), What::RevisionLost);
    for _ in 0..2 {
        release.scene.run(&["run", "BUNDLE", "--only", "rollback"]).exits(6);
        assert_eq!(release.serving(), ["100b"]);
        let wrong = release.scene.wrong();
        assert!(wrong.iter().any(|one| one.starts_with("fail: ") && one.contains("-00001-")), "{wrong:?}");
    }
    let wrong = release.scene.wrong();
    assert!(wrong.iter().any(|one| one.contains("can't serve any more: not found")), "{wrong:?}");
}

#[test]
fn what_is_still_unwell_after_the_rollback_is_no_success() {
    if !gcloud_is_here() {
        return;
    }
    let release = Release::new();
    release.new.change(Service::Backend, Change::DependencyDown("postgres"));
    let live = release.scene.start(&["run", "BUNDLE"]);
    // What stands in front of the deployment has found the old version well by then.
    until("the deployment has begun", || !release.gcp.requests().is_empty());
    release.old.change(Service::Backend, Change::DependencyDown("postgres"));
    live.finish().exits(6);
    assert_eq!(release.serving(), ["100a"]);
    let report = release.scene.run(&["report", "--format", "json"]).exits(0).json();
    assert_eq!(
        (&report["rows"]["RB-C1"]["verdict"], &report["rows"]["RB-V1"]["verdict"]),
        (&"pass".into(), &"fail".into())
    );
}

#[test]
fn a_host_that_dies_while_traffic_moves_goes_on_and_does_nothing_twice() {
    if !gcloud_is_here() {
        return;
    }
    let release = Release::new();
    release.gcp.fault_of(BACKEND, "PUT", When::Nth(3), What::SlowAnswer(Duration::from_secs(20)));
    let clean = 4;
    let live = release.scene.start(&["run", "BUNDLE"]);
    until("traffic moves", || release.gcp.traffic(BACKEND).len() > 1);
    drop(live);
    release.scene.run(&["resume", "last"]).exits(0);
    assert_eq!(release.serving(), ["100b"]);
    assert_eq!(release.changes(), clean, "{:#?}", release.gcp.log());
    release.scene.run(&["replay", "last"]).exits(0);
}
