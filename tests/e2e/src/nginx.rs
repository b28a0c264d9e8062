//! A real web server that knows nothing of Holdpoint: nginx with static files, one port a service.

use std::{
    collections::BTreeMap,
    io::Read as _,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::process::until;

/// A running nginx. Dropped, it is killed.
#[derive(Debug)]
pub struct Nginx {
    folder: tempfile::TempDir,
    ports: Vec<(&'static str, u16)>,
    child: Child,
}

/// How often another set of ports is tried when some other process was faster.
const ATTEMPTS: u32 = 5;

/// Writes the servers of a configuration: for a folder, and a port for each name.
type Servers<'s> = dyn Fn(&Path, &[(&str, u16)]) -> String + 's;

impl Nginx {
    /// Serves a folder for each service. A path is answered by the file of that name, of that name with `.json`, or by `index.html`.
    pub fn serve(services: &[&'static str]) -> Self {
        (0..ATTEMPTS).find_map(|_| Self::attempt(services, &statics)).expect("nginx gets its ports")
    }

    /// Speaks TLS as `name` and hands everything, WebSockets too, to a port. Gives its port and the certificate that it is known by.
    pub fn in_front_of(name: &str, upstream: u16) -> (Self, u16, String) {
        Self::proxying(name, upstream, ("", ""))
    }

    /// The same, and ends what nothing came over for so long.
    pub fn with_patience(name: &str, upstream: u16, patience: &str) -> (Self, u16, String) {
        Self::proxying(name, upstream, ("", &format!("proxy_read_timeout {patience}; ")))
    }

    /// The same, and offers HTTP/2.
    pub fn offering_http2(name: &str, upstream: u16) -> (Self, u16, String) {
        Self::proxying(name, upstream, (" http2", ""))
    }

    fn proxying(name: &str, upstream: u16, (http2, more): (&str, &str)) -> (Self, u16, String) {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate can be made");
        let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let servers = |folder: &Path, ports: &[(&str, u16)]| {
            std::fs::write(folder.join("proxy.pem"), &certificate).expect("a file can be written");
            std::fs::write(folder.join("proxy.key"), &key).expect("a file can be written");
            proxy(folder, ports, (upstream, http2, more))
        };
        let nginx = (0..ATTEMPTS).find_map(|_| Self::attempt(&["proxy"], &servers)).expect("nginx gets its port");
        let (_, port) = nginx.ports[0];
        (nginx, port, certificate)
    }

    fn attempt(services: &[&'static str], servers: &Servers<'_>) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let held: Vec<TcpListener> =
            services.iter().map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
        let ports: Vec<(&str, u16)> = services
            .iter()
            .zip(&held)
            .map(|(service, port)| (*service, port.local_addr().expect("it is bound").port()))
            .collect();
        for service in services {
            std::fs::create_dir(folder.path().join(service)).expect("a folder can be made");
        }
        let configuration = folder.path().join("nginx.conf");
        std::fs::write(&configuration, text(folder.path(), &servers(folder.path(), &ports)))
            .expect("a file can be written");
        drop(held);
        let mut command = Command::new("nginx");
        command.arg("-e").arg("stderr").arg("-p").arg(folder.path()).arg("-c").arg(&configuration);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("nginx is installed; `cargo xtask test` sees to it");
        let mut ended = None;
        until("nginx listens", || {
            ended = child.try_wait().expect("a child can be asked");
            ended.is_some() || ports.iter().all(|(_, port)| TcpStream::connect(("127.0.0.1", *port)).is_ok())
        });
        if ended.is_none() {
            return Some(Self { folder, ports, child });
        }
        let mut said = String::new();
        // Without its words the test fails all the same.
        let _ = child.stderr.take().expect("it is piped").read_to_string(&mut said);
        assert!(said.contains("Address already in use"), "nginx does not start: {said}");
        None
    }

    /// How many requests it has answered in each version of the protocol.
    pub fn protocols(&self) -> BTreeMap<String, usize> {
        let log = std::fs::read_to_string(self.folder.path().join("protocols.log")).unwrap_or_default();
        let mut counted = BTreeMap::new();
        log.lines().for_each(|protocol| *counted.entry(protocol.to_owned()).or_default() += 1);
        counted
    }

    /// Where the files of a service are.
    pub fn folder(&self, service: &str) -> PathBuf {
        self.folder.path().join(service)
    }

    /// Writes a file of a service.
    pub fn write(&self, service: &str, path: &str, content: &str) {
        let path = self.folder(service).join(path);
        std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder can be made");
        std::fs::write(path, content).expect("a file can be written");
    }

    /// The choices of a command line that lead services here.
    pub fn services(&self) -> Vec<String> {
        self.ports.iter().flat_map(|(s, port)| ["--service".into(), format!("{s}=http://127.0.0.1:{port}")]).collect()
    }

    /// Ends it; its ports are closed when this returns.
    pub fn stop(&mut self) {
        self.child.kill().expect("nginx can be killed");
        self.child.wait().expect("nginx can be waited for");
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have been stopped before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Files, one folder a service.
fn statics(folder: &Path, ports: &[(&str, u16)]) -> String {
    let folder = folder.display();
    ports
        .iter()
        .map(|(service, port)| {
            format!(
                "server {{ listen 127.0.0.1:{port}; root {folder}/{service}; \
                 location / {{ try_files $uri $uri.json $uri/index.html =404; }} }}\n"
            )
        })
        .collect()
}

/// What it gets goes on to another port.
fn proxy(folder: &Path, ports: &[(&str, u16)], (upstream, http2, more): (u16, &str, &str)) -> String {
    let folder = folder.display();
    ports
        .iter()
        .map(|(_, port)| {
            format!(
                "server {{ listen 127.0.0.1:{port} ssl{http2}; ssl_certificate {folder}/proxy.pem; ssl_certificate_key {folder}/proxy.key; \
                 access_log {folder}/protocols.log protocol; \
                 location / {{ proxy_pass http://127.0.0.1:{upstream}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; \
                 proxy_set_header Connection upgrade; {more}}} }}\n"
            )
        })
        .collect()
}

/// One process as the current user, which touches nothing outside of the folder.
fn text(folder: &Path, servers: &str) -> String {
    let folder = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|what| format!("{what}_temp_path {folder}/{what};\n"))
        .collect();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr;\n\
         events {{ worker_connections 512; }}\n\
         http {{\naccess_log off;\nlog_format protocol $server_protocol;\ntypes {{ text/html html; application/json json; }}\n{temporary}{servers}}}\n"
    )
}
