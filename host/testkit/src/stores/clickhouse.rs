//! A real ClickHouse, asked over HTTP.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use super::{Running, free_port, program, started};

/// A running ClickHouse with the users `default`, without a password, `holdpoint`, and `reader`, which takes no writes.
#[derive(Debug)]
pub struct Clickhouse {
    _folder: tempfile::TempDir,
    running: Running,
    port: u16,
}

const USERS: &str = "<yandex><profiles><default/><reading><readonly>2</readonly></reading></profiles><users>\
    <default><password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default>\
    <holdpoint><password>PASSWORD</password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></holdpoint>\
    <reader><password>PASSWORD</password><networks><ip>::/0</ip></networks><profile>reading</profile><quota>default</quota></reader>\
    </users><quotas><default/></quotas></yandex>";

impl Clickhouse {
    /// The password of `holdpoint` and `reader`.
    pub const PASSWORD: &str = "the-password-of-clickhouse";

    /// Starts it.
    pub fn start() -> Self {
        Self::begin(None)
    }

    /// Starts it on this port.
    pub fn at(port: u16) -> Self {
        Self::begin(Some(port))
    }

    fn begin(port: Option<u16>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let users = folder.path().join("users.xml");
        fs::write(users, USERS.replace("PASSWORD", Self::PASSWORD)).expect("a file can be written");
        let start = |port: u16| {
            let configuration = folder.path().join("config.xml");
            fs::write(&configuration, text(folder.path(), port, free_port())).expect("a file can be written");
            let mut command = program("clickhouse-server");
            Running::start(command.arg(format!("--config-file={}", configuration.display())))
        };
        let (running, port) = started("ClickHouse", port, start, |port| ask(port, "SELECT 1").contains("\n1\n"));
        Self { _folder: folder, running, port }
    }

    /// Where it is, as `127.0.0.1:8123`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Runs SQL as `default`, without anybody between.
    pub fn run(&self, sql: &str) -> String {
        let answer = ask(self.port, sql);
        assert!(answer.starts_with("HTTP/1.0 200") || answer.starts_with("HTTP/1.1 200"), "{sql}: {answer}");
        answer
    }

    /// It stays, and says nothing.
    pub fn pause(&self) {
        self.running.signal("STOP");
    }

    /// It goes on.
    pub fn go_on(&self) {
        self.running.signal("CONT");
    }

    /// It is gone.
    pub fn stop(&mut self) {
        self.running.end("KILL");
    }
}

impl Drop for Clickhouse {
    fn drop(&mut self) {
        self.stop();
    }
}

fn text(folder: &Path, http: u16, native: u16) -> String {
    let folder = folder.display();
    format!(
        "<yandex><logger><level>none</level></logger><http_port>{http}</http_port><tcp_port>{native}</tcp_port>\
         <listen_host>127.0.0.1</listen_host><path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path>\
         <user_files_path>{folder}/files/</user_files_path><mark_cache_size>5368709</mark_cache_size>\
         <users_config>{folder}/users.xml</users_config><default_profile>default</default_profile>\
         <default_database>default</default_database></yandex>"
    )
}

/// The whole answer; empty if there is none.
fn ask(port: u16, sql: &str) -> String {
    let mut answer = String::new();
    if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
        let head = format!("POST / HTTP/1.0\r\nhost: 127.0.0.1\r\ncontent-length: {}\r\n\r\n{sql}", sql.len());
        // Whoever is not there answers nothing.
        let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.read_to_string(&mut answer));
    }
    answer
}
