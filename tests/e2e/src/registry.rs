//! A real registry of images from the distribution, and a real builder that pushes to it.

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::process::until;

/// What a registry does with a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// All of them.
    Everything,
    /// None: it may only be read.
    Nothing,
    /// Those of somebody who has logged in.
    Members,
}

/// A running registry. Dropped, it is killed.
#[derive(Debug)]
pub struct Registry {
    folder: tempfile::TempDir,
    port: u16,
    child: Child,
}

/// How often another port is tried when some other process was faster.
const ATTEMPTS: u32 = 5;

impl Registry {
    /// An empty one on loopback.
    pub fn start(takes: Takes) -> Self {
        (0..ATTEMPTS).find_map(|_| Self::attempt(takes)).expect("the registry gets its port")
    }

    fn attempt(takes: Takes) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let held = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = held.local_addr().expect("it is bound").port();
        let configuration = folder.path().join("registry.yml");
        std::fs::write(&configuration, text(folder.path(), port, takes)).expect("a file can be written");
        drop(held);
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&configuration).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("docker-registry is installed; `cargo xtask test` sees to it");
        let mut registry = Self { folder, port, child };
        let mut ended = None;
        until("the registry listens", || {
            ended = registry.child.try_wait().expect("a child can be asked");
            ended.is_some() || TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        ended.is_none().then_some(registry)
    }

    /// Its host, as it stands before the name of an image.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Whether it keeps any image.
    pub fn is_empty(&self) -> bool {
        !self.folder.path().join("data/docker/registry/v2/repositories").exists()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(folder: &Path, port: u16, takes: Takes) -> String {
    let folder = folder.display();
    let more = match takes {
        Takes::Everything => String::new(),
        Takes::Nothing => "  maintenance: {readonly: {enabled: true}}\n".to_owned(),
        // It makes the file, with a password that nobody is told.
        Takes::Members => format!("auth: {{htpasswd: {{realm: members, path: {folder}/members}}}}\n"),
    };
    format!(
        "version: 0.1\nlog: {{level: error}}\nhttp: {{addr: \"127.0.0.1:{port}\"}}\nstorage:\n  filesystem: {{rootdirectory: {folder}/data}}\n{more}"
    )
}

/// Builds a folder of a source as the test itself, and tells the digest that it has in a registry. Images are made without a date, so
/// whoever builds the same gets the same.
pub fn digest_of(folder: &Path, registry: &Registry) -> String {
    let storage = tempfile::tempdir().expect("a temporary folder");
    let image = format!("{}/probe:1", registry.host());
    let told = storage.path().join("digest");
    let buildah = |arguments: &[&str]| {
        let mut command = Command::new("buildah");
        command.arg("--root").arg(storage.path().join("root")).arg("--runroot").arg(storage.path().join("run"));
        command.args(["--storage-driver", "vfs"]).args(arguments);
        let output = command.output().expect("buildah is installed; `cargo xtask test` sees to it");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    buildah(&["bud", "--isolation", "chroot", "--timestamp", "0", "--tag", &image, &folder.to_string_lossy()]);
    buildah(&["push", "--tls-verify=false", "--digestfile", &told.to_string_lossy(), &image]);
    std::fs::read_to_string(told).expect("the digest was written").trim().to_owned()
}
