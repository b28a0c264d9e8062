//! Servers that send without end, and nothing that answers.

use holdpoint_cap_http::Unanswered;
use holdpoint_model::CallError;

use crate::{
    frames::{
        CONTINUATION, DATA, END_HEADERS, HEADERS, PADDED, PING, Raw, SETTINGS, WINDOW_UPDATE, answer, frame, head,
    },
    user::User,
};

/// No exchange needs as much, whatever sockets and buffers hold.
const FAR_TOO_MUCH: u64 = 64 << 20;

/// A piece, poured after something else.
type Piece = fn(u32) -> Vec<u8>;

fn settings(_: u32) -> Vec<u8> {
    frame(SETTINGS, 0, 0, [0, 4, 0, 1, 0, 0].repeat(20)).repeat(50)
}

fn pings(_: u32) -> Vec<u8> {
    frame(PING, 0, 0, b"12345678").repeat(200)
}

fn windows(_: u32) -> Vec<u8> {
    // Of a stream that is long gone, so that no window overflows.
    frame(WINDOW_UPDATE, 0, 0, 1_u32.to_be_bytes()).repeat(200)
}

fn unknown(_: u32) -> Vec<u8> {
    frame(0xbe, 0, 0, [7; 4_000])
}

fn promises(stream: u32) -> Vec<u8> {
    // `:status: 103`, of which any number may come.
    let block = [&[0x08, 3][..], b"103", &[0, 4], b"link", &[1], b"x"].concat();
    frame(HEADERS, END_HEADERS, stream, block).repeat(100)
}

async fn poured(before: Piece, piece: Piece) -> (Raw, User) {
    let server = Raw::start(move |mut session, _| async move {
        let stream = session.heard().await;
        session.send(before(stream)).await;
        session.pour(piece(stream), FAR_TOO_MUCH).await
    })
    .await;
    let user = User::towards(server.place());
    (server, user)
}

#[tokio::test]
async fn nothing_but_talk_is_no_answer() {
    let pieces: [Piece; 5] = [settings, pings, windows, unknown, promises];
    for (n, piece) in pieces.into_iter().enumerate() {
        let (server, mut user) = poured(|_| vec![], piece).await;
        let answer = user.get("/").await;
        assert!(matches!(&answer, Err(CallError::Exhausted(_))), "{n}: {answer:?}");
        assert_eq!(user.unanswered(), (Some(Unanswered::Malformed), None), "{n}");
        assert!(server.ended().await < FAR_TOO_MUCH, "{n}");
    }
}

#[tokio::test]
async fn talk_instead_of_a_body_has_the_same_bound() {
    let empty: Piece = |stream| frame(DATA, 0, stream, b"").repeat(200);
    let padding: Piece = |stream| frame(DATA, PADDED, stream, [&[250][..], &[0; 250]].concat()).repeat(20);
    let pieces: [Piece; 5] = [pings, settings, unknown, empty, padding];
    for (n, piece) in pieces.into_iter().enumerate() {
        let (server, mut user) = poured(|stream| frame(HEADERS, END_HEADERS, stream, head(&[])), piece).await;
        let answer = user.get("/").await;
        assert!(matches!(&answer, Err(CallError::Exhausted(_))), "{n}: {answer:?}");
        assert_eq!(user.unanswered(), (Some(Unanswered::Malformed), Some(200)), "{n}");
        assert!(server.ended().await < FAR_TOO_MUCH, "{n}");
    }
}

#[tokio::test]
async fn talk_while_nobody_asks_ends_the_connection() {
    let (server, mut user) = poured(|stream| answer(stream, "x"), pings).await;
    user.get("/").await.unwrap();
    assert!(server.ended().await < FAR_TOO_MUCH);
    user.get("/").await.unwrap();
    assert!(user.exchanged().iter().all(|one| one.unanswered.is_none()));
}

#[tokio::test]
async fn a_head_that_never_ends_is_refused() {
    let begun: Piece = |stream| frame(HEADERS, 0, stream, head(&[]));
    let one: Piece = |stream| frame(CONTINUATION, 0, stream, &head(&[("x", "y")])[1..]);
    let none: Piece = |stream| frame(CONTINUATION, 0, stream, b"");
    let large: Piece = |stream| frame(CONTINUATION, 0, stream, [&head(&[("x", &"y".repeat(9_000))])[1..]].concat());
    for piece in [one, none, large] {
        let (server, mut user) = poured(begun, piece).await;
        user.get("/").await.unwrap_err();
        assert_eq!(user.unanswered(), (Some(Unanswered::Malformed), None));
        assert!(server.ended().await < FAR_TOO_MUCH);
    }
}

#[tokio::test]
async fn some_talk_is_no_flood() {
    let server = Raw::start(|mut session, _| async move {
        loop {
            let stream = session.heard().await;
            if stream == 0 {
                return 0;
            }
            session.send([settings(0)[..129].to_vec(), pings(0), promises(stream), answer(stream, "x")].concat()).await;
        }
    })
    .await;
    let mut user = User::towards(server.place());
    // Its bound is that of an exchange, so that a connection may live long.
    for _ in 0..100 {
        user.get("/").await.unwrap();
    }
}
