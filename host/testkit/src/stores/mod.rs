//! Real stores on ports of 127.0.0.1, free ones unless somebody names them, from the packages of the distribution; `cargo xtask test` sees to them. Dropped, they end.

mod clickhouse;
mod condition;
mod detour;
mod postgresql;
mod redis;

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub use clickhouse::Clickhouse;
pub use condition::Condition;
pub use detour::Detour;
pub use postgresql::Postgresql;
pub use redis::Redis;

/// How long a store may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one may take to end that was asked to.
const FAREWELL: Duration = Duration::from_secs(10);

/// A running program.
#[derive(Debug)]
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}; `cargo xtask test` installs it")))
    }

    fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("a child can be asked").is_some()
    }

    /// Sends a signal by its name, as `STOP`.
    fn signal(&self, name: &str) {
        run(program("kill").arg(format!("-{name}")).arg(self.0.id().to_string()));
    }

    /// Ends it by a signal; its port is closed when this returns. Who does not end by that is killed.
    pub(crate) fn end(&mut self, signal: &str) {
        if self.has_ended() {
            return;
        }
        // What is stopped does not hear that it is to end.
        self.signal("CONT");
        self.signal(signal);
        let begun = now();
        while !self.has_ended() {
            if begun.elapsed() > FAREWELL {
                self.signal("KILL");
            }
            wait(Duration::from_millis(5));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a real store is a process of the test's own, and ends with it")]
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    Command::new(name)
}

/// Runs a program to its end, which is a good one.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A port that nobody had a moment ago.
fn free_port() -> u16 {
    let held = TcpListener::bind("127.0.0.1:0").expect("a free port");
    held.local_addr().expect("it is bound").port()
}

/// Starts a store on this port, or on some free one, and waits until it is ready; another process may be faster at a free port, and then there is
/// another.
pub(crate) fn started(
    what: &str,
    port: Option<u16>,
    start: impl Fn(u16) -> Running,
    is_ready: impl Fn(u16) -> bool,
) -> (Running, u16) {
    let attempt = || {
        let port = port.unwrap_or_else(free_port);
        let mut running = start(port);
        let begun = now();
        while !is_ready(port) {
            if running.has_ended() || begun.elapsed() > PATIENCE {
                running.end("KILL");
                return None;
            }
            wait(Duration::from_millis(50));
        }
        Some((running, port))
    };
    (0..5).find_map(|_| attempt()).unwrap_or_else(|| panic!("{what} does not start"))
}

#[expect(clippy::disallowed_methods, reason = "the time that a real store takes")]
fn now() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a real store does not tell when it is ready, and a slow one takes its time"
)]
fn wait(long: Duration) {
    std::thread::sleep(long);
}
