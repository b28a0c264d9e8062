//! What a user's client keeps to itself.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use holdpoint_canary::{Canaries, Index, Key};
use holdpoint_gate::Boxed;
use holdpoint_model::{HttpVersions, PhaseId, grant::Grants};
use tokio::net::TcpStream;

use super::{Crowd, CrowdConfig};
use crate::{Network, Request, Target, route::Origin};

/// Looks names up slowly, and fails the first time.
#[derive(Default)]
struct Slow(AtomicUsize);

impl Network for Slow {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> Boxed<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            let before = self.0.fetch_add(1, SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
            let found = SocketAddr::from(([93, 184, 216, 34], port));
            if before == 0 { Err(io::Error::from(io::ErrorKind::TimedOut)) } else { Ok(vec![found]) }
        })
    }

    fn connect(&self, _: SocketAddr) -> Boxed<'_, io::Result<TcpStream>> {
        Box::pin(async { Err(io::Error::from(io::ErrorKind::ConnectionRefused)) })
    }
}

fn crowd(ca_file: Option<Vec<u8>>) -> Crowd {
    let canaries = Canaries::new(&Key::of_run(&[7; 32], "01JDC"), "load", 0);
    let crowd = Crowd::new(CrowdConfig {
        services: BTreeMap::new(),
        connect_to: BTreeMap::new(),
        ca_file,
        grants: Grants::none(PhaseId::parse("browser-0").unwrap()),
        index: Arc::new(Index::new([(&canaries, 1)]).unwrap()),
        set: 0,
        shared: vec![],
    });
    crowd.unwrap()
}

#[tokio::test]
async fn a_name_is_looked_up_once_for_all_who_wait_and_again_where_that_failed() {
    let slow = Arc::new(Slow::default());
    let crowd = crowd(None).over(slow.clone());
    let origin = Origin { https: false, host: "backend.test".into(), port: 8_080 };
    let request = Request::get(Target::Url("http://backend.test:8080/".into()));
    let ask = || crowd.addresses(&origin, &request);
    let (first, second, third) = tokio::join!(ask(), ask(), ask());
    assert!(first.is_err(), "nobody else is told of it");
    for found in [second, third, ask().await] {
        assert_eq!(found.unwrap(), [SocketAddr::from(([93, 184, 216, 34], 8_080))]);
    }
    assert_eq!(slow.0.load(SeqCst), 2);
}

#[tokio::test]
async fn what_is_offered_is_said_with_each_connection() {
    let authority = rcgen::generate_simple_self_signed(["backend.test".to_owned()]).unwrap().cert.pem();
    let user = Arc::new(crowd(Some(authority.into_bytes()))).client(0, None).unwrap();
    for versions in [HttpVersions::Any, HttpVersions::Http11, HttpVersions::Any] {
        let config = user.tls(versions).await.unwrap();
        let offered: &[&[u8]] = if versions == HttpVersions::Any { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };
        assert_eq!(config.alpn_protocols, offered, "what changes over to another protocol begins in HTTP/1.1");
    }
}
