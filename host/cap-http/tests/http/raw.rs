//! A server that does with a connection whatever a test says, byte by byte, and tells when the other side has gone.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{
        Mutex,
        mpsc::{UnboundedReceiver, unbounded_channel},
    },
};

/// How long the other side may take to go away.
const LIMIT: Duration = Duration::from_secs(20);

pub(crate) struct Raw {
    pub(crate) address: SocketAddr,
    ended: Mutex<UnboundedReceiver<u64>>,
}

impl Raw {
    /// Serves each connection, whose number is given, and notes what its end says.
    pub(crate) async fn start<F, R>(serve: F) -> Self
    where
        F: Fn(TcpStream, usize) -> R + Send + Sync + 'static,
        R: Future<Output = u64> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = unbounded_channel();
        tokio::spawn(async move {
            for number in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (served, end) = (serve(stream, number), end.clone());
                tokio::spawn(async move { end.send(served.await) });
            }
        });
        Self { address, ended: Mutex::new(ended) }
    }

    /// One that hears a request, sends this, and waits for the other side to go.
    pub(crate) async fn sending(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |mut stream, _| {
            let bytes = bytes.clone();
            async move {
                hear(&mut stream).await;
                send(&mut stream, &bytes).await;
                gone(&mut stream).await
            }
        })
        .await
    }

    /// One that hears a request, sends a head, and then this again and again until the other side goes or `most` bytes are out.
    pub(crate) async fn pouring(head: &'static str, piece: impl Into<Vec<u8>>, most: u64) -> Self {
        let piece = piece.into();
        Self::start(move |mut stream, _| {
            let piece = piece.clone();
            async move {
                hear(&mut stream).await;
                send(&mut stream, head.as_bytes()).await;
                pour(&mut stream, &piece, most).await
            }
        })
        .await
    }

    /// What the next connection that ended came to: for those who pour, the bytes that went out.
    pub(crate) async fn ended(&self) -> u64 {
        let ended = tokio::time::timeout(LIMIT, async { self.ended.lock().await.recv().await }).await;
        ended.expect("the client closes its connection").unwrap()
    }
}

/// Waits for the end of a request's head. What it sends after that stays unread.
pub(crate) async fn hear(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
}

/// Sends, whether anybody listens or not.
pub(crate) async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    // Who has gone is noticed by whoever waits for that.
    let _ = stream.write_all(bytes).await;
}

/// Sends a piece again and again, until nobody listens or it is enough, and gives how many bytes went out.
pub(crate) async fn pour(stream: &mut TcpStream, piece: &[u8], most: u64) -> u64 {
    let mut out = 0;
    while out < most {
        if stream.write_all(piece).await.is_err() {
            return out;
        }
        out += piece.len() as u64;
    }
    out
}

/// Sends byte after byte with a pause before each, until nobody listens, and gives how many went out.
pub(crate) async fn drip(stream: &mut TcpStream, bytes: impl Iterator<Item = u8>) -> u64 {
    let mut out = 0;
    for byte in bytes {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if stream.write_all(&[byte]).await.is_err() {
            return out;
        }
        out += 1;
    }
    gone(stream).await;
    out
}

/// Waits until the other side has closed, and gives how many bytes it still sent.
pub(crate) async fn gone(stream: &mut TcpStream) -> u64 {
    let (mut buffer, mut read) = (vec![0; 64 << 10], 0);
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        read += count as u64;
    }
    read
}

/// Closes with a reset instead of an end.
pub(crate) fn reset(stream: TcpStream) -> u64 {
    stream.set_zero_linger().expect("a socket can be told how to end");
    0
}
