//! A way to a store that takes longer.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use super::wait;

/// A port of 127.0.0.1 that leads to another, and holds back each part of what is said there. Dropped, it takes no more connections.
#[derive(Debug)]
pub struct Detour {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
}

impl Detour {
    /// The way to a port, on which answers take so much longer.
    pub fn to(port: u16, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let detour = Self { address, ended: Arc::default() };
        let ended = detour.ended.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                // Who is not let through finds the connection ended.
                let _ = lead(client, port, delay);
            }
        });
        detour
    }

    /// Where it begins, as `127.0.0.1:5432`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Detour {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes it up; if that fails there is nobody to wake.
        let _ = TcpStream::connect(self.address);
    }
}

/// Carries what both sides say until one of them ends.
fn lead(client: TcpStream, port: u16, delay: Duration) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", port))?;
    let (mut asks, mut hears) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut asks, &mut hears);
        hears.shutdown(Shutdown::Write)
    });
    thread::spawn(move || answer(server, client, delay));
    Ok(())
}

fn answer(mut server: TcpStream, mut client: TcpStream, delay: Duration) -> io::Result<()> {
    let mut part = [0; 16 << 10];
    loop {
        match server.read(&mut part)? {
            0 => return client.shutdown(Shutdown::Both),
            read => {
                wait(delay);
                client.write_all(&part[..read])?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::now;

    #[test]
    fn an_answer_comes_as_it_is_and_later() {
        let server = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = server.local_addr().expect("it is bound").port();
        thread::spawn(move || {
            let (mut stream, _) = server.accept()?;
            io::copy(&mut stream.try_clone()?, &mut stream)
        });
        let detour = Detour::to(port, Duration::from_millis(80));
        let mut stream = TcpStream::connect(detour.address()).expect("it listens");
        let begun = now();
        stream.write_all(b"are you there").expect("it is carried");
        let mut said = [0; 13];
        stream.read_exact(&mut said).expect("it is answered");
        assert_eq!(&said, b"are you there");
        assert!(begun.elapsed() >= Duration::from_millis(80));
        stream.shutdown(Shutdown::Write).expect("it is open");
        assert_eq!(stream.read(&mut said).expect("its end is carried too"), 0);
    }

    #[test]
    fn a_way_to_nobody_ends() {
        let held = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = held.local_addr().expect("it is bound").port();
        drop(held);
        let detour = Detour::to(port, Duration::ZERO);
        let mut stream = TcpStream::connect(detour.address()).expect("it listens");
        assert!(matches!(stream.read(&mut [0; 1]), Ok(0) | Err(_)));
    }
}
