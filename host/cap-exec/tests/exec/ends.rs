//! However a job ends, nothing is left of it. With namespaces the kernel sees to that, without them the first stage does.

use std::time::Duration;

use holdpoint_cap_exec::{Exit, Layer, Request, Response, Tool};
use holdpoint_testkit::{alive, marker, until_alive};

use super::phase::{PATIENCE, Phase, has, sh};

/// A child, a grandchild, and one that leaves session and parent.
fn family(marker: &str, last: &str) -> String {
    format!("sleep {marker} & (sleep {marker} & exec sleep {marker}) & setsid sh -c 'sleep {marker} & exit' & {last}")
}

#[tokio::test]
async fn a_deadline_ends_the_whole_tree() {
    for namespaces in [true, false] {
        let tool = Tool { deadline: Duration::from_millis(800), ..sh() };
        let (mut phase, marker) = (Phase::with(tool, namespaces), marker());
        let job = phase.start(&[&family(&marker, &format!("exec sleep {marker}"))]).await;
        until_alive(&marker, 5, PATIENCE).await;
        let ended = phase.end(job).await;
        assert_eq!(ended.exit, Exit::Deadline, "{ended:?}");
        assert_eq!(alive(&marker), [0; 0], "namespaces: {namespaces}");
    }
}

#[tokio::test]
async fn what_a_tool_leaves_behind_ends_with_it() {
    for namespaces in [true, false] {
        let (mut phase, marker) = (Phase::with(sh(), namespaces), marker());
        let ended = phase.run(&[&family(&marker, "sleep 0.3; exit 0")]).await;
        assert_eq!(ended.exit, Exit::Code(0), "{ended:?}");
        assert_eq!(alive(&marker), [0; 0], "namespaces: {namespaces}");
    }
}

#[tokio::test]
async fn a_tool_may_tidy_up_before_it_is_killed() {
    let tool = Tool { deadline: Duration::from_millis(500), ..sh() };
    let script = "trap 'echo tidied; exit 0' TERM; echo on; while :; do sleep 0.05; done";
    let ended = Phase::new(tool).run(&[script]).await;
    assert_eq!((ended.exit, ended.stdout.as_str()), (Exit::Deadline, "on\ntidied\n"));
}

#[tokio::test]
async fn a_tool_that_does_not_listen_is_killed() {
    let tool = Tool { deadline: Duration::from_millis(500), ..sh() };
    let ended = Phase::new(tool).run(&["trap '' TERM; while :; do sleep 0.05; done"]).await;
    assert_eq!(ended.exit, Exit::Deadline);
    assert!((2_400..30_000).contains(&ended.milliseconds), "{}", ended.milliseconds);
}

#[tokio::test]
async fn a_job_that_is_stopped_ends_with_all_that_came_of_it() {
    for namespaces in [true, false] {
        let (mut phase, marker) = (Phase::with(sh(), namespaces), marker());
        let job = phase.start(&[&family(&marker, &format!("exec sleep {marker}"))]).await;
        until_alive(&marker, 5, PATIENCE).await;
        let stopped = phase.call(Request::Stop { job }).await.unwrap();
        assert!(matches!(stopped, Response::Ended { exit: Exit::Killed(_), .. }), "{stopped:?}");
        assert_eq!(alive(&marker), [0; 0], "namespaces: {namespaces}");
    }
}

#[tokio::test]
async fn a_backend_that_is_dropped_takes_its_jobs_along() {
    for namespaces in [true, false] {
        let (mut phase, marker) = (Phase::with(sh(), namespaces), marker());
        phase.start(&[&family(&marker, &format!("exec sleep {marker}"))]).await;
        until_alive(&marker, 5, PATIENCE).await;
        phase.backend = None;
        until_alive(&marker, 0, PATIENCE).await;
    }
}

#[tokio::test]
async fn a_tool_that_multiplies_is_ended() {
    for namespaces in [true, false] {
        let tool = Tool { processes: 20, ..sh() };
        let (mut phase, marker) = (Phase::with(tool, namespaces), marker());
        // It doubles with every step, and stops at some thousands should nobody end it.
        let script = format!("f() {{ [ $1 -gt 0 ] || exec sleep {marker}; f $(($1-1)) & f $(($1-1)) & wait; }}; f 11");
        let (job, confinement) = phase.try_start(&[&script], b"").await.unwrap();
        if !has(&confinement, Layer::Count) {
            return;
        }
        let ended = phase.end(job).await;
        assert_eq!(ended.exit, Exit::Killed("it had more processes than the operator allows".into()));
        assert_eq!(alive(&marker), [0; 0], "namespaces: {namespaces}");
    }
}
