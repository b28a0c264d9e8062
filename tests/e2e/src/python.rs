//! Real servers in Python that know nothing of Holdpoint: an echo of WebSockets by `websockets`, and an API by FastAPI under uvicorn.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use crate::process::until;

/// How often another port is tried when some other process was faster.
const ATTEMPTS: u32 = 5;

/// A running server on a free port of 127.0.0.1. Dropped, it is killed.
#[derive(Debug)]
pub struct Python {
    port: u16,
    child: Child,
}

impl Python {
    /// Says every message again, and ends the socket of whoever sends one of more bytes than this.
    pub fn echo(most: u32) -> Self {
        Self::start(include_str!("../servers/echo.py"), &most.to_string())
    }

    /// Keeps notes, and describes how. What is wrong with it is `none`, `stale` or `echoes`, as its text says.
    pub fn notes(wrong: &str) -> Self {
        Self::start(include_str!("../servers/notes.py"), wrong)
    }

    fn start(text: &str, argument: &str) -> Self {
        (0..ATTEMPTS)
            .find_map(|_| Self::attempt(text, argument))
            .expect("the server starts; `cargo xtask test` sees to it")
    }

    fn attempt(text: &str, argument: &str) -> Option<Self> {
        let held = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = held.local_addr().expect("it is bound").port();
        drop(held);
        // That of the distribution, which has its packages.
        let mut command = Command::new("/usr/bin/python3");
        command.args(["-c", text]).arg(port.to_string()).arg(argument);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut server = Self { port, child: child.expect("Python is installed") };
        let mut ended = false;
        until("a server in Python listens", || {
            ended = server.child.try_wait().expect("a child can be asked").is_some();
            ended || TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        (!ended).then_some(server)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it is, e.g. `http://127.0.0.1:4711`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // One that has ended can't be killed, and needs not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
