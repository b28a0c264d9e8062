//! What these tests start, and how.

use std::time::Duration;

use holdpoint_supervise::{Bounds, End, Network, Process, Program, Supervisor, Watched};
use tokio::io::AsyncReadExt as _;

/// How long anything may take here before it counts as hanging.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A supervisor whose stages are a program that is nothing but a stage.
pub(super) fn supervisor(namespaces: bool) -> Supervisor {
    let supervisor = Supervisor::with(env!("CARGO_BIN_EXE_holdpoint-stage"));
    if namespaces { supervisor } else { supervisor.without_namespaces() }
}

/// Every way to start something: with namespaces and without, with bounds and without.
pub(super) fn ways() -> [(bool, Option<Bounds>); 4] {
    [(true, None), (false, None), (true, Some(bounds())), (false, Some(bounds()))]
}

pub(super) fn bounds() -> Bounds {
    Bounds {
        read: vec![],
        write: vec![],
        network: Network::None,
        processes: 64,
        memory: 1 << 30,
        require: vec![],
        without: vec![],
    }
}

/// A script of `sh`.
pub(super) fn sh(script: &str, bounds: Option<Bounds>) -> Program {
    Program {
        path: "/bin/sh".into(),
        sha256: None,
        arguments: vec!["-c".into(), script.into()],
        environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
        directory: "/".into(),
        bounds,
    }
}

/// A child, a grandchild, and one that leaves session and parent; then the last words. Four `sleep` with the marker, and what the last
/// words start.
pub(super) fn family(marker: &str, last: &str) -> String {
    format!("sleep {marker} & (sleep {marker} & exec sleep {marker}) & setsid sh -c 'sleep {marker} & exit' & {last}")
}

/// How a process ended, and what it wrote.
pub(super) async fn finish(mut process: Process) -> (End, String, String) {
    let (stdout, stderr) = process.streams();
    let read = async {
        let (mut out, mut err) = (String::new(), String::new());
        let (mut stdout, mut stderr) = (stdout.unwrap(), stderr.unwrap());
        let (o, e) = tokio::join!(stdout.read_to_string(&mut out), stderr.read_to_string(&mut err));
        o.and(e).unwrap();
        (out, err)
    };
    let (watched, (out, err)) = tokio::join!(process.watch(tokio::time::sleep(PATIENCE), Duration::ZERO), read);
    let Watched::Ended(end) = watched else { panic!("{watched:?} {out} {err}") };
    (end, out, err)
}

/// The same from the start.
pub(super) async fn run(namespaces: bool, program: &Program, stdin: &[u8]) -> (End, String, String) {
    finish(supervisor(namespaces).start(program, stdin).await.unwrap()).await
}
