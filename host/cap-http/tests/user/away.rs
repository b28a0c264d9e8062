//! Servers that go away, refuse, break off or stay silent: what a user is told, and what is asked again.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use holdpoint_cap_http::{Request, Unanswered};
use holdpoint_model::CallError;

use crate::{
    frames::{DATA, END_HEADERS, HEADERS, Raw, Session, answer, frame, go_away, head, reset},
    user::{User, post, to},
};

const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;

/// What happens to the second request of the first connection.
#[derive(Clone, Copy, Debug)]
enum Second {
    /// The server says that it has not looked at it, and goes away.
    GoneBefore,
    /// It may have looked at it, and goes away.
    GoneAfter,
    /// Closes without a word.
    Closed,
    Reset(u32),
}

async fn serve(mut session: Session, second: Second, asked: &AtomicUsize) -> u64 {
    let first = session.heard().await;
    asked.fetch_add(1, SeqCst);
    session.send(answer(first, "first")).await;
    let stream = session.heard().await;
    if stream == 0 {
        return 0;
    }
    asked.fetch_add(1, SeqCst);
    match second {
        Second::GoneBefore => session.send(go_away(first, NO_ERROR)).await,
        Second::GoneAfter => session.send(go_away(stream, NO_ERROR)).await,
        Second::Closed => {}
        Second::Reset(reason) => {
            session.send(reset(stream, reason)).await;
            return session.gone().await;
        }
    }
    session.close().await
}

/// A user whose second request meets this on the connection of the first, and how many requests arrived.
async fn met(second: Second) -> (User, Arc<AtomicUsize>, Raw) {
    let asked = Arc::<AtomicUsize>::default();
    let counted = asked.clone();
    let server = Raw::start(move |session, _| {
        let asked = counted.clone();
        async move { serve(session, second, &asked).await }
    })
    .await;
    let mut user = User::towards(server.place());
    assert_eq!(user.get("/").await.unwrap().body.bytes(), b"first");
    user.exchanged();
    (user, asked, server)
}

#[tokio::test]
async fn what_was_not_looked_at_is_asked_again() {
    for second in [Second::GoneBefore, Second::Reset(REFUSED_STREAM)] {
        // Whatever it is: nothing has happened.
        for request in [to("/"), post("/", b"x")] {
            let (mut user, asked, _server) = met(second).await;
            let answer = user.send(request).await;
            assert!(answer.is_ok_and(|answer| answer.body.bytes() == b"first"), "{second:?}");
            assert_eq!((user.unanswered(), asked.load(SeqCst)), ((None, Some(200)), 3), "{second:?}");
        }
    }
}

#[tokio::test]
async fn what_has_not_left_is_asked_again() {
    let server = Raw::start(|mut session, number| async move {
        let stream = session.heard().await;
        // The first connection opens no second stream, so that the next request waits until it ends.
        let shut = frame(crate::frames::SETTINGS, 0, 0, [0, 3, 0, 0, 0, 0]);
        session.send([if number == 0 { shut } else { vec![] }, answer(stream, "x")].concat()).await;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        session.close().await
    })
    .await;
    let mut user = User::towards(server.place());
    user.get("/").await.unwrap();
    user.send(post("/", b"x")).await.unwrap();
    assert_eq!(user.exchanged().iter().map(|one| one.status).collect::<Vec<_>>(), [Some(200); 2]);
}

#[tokio::test]
async fn what_may_have_been_looked_at_is_asked_again_only_if_that_changes_nothing() {
    for second in [Second::GoneAfter, Second::Closed] {
        let (mut user, asked, _server) = met(second).await;
        assert!(user.get("/").await.is_ok(), "{second:?}");
        assert_eq!((user.unanswered(), asked.load(SeqCst)), ((None, Some(200)), 3), "{second:?}");
        let (mut user, asked, _server) = met(second).await;
        let answer = user.send(post("/", b"x")).await;
        assert!(matches!(answer, Err(CallError::InDoubt(_))), "{second:?}: {answer:?}");
        assert_eq!((user.unanswered(), asked.load(SeqCst)), ((Some(Unanswered::Reset), None), 2), "{second:?}");
    }
}

