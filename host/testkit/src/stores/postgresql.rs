//! A real PostgreSQL. It refuses to run as root, so there it runs as the user of its package.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::Command,
};

use super::{Condition, Detour, Running, program, run, started};

/// A running PostgreSQL whose superuser `postgres` has a password.
#[derive(Debug)]
pub struct Postgresql {
    folder: tempfile::TempDir,
    running: Running,
    port: u16,
    detour: Option<Detour>,
    /// Connections that nobody lets go of.
    held: Vec<TcpStream>,
}

/// Its connections, those of its superuser too.
const MOST_CONNECTIONS: usize = 20;
/// Whoever begins as `postgres`, and has said nothing more (<https://www.postgresql.org/docs/current/protocol-message-formats.html>).
const BEGINNING: &[u8] = b"\0\0\0\x17\0\x03\0\0user\0postgres\0\0";

impl Postgresql {
    /// The password of `postgres`.
    pub const PASSWORD: &str = "the-password-of-postgresql";

    /// Starts it. With a certificate and its key in PEM it speaks TLS.
    pub fn start(tls: Option<(&str, &str)>) -> Self {
        Self::begin(None, tls)
    }

    /// Starts it on this port, without TLS.
    pub fn at(port: u16) -> Self {
        Self::begin(Some(port), None)
    }

    fn begin(port: Option<u16>, tls: Option<(&str, &str)>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (data, password) = (folder.path().join("data"), folder.path().join("password"));
        write(&password, Self::PASSWORD);
        own(folder.path());
        let mut initialise = tool("initdb");
        initialise.args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"]);
        run(initialise.arg("-D").arg(&data).arg(format!("--pwfile={}", password.display())));
        if let Some((certificate, key)) = tls {
            write(&data.join("server.crt"), certificate);
            write(&data.join("server.key"), key);
        }
        let start = |port: u16| {
            let mut command = tool("postgres");
            command.arg("-D").arg(&data).arg("-p").arg(port.to_string());
            for setting in ["listen_addresses=127.0.0.1", "fsync=off", "authentication_timeout=10min"] {
                command.arg("-c").arg(setting);
            }
            command.arg("-c").arg(format!("max_connections={MOST_CONNECTIONS}"));
            command.arg("-c").arg(format!("unix_socket_directories={}", data.display()));
            command.arg("-c").arg(format!("ssl={}", if tls.is_some() { "on" } else { "off" }));
            Running::start(&mut command)
        };
        let is_ready = |port: u16| {
            let mut command = tool("pg_isready");
            command.args(["-q", "-h", "127.0.0.1", "-p"]).arg(port.to_string());
            command.status().is_ok_and(|status| status.success())
        };
        let (running, port) = started("PostgreSQL", port, start, is_ready);
        Self { folder, running, port, detour: None, held: Vec::new() }
    }

    /// Where it is, as `127.0.0.1:5432`.
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
            Condition::Refusing => drop(self.run("alter role postgres nologin")),
        }
    }

    /// Takes every connection, and holds it.
    fn fill(&mut self) {
        // One more shows that there is none.
        for _ in 0..=MOST_CONNECTIONS {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it runs");
            let mut kind = [0];
            stream.write_all(BEGINNING).and_then(|()| stream.read_exact(&mut kind)).expect("it answers");
            match &kind {
                b"R" => self.held.push(stream),
                _ => return,
            }
        }
        panic!("PostgreSQL has more than {MOST_CONNECTIONS} connections");
    }

    /// Runs SQL as `postgres`, without anybody between.
    pub fn run(&self, sql: &str) -> String {
        let mut command = tool("psql");
        command.env("PGPASSWORD", Self::PASSWORD).args(["-h", "127.0.0.1", "-U", "postgres", "-p"]);
        command.arg(self.port.to_string()).args(["-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        run(&mut command)
    }

    /// It takes connections, and says nothing.
    pub fn pause(&self) {
        self.running.signal("STOP");
    }

    /// It goes on.
    pub fn go_on(&self) {
        self.running.signal("CONT");
    }

    /// It is told to end, and is gone, with all its processes.
    pub fn stop(&mut self) {
        self.running.end("INT");
    }

    /// It is gone without a word. Its processes see that, and go.
    pub fn kill(&mut self) {
        if self.running.has_ended() {
            return;
        }
        self.running.end("KILL");
        // It would have taken its shared memory along.
        let noted = fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap_or_default();
        if let Some(memory) = noted.lines().nth(6).and_then(|line| line.split_whitespace().nth(1)) {
            run(program("ipcrm").args(["-m", memory]));
        }
    }
}

impl Drop for Postgresql {
    fn drop(&mut self) {
        // At once, whoever is there.
        self.running.end("QUIT");
    }
}

/// A program of the newest version that is installed, as a user that it runs as.
fn tool(name: &str) -> Command {
    let mut command = program(newest().join(name));
    if let Some((user, group)) = unprivileged() {
        command.uid(user).gid(group);
    }
    command.current_dir("/");
    command
}

fn newest() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let numbered = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let newest = numbered.max().expect("PostgreSQL is installed; `cargo xtask test` sees to it");
    PathBuf::from(format!("/usr/lib/postgresql/{newest}/bin"))
}

/// User and group of the package, where this is root.
fn unprivileged() -> Option<(u32, u32)> {
    let own = fs::metadata("/proc/self").expect("a process has a place in /proc").uid();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let line = users.lines().find(|line| line.starts_with("postgres:")).filter(|_| own == 0)?;
    let fields: Vec<&str> = line.split(':').collect();
    Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
}

/// Writes a file that only the server reads.
fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("a file can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("it is ours");
    own(path);
}

fn own(path: &Path) {
    if let Some((user, group)) = unprivileged() {
        chown(path, Some(user), Some(group)).expect("root may give it away");
    }
}
