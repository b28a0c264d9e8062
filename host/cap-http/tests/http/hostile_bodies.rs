//! Bodies without end, bodies that unpack without end, and bodies whose length is a lie.

use std::io::Write as _;

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use holdpoint_cap_http::Request;
use holdpoint_model::CallError;

use crate::{
    phase::{Phase, post, to},
    raw::{Raw, drip, gone, hear, pour, reset, send},
    server::{Reply, Server, answer},
};

const KEPT: usize = 8 << 20;
/// What may be on its way when the client stops: what is kept, and what sockets and buffers hold.
const ON_ITS_WAY: u64 = 64 << 20;
const TEN_GIGABYTES: u64 = 10 << 30;

#[tokio::test]
async fn of_ten_gigabytes_the_bound_is_kept_and_the_connection_closed() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n";
    let server = Raw::pouring(head, vec![b'x'; 64 << 10], TEN_GIGABYTES).await;
    let response = Phase::at(server.address).get("/").await.unwrap();
    assert_eq!((response.body.len(), response.truncated), (KEPT, true));
    assert_eq!(response.length, TEN_GIGABYTES as f64);
    let out = server.ended().await;
    assert!(out < ON_ITS_WAY, "{out} bytes left the server");
}

#[tokio::test]
async fn of_chunks_without_end_the_bound_is_kept_and_the_connection_closed() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let piece = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
    for (head, piece) in [(head, piece), ("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 64 << 10])] {
        let server = Raw::pouring(head, piece, TEN_GIGABYTES).await;
        let response = Phase::at(server.address).get("/").await.unwrap();
        assert_eq!((response.body.len(), response.truncated, response.length), (KEPT, true, KEPT as f64));
        let out = server.ended().await;
        assert!(out < ON_ITS_WAY, "{out} bytes left the server");
    }
}

#[tokio::test]
async fn extensions_and_trailers_of_chunks_have_an_end() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let (one, last) = (
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
    );
    for (head, piece, word) in [
        (one, "a=b;", "chunk extensions over limit"),
        (head, "1;a=bcdefghijklmnopqrstuvwxyz\r\nx\r\n", "chunk extensions over limit"),
        (last, "x: y\r\n", "chunk trailer"),
        (last, "x", "chunk trailer"),
    ] {
        let server = Raw::pouring(head, piece, TEN_GIGABYTES).await;
        fails(&Phase::at(server.address), &[word]).await;
        let out = server.ended().await;
        assert!(out < ON_ITS_WAY, "{piece}: {out} bytes left the server");
    }
}

