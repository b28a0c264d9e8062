//! A real ClickHouse, asked over HTTP.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use super::{Condition, Detour, PATIENCE, Running, free_port, now, program, started, wait};

/// A running ClickHouse with the users `default`, without a password, `holdpoint`, which may ask twenty things at a time, and `reader`, which takes no
/// writes.
#[derive(Debug)]
pub struct Clickhouse {
    folder: tempfile::TempDir,
    running: Running,
    port: u16,
    detour: Option<Detour>,
    /// Connections that ask something that takes long.
    held: Vec<TcpStream>,
}

const USERS: &str = "<yandex><profiles><default/><reading><readonly>2</readonly></reading>\
    <counted><max_concurrent_queries_for_user>20</max_concurrent_queries_for_user></counted></profiles><users>\
    <default><password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default>\
    <holdpoint><password>PASSWORD</password><networks><ip>::/0</ip></networks><profile>counted</profile><quota>default</quota></holdpoint>\
    <reader><password>PASSWORD</password><networks><ip>::/0</ip></networks><profile>reading</profile><quota>default</quota></reader>\
    </users><quotas><default/></quotas></yandex>";

/// What `holdpoint` may ask at a time, as it stands there.
const MOST_QUERIES: usize = 20;

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
        known(folder.path(), Self::PASSWORD);
        let start = |port: u16| {
            let configuration = folder.path().join("config.xml");
            fs::write(&configuration, text(folder.path(), port, free_port())).expect("a file can be written");
            let mut command = program("clickhouse-server");
            Running::start(command.arg(format!("--config-file={}", configuration.display())))
        };
        let (running, port) = started("ClickHouse", port, start, |port| ask(port, "SELECT 1").contains("\n1\n"));
        Self { folder, running, port, detour: None, held: Vec::new() }
    }

    /// Where it is, as `127.0.0.1:8123`.
    pub fn address(&self) -> String {
        self.detour.as_ref().map_or_else(|| format!("127.0.0.1:{}", self.port), Detour::address)
    }

    /// Makes it so.
    pub fn strike(&mut self, condition: Condition) {
        match condition {
            Condition::Stopped => self.stop(),
            Condition::Killed => self.kill(),
            Condition::Paused => self.pause(),
            Condition::Full => self.fill(),
            Condition::Slow(delay) => self.detour = Some(Detour::to(self.port, delay)),
            Condition::Refusing => {
                known(self.folder.path(), "another-password");
                self.run("SYSTEM RELOAD CONFIG");
            }
        }
    }

    /// Has `holdpoint` ask as much as it may, for ten minutes.
    fn fill(&mut self) {
        let lasting = "SELECT sleepEachRow(1) FROM system.numbers LIMIT 600 SETTINGS max_block_size = 1";
        let login = format!("x-clickhouse-user: holdpoint\r\nx-clickhouse-key: {}\r\n", Self::PASSWORD);
        for _ in 0..MOST_QUERIES {
            self.held.push(send(self.port, &login, lasting).expect("it runs"));
        }
        let wanted = format!("\n{MOST_QUERIES}\n");
        let begun = now();
        while !self.run("SELECT count() FROM system.processes WHERE user = 'holdpoint'").ends_with(&wanted) {
            assert!(begun.elapsed() < PATIENCE, "ClickHouse takes no {MOST_QUERIES} queries");
            wait(Duration::from_millis(5));
        }
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

    /// It is told to end, and is gone.
    pub fn stop(&mut self) {
        self.running.end("TERM");
    }

    /// It is gone without a word.
    pub fn kill(&mut self) {
        self.running.end("KILL");
    }
}

impl Drop for Clickhouse {
    fn drop(&mut self) {
        self.kill();
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

/// Writes who is known, by this password.
fn known(folder: &Path, password: &str) {
    fs::write(folder.join("users.xml"), USERS.replace("PASSWORD", password)).expect("a file can be written");
}

/// The whole answer; empty if there is none.
fn ask(port: u16, sql: &str) -> String {
    let mut answer = String::new();
    // Whoever is not there answers nothing.
    let _ = send(port, "", sql).and_then(|mut stream| stream.read_to_string(&mut answer));
    answer
}

/// Asks, with more lines of the head, and waits for nothing.
fn send(port: u16, more: &str, sql: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let length = sql.len();
    let text = format!("POST / HTTP/1.0\r\nhost: 127.0.0.1\r\n{more}content-length: {length}\r\n\r\n{sql}");
    stream.write_all(text.as_bytes())?;
    Ok(stream)
}
