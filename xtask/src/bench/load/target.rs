//! What everybody asks: an nginx of one process, which answers every path with the same JSON, on a port for each way to speak with it.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::paced;
use super::wire::Wire;
use crate::project::Project;
use crate::sh::Line;

/// Bytes of the answer's body, about those of a small API.
const BODY: usize = 450;
/// Whom its certificate is for.
const ADDRESS: &str = "127.0.0.1";
const CERTIFICATE: &str = "nginx.pem";
const KEY: &str = "nginx.key";
/// Each way to speak, and the one that keeps a pace.
const PORTS: usize = Wire::ALL.len() + 1;
/// When it has answered the first request of each connection.
const BEGUN: &str = "begun.log";

/// A running nginx. It ends with this.
#[derive(Debug)]
pub(super) struct Nginx {
    child: Child,
    folder: PathBuf,
    ports: [u16; PORTS],
}

impl Nginx {
    pub(super) fn start(project: &Project) -> Result<Self> {
        let folder = project.target.join("bench/nginx");
        fs::create_dir_all(folder.join("temp")).with_context(|| format!("create {}", folder.display()))?;
        let ports = ports().context("find free ports")?;
        certify(&folder)?;
        let path = folder.join("nginx.conf");
        fs::write(&path, configuration(ports)).with_context(|| format!("write {}", path.display()))?;
        let line = Line::new("bench", "nginx").args(["-e", "stderr", "-p"]).arg(&folder).arg("-c").arg(&path);
        let mut command = line.into_command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().context("start nginx, which `cargo xtask setup` installs")?;
        let mut nginx = Self { child, folder, ports };
        let begun = Instant::now();
        while ports.iter().any(|port| TcpStream::connect((ADDRESS, *port)).is_err()) {
            if begun.elapsed() > Duration::from_secs(10) || nginx.child.try_wait()?.is_some() {
                bail!("nginx does not listen on the ports {ports:?}");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(nginx)
    }

    /// Without a slash at its end.
    pub(super) fn url(&self, wire: Wire) -> String {
        let scheme = if wire.is_safe() { "https" } else { "http" };
        format!("{scheme}://{}", self.place(wire))
    }

    /// Address and port.
    pub(super) fn place(&self, wire: Wire) -> String {
        format!("{ADDRESS}:{}", self.ports[wire as usize])
    }

    /// Where it [keeps a pace](paced), without a slash at its end.
    pub(super) fn paced(&self) -> String {
        format!("http://{ADDRESS}:{}", self.ports[Wire::ALL.len()])
    }

    /// Where it notes how long it took for each request that it answered at a pace.
    pub(super) fn times(&self) -> PathBuf {
        self.folder.join(paced::TIMES)
    }

    /// What its certificate is known by.
    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.join(CERTIFICATE)
    }

    /// Where it notes who has begun.
    pub(super) fn begun(&self) -> PathBuf {
        self.folder.join(BEGUN)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Free until somebody else takes them.
fn ports() -> std::io::Result<[u16; PORTS]> {
    let bound = || TcpListener::bind((ADDRESS, 0));
    // Held together, so that no two are the same.
    let held = [bound()?, bound()?, bound()?, bound()?];
    let [a, b, c, d] = held.each_ref().map(|port| port.local_addr().map(|address| address.port()));
    Ok([a?, b?, c?, d?])
}

fn certify(folder: &Path) -> Result<()> {
    let made = rcgen::generate_simple_self_signed([ADDRESS.to_owned()]).context("make a certificate")?;
    for (name, text) in [(CERTIFICATE, made.cert.pem()), (KEY, made.signing_key.serialize_pem())] {
        fs::write(folder.join(name), text).with_context(|| format!("write {name}"))?;
    }
    Ok(())
}

fn configuration(ports: [u16; PORTS]) -> String {
    let body = format!("{{\"text\":\"{}\"}}", "a".repeat(BODY));
    let server = |wire: &Wire| {
        let port = ports[*wire as usize];
        let tls = match wire {
            Wire::Plain => "",
            Wire::Tls => " ssl",
            Wire::H2 => " ssl http2",
        };
        format!(
            "  server {{\n    listen {ADDRESS}:{port}{tls} backlog=16384;\n    default_type application/json;\n    \
             location / {{ return 200 '{body}'; }}\n  }}\n"
        )
    };
    let servers: String = Wire::ALL.iter().map(server).collect();
    let paced = paced::configuration(&format!("{ADDRESS}:{}", ports[Wire::ALL.len()]), &body);
    format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nworker_rlimit_nofile 30000;\n\
         events {{ worker_connections 25000; }}\n\
         http {{\n  map $connection_requests $first {{ 1 1; default 0; }}\n  log_format begun $msec;\n  \
         access_log {BEGUN} begun if=$first;\n  ssl_certificate {CERTIFICATE};\n  ssl_certificate_key {KEY};\n  \
         keepalive_requests 1000000000;\n  keepalive_timeout 600s;\n  client_body_temp_path temp;\n  \
         proxy_temp_path temp;\n  fastcgi_temp_path temp;\n  uwsgi_temp_path temp;\n  scgi_temp_path temp;\n{servers}{paced}}}\n"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_body_ends_its_directive() {
        let text = super::configuration([8_080, 8_081, 8_082, 8_083]);
        assert!(
            text.contains("listen 127.0.0.1:8080 backlog") && text.contains("return 200 '{\"text\":\"aaa"),
            "{text}"
        );
        assert!(text.contains("listen 127.0.0.1:8082 ssl http2 backlog"), "{text}");
        assert!(text.contains("listen 127.0.0.1:8083 backlog"), "{text}");
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }

    #[test]
    fn no_two_ports_are_the_same() {
        let ports = super::ports().unwrap();
        assert!((0..ports.len()).all(|at| !ports[..at].contains(&ports[at])), "{ports:?}");
    }
}
