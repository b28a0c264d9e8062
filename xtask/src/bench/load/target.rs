//! What everybody asks: an nginx of one process, which answers every path with the same JSON.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::project::Project;
use crate::sh::Line;

/// Bytes of the answer's body, about those of a small API.
const BODY: usize = 450;

/// A running nginx. It ends with this.
#[derive(Debug)]
pub(super) struct Nginx {
    child: Child,
    port: u16,
}

impl Nginx {
    pub(super) fn start(project: &Project) -> Result<Self> {
        let folder = project.target.join("bench/nginx");
        fs::create_dir_all(folder.join("temp")).with_context(|| format!("create {}", folder.display()))?;
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).context("find a port")?.port();
        let path = folder.join("nginx.conf");
        fs::write(&path, configuration(port)).with_context(|| format!("write {}", path.display()))?;
        let line = Line::new("bench", "nginx").args(["-e", "stderr", "-p"]).arg(&folder).arg("-c").arg(&path);
        let mut command = line.into_command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().context("start nginx, which `cargo xtask setup` installs")?;
        let mut nginx = Self { child, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if begun.elapsed() > Duration::from_secs(10) || nginx.child.try_wait()?.is_some() {
                bail!("nginx does not listen on port {port}");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(nginx)
    }

    /// Without a slash at its end.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(port: u16) -> String {
    let body = format!("{{\"text\":\"{}\"}}", "a".repeat(BODY));
    format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nworker_rlimit_nofile 30000;\n\
         events {{ worker_connections 25000; }}\n\
         http {{\n  access_log off;\n  keepalive_requests 1000000000;\n  keepalive_timeout 600s;\n  client_body_temp_path temp;\n  \
         proxy_temp_path temp;\n  fastcgi_temp_path temp;\n  uwsgi_temp_path temp;\n  scgi_temp_path temp;\n  \
         server {{\n    listen 127.0.0.1:{port} backlog=16384;\n    default_type application/json;\n    \
         location / {{ return 200 '{body}'; }}\n  }}\n}}\n"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_body_ends_its_directive() {
        let text = super::configuration(8_080);
        assert!(text.contains("listen 127.0.0.1:8080 ") && text.contains("return 200 '{\"text\":\"aaa"), "{text}");
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }
}
