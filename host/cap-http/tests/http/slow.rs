//! Servers that take their time. The time-out of the request is for everything together: no byte that drips in between prolongs it.

use std::time::Duration;

use holdpoint_cap_http::Request;
use holdpoint_model::{Answer, CallError};
use tokio::time::Instant;

use crate::{
    phase::{Phase, Terms, post, to},
    raw::{Raw, drip, gone, hear},
};

const LIMIT_MS: u32 = 200;
/// The gate would end a call two seconds after its own limit; the backend must have done so before.
const BEFORE_THE_GATE: Duration = Duration::from_millis(1_900);

async fn within<T>(phase: &Phase, request: Request, take: impl FnOnce(Answer<holdpoint_cap_http::Response>) -> T) -> T {
    let begun = Instant::now();
    let answer = phase.send(Request { timeout_ms: LIMIT_MS, ..request }).await;
    let took = begun.elapsed();
    assert!(took < BEFORE_THE_GATE, "it took {took:?}: {answer:?}");
    take(answer)
}

#[tokio::test]
async fn a_head_that_drips_ends_with_the_time_out() {
    let goes_on = "HTTP/1.1 100 Continue\r\n\r\n";
    for (text, more) in [("HTTP/1.1 200 OK\r\n", "x: y\r\n"), (goes_on, goes_on)] {
        let server = Raw::start(move |mut stream, _| async move {
            hear(&mut stream).await;
            drip(&mut stream, text.bytes().chain(more.bytes().cycle())).await
        })
        .await;
        let phase = Phase::at(server.address);
        within(&phase, to("/"), |answer| assert_eq!(answer, Err(CallError::Timeout(LIMIT_MS)))).await;
        let out = server.ended().await;
        assert!((1..1_000).contains(&out), "{out} bytes left the server");
        within(&phase, post("/", "x"), |effect| assert!(matches!(effect, Err(CallError::InDoubt(_))), "{effect:?}"))
            .await;
    }
}

#[tokio::test]
async fn a_server_that_accepts_and_is_silent_ends_with_the_time_out() {
    let server = Raw::start(|mut stream, _| async move { gone(&mut stream).await }).await;
    let phase = Phase::at(server.address);
    within(&phase, to("/"), |answer| assert_eq!(answer, Err(CallError::Timeout(LIMIT_MS)))).await;
    assert!(server.ended().await > 0, "the request came, and then its end");
}

#[tokio::test]
async fn a_handshake_that_drips_or_hangs_ends_with_the_time_out_and_nothing_was_sent() {
    for drips in [true, false] {
        let server = Raw::start(move |mut stream, _| async move {
            if drips {
                // The beginning of a record that is announced to be long.
                drip(&mut stream, [22, 3, 3, 0x40, 0].into_iter().chain(std::iter::repeat(0))).await
            } else {
                gone(&mut stream).await
            }
        })
        .await;
        let connect_to = vec![("backend.test:443", server.address)];
        let phase = Phase::new(Terms { url: "https://backend.test", connect_to, ..Terms::at(server.address) });
        within(&phase, to("/"), |answer| assert_eq!(answer, Err(CallError::Timeout(LIMIT_MS)))).await;
        within(&phase, post("/", "x"), |effect| {
            let text = format!("no connection to backend.test:443 within {LIMIT_MS} ms");
            assert_eq!(effect, Err(CallError::Failed(text)));
        })
        .await;
    }
}