#[tokio::test]
async fn what_was_answered_with_a_reset_is_not_asked_again() {
    for request in [to("/"), post("/", b"x")] {
        let (mut user, asked, _server) = met(Second::Reset(INTERNAL_ERROR)).await;
        user.send(request).await.unwrap_err();
        assert_eq!((user.unanswered(), asked.load(SeqCst)), ((Some(Unanswered::Reset), None), 2));
    }
}

#[tokio::test]
async fn a_server_that_goes_away_while_nobody_asks_costs_nothing() {
    let server = Raw::start(|mut session, _| async move {
        let stream = session.heard().await;
        session.send([answer(stream, "x"), go_away(stream, NO_ERROR)].concat()).await;
        session.close().await
    })
    .await;
    let mut user = User::towards(server.place());
    for _ in 0..5 {
        user.send(post("/", b"x")).await.unwrap();
    }
    assert!(user.exchanged().iter().all(|one| one.unanswered.is_none()));
}

#[tokio::test]
async fn a_new_connection_is_not_tried_twice() {
    for frames in
        [|_| go_away(0, NO_ERROR), |stream| reset(stream, REFUSED_STREAM), |stream| reset(stream, INTERNAL_ERROR)]
    {
        let server = Raw::start(move |mut session, number| async move {
            assert_eq!(number, 0);
            let stream = session.heard().await;
            session.send(frames(stream)).await;
            session.gone().await
        })
        .await;
        let mut user = User::towards(server.place());
        user.get("/").await.unwrap_err();
        assert_eq!(user.unanswered(), (Some(Unanswered::Reset), None));
        server.ended().await;
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_none() {
    let begun = |stream| [frame(HEADERS, END_HEADERS, stream, head(&[])), frame(DATA, 0, stream, "half")].concat();
    let server = Raw::sending(move |stream| [begun(stream), reset(stream, INTERNAL_ERROR)].concat()).await;
    let mut user = User::towards(server.place());
    user.get("/").await.unwrap_err();
    assert_eq!(user.unanswered(), (Some(Unanswered::Reset), Some(200)));
    let server = Raw::start(move |mut session, _| async move {
        let stream = session.heard().await;
        session.send(begun(stream)).await;
        session.close().await
    })
    .await;
    let mut user = User::towards(server.place());
    user.get("/").await.unwrap_err();
    assert_eq!(user.unanswered(), (Some(Unanswered::Reset), Some(200)));
}

#[tokio::test]
async fn silence_ends_at_the_requests_limit_and_so_does_the_connection() {
    let stalled = |stream| frame(HEADERS, END_HEADERS, stream, head(&[]));
    // The bound of streams that a server has open at once is zero.
    let shut = |_| frame(crate::frames::SETTINGS, 0, 0, [0, 3, 0, 0, 0, 0]);
    let frames: [fn(u32) -> Vec<u8>; 3] = [|_| vec![], stalled, shut];
    for frames in frames {
        let server = Raw::sending(frames).await;
        let mut user = User::towards(server.place());
        let answer = user.send(Request { timeout_ms: 200, ..to("/") }).await;
        assert!(matches!(answer, Err(CallError::Timeout(200))), "{answer:?}");
        assert_eq!(user.unanswered(), (Some(Unanswered::Timeout), None));
        server.ended().await;
    }
}

#[tokio::test]
async fn a_server_that_opens_no_stream_is_waited_for_no_longer() {
    let server = Raw::start(|mut session, _| async move {
        session.send(frame(crate::frames::SETTINGS, 0, 0, [0, 3, 0, 0, 0, 0])).await;
        session.gone().await
    })
    .await;
    let mut user = User::towards(server.place());
    user.send(Request { timeout_ms: 200, ..to("/") }).await.unwrap_err();
    assert_eq!(user.unanswered(), (Some(Unanswered::Timeout), None));
    server.ended().await;
}

#[tokio::test]
async fn a_connection_ends_even_if_the_server_reads_nothing() {
    let server = Raw::start(|session, _| async move {
        // It never reads what is uploaded, so nothing more can be sent either.
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        session.gone().await
    })
    .await;
    let mut user = User::towards(server.place());
    let upload = post("/", &vec![7; 8 << 20]);
    user.send(Request { timeout_ms: 200, ..upload }).await.unwrap_err();
    assert_eq!(user.unanswered(), (Some(Unanswered::Timeout), None));
    server.ended().await;
}
