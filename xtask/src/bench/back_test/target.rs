//! A server on loopback that answers as was drawn. It ends when it is dropped.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use anyhow::{Context, Result};

use super::drawn::Drawn;

/// The most bytes of the head of a request.
const HEAD: u64 = 16 << 10;

pub(super) struct Target {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl Target {
    pub(super) fn start(drawn: Drawn) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("listen on loopback")?;
        let address = listener.local_addr().context("find the own address")?;
        let is_over = Arc::new(AtomicBool::new(false));
        let (over, asked) = (Arc::clone(&is_over), Arc::new(AtomicU32::new(0)));
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let asked = Arc::clone(&asked);
                thread::spawn(move || answer(stream, drawn, &asked));
            }
        });
        Ok(Self { address, is_over })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // It hears of that from the next who comes. If it is gone already, nobody needs to.
        let _ = TcpStream::connect(self.address);
    }
}

/// Answers what comes over a connection, until that is closed or brings what is no request.
fn answer(mut stream: TcpStream, drawn: Drawn, asked: &AtomicU32) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let left = HEAD.saturating_sub(head.len() as u64);
            if reader.by_ref().take(left).read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let is_bad = drawn.fails(asked.fetch_add(1, Ordering::SeqCst));
        thread::sleep(drawn.delay);
        let status = if is_bad { "500 Internal Server Error" } else { "200 OK" };
        stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok").as_bytes())?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(stream: &mut TcpStream, request: &str) -> String {
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = vec![0; 1_024];
        let length = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }

    #[test]
    fn it_answers_as_was_drawn_over_whatever_connection_and_ends() {
        let is_quick_and_bad = |drawn: &Drawn| drawn.delay.is_zero() && (0..12).any(|request| drawn.fails(request));
        let drawn = (0..100).map(Drawn::of).find(is_quick_and_bad).unwrap();
        let target = Target::start(drawn).unwrap();
        let mut streams = [0, 1].map(|_| TcpStream::connect(target.address).unwrap());
        for request in 0..12 {
            let said = asked(&mut streams[request as usize % 2], "GET /health HTTP/1.1\r\nhost: a\r\n\r\n");
            let status = if drawn.fails(request) { "HTTP/1.1 500 " } else { "HTTP/1.1 200 OK\r\n" };
            assert!(said.starts_with(status) && said.ends_with("\r\n\r\nok"), "{request}: {said}");
        }
        let is_over = Arc::downgrade(&target.is_over);
        drop(target);
        while is_over.upgrade().is_some() {
            thread::yield_now();
        }
    }

    #[test]
    fn what_is_no_request_is_not_answered() {
        let target = Target::start(Drawn::of(0)).unwrap();
        let mut stream = TcpStream::connect(target.address).unwrap();
        stream.write_all(&vec![b'x'; HEAD as usize]).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"");
    }
}