#[tokio::test]
async fn chunks_that_do_not_add_up_are_an_error() {
    for (body, word) in [
        ("zz\r\nx\r\n0\r\n\r\n", "chunk"),
        ("-1\r\nx\r\n0\r\n\r\n", "chunk"),
        ("fffffffffffffffff\r\nx", "chunk"),
        ("1\r\nxy\r\n0\r\n\r\n", "chunk"),
        ("\r\n\r\n", "chunk"),
    ] {
        let server = Raw::sending(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{body}")).await;
        fails(&Phase::at(server.address), &[word]).await;
    }
    // The server goes before the last chunk.
    for body in ["", "5\r\nhel", "5\r\nhello\r\n", "5\r\nhello\r\n0"] {
        let whole = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{body}").into_bytes();
        let server = Server::start(move |_| Reply::Last(whole.clone())).await;
        fails(&Phase::at(server.address), &["connection", "body"]).await;
    }
}

#[tokio::test]
async fn a_length_that_is_not_one_number_is_an_error() {
    for head in [
        "content-length: 5\r\ncontent-length: 6",
        "content-length: 5, 6",
        "content-length: -5",
        "content-length: +5",
        "content-length: 0x5",
        "content-length: five",
        "content-length: ",
        "content-length: 99999999999999999999",
    ] {
        let server = Raw::sending(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\nhello!")).await;
        fails(&Phase::at(server.address), &["content-length"]).await;
    }
    let beyond = Raw::sending("HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\nhello").await;
    let answer = Phase::at(beyond.address).get("/").await;
    assert!(matches!(&answer, Err(CallError::Exhausted(text)) if text.contains("beyond all measure")), "{answer:?}");
}

#[tokio::test]
async fn a_body_whose_end_is_in_two_places_is_an_error() {
    for (head, word) in [
        ("content-length: 5\r\ntransfer-encoding: chunked", "both a content-length and a transfer-encoding"),
        ("transfer-encoding: chunked\r\ncontent-length: 5", "both a content-length and a transfer-encoding"),
        ("transfer-encoding: gzip, chunked", "other than chunked"),
        ("transfer-encoding: gzip", "other than chunked"),
        ("transfer-encoding: chunked, chunked", "other than chunked"),
        ("transfer-encoding: chunked\r\ntransfer-encoding: chunked", "other than chunked"),
        ("transfer-encoding: xchunked", "other than chunked"),
        ("transfer-encoding: identity", "other than chunked"),
    ] {
        let server = Raw::sending(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n5\r\nhello\r\n0\r\n\r\n")).await;
        fails(&Phase::at(server.address), &[word]).await;
    }
}

#[tokio::test]
async fn a_body_that_is_too_short_is_an_error() {
    let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
    let server = Server::start(|_| Reply::Last(whole.to_vec())).await;
    fails(&Phase::at(server.address), &["body"]).await;
}

#[tokio::test]
async fn what_follows_a_body_is_not_taken_for_the_next_answer() {
    let server = Server::start(|_| {
        let smuggled = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled";
        Reply::Send([answer("200 OK", b"hello"), smuggled.into()].concat())
    })
    .await;
    let phase = Phase::at(server.address);
    for _ in 0..5 {
        assert_eq!(phase.get("/").await.unwrap().body.bytes(), b"hello");
    }
    assert_eq!(server.connections(), 5);
}

#[tokio::test]
async fn a_bomb_is_cut_and_a_parcel_within_a_parcel_is_opened_once() {
    let zeros = vec![0; 64 << 20];
    let (mut gzip, mut deflate) =
        (GzEncoder::new(vec![], Compression::fast()), ZlibEncoder::new(vec![], Compression::fast()));
    gzip.write_all(&zeros).unwrap();
    deflate.write_all(&zeros).unwrap();
    let (gzip, deflate) = (gzip.finish().unwrap(), deflate.finish().unwrap());
    let mut twice = GzEncoder::new(vec![], Compression::fast());
    twice.write_all(&gzip).unwrap();
    let twice = twice.finish().unwrap();
    let inner = gzip.clone();
    let server = Server::start(move |request| {
        let (encoding, body) = match request.split(' ').nth(1) {
            Some("/gzip") => ("gzip", &gzip),
            Some("/deflate") => ("deflate", &deflate),
            Some("/twice-said") => ("gzip, gzip", &twice),
            _ => ("gzip", &twice),
        };
        Reply::Send(answer(&format!("200 OK\r\ncontent-encoding: {encoding}"), body))
    })
    .await;
    let phase = Phase::at(server.address);
    for path in ["/gzip", "/deflate"] {
        let response = phase.get(path).await.unwrap();
        assert_eq!((response.body.len(), response.truncated), (KEPT, true), "{path}");
    }
    assert_eq!(phase.get("/twice").await.unwrap().body.bytes(), inner);
    let said = phase.get("/twice-said").await;
    assert!(matches!(&said, Err(CallError::Failed(text)) if text.contains("content-encoding gzip, gzip")), "{said:?}");
}

#[tokio::test]
async fn a_reset_at_any_stage_is_an_error_and_leaves_an_effect_in_doubt() {
    for sent in [
        "",
        "HTTP/1.1 2",
        "HTTP/1.1 200 OK\r\nx: y",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
    ] {
        let server = Raw::start(move |mut stream, _| async move {
            hear(&mut stream).await;
            send(&mut stream, sent.as_bytes()).await;
            reset(stream)
        })
        .await;
        let phase = Phase::at(server.address);
        fails(&phase, &["connection", "body"]).await;
        let effect = phase.send(post("/", "x")).await;
        assert!(matches!(effect, Err(CallError::InDoubt(_))), "{sent}: {effect:?}");
    }
}

#[tokio::test]
async fn a_connection_that_was_reset_while_idle_is_not_used_again() {
    let server = Raw::start(|mut stream, number| async move {
        hear(&mut stream).await;
        send(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx").await;
        if number == 0 { reset(stream) } else { gone(&mut stream).await }
    })
    .await;
    let phase = Phase::at(server.address);
    phase.get("/1").await.unwrap();
    assert_eq!(server.ended().await, 0);
    phase.get("/2").await.unwrap();
    phase.send(post("/3", "x")).await.unwrap();
}

#[tokio::test]
async fn an_answer_before_the_request_was_read_is_an_answer() {
    let server = Raw::start(|mut stream, _| async move {
        hear(&mut stream).await;
        send(&mut stream, b"HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 4\r\n\r\nless").await;
        gone(&mut stream).await
    })
    .await;
    let body = vec![b'x'; 16 << 20];
    let response = Phase::at(server.address).send(Request { body: body.into(), ..post("/", "") }).await.unwrap();
    assert_eq!((response.status, response.body.bytes()), (413, b"less".as_slice()));
    assert!(response.timings.first_byte >= 0.0);
}

#[tokio::test]
async fn a_body_that_drips_ends_with_the_time_out() {
    let server = Raw::start(|mut stream, _| async move {
        hear(&mut stream).await;
        send(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await;
        drip(&mut stream, std::iter::repeat_n(b'x', 1_000_000)).await
    })
    .await;
    let answer = Phase::at(server.address).send(Request { timeout_ms: 200, ..to("/") }).await;
    assert_eq!(answer, Err(CallError::Timeout(200)));
    let out = server.ended().await;
    assert!(out < 1_000, "{out} bytes left the server");
}

#[tokio::test]
async fn a_request_that_is_never_read_ends_with_the_time_out() {
    let server = Raw::start(|mut stream, _| async move {
        hear(&mut stream).await;
        // Its buffers fill, and nobody reads on.
        let _ = stream.writable().await;
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        pour(&mut stream, b"", 0).await
    })
    .await;
    let request = Request { timeout_ms: 200, body: vec![b'x'; 16 << 20].into(), ..post("/", "") };
    let answer = Phase::at(server.address).send(request).await;
    assert!(matches!(&answer, Err(CallError::InDoubt(text)) if text.contains("no answer within 200 ms")), "{answer:?}");
}

/// A read fails, saying one of these words, long before its time is over.
async fn fails(phase: &Phase, words: &[&str]) {
    let answer = phase.send(Request { timeout_ms: 20_000, ..to("/") }).await;
    match &answer {
        Err(CallError::Failed(text)) if words.iter().any(|word| text.contains(word)) => {}
        other => panic!("should say one of {words:?}: {other:?}"),
    }
}
