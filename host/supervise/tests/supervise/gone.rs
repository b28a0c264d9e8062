//! A host that is killed leaves no process behind, and what is meant for the host alone does not reach what it has started.

use std::{
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use holdpoint_testkit::{alive, marker, until_alive};

use super::machine::{PATIENCE, finish, sh, supervisor, ways};

/// Says to the first test below that it is the host, and what to start.
const HOST: &str = "HOLDPOINT_TEST_IS_THE_HOST";
/// Within this time nothing is left of a host that was killed.
const SOON: Duration = Duration::from_secs(1);

/// A child and a grandchild that leave, and the program itself.
fn three(marker: &str) -> String {
    format!("setsid sleep {marker} & (setsid sh -c 'sleep {marker} & exit') & exec sleep {marker}")
}

/// Does nothing, unless another test has started it as a process of its own. Then it waits to be killed. An interrupt it notes in a file.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "another test says what this one is, and it starts a process without us to compare"
)]
async fn is_the_host_that_another_test_kills() {
    let Ok(what) = std::env::var(HOST) else { return };
    let [how, marker, noted] = what.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{what}") };
    let script = three(marker);
    let noted = noted.to_owned();
    let mut interrupts = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).unwrap();
    tokio::spawn(async move {
        while interrupts.recv().await.is_some() {
            std::fs::write(&noted, "interrupted").unwrap();
        }
    });
    match how.parse::<usize>() {
        Ok(way) => {
            let (namespaces, bounds) = ways()[way].clone();
            finish(supervisor(namespaces).start(&sh(&script, bounds), b"").await.unwrap()).await;
        }
        // As anybody would start it, with a process group of its own.
        Err(_) => {
            let mut alone = Command::new("/bin/sh").args(["-c", &script]).process_group(0).spawn().unwrap();
            tokio::task::spawn_blocking(move || alone.wait()).await.unwrap().unwrap();
        }
    }
}

/// Starts the test above as a host.
#[expect(clippy::disallowed_methods, reason = "a host that is killed is another process")]
fn host(how: &str, marker: &str, noted: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "gone::is_the_host_that_another_test_kills"])
        .env(HOST, format!("{how} {marker} {}", noted.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}

fn kill(host: &mut Child) {
    host.kill().unwrap();
    host.wait().unwrap();
}

#[expect(clippy::disallowed_methods, reason = "signals of a terminal are sent by a program")]
fn signal(signal: &str, whom: &str) {
    assert!(Command::new("kill").args([signal, "--", whom]).status().unwrap().success());
}

#[tokio::test]
async fn a_host_that_is_killed_leaves_nothing_behind() {
    for way in 0..ways().len() {
        let marker = marker();
        let mut host = host(&way.to_string(), &marker, Path::new("/dev/null"));
        until_alive(&marker, 3, PATIENCE).await;
        kill(&mut host);
        until_alive(&marker, 0, SOON).await;
    }
}

#[tokio::test]
async fn a_process_that_nobody_supervises_outlives_its_host_and_is_found() {
    let (marker, beside) = (marker(), marker());
    let mut alone = host("alone", &marker, Path::new("/dev/null"));
    let mut supervised = host("0", &beside, Path::new("/dev/null"));
    until_alive(&marker, 3, PATIENCE).await;
    until_alive(&beside, 3, PATIENCE).await;
    kill(&mut alone);
    kill(&mut supervised);
    until_alive(&beside, 0, SOON).await;
    assert_eq!(alive(&marker).len(), 3, "that nothing is left would be no finding");
    for process in alive(&marker) {
        signal("-KILL", &process.to_string());
    }
    until_alive(&marker, 0, PATIENCE).await;
}

#[tokio::test]
async fn an_interrupt_at_the_terminal_is_for_the_host_alone() {
    for way in 0..ways().len() {
        let (marker, folder) = (marker(), tempfile::tempdir().unwrap());
        let noted = folder.path().join("noted");
        let mut host = host(&way.to_string(), &marker, &noted);
        until_alive(&marker, 3, PATIENCE).await;
        // What a terminal does: every process of the group in front gets it.
        signal("-INT", &format!("-{}", host.id()));
        let told = tokio::time::timeout(PATIENCE, async {
            while !noted.exists() {
                tokio::task::yield_now().await;
            }
        });
        told.await.unwrap();
        assert_eq!(alive(&marker).len(), 3, "way {way}");
        kill(&mut host);
        until_alive(&marker, 0, SOON).await;
    }
}
