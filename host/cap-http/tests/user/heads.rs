//! Heads beyond the bounds, and answers that are no HTTP/2.

use holdpoint_cap_http::Unanswered;
use holdpoint_model::CallError;

use crate::{
    frames::{CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PUSH_PROMISE, Raw, SETTINGS, answer, frame, head},
    user::User,
};

async fn told(frames: impl Fn(u32) -> Vec<u8> + Send + Sync + Clone + 'static) -> (Option<Unanswered>, Option<u16>) {
    let server = Raw::sending(frames).await;
    let mut user = User::towards(server.place());
    let answer = user.get("/").await;
    let told = user.unanswered();
    let refused = matches!(&answer, Err(CallError::Exhausted(_)));
    assert_eq!(refused, told.0 == Some(Unanswered::Malformed), "{answer:?}");
    drop(user);
    server.ended().await;
    told
}

/// A head of these headers, in frames of at most 16 KiB.
fn pieces(stream: u32, headers: &[(&str, &str)]) -> Vec<u8> {
    let block = head(headers);
    let last = block.chunks(16 << 10).count() - 1;
    let piece = |(n, piece): (usize, &[u8])| {
        let (kind, end_stream) = if n == 0 { (HEADERS, END_STREAM) } else { (CONTINUATION, 0) };
        frame(kind, end_stream | if n == last { END_HEADERS } else { 0 }, stream, piece)
    };
    block.chunks(16 << 10).enumerate().flat_map(piece).collect()
}

#[tokio::test]
async fn a_head_has_the_bounds_of_the_older_version() {
    let names: Vec<String> = (0..101).map(|n| format!("x-{n}")).collect();
    let headers: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "v")).collect();
    let hundred = headers[..100].to_vec();
    assert_eq!(headers.len(), 101);
    let many = names.clone();
    let of = move |count: usize| {
        let names = many.clone();
        move |stream| pieces(stream, &names[..count].iter().map(|name| (name.as_str(), "v")).collect::<Vec<_>>())
    };
    assert_eq!(told(of(hundred.len())).await, (None, Some(200)));
    assert_eq!(told(of(headers.len())).await, (Some(Unanswered::Malformed), Some(200)));
    let long = |bytes: usize| move |stream| pieces(stream, &[("x", &"y".repeat(bytes))]);
    assert_eq!(told(long(60 << 10)).await, (None, Some(200)));
    assert_eq!(told(long(65 << 10)).await, (Some(Unanswered::Malformed), None));
    assert_eq!(told(long(200 << 10)).await, (Some(Unanswered::Malformed), None));
}

#[tokio::test]
async fn a_head_that_unfolds_is_as_large_as_what_it_unfolds_to() {
    // One entry of the table, named again and again: a byte for each.
    let unfolding = |stream| {
        let mut block = vec![0x88, 0x40, 1, b'x', 127, 0x81, 0x1e];
        block.extend([b'y'; 4_000]);
        block.extend([0xbe; 4_000]);
        frame(HEADERS, END_HEADERS | END_STREAM, stream, block)
    };
    assert_eq!(told(unfolding).await, (Some(Unanswered::Malformed), None));
}

/// A body of one byte, and trailers behind it.
fn trailers(stream: u32, block: &[u8]) -> Vec<u8> {
    let mut frames = [frame(HEADERS, END_HEADERS, stream, head(&[])), frame(DATA, 0, stream, "x")].concat();
    let last = block.chunks(16 << 10).count() - 1;
    for (n, piece) in block.chunks(16 << 10).enumerate() {
        let (kind, flags) = if n == 0 { (HEADERS, END_STREAM) } else { (CONTINUATION, 0) };
        frames.extend(frame(kind, flags | if n == last { END_HEADERS } else { 0 }, stream, piece));
    }
    frames
}

#[tokio::test]
async fn trailers_have_bounds_too() {
    let long = |bytes: usize| move |stream| trailers(stream, &head(&[("x", &"y".repeat(bytes))])[1..]);
    assert_eq!(told(long(16_000)).await, (None, Some(200)));
    // Some of these would be left out without a word, and not be searched.
    for bytes in [17_000, 70_000, 200_000] {
        assert_eq!(told(long(bytes)).await, (Some(Unanswered::Malformed), Some(200)), "{bytes}");
    }
    let unfolding = |stream| {
        let mut block = vec![0x40, 1, b'x', 127, 0x81, 0x1e];
        block.extend([b'y'; 4_000]);
        block.extend([0xbe; 20]);
        trailers(stream, &block)
    };
    assert_eq!(told(unfolding).await, (Some(Unanswered::Malformed), Some(200)));
    let many = |count: usize| {
        move |stream| {
            let names: Vec<String> = (0..count).map(|n| format!("x-{n}")).collect();
            let headers: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "v")).collect();
            trailers(stream, &head(&headers)[1..])
        }
    };
    assert_eq!(told(many(100)).await, (None, Some(200)));
    assert_eq!(told(many(101)).await, (Some(Unanswered::Malformed), Some(200)));
}

#[tokio::test]
async fn what_breaks_the_rules_is_malformed() {
    type Frames = fn(u32) -> Vec<u8>;
    let before: [(&str, Frames); 8] = [
        ("the older version", |_| b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx".to_vec()),
        ("noise", |_| vec![0xff; 4_000]),
        ("a push that nobody allowed", |stream| {
            frame(PUSH_PROMISE, END_HEADERS, stream, [&2_u32.to_be_bytes()[..], &head(&[])].concat())
        }),
        ("a stream that nobody opened", |_| answer(7, "x")),
        ("data before a head", |stream| frame(DATA, END_STREAM, stream, "x")),
        ("a head without a status", |stream| {
            frame(HEADERS, END_HEADERS | END_STREAM, stream, &head(&[("x", "y")])[1..])
        }),
        ("a header of a connection", |stream| {
            frame(HEADERS, END_HEADERS | END_STREAM, stream, head(&[("transfer-encoding", "chunked")]))
        }),
        ("settings that can't be", |_| frame(SETTINGS, 0, 0, [0, 5, 0, 0, 0, 1])),
    ];
    for (what, frames) in before {
        assert_eq!(told(frames).await, (Some(Unanswered::Malformed), None), "{what}");
    }
    let short = |stream| {
        let head = frame(HEADERS, END_HEADERS, stream, head(&[("content-length", "9")]));
        [head, frame(DATA, END_STREAM, stream, "short")].concat()
    };
    assert_eq!(told(short).await, (Some(Unanswered::Malformed), Some(200)), "shorter than it says");
    let large = |stream| frame(DATA, 0, stream, vec![7; 20_000]);
    let large = move |stream| [frame(HEADERS, END_HEADERS, stream, head(&[])), large(stream)].concat();
    assert_eq!(told(large).await, (Some(Unanswered::Malformed), Some(200)), "a frame that is larger than agreed");
}
