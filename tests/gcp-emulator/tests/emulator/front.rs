//! The front of services: requests go where traffic goes.

use std::net::SocketAddr;
use std::time::Duration;

use holdpoint_gcp_emulator::{Backend, Emulator, Fault, Pattern, What, When};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{BACKEND, Client, RUN};
use crate::clouds::{NEW, cloud, service};

/// A server that answers everything with its name.
async fn server(name: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.unwrap_or(0) > 0 {}
            let answer =
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{name}", name.len());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}

/// Backend with an old and a new revision, each with a server; 75 to 25, and a tag for the new one.
async fn shared() -> (Emulator, Client, String) {
    let emulator = cloud().await;
    let client = Client::of(&emulator);
    client.put(client.backend().await, NEW).await;
    let mut wanted = client.backend().await;
    let revisions = emulator.state()["services"][0]["revisions"].clone();
    let (old, new) = (&revisions[0]["metadata"]["name"], &revisions[1]["metadata"]["name"]);
    wanted["spec"]["traffic"] = json!([
        {"revisionName": old, "percent": 75},
        {"revisionName": new, "percent": 25, "tag": "candidate"},
    ]);
    assert_eq!(client.ask("PUT", RUN, BACKEND, &wanted).await.0, 200);
    client.backend().await;
    emulator.set_backend(Backend::Service("backend".to_owned()), server("neither").await);
    emulator.set_backend(Backend::Revision(old.as_str().unwrap().to_owned()), server("old").await);
    emulator.set_backend(Backend::Image(NEW.to_owned()), server("new").await);
    let url = service(&emulator, "backend")["status"]["url"].as_str().unwrap().to_owned();
    let host = url.strip_prefix("https://").unwrap().to_owned();
    (emulator, client, host)
}

#[tokio::test]
async fn requests_are_shared_by_percent_and_a_tag_leads_to_its_revision() {
    let (_emulator, client, host) = shared().await;
    let mut new = 0;
    for _ in 0..20 {
        let (status, said) = client.ask("GET", &host, "/", &Value::Null).await;
        assert_eq!(status, 200);
        new += u32::from(said == "new");
    }
    assert_eq!(new, 5);
    for _ in 0..3 {
        assert_eq!(client.ask("GET", &format!("candidate---{host}"), "/", &Value::Null).await.1, "new");
    }
    let (_, line) = client.connect(&format!("other---{host}:443")).await;
    assert!(line.contains("403"), "{line}");
}

#[tokio::test]
async fn the_front_is_reached_without_the_proxy_too() {
    let (emulator, client, host) = shared().await;
    let stream = TcpStream::connect(emulator.front()).await.unwrap();
    assert_eq!(client.ask_on(stream, "GET", &host, "/", &Value::Null).await.1, "old");
}

#[tokio::test]
async fn a_service_that_is_not_open_or_has_no_backend_does_not_answer() {
    let (emulator, client, host) = shared().await;
    let policy = "/v1/projects/netra-staging/locations/us-central1/services/backend:setIamPolicy";
    client.ask("POST", "run.googleapis.com", policy, &json!({"policy": {"bindings": []}})).await;
    assert_eq!(client.ask("GET", &host, "/", &Value::Null).await.0, 403);
    let url = service(&emulator, "frontend")["status"]["url"].as_str().unwrap().to_owned();
    assert_eq!(client.ask("GET", url.strip_prefix("https://").unwrap(), "/", &Value::Null).await.0, 503);
}

/// A server that switches to a protocol of its own, in which it says everything again.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.unwrap_or(0) > 0 {}
        let switching = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
        stream.write_all(switching.as_bytes()).await.unwrap();
        let (mut read, mut write) = stream.split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    });
    address
}

#[tokio::test]
async fn a_connection_that_switches_its_protocol_is_led_through_until_the_emulator_stops() {
    let (emulator, client, host) = shared().await;
    emulator.set_backend(Backend::Image(NEW.to_owned()), echo().await);
    let host = format!("candidate---{host}");
    let mut stream = client.open(&host).await;
    let asked = format!("GET / HTTP/1.1\r\nhost: {host}\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n");
    stream.write_all(asked.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert!(stream.read_buf(&mut head).await.unwrap() > 0);
    }
    assert!(head.starts_with(b"HTTP/1.1 101"));
    stream.write_all(b"hello").await.unwrap();
    let mut again = [0; 5];
    stream.read_exact(&mut again).await.unwrap();
    assert_eq!(&again, b"hello");
    emulator.stop().await;
    // Closed, or broken off; open it is not.
    assert!(!matches!(stream.read(&mut again).await, Ok(1..)));
}

#[tokio::test]
async fn a_gap_lasts_until_the_change_is_answered() {
    let (emulator, client, host) = shared().await;
    let on = Pattern::new("PUT", RUN, "*/services/backend");
    emulator.set_fault(Fault { on, when: When::Always, what: What::Gap(Duration::from_secs(2)) });
    let wanted = client.backend().await;
    let asked = async { while client.ask("GET", &host, "/", &Value::Null).await.0 != 503 {} };
    let ((status, _), ()) = tokio::join!(client.ask("PUT", RUN, BACKEND, &wanted), asked);
    assert_eq!(status, 200);
    assert_eq!(client.ask("GET", &host, "/", &Value::Null).await.0, 200);
}
