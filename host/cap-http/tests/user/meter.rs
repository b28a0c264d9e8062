//! Bytes and times are those of the wire.

use std::time::Duration;

use crate::{
    frames::{PING, Raw, answer, frame},
    user::{User, to},
};

#[tokio::test]
async fn every_byte_within_tls_is_counted_once() {
    let server = Raw::start(|mut session, _| async move {
        for round in 0.. {
            let stream = session.heard().await;
            if stream == 0 {
                break;
            }
            if round == 1 {
                session.send(frame(PING, 0, 0, b"12345678")).await;
            }
            session.send(answer(stream, "some bytes")).await;
        }
        session.read << 32 | session.written
    })
    .await;
    let mut user = User::towards(server.place());
    for _ in 0..3 {
        user.get("/").await.unwrap();
    }
    let told = user.exchanged();
    let sum = |bytes: fn(&holdpoint_cap_http::user::Exchanged) -> u64| told.iter().map(bytes).sum::<u64>();
    let (sent, received) = (sum(|one| one.sent_bytes), sum(|one| one.received_bytes));
    assert!(told.iter().all(|one| one.sent_bytes > 9 && one.received_bytes > 19), "{told:?}");
    drop(user);
    let passed = server.ended().await;
    assert_eq!((sent, received), (passed >> 32, passed & 0xffff_ffff));
}

#[tokio::test]
async fn the_first_byte_is_the_answers_and_no_upkeep() {
    let server = Raw::start(|mut session, _| async move {
        loop {
            let stream = session.heard().await;
            if stream == 0 {
                return 0;
            }
            session.send(frame(PING, 0, 0, b"12345678")).await;
            tokio::time::sleep(Duration::from_millis(60)).await;
            session.send(frame(PING, 0, 0, b"12345678")).await;
            tokio::time::sleep(Duration::from_millis(60)).await;
            session.send(answer(stream, "x")).await;
        }
    })
    .await;
    let mut user = User::towards(server.place());
    for _ in 0..2 {
        let timings = user.send(to("/")).await.unwrap().timings;
        assert!((100.0..timings.total).contains(&timings.first_byte), "{timings:?}");
    }
}
