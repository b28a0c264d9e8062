//! A server that answers with the request itself, and keeps it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// The server. It ends with the test's runtime.
pub(crate) struct Echo {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Echo {
    /// `around` makes the body of an answer from the text of its request.
    pub(crate) async fn start(around: fn(&str) -> String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (kept, connections) = (requests.clone(), Arc::new(AtomicUsize::new(0)));
        let counted = connections.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(answer(stream, kept.clone(), around));
            }
        });
        Self { address, requests, connections }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn answer(mut stream: TcpStream, kept: Arc<Mutex<Vec<String>>>, around: fn(&str) -> String) {
    let mut buffer = Vec::new();
    loop {
        let Some(length) = whole(&buffer) else {
            match stream.read_buf(&mut buffer).await {
                Ok(1..) => continue,
                _ => return,
            }
        };
        let request: Vec<u8> = buffer.drain(..length).collect();
        let text = String::from_utf8(request).unwrap();
        let body = around(&text);
        kept.lock().unwrap().push(text);
        let head = format!(
            "HTTP/1.1 200 OK\r\nset-cookie: sid=cookie-of-session-1; Path=/\r\nx-session-token: token-of-session-1\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if stream.write_all(&[head.into_bytes(), body.into_bytes()].concat()).await.is_err() {
            return;
        }
    }
}

/// How long the first request of a buffer is, if it is whole.
fn whole(buffer: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(buffer);
    let head = text.find("\r\n\r\n")? + 4;
    let length =
        text[..head].to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let whole = head + length.unwrap_or(0_usize);
    (buffer.len() >= whole).then_some(whole)
}
