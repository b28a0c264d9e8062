//! A real Prometheus that scrapes what a test serves, every second. It knows nothing of Holdpoint.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::process::until;

/// A running server on a free port of 127.0.0.1. Dropped, it ends.
pub struct Prometheus {
    _folder: TempDir,
    port: u16,
    child: Child,
}

impl Prometheus {
    /// Starts it with what is served at a port of 127.0.0.1, and waits until it has scraped that at least so often.
    pub fn scraping(port: u16, times: u32) -> Self {
        // Another process may take a port between its choice and its use; then there is another.
        let server = (0..5).find_map(|_| Self::attempt(port)).expect("Prometheus starts");
        let scraped = format!("sum(count_over_time(up[1m])) >= bool {times}");
        until("Prometheus has scraped", || server.ask(&scraped).contains("\"1\"]"));
        server
    }

    fn attempt(target: u16) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let held = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = held.local_addr().expect("it is bound").port();
        drop(held);
        let configuration = folder.path().join("prometheus.yml");
        let text = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\n\
             scrape_configs: [{{ job_name: tested, static_configs: [{{ targets: ['127.0.0.1:{target}'] }}] }}]\n"
        );
        std::fs::write(&configuration, text).expect("a file can be written");
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", configuration.display()));
        command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}")).arg("--log.level=error");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.expect("prometheus is installed; `cargo xtask test` sees to it");
        let mut server = Self { _folder: folder, port, child };
        let mut ended = false;
        until("Prometheus is ready", || {
            ended = server.child.try_wait().expect("a child can be asked").is_some();
            ended || server.get("/-/ready").starts_with("HTTP/1.1 200")
        });
        (!ended).then_some(server)
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it answers to a query, without anybody between.
    pub fn ask(&self, promql: &str) -> String {
        let query: String = promql.bytes().map(|byte| format!("%{byte:02x}")).collect();
        self.get(&format!("/api/v1/query?query={query}"))
    }

    /// The whole answer; empty if there is none.
    fn get(&self, path: &str) -> String {
        let mut answer = String::new();
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
            // Whoever is not there answers nothing.
            let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_string(&mut answer));
        }
        answer
    }

    /// Ends it; its port is closed when this returns.
    pub fn stop(&mut self) {
        // It may have been stopped before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.stop();
    }
}
