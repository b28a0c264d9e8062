//! Real servers and tools that some tests need: which, whether they are here, and the line that installs them.
//!
//! Installs only as root on a Debian-like system and only if nobody said not to.

use std::path::Path;

use anyhow::{Result, anyhow, bail};

use crate::project::Project;
use crate::sh::{self, Line, say};
use crate::tools;

/// A server, or a tool, from the distribution. A test that needs it has `name` in its own name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) name: &'static str,
    program: &'static str,
    package: &'static str,
}

const SERVERS: &[Server] = &[
    Server { name: "nginx", program: "nginx", package: "nginx" },
    // Its `s_server` speaks what is too old for a library to offer.
    Server { name: "openssl", program: "openssl", package: "openssl" },
    // No server, and as real: the tests of a release are run by it.
    Server { name: "pytest", program: "pytest-3", package: "python3-pytest" },
    // Nor is this one: the rules must agree with it.
    Server { name: "promtool", program: "promtool", package: "prometheus" },
    // The server of the same package, which phases ask.
    Server { name: "real_prometheus", program: "prometheus", package: "prometheus" },
    // What phases look at stores by. They are started by the tests themselves, as an unprivileged user where that has to be.
    Server { name: "real_postgresql", program: "psql", package: "postgresql" },
    Server { name: "real_redis", program: "redis-server", package: "redis-server" },
    Server { name: "real_clickhouse", program: "clickhouse-server", package: "clickhouse-server" },
    // What builds images without a daemon, and what they are pushed to.
    Server { name: "buildah", program: "buildah", package: "buildah" },
    Server { name: "docker_registry", program: "docker-registry", package: "docker-registry" },
    // What opens the page of the frontend, without a window.
    Server { name: "real_browser", program: "chromium-headless-shell", package: "chromium-headless-shell" },
    // Servers that nobody here wrote, in Python: of WebSockets, and of an API that describes itself. They have no program, but a file.
    Server {
        name: "real_websockets",
        program: "/usr/lib/python3/dist-packages/websockets/__init__.py",
        package: "python3-websockets",
    },
    Server {
        name: "real_fastapi",
        program: "/usr/lib/python3/dist-packages/fastapi/__init__.py",
        package: "python3-fastapi",
    },
    // What reads the unit that ships.
    Server { name: "systemd_analyze", program: "systemd-analyze", package: "systemd" },
];

/// What the demonstration opens a page with.
const BROWSER: &str = "real_browser";

/// The system that nobody here wrote. It is no package of the distribution: its line is that of Python's registry.
static KINTO: Server = Server { name: "real_kinto", program: "kinto", package: "python3-pip" };

/// What the demonstration keeps data in.
const STORES: [&str; 3] = ["real_postgresql", "real_redis", "real_clickhouse"];

/// Installs the servers that are missing, where that may be done, and returns those that are still missing afterwards.
pub(crate) fn ensure() -> Result<Vec<&'static Server>> {
    ensure_of(|_| true)
}

/// The same of stores alone.
pub(crate) fn ensure_stores() -> Result<Vec<&'static Server>> {
    ensure_of(|server| STORES.contains(&server.name))
}

/// The same of the browser alone.
pub(crate) fn ensure_browser() -> Result<Vec<&'static Server>> {
    ensure_of(|server| server.name == BROWSER)
}

/// Installs Kinto if it is missing, where that may be done, and returns it if it is still missing afterwards: not every network has Python's registry.
pub(crate) fn ensure_kinto(project: &Project) -> Result<Option<&'static Server>> {
    if tools::KINTO.find(project).is_some() {
        return Ok(None);
    }
    let installed = match std::env::var_os("HOLDPOINT_NO_INSTALL") {
        Some(_) => Err(anyhow!("{} is missing, not installed because HOLDPOINT_NO_INSTALL is set", KINTO.program)),
        None => tools::KINTO.ensure(project, "servers"),
    };
    match installed {
        Ok(_) => Ok(None),
        Err(error) => {
            say("servers", &format!("{error:#}"));
            Ok(Some(&KINTO))
        }
    }
}

fn ensure_of(is_wanted: fn(&Server) -> bool) -> Result<Vec<&'static Server>> {
    let missing =
        || SERVERS.iter().filter(|server| is_wanted(server) && !sh::exists(server.program)).collect::<Vec<_>>();
    let before = missing();
    if before.is_empty() {
        return Ok(before);
    }
    let packages: Vec<&str> = before.iter().map(|server| server.package).collect();
    if let Err(error) = install("servers", &packages) {
        say("servers", &format!("{error:#}"));
    }
    let missing = missing();
    if !missing.is_empty() && in_ci() {
        bail!("tests need {}, which is not installed: {}", names(&missing), install_line(&packages));
    }
    Ok(missing)
}

/// Installs packages, or says the line that would.
pub(crate) fn install(part: &'static str, packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    if let Some(why) = not_ours_to_install() {
        say(
            part,
            &format!(
                "missing {}, not installed because {why}; install with: {}",
                packages.join(" "),
                install_line(packages)
            ),
        );
        return Ok(());
    }
    let apt = || Line::new(part, "apt-get").env("DEBIAN_FRONTEND", "noninteractive");
    apt().args(["update", "-qq"]).run()?;
    apt().args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages).run()
}

fn not_ours_to_install() -> Option<&'static str> {
    if std::env::var_os("HOLDPOINT_NO_INSTALL").is_some() {
        return Some("HOLDPOINT_NO_INSTALL is set");
    }
    if !Path::new("/etc/debian_version").exists() || !sh::exists("apt-get") {
        return Some("this is not a Debian-like system");
    }
    let root = Line::new("servers", "id").arg("-u").text().is_ok_and(|id| id.trim() == "0");
    (!root).then_some("this is not root")
}

fn install_line(packages: &[&str]) -> String {
    format!("sudo apt-get install -y --no-install-recommends {}", packages.join(" "))
}

/// Whether nothing may be left out.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// `a, b`.
pub(crate) fn names(servers: &[&Server]) -> String {
    servers.iter().map(|server| server.name).collect::<Vec<_>>().join(", ")
}
