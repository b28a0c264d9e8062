//! Heads of answers that have no end, or are none.

use holdpoint_cap_http::Request;
use holdpoint_model::CallError;

use crate::{
    phase::{Phase, post, to},
    raw::{Raw, gone, hear, send},
};

/// No head needs as much, whatever sockets and buffers hold.
const FAR_TOO_MUCH: u64 = 64 << 20;

#[tokio::test]
async fn a_head_without_end_is_refused_and_the_connection_closed() {
    for (head, piece) in [
        ("HTTP/1.1 200 OK\r\n", "x: y\r\n"),
        ("HTTP/1.1 200 OK\r\nx: ", "y"),
        ("HTTP/1.1 200 OK\r\n", "x"),
        ("HTTP/1.1 200 ", "OK "),
        ("HTTP/1.1 200 OK\r\nset-cookie: a=b\r\n", "set-cookie: a=b\r\n"),
    ] {
        let server = Raw::pouring(head, piece, FAR_TOO_MUCH).await;
        let answer = Phase::at(server.address).send(Request { timeout_ms: 20_000, ..to("/") }).await;
        assert!(
            matches!(&answer, Err(CallError::Exhausted(text)) if text.contains("larger than 64 KiB")),
            "{piece}: {answer:?}"
        );
        assert!(server.ended().await < FAR_TOO_MUCH, "{piece}");
    }
}

#[tokio::test]
async fn promises_without_end_are_no_answer() {
    for piece in
        ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", "HTTP/1.1 199 Hm\r\n\r\n"]
    {
        let server = Raw::pouring("", piece.repeat(100), FAR_TOO_MUCH).await;
        let phase = Phase::at(server.address);
        let answer = phase.send(Request { timeout_ms: 20_000, ..to("/") }).await;
        assert!(
            matches!(&answer, Err(CallError::Exhausted(text)) if text.contains("more than 1 MiB came, and no answer")),
            "{piece}: {answer:?}"
        );
        assert!(server.ended().await < FAR_TOO_MUCH, "{piece}");
        let effect = phase.send(Request { timeout_ms: 20_000, ..post("/", "x") }).await;
        assert!(matches!(effect, Err(CallError::InDoubt(_))), "{effect:?}");
    }
}

#[tokio::test]
async fn a_promise_before_an_answer_is_passed_over() {
    let server =
        Raw::sending("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nx: y\r\n\r\nHTTP/1.1 204 No\r\n\r\n").await;
    let response = Phase::at(server.address).get("/").await.unwrap();
    assert_eq!((response.status, response.header("x")), (204, None));
}

#[tokio::test]
async fn a_change_of_protocol_is_an_error_and_its_connection_is_not_used_again() {
    let server = Raw::start(|mut stream, number| async move {
        hear(&mut stream).await;
        if number == 0 {
            send(&mut stream, b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nwhatever").await;
        } else {
            send(&mut stream, b"HTTP/1.1 204 No\r\n\r\n").await;
        }
        gone(&mut stream).await
    })
    .await;
    let phase = Phase::at(server.address);
    let answer = phase.get("/").await;
    assert!(matches!(&answer, Err(CallError::Failed(text)) if text.contains("another protocol")), "{answer:?}");
    server.ended().await;
    assert_eq!(phase.get("/").await.unwrap().status, 204);
}

#[tokio::test]
async fn what_is_no_http_is_an_error() {
    for sent in [
        // HTTP/0.9, and other tongues.
        "<html>hello</html>\r\n\r\n",
        "hello\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "220 mail.example.com ESMTP\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/3 200 OK\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        " HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        // A status that is none.
        "HTTP/1.1 99 Low\r\n\r\n",
        "HTTP/1.1 099 Low\r\n\r\n",
        "HTTP/1.1 000 Low\r\n\r\n",
        "HTTP/1.1 1000 High\r\n\r\n",
        "HTTP/1.1 -200 OK\r\n\r\n",
        "HTTP/1.1 2OO OK\r\n\r\n",
        "HTTP/1.1 200\0OK\r\n\r\n",
        // Headers with bytes that would end them for somebody else.
        "HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: a\rb: c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx : y\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: y\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx y: z\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: y\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\tx: y\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: a\x1bb\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: a\x7fb\r\n\r\n",
    ] {
        let server = Raw::sending(sent).await;
        let answer = Phase::at(server.address).send(Request { timeout_ms: 20_000, ..to("/") }).await;
        match &answer {
            Err(CallError::Failed(text)) => assert!(text.starts_with("backend.test:80: "), "{sent:?}: {text}"),
            other => panic!("{sent:?} should be an error: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_status_that_nobody_has_defined_is_for_the_guest_to_judge() {
    for status in [299, 418, 599, 600, 999] {
        let server = Raw::sending(format!("HTTP/1.1 {status} Odd\r\ncontent-length: 0\r\n\r\n")).await;
        assert_eq!(Phase::at(server.address).get("/").await.unwrap().status, status);
    }
}
