//! A server that writes HTTP/2 frame by frame, so that it can also write badly, and tells when the other side has gone.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, split},
    net::{TcpListener, TcpStream},
    sync::{
        Mutex,
        mpsc::{UnboundedReceiver, unbounded_channel},
    },
};
use tokio_rustls::server::TlsStream;

use crate::server::acceptor;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;

const PREFACE: usize = 24;
/// How long the other side may take to go away.
const LIMIT: Duration = Duration::from_secs(20);

/// A frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The head `200`, with these headers, as HPACK has it without a table.
pub(crate) fn head(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut block = vec![0x88];
    for (name, value) in headers {
        block.push(0);
        for text in [name, value] {
            length(text.len(), &mut block);
            block.extend_from_slice(text.as_bytes());
        }
    }
    block
}

fn length(mut length: usize, block: &mut Vec<u8>) {
    if length < 127 {
        return block.push(u8::try_from(length).unwrap());
    }
    block.push(127);
    length -= 127;
    while length >= 128 {
        block.push(u8::try_from(length % 128 + 128).unwrap());
        length /= 128;
    }
    block.push(u8::try_from(length).unwrap());
}

/// An answer `200` with a body.
pub(crate) fn answer(stream: u32, body: &str) -> Vec<u8> {
    [frame(HEADERS, END_HEADERS, stream, head(&[])), frame(DATA, END_STREAM, stream, body)].concat()
}

/// The last stream that was looked at, and why the connection ends.
pub(crate) fn go_away(last: u32, reason: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, [last.to_be_bytes(), reason.to_be_bytes()].concat())
}

pub(crate) fn reset(stream: u32, reason: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, reason.to_be_bytes())
}

pub(crate) struct Raw {
    address: SocketAddr,
    authority: String,
    ended: Mutex<UnboundedReceiver<u64>>,
}

/// One connection.
pub(crate) struct Session {
    stream: TlsStream<TcpStream>,
    unread: Vec<u8>,
    /// Bytes within TLS.
    pub(crate) read: u64,
    pub(crate) written: u64,
}

impl Raw {
    /// Serves each connection, whose number is given, and notes what its end says.
    pub(crate) async fn start<F, R>(serve: F) -> Self
    where
        F: Fn(Session, usize) -> R + Send + Sync + 'static,
        R: Future<Output = u64> + Send + 'static,
    {
        let (acceptor, authority) = acceptor(&["h2"]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = unbounded_channel();
        tokio::spawn(async move {
            for number in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let stream = acceptor.accept(stream).await.unwrap();
                let mut session = Session { stream, unread: vec![], read: 0, written: 0 };
                session.send(frame(SETTINGS, 0, 0, b"")).await;
                let (served, end) = (serve(session, number), end.clone());
                tokio::spawn(async move { end.send(served.await) });
            }
        });
        Self { address, authority, ended: Mutex::new(ended) }
    }

    /// One that hears a request, and does the same with every connection.
    pub(crate) async fn sending(frames: impl Fn(u32) -> Vec<u8> + Send + Sync + Clone + 'static) -> Self {
        Self::start(move |mut session, _| {
            let frames = frames.clone();
            async move {
                let stream = session.heard().await;
                session.send(frames(stream)).await;
                session.gone().await
            }
        })
        .await
    }

    pub(crate) fn place(&self) -> (SocketAddr, &str) {
        (self.address, &self.authority)
    }

    /// What the next connection that ended came to.
    pub(crate) async fn ended(&self) -> u64 {
        let ended = tokio::time::timeout(LIMIT, async { self.ended.lock().await.recv().await }).await;
        ended.expect("the client closes its connection").unwrap()
    }
}

impl Session {
    /// Waits for the end of a request and gives its stream; 0 if the other side has gone.
    pub(crate) async fn heard(&mut self) -> u32 {
        loop {
            let Some(frame) = self.next().await else { return 0 };
            if matches!(frame[3], DATA | HEADERS) && frame[4] & END_STREAM != 0 {
                return u32::from_be_bytes(frame[5..9].try_into().unwrap());
            }
        }
    }

    async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            if self.unread.starts_with(b"PRI") && self.unread.len() >= PREFACE {
                self.unread.drain(..PREFACE);
            }
            if let [a, b, c, _, _, _, _, _, _, ..] = self.unread[..]
                && a != b'P'
            {
                let whole = 9 + u32::from_be_bytes([0, a, b, c]) as usize;
                if self.unread.len() >= whole {
                    return Some(self.unread.drain(..whole).collect());
                }
            }
            let count = self.stream.read_buf(&mut self.unread).await.unwrap_or(0);
            self.read += count as u64;
            if count == 0 {
                return None;
            }
        }
    }

    /// Sends, whether anybody listens or not.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // Who has gone is noticed by whoever waits for that.
        let _ = self.stream.write_all(bytes.as_ref()).await;
        let _ = self.stream.flush().await;
        self.written += bytes.as_ref().len() as u64;
    }

    /// Sends a piece again and again, and reads what comes back, until nobody listens or it is enough. Gives how many bytes went out.
    pub(crate) async fn pour(self, piece: Vec<u8>, most: u64) -> u64 {
        let (mut reading, mut writing) = split(self.stream);
        let reader = tokio::spawn(async move { tokio::io::copy(&mut reading, &mut tokio::io::sink()).await });
        let mut out = 0;
        while out < most {
            if writing.write_all(&piece).await.is_err() || writing.flush().await.is_err() {
                break;
            }
            out += piece.len() as u64;
        }
        reader.abort();
        out
    }

    /// Closes without a reset.
    pub(crate) async fn close(mut self) -> u64 {
        let _ = self.stream.shutdown().await;
        self.gone().await
    }

    /// Waits until the other side has closed, and gives how many bytes it has sent in all.
    pub(crate) async fn gone(mut self) -> u64 {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = self.stream.read(&mut buffer).await {
            self.read += count as u64;
        }
        self.read
    }
}
