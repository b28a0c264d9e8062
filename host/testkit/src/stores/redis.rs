//! A real Redis.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use super::{Condition, Detour, Running, program, started};

/// A running Redis that asks for a password.
#[derive(Debug)]
pub struct Redis {
    _folder: tempfile::TempDir,
    running: Running,
    port: u16,
    detour: Option<Detour>,
}

impl Redis {
    /// Its password.
    pub const PASSWORD: &str = "the-password-of-redis";

    /// Starts it with settings besides, as `["--maxclients", "5"]`.
    pub fn start(settings: &[&str]) -> Self {
        Self::begin(None, settings)
    }

    /// Starts it on this port.
    pub fn at(port: u16) -> Self {
        Self::begin(Some(port), &[])
    }

    fn begin(port: Option<u16>, settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let start = |port: u16| {
            let mut command = program("redis-server");
            command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--requirepass", Self::PASSWORD]);
            command.arg("--port").arg(port.to_string()).arg("--dir").arg(folder.path()).args(settings);
            Running::start(&mut command)
        };
        let (running, port) = started("Redis", port, start, answers);
        Self { _folder: folder, running, port, detour: None }
    }

    /// Where it is, as `127.0.0.1:6379`.
    pub fn address(&self) -> String {
        self.detour.as_ref().map_or_else(|| format!("127.0.0.1:{}", self.port), Detour::address)
    }

    /// Gives it a command as `default`, without anybody between.
    pub fn run(&self, command: &str) {
        let text = format!("AUTH {}\r\n{command}\r\nQUIT\r\n", Self::PASSWORD);
        let mut said = String::new();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it runs");
        stream.write_all(text.as_bytes()).and_then(|()| stream.read_to_string(&mut said)).expect("it answers");
        assert_eq!(said, "+OK\r\n+OK\r\n+OK\r\n", "{command}");
    }

    /// Makes it so.
    pub fn strike(&mut self, condition: Condition) {
        match condition {
            Condition::Stopped => self.stop(),
            Condition::Killed => self.kill(),
            Condition::Paused => self.pause(),
            Condition::Full => self.run("CONFIG SET maxmemory 1"),
            Condition::Slow(delay) => self.detour = Some(Detour::to(self.port, delay)),
            Condition::Refusing => self.run("ACL SETUSER default off"),
        }
    }

    /// It stays, and says nothing.
    pub fn pause(&self) {
        self.running.signal("STOP");
    }

    /// It goes on.
    pub fn go_on(&self) {
        self.running.signal("CONT");
    }

    /// It is told to end, and is gone.
    pub fn stop(&mut self) {
        self.running.end("TERM");
    }

    /// It is gone without a word.
    pub fn kill(&mut self) {
        self.running.end("KILL");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Whether somebody answers, be it that a password is missing.
fn answers(port: u16) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"PING\r\n")?;
        let mut first = [0];
        stream.read_exact(&mut first)?;
        std::io::Result::Ok(first)
    };
    ask().is_ok()
}
