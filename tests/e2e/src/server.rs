//! A server whose answers are written byte by byte, so that it can answer as no framework would.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// What it does with a request.
pub enum Reply {
    /// Sends these pieces, each with a write of its own, and waits for the next request.
    Send(Vec<Vec<u8>>),
    /// Says nothing more, and keeps the connection open until the other side ends it.
    Silence,
}

/// A running server on a free port of 127.0.0.1. Dropped, it takes no more connections.
pub struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    stopped: Arc<AtomicBool>,
}

/// An answer with a length.
pub fn answer(head: &str, body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    Reply::Send(vec![bytes])
}

/// An answer in chunks, each sent by itself.
pub fn chunked(head: &str, chunks: &[&[u8]]) -> Reply {
    let mut pieces = vec![format!("HTTP/1.1 {head}\r\ntransfer-encoding: chunked\r\n\r\n").into_bytes()];
    for chunk in chunks {
        pieces.push([format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    }
    pieces.push(b"0\r\n\r\n".to_vec());
    Reply::Send(pieces)
}

type Answering = dyn Fn(&str) -> Reply + Send + Sync;

impl Server {
    /// Answers each request by its text: head and body.
    pub fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let server = Self { address, seen: Arc::default(), stopped: Arc::default() };
        let (seen, stopped) = (server.seen.clone(), server.stopped.clone());
        let reply: Arc<Answering> = Arc::new(reply);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let (seen, reply) = (seen.clone(), reply.clone());
                thread::spawn(move || serve(stream, &seen, &*reply));
            }
        });
        server
    }

    /// Where it is, e.g. `http://127.0.0.1:4711`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The requests, as they came.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes it up; if that fails there is nobody to wake.
        let _ = TcpStream::connect(self.address);
    }
}

/// Serves one connection until the other side ends it. Whatever breaks it off is that side's own doing.
fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, reply: &Answering) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        let request = loop {
            if let Some(length) = request_length(&buffer) {
                break String::from_utf8_lossy(&buffer.drain(..length).collect::<Vec<_>>()).into_owned();
            }
            let mut more = [0; 16 << 10];
            match stream.read(&mut more).ok()? {
                0 => return None,
                read => buffer.extend_from_slice(&more[..read]),
            }
        };
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        match reply(&request) {
            Reply::Send(pieces) => {
                for piece in pieces {
                    stream.write_all(&piece).ok()?;
                    stream.flush().ok()?;
                }
            }
            Reply::Silence => {
                while stream.read(&mut [0; 1_024]).ok()? > 0 {}
                return None;
            }
        }
    }
}

fn request_length(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
    let body: usize = length.unwrap_or(0);
    (buffer.len() >= head + body).then_some(head + body)
}
