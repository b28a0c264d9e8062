//! A host that is killed leaves no tool behind.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use super::phase::{Phase, marker, sh, until_alive};

/// Says to the test below that it is the host, and what to start.
const HOST: &str = "HOLDPOINT_TEST_IS_THE_HOST";

/// Does nothing, unless the other test has started it as a process of its own. Then it waits to be killed.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the other test says what this one is")]
async fn is_the_host_that_another_test_kills() {
    let Ok(what) = std::env::var(HOST) else { return };
    let [namespaces, marker, folder] = what.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{what}") };
    let mut phase = Phase::below(Path::new(folder), sh(), namespaces == "true");
    let script = format!("setsid sleep {marker} & sleep {marker} & exec sleep {marker}");
    let job = phase.start(&[&script]).await;
    phase.end(job).await;
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a host that is killed is another process")]
async fn a_host_that_is_killed_leaves_nothing_behind() {
    for namespaces in [true, false] {
        let (marker, folder) = (marker(), tempfile::tempdir().unwrap());
        let mut host = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "gone::is_the_host_that_another_test_kills"])
            .env(HOST, format!("{namespaces} {marker} {}", folder.path().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until_alive(&marker, 3).await;
        host.kill().unwrap();
        host.wait().unwrap();
        until_alive(&marker, 0).await;
    }
}
