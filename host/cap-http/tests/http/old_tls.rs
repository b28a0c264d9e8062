//! A real server that speaks what is too old: `openssl s_server`, with certificates that it made itself. Where it is absent these tests are
//! left out by the project's own commands, which know it by `openssl` in their names.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use holdpoint_cap_http::Request;
use holdpoint_model::CallError;

use crate::phase::{Phase, Terms, post, to};

/// The certificate of an authority, and one below it.
struct Certificates(tempfile::TempDir);

/// A running server. Dropped, it is killed.
struct Openssl {
    child: Child,
    address: SocketAddr,
}

fn openssl(folder: &Path, arguments: &str) -> Command {
    #[expect(clippy::disallowed_methods, reason = "a test starts the server that it needs")]
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(arguments.split(' ')).stdin(Stdio::null()).stderr(Stdio::null());
    command
}

impl Certificates {
    /// A certificate of `backend.test`, with a key and a digest.
    fn new(key: &str, digest: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for arguments in [
            "req -x509 -newkey rsa:2048 -nodes -sha256 -subj /CN=authority -days 30 -keyout ca.key -out ca.pem"
                .to_owned(),
            format!(
                "req -x509 -CA ca.pem -CAkey ca.key -newkey {key} -nodes -{digest} -subj /CN=leaf -days 30 \
                 -addext subjectAltName=DNS:backend.test -addext basicConstraints=CA:FALSE -keyout leaf.key -out leaf.pem"
            ),
        ] {
            let made =
                openssl(folder.path(), &arguments).output().expect("openssl is there; `cargo xtask test` sees to it");
            assert!(made.status.success(), "openssl {arguments}");
        }
        Self(folder)
    }

    /// Serves with them.
    fn serve(&self, choices: &str) -> Openssl {
        let arguments = format!("s_server -accept 127.0.0.1:0 -cert leaf.pem -key leaf.key -www {choices}");
        let mut child = openssl(self.0.path(), &arguments).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.filter_map(|line| line.strip_prefix("ACCEPT ")?.parse().ok()).next();
        Openssl { child, address: address.unwrap_or_else(|| panic!("openssl {arguments} does not listen")) }
    }

    fn phase(&self, server: &Openssl) -> Phase {
        Phase::new(Terms {
            url: "https://backend.test",
            connect_to: vec![("backend.test:443", server.address)],
            ca_file: Some(std::fs::read_to_string(self.0.path().join("ca.pem")).unwrap()),
            ..Terms::at(server.address)
        })
    }

    async fn refused(&self, choices: &str, word: &str) {
        let server = self.serve(choices);
        let phase = self.phase(&server);
        for request in [to("/"), post("/", "x")] {
            let answer = phase.send(Request { timeout_ms: 20_000, ..request }).await;
            let Err(CallError::Failed(text)) = &answer else { panic!("{choices} should fail: {answer:?}") };
            assert!(text.starts_with("no TLS with backend.test:443: ") && text.contains(word), "{choices}: {text}");
        }
    }
}

impl Drop for Openssl {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn openssl_of_today_is_answered() {
    let certificates = Certificates::new("rsa:2048", "sha256");
    for (choices, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let server = certificates.serve(choices);
        let response = certificates.phase(&server).get("/").await.unwrap();
        assert_eq!((response.status, response.tls.unwrap().version.as_str()), (200, version));
    }
}

#[tokio::test]
async fn openssl_with_an_old_version_is_refused() {
    let certificates = Certificates::new("rsa:2048", "sha256");
    for choices in ["-tls1", "-tls1_1"] {
        certificates.refused(&format!("{choices} -cipher ALL:@SECLEVEL=0"), "ProtocolVersion").await;
    }
}

#[tokio::test]
async fn openssl_with_a_weak_cipher_is_refused() {
    let certificates = Certificates::new("rsa:2048", "sha256");
    for cipher in [
        "NULL-SHA256",
        "ECDHE-RSA-NULL-SHA",
        "ADH-AES128-SHA",
        "AES128-GCM-SHA256",
        "DHE-RSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-SHA",
        "ECDHE-RSA-CAMELLIA128-SHA256",
    ] {
        certificates.refused(&format!("-tls1_2 -cipher {cipher}:@SECLEVEL=0"), "HandshakeFailure").await;
    }
}

#[tokio::test]
async fn openssl_with_a_weak_signature_or_key_is_refused() {
    for (key, digest) in [("rsa:2048", "sha1"), ("rsa:2048", "md5"), ("rsa:1024", "sha256")] {
        Certificates::new(key, digest).refused("-cipher ALL:@SECLEVEL=0", "invalid peer certificate").await;
    }
}
