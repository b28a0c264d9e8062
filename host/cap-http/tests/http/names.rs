//! Names that lead to where they should not. A name is looked up once, what it leads to is checked, and that is connected to.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};

use holdpoint_cap_http::{Network, Request, Target};
use holdpoint_gate::Boxed;
use holdpoint_model::{CallError, Denial};
use tokio::net::TcpStream;

use crate::{
    phase::{Phase, Terms, post, to},
    server::{Server, ok},
};

/// The two addresses of some public place.
const PUBLIC: [&str; 2] = ["8.8.8.8", "2606:4700::1111"];

/// A network where names lead to what the test says, look-up by look-up, and behind every address stands the test's server.
struct Scripted {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    connected: Mutex<Vec<SocketAddr>>,
    server: SocketAddr,
}

impl Scripted {
    fn new(server: &Server, answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|answer| answer.iter().map(|a| a.parse().unwrap()).collect()).collect();
        Arc::new(Self { answers: Mutex::new(answers), connected: Mutex::default(), server: server.address })
    }

    /// How many look-ups were not asked for.
    fn left(&self) -> usize {
        self.answers.lock().unwrap().len()
    }

    fn connected(&self) -> Vec<String> {
        self.connected.lock().unwrap().iter().map(SocketAddr::to_string).collect()
    }
}

impl Network for Scripted {
    fn resolve<'a>(&'a self, name: &'a str, port: u16) -> Boxed<'a, io::Result<Vec<SocketAddr>>> {
        assert_eq!(name, "backend.test");
        let answer = self.answers.lock().unwrap().pop_front().expect("it is not looked up as often as that");
        Box::pin(async move { Ok(answer.into_iter().map(|address| SocketAddr::new(address, port)).collect()) })
    }

    fn connect(&self, address: SocketAddr) -> Boxed<'_, io::Result<TcpStream>> {
        self.connected.lock().unwrap().push(address);
        Box::pin(TcpStream::connect(self.server))
    }
}

async fn phase(answers: &[&[&str]]) -> (Server, Arc<Scripted>, Phase) {
    let server = Server::start(|_| ok("hello")).await;
    let network = Scripted::new(&server, answers);
    let terms = Terms { connect_to: vec![], network: Some(network.clone()), ..Terms::at(server.address) };
    (server, network, Phase::new(terms))
}

fn denial(answer: Result<impl std::fmt::Debug, CallError>) -> Denial {
    match answer {
        Err(CallError::Denied(denial)) => denial,
        other => panic!("should be denied: {other:?}"),
    }
}

#[tokio::test]
async fn a_name_that_leads_to_a_guarded_address_is_denied() {
    for address in ["10.0.0.1", "169.254.169.254", "127.0.0.1", "::1", "fd00:ec2::254", "::ffff:10.0.0.1", "0.0.0.0"] {
        let (_server, network, phase) = phase(&[&[address]]).await;
        let denial = denial(phase.get("/").await);
        assert!(denial.reason.starts_with("backend.test:80 leads to "), "{denial:?}");
        assert!(
            denial.remedy.contains("[connect-to] in the operator's file:\n    \"backend.test:80\" = \""),
            "{denial:?}"
        );
        assert_eq!(network.connected(), [""; 0], "{address}");
    }
}

#[tokio::test]
async fn one_guarded_address_among_good_ones_is_enough_to_deny() {
    for answer in [[PUBLIC[0], "192.168.1.1"], ["192.168.1.1", PUBLIC[0]], [PUBLIC[1], "fe80::1"]] {
        let (_server, network, phase) = phase(&[&answer]).await;
        denial(phase.get("/").await);
        assert_eq!(network.connected(), [""; 0], "{answer:?}");
    }
}

#[tokio::test]
async fn a_name_that_changes_is_looked_up_once_and_what_was_checked_is_connected_to() {
    let (server, network, phase) = phase(&[&[PUBLIC[0]], &["127.0.0.1"]]).await;
    let response = phase.get("/").await.unwrap();
    assert_eq!((response.peer.as_str(), network.left()), ("8.8.8.8:80", 1));
    assert!(response.timings.dns.is_some());
    // The open connection is one to the checked address, whatever the name says now.
    let again = phase.get("/").await.unwrap();
    assert_eq!((again.peer.as_str(), again.timings.dns, network.left()), ("8.8.8.8:80", None, 1));
    // A new connection is a new look-up, and a new check.
    denial(phase.send(post("/", "x")).await);
    assert_eq!((network.connected(), server.seen().len()), (vec!["8.8.8.8:80".to_owned()], 2));
}

#[tokio::test]
async fn only_checked_addresses_are_tried_one_after_the_other() {
    let (_server, network, phase) = phase(&[&PUBLIC]).await;
    assert_eq!(phase.get("/").await.unwrap().peer, "8.8.8.8:80");
    assert_eq!(network.connected(), ["8.8.8.8:80"]);
}

#[tokio::test]
async fn a_name_without_an_address_leads_nowhere() {
    let (_server, network, phase) = self::phase(&[&[]]).await;
    let answer = phase.send(to("/")).await;
    assert_eq!(answer, Err(CallError::Failed("can't resolve backend.test:80: it has no address".into())));
    assert_eq!(network.connected(), [""; 0]);
}

#[tokio::test]
async fn the_operator_leads_to_private_places_in_every_family() {
    let server = Server::start(|_| ok("inside")).await;
    let connect_to = vec![("[::1]:80", server.address), ("169.254.169.254:80", server.address)];
    let phase = Phase::new(Terms { connect_to, ..Terms::at(server.address) });
    for url in ["http://[::1]/", "http://[0:0:0:0:0:0:0:1]:80/", "http://169.254.169.254/", "http://0xa9fea9fe/"] {
        let response = phase.send(Request::get(Target::Url(url.into()))).await.unwrap();
        assert_eq!(response.body.bytes(), b"inside", "{url}");
    }
    // Another port of the same host is another place.
    let other = phase.send(Request::get(Target::Url("http://127.0.0.1:8080/".into()))).await;
    denial(other);
}

#[tokio::test]
async fn a_host_in_a_second_spelling_is_no_way_around_a_grant() {
    let server = Server::start(|_| ok("x")).await;
    let phase = Phase::at(server.address);
    for url in [
        // Loopback is granted with the port 8080 only.
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://LOCALHOST/",
        // Names below test.example are granted; these are others, or no names at all.
        "http://x.test.example./",
        "http://x.test.example.evil.org/",
        "http://x.test.example:8080/",
        "http://xtest.example/",
        "http://xn--tst-bma.example/",
        "http://x.tést.example/",
        "http://x.test。example/",
        "http://x.test.example@evil.org/",
        "http://x%2etest%2eexample%2f.evil.org/",
        "http://x.test.example%00.evil.org/",
        "http://localhost.:8080/",
        "http://①27.0.0.1:8080/",
    ] {
        denial(phase.send(Request::get(Target::Url(url.into()))).await);
    }
    assert_eq!(server.connections(), 0);
}
