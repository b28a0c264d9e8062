//! One listening port: accepts connections, serves them, closes and opens again when it is
//! told to. Knows nothing of what is answered. Listens on 127.0.0.1 only.

use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::routes::Answering;
use crate::tls::Tls;

const MOST_CONNECTIONS: usize = 20_000;
const BACKLOG: u32 = 1_024;
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// Whether a port is open, and the way to change that.
#[derive(Debug)]
pub(crate) struct Door {
    wish: watch::Sender<bool>,
    state: watch::Receiver<bool>,
}

/// The server's side of a [`Door`].
#[derive(Debug)]
pub(crate) struct Hinge {
    wish: watch::Receiver<bool>,
    state: watch::Sender<bool>,
}

impl Door {
    /// An open door.
    pub(crate) fn new() -> (Door, Hinge) {
        let (wish, wished) = watch::channel(true);
        let (state, stated) = watch::channel(true);
        (Door { wish, state: stated }, Hinge { wish: wished, state })
    }

    /// Opens or closes the port, and returns when it is so.
    pub(crate) async fn set(&self, open: bool) -> anyhow::Result<()> {
        self.wish.send_replace(open);
        let mut state = self.state.clone();
        state.wait_for(|is| *is == open).await.context("the server has ended")?;
        Ok(())
    }
}

/// A running server. Dropped, it ends with all its connections.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    /// Bound but never listening: keeps the port ours while it is closed.
    _reservation: Option<TcpSocket>,
}

impl Server {
    pub(crate) fn start(port: u16, tls: Option<Tls>, answering: Answering, hinge: Hinge) -> anyhow::Result<Server> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let reservation = reserve(wanted).with_context(|| format!("bind {wanted}"))?;
        let bound = match &reservation {
            Some(socket) => socket.local_addr().context("read the bound address")?,
            None => wanted,
        };
        let listener = listen(bound).with_context(|| format!("listen on {bound}"))?;
        let address = listener.local_addr().context("read the bound address")?;
        let (stop, stopped) = watch::channel(false);
        let acceptor = Acceptor { address, tls, answering: Arc::new(answering), hinge };
        let task = tokio::spawn(acceptor.run(listener, stopped));
        Ok(Server { address, stop, task, _reservation: reservation })
    }

    /// Closes the port and every connection.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        // A server that panicked has ended too.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// On Linux a second socket may be bound to the same port as long as only one listens.
/// Elsewhere a closed port may be taken by somebody else before it opens again.
fn reserve(address: SocketAddr) -> io::Result<Option<TcpSocket>> {
    if cfg!(target_os = "linux") { bind(address).map(Some) } else { Ok(None) }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    bind(address)?.listen(BACKLOG)
}

struct Acceptor {
    address: SocketAddr,
    tls: Option<Tls>,
    answering: Arc<Answering>,
    hinge: Hinge,
}

impl Acceptor {
    async fn run(mut self, listener: TcpListener, mut stopped: watch::Receiver<bool>) {
        let mut listener = Some(listener);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = becomes(&mut stopped, true) => break,
                wished = self.hinge.wish.changed() => {
                    if wished.is_err() {
                        break;
                    }
                    let open = *self.hinge.wish.borrow_and_update();
                    match (open, listener.is_some()) {
                        (false, _) => listener = None,
                        (true, true) => {}
                        (true, false) => match listen(self.address) {
                            Ok(reopened) => listener = Some(reopened),
                            // Whoever waits for the door is told that the server has ended.
                            Err(_) => break,
                        },
                    }
                    self.hinge.state.send_replace(open);
                }
                Some(_) = connections.join_next() => {}
                accepted = accept(listener.as_ref()) => match accepted {
                    Ok(stream) if connections.len() < MOST_CONNECTIONS => {
                        connections.spawn(self.connection(stream));
                    }
                    Ok(too_many) => drop(too_many),
                    // Out of descriptors, or a client that gave up: breathe, then go on.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                },
            }
        }
        drop(listener);
        connections.shutdown().await;
    }

    fn connection(&self, stream: TcpStream) -> impl Future<Output = ()> + use<> {
        let tls = self.tls.as_ref();
        let tls = tls.map(|tls| if self.answering.has_expired() { tls.expired.clone() } else { tls.valid.clone() });
        let answering = Arc::clone(&self.answering);
        let wish = self.hinge.wish.clone();
        async move {
            // Without it small answers wait for the client's acknowledgement.
            let _ = stream.set_nodelay(true);
            match tls {
                None => serve(stream, answering, wish).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_DEADLINE, tls.accept(stream)).await {
                        serve(stream, answering, wish).await;
                    }
                }
            }
        }
    }
}

/// Returns when the value is the wanted one, or when nobody is left to set it.
async fn becomes(flag: &mut watch::Receiver<bool>, wanted: bool) {
    // What is returned holds a lock, which must not live on in a task.
    let _ = flag.wait_for(|is| *is == wanted).await;
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.map(|(stream, _)| stream),
        None => pending().await,
    }
}

/// Serves one connection until it ends. When the door closes, the request under way is
/// still answered, and then the connection ends. A client that goes away ends the work on
/// its request.
async fn serve<S>(stream: S, answering: Arc<Answering>, mut wish: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = Arc::clone(&answering);
    let service = hyper::service::service_fn(move |request| {
        let answering = Arc::clone(&answering);
        async move { answering.answer(request).await }
    });
    // What breaks a connection is told to whom it may concern.
    let ended = |ended: Result<(), hyper::Error>| match ended {
        Err(error) if error.is_parse() || error.is_incomplete_message() => broken.broke(),
        _ => {}
    };
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    tokio::select! {
        done = connection.as_mut() => return ended(done),
        () = becomes(&mut wish, false) => connection.as_mut().graceful_shutdown(),
    }
    ended(connection.await);
}
