//! A real PostgreSQL. It refuses to run as root, so there it runs as the user of its package.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::Command,
};

use super::{Running, program, run, started};

/// A running PostgreSQL whose superuser `postgres` has a password.
#[derive(Debug)]
pub struct Postgresql {
    _folder: tempfile::TempDir,
    running: Running,
    port: u16,
}

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
            for setting in ["listen_addresses=127.0.0.1", "fsync=off", "max_connections=20"] {
                command.arg("-c").arg(setting);
            }
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
        Self { _folder: folder, running, port }
    }

    /// Where it is, as `127.0.0.1:5432`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
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

    /// It is gone, with all its processes.
    pub fn stop(&mut self) {
        self.running.end("QUIT");
    }
}

impl Drop for Postgresql {
    fn drop(&mut self) {
        self.stop();
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
