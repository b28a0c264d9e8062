//! A real Kinto on a PostgreSQL of its own, with what the bundle `kinto` wants to find there: a system that nobody here wrote.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::Command,
    time::Duration,
};

use crate::stores::{Postgresql, Running, program, run, started};

/// A running Kinto on a free port of 127.0.0.1. Dropped, it ends, and its database with it.
#[derive(Debug)]
pub struct Kinto {
    _folder: tempfile::TempDir,
    // Before the database, so that it ends first.
    running: Running,
    port: u16,
    /// What it keeps everything in.
    pub database: Postgresql,
}

/// What it is started with, but for its port, its database, and what a test says.
const SETTINGS: &[(&str, &str)] = &[
    ("kinto.includes", "kinto.plugins.default_bucket kinto.plugins.accounts"),
    ("kinto.userid_hmac_secret", "a-secret-of-nobody"),
    ("kinto.bucket_create_principals", "system.Authenticated"),
    ("kinto.account_create_principals", "system.Everyone"),
    ("kinto.account_write_principals", "account:admin"),
    ("kinto.cors_origins", Kinto::ORIGIN),
    // Passwords are looked at once, and not again every half minute.
    ("kinto.account_cache_ttl_seconds", "3600"),
    ("multiauth.policies", "account"),
    ("multiauth.policy.account.use", "kinto.plugins.accounts.authentication.AccountsAuthenticationPolicy"),
];

/// Each with its path, whose it is and its body: PUT in this order.
const CONTENT: &[(&str, Option<&str>, &str)] = &[
    ("/accounts/alice", None, r#"{"data": {"password": "the-password-of-alice"}}"#),
    ("/accounts/bob", None, r#"{"data": {"password": "the-password-of-bob"}}"#),
    ("/buckets/holdpoint", Some(Kinto::USER), "{}"),
    ("/buckets/holdpoint/collections/private", Some(Kinto::USER), "{}"),
    ("/buckets/holdpoint/collections/pots", Some(Kinto::USER), r#"{"permissions": {"write": ["system.Everyone"]}}"#),
    ("/buckets/holdpoint/collections/pots/records/left", Some(Kinto::USER), r#"{"data": {"value": 1}}"#),
    ("/buckets/holdpoint/collections/pots/records/right", Some(Kinto::USER), r#"{"data": {"value": 0}}"#),
];

/// What the phase `data-stores` looks at, as whom.
const TABLES: &str = "create table holdpoint (key text primary key, value text not null); \
    create role holdpoint login password 'the-password-of-holdpoint'; \
    grant select, insert, update, delete on holdpoint to holdpoint; grant select on objects to holdpoint";

impl Kinto {
    /// The version that `cargo xtask test` installs.
    pub const VERSION: &str = "26.5.0";
    /// An origin whose pages may ask it.
    pub const ORIGIN: &str = "https://app.example.com";
    /// The account `alice` with its password, as basic authentication has it.
    pub const USER: &str = "YWxpY2U6dGhlLXBhc3N3b3JkLW9mLWFsaWNl";
    /// The account `bob`.
    pub const OTHER: &str = "Ym9iOnRoZS1wYXNzd29yZC1vZi1ib2I=";
    /// The password of the role `holdpoint` in its database `postgres`.
    pub const PASSWORD: &str = "the-password-of-holdpoint";

    /// Starts what was installed into a folder, with these settings besides or instead.
    pub fn start(installed: &Path, settings: &[(&str, &str)]) -> Self {
        let database = Postgresql::start(None);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let written = |port: u16, settings: &[(&str, &str)]| {
            let path = folder.path().join("kinto.ini");
            fs::write(&path, text(port, &database, settings)).expect("a file can be written");
            path
        };
        // What is there does not follow from what a test sets.
        run(&mut kinto(installed, "migrate", &written(0, &[])));
        let begin = |settings: &[(&str, &str)]| {
            let start = |port: u16| Running::start(&mut kinto(installed, "start", &written(port, settings)));
            started("Kinto", None, start, |port| is_good(&ask(port, "GET", "/__lbheartbeat__", None, "")))
        };
        let (mut running, port) = begin(&[]);
        for (path, whose, body) in CONTENT {
            let answer = ask(port, "PUT", path, *whose, body);
            assert!(is_good(&answer), "PUT {path}: {answer}");
        }
        database.run(TABLES);
        running.end("KILL");
        let (running, port) = begin(settings);
        Self { _folder: folder, running, port, database }
    }

    /// Its port of 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// It is gone; its database stays.
    pub fn stop(&mut self) {
        self.running.end("KILL");
    }
}

impl Drop for Kinto {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The program with a command and its configuration. It finds its libraries beside itself.
fn kinto(installed: &Path, command: &str, configuration: &Path) -> Command {
    let mut line = program(installed.join("bin/kinto"));
    line.env("PYTHONPATH", installed).arg(command).arg("--ini").arg(configuration);
    line
}

fn text(port: u16, database: &Postgresql, more: &[(&str, &str)]) -> String {
    let url = format!("postgresql://postgres:{}@{}/postgres", Postgresql::PASSWORD, database.address());
    let mut lines = format!(
        "[server:main]\nuse = egg:waitress#main\nhost = 127.0.0.1\nport = {port}\nthreads = 6\n[app:main]\nuse = egg:kinto\n"
    );
    for part in ["storage", "cache", "permission"] {
        lines.push_str(&format!("kinto.{part}_backend = kinto.core.{part}.postgresql\nkinto.{part}_url = {url}\n"));
    }
    let is_usual = |name: &str| !more.iter().any(|(known, _)| *known == name);
    for (name, value) in SETTINGS.iter().filter(|(name, _)| is_usual(name)).chain(more) {
        lines.push_str(&format!("{name} = {value}\n"));
    }
    lines
}

/// The whole answer; empty if there is none.
fn ask(port: u16, method: &str, path: &str, whose: Option<&str>, body: &str) -> String {
    let mut answer = String::new();
    if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
        let whose = whose.map(|whose| format!("authorization: Basic {whose}\r\n")).unwrap_or_default();
        let head = format!(
            "{method} /v1{path} HTTP/1.0\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n{whose}content-length: {}\r\n\r\n",
            body.len()
        );
        // Whoever is not there answers nothing.
        let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
        let _ = stream.write_all(format!("{head}{body}").as_bytes()).and_then(|()| stream.read_to_string(&mut answer));
    }
    answer
}

fn is_good(answer: &str) -> bool {
    answer.split(' ').nth(1).is_some_and(|status| status.starts_with('2'))
}
