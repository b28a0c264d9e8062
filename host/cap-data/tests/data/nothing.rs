//! What is no store: nobody, somebody else, and servers that never end.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use holdpoint_cap_data::{Act, Response, TroubleKind};
use holdpoint_model::{CallError, grant::StoreKind};

use crate::phase::{Asked, get, put};

/// A server that says this to everybody who says something, again and again if it is to.
pub(crate) fn saying(text: impl Into<String>, forever: bool) -> String {
    let text = text.into();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let text = text.clone();
            thread::spawn(move || say(stream, &text, forever));
        }
    });
    address
}

fn say(mut stream: TcpStream, text: &str, forever: bool) {
    let mut heard = [0; 4_096];
    while stream.read(&mut heard).is_ok_and(|bytes| bytes > 0) {
        // Whoever is told too much goes away.
        while stream.write_all(text.as_bytes()).is_ok() && forever {}
    }
}

/// A store that is asked for two seconds.
pub(crate) fn of(kind: StoreKind, address: &str) -> Asked {
    let mut asked = Asked::at(kind, address, "holdpoint", "the-password");
    asked.timeout_ms = 2_000;
    asked
}

#[tokio::test]
async fn somebody_else_is_no_store() {
    let web = saying("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\nno", false);
    for kind in StoreKind::ALL {
        let (found, said) = of(kind, &web).trouble(Act::Look).await;
        // To a PostgreSQL the word is the beginning of something very long.
        let expected = [TroubleKind::Wrong, TroubleKind::Broken, TroubleKind::Credentials, TroubleKind::Late];
        assert!(expected.contains(&found), "{kind:?}: {found:?} {said}");
    }
    let mut secured = of(StoreKind::Redis, &web);
    secured.store.tls = true;
    assert_eq!(secured.trouble(Act::Look).await.0, TroubleKind::Tls);
}

#[tokio::test]
async fn nobody_is_refused_and_nothing_is_in_doubt() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap().to_string();
    drop(held);
    for kind in StoreKind::ALL {
        assert_eq!(of(kind, &address).trouble(put("a", "b")).await.0, TroubleKind::Refused, "{kind:?}");
    }
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_in_doubt() {
    // It answers the log-in, and the write never: only then is it known that it was sent.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut heard = [0; 4_096];
            if stream.read(&mut heard).is_ok() && stream.write_all(b"+OK\r\n").is_ok() {
                let _ = stream.read(&mut heard);
            }
        }
    });
    let lost = of(StoreKind::Redis, &address).ask(put("a", "b")).await;
    assert!(matches!(lost, Err(CallError::InDoubt(_))), "{lost:?}");
}

#[tokio::test]
async fn a_server_that_never_ends_is_not_kept() {
    let bulk = saying(
        "+OK\r\n$8000000\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        true,
    );
    assert!(of(StoreKind::Redis, &bulk).exhausted(get("a")).await.contains("4 MiB"));
}

#[tokio::test]
async fn a_version_has_an_end() {
    let told = format!("redis_version:{}\r\n", "7".repeat(10_000));
    let mut asked = of(StoreKind::Redis, &saying(format!("${}\r\n{told}\r\n", told.len()), false));
    (asked.store.user, asked.store.password) = (None, None);
    let Ok(Response::Facts(facts)) = asked.ask(Act::Look).await else { panic!("it should answer") };
    assert_eq!(facts.version, "7".repeat(500));
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_needs_the_operators_word() {
    for kind in StoreKind::ALL {
        match of(kind, "localhost:5432").ask(Act::Look).await {
            Err(CallError::Denied(denial)) => {
                assert!(denial.reason.contains("a loopback address"), "{denial:?}");
                assert!(denial.remedy.contains("connect-to"), "{denial:?}");
            }
            other => panic!("it should be denied: {other:?}"),
        }
    }
}
