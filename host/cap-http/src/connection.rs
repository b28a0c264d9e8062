//! Opening a connection to checked addresses.

use std::{
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use holdpoint_gate::BackendError;
use http_body_util::Full;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::AbortHandle,
    time::Instant,
};
use tokio_rustls::TlsConnector;

use crate::{
    Network, TlsFacts,
    meter::{Meter, Metered, millis},
    resolve::Resolved,
    route::Origin,
    tls,
};

/// Of an answer's head. More than 100 headers are refused by default.
const HEAD_BYTES: usize = 64 << 10;
/// How long one of several addresses may stay silent.
const SILENT: Duration = Duration::from_secs(5);

/// How much is read for whoever asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Bytes of a buffer, which begins small and grows with what comes.
    at_once: usize,
    /// Bytes that may come before the head of an answer is whole. A head has at most 64 KiB; only answers of the kind 1xx, which say
    /// nothing and may come without end, are longer.
    before_head: u64,
    /// Whether the connection has a task of its own, which notices that the server closes it while nobody uses it.
    aside: bool,
}

impl Reading {
    /// For phases, of which there are a few.
    pub(crate) const PHASE: Self = Self { at_once: 256 << 10, before_head: 1 << 20, aside: true };
    /// For virtual users, of which there are thousands: waking another task for each part of an exchange costs more than the exchange.
    pub(crate) const USER: Self = Self { at_once: 64 << 10, before_head: 256 << 10, aside: false };
}

/// An open connection. It ends when it is dropped.
pub(crate) struct Connection {
    pub(crate) sender: SendRequest<Full<Bytes>>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) peer: SocketAddr,
    pub(crate) tls: Option<TlsFacts>,
    pub(crate) used: Instant,
    pub(crate) driver: Driver,
}

/// What reads and writes. It ends when it is dropped.
pub(crate) enum Driver {
    /// On a task of its own.
    Aside(AbortHandle),
    /// Only while somebody waits for an exchange; none once it has ended.
    Within(Option<Pin<Box<dyn Future<Output = ()> + Send>>>),
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Self::Aside(task) = self {
            task.abort();
        }
    }
}

impl Driver {
    fn new(exchanges: impl Future<Output = ()> + Send + 'static, reading: Reading) -> Self {
        if reading.aside {
            Self::Aside(tokio::spawn(exchanges).abort_handle())
        } else {
            Self::Within(Some(Box::pin(exchanges)))
        }
    }

    /// Waits for something that comes over the connection.
    pub(crate) async fn while_waiting<T>(&mut self, waiting: impl Future<Output = T>) -> T {
        let mut waiting = pin!(waiting);
        poll_fn(|context| {
            if let Poll::Ready(done) = waiting.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            let Self::Within(Some(exchanges)) = self else { return Poll::Pending };
            if exchanges.as_mut().poll(context).is_ready() {
                *self = Self::Within(None);
            }
            // What it has read may be what is waited for.
            waiting.as_mut().poll(context)
        })
        .await
    }
}

/// How long the parts of opening took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Opening {
    pub(crate) dns: Option<f64>,
    pub(crate) connect: Option<f64>,
    pub(crate) tls: Option<f64>,
}

/// Why there is no connection. Nothing of a request has been sent.
pub(crate) enum Unopened {
    Connect(String),
    Tls(String),
}

impl From<Unopened> for BackendError {
    fn from(unopened: Unopened) -> Self {
        let (Unopened::Connect(text) | Unopened::Tls(text)) = unopened;
        Self::NotSent(text)
    }
}

/// Opens a connection. `config` is there for https.
pub(crate) async fn open(
    network: &dyn Network,
    config: Option<Arc<ClientConfig>>,
    origin: &Origin,
    resolved: Resolved,
    reading: Reading,
) -> Result<(Connection, Opening), Unopened> {
    let start = Instant::now();
    let (stream, peer) = connect(network, origin, &resolved.addresses).await?;
    let mut opening = Opening { dns: resolved.dns, connect: Some(millis(start.elapsed())), tls: None };
    let Some(config) = config else {
        return Ok((start_exchanges((stream, peer), None, origin, reading).await?, opening));
    };
    let fail = |error: String| Unopened::Tls(format!("no TLS with {}: {error}", origin.authority()));
    let name = ServerName::try_from(origin.bare_host().to_owned()).map_err(|error| fail(error.to_string()))?;
    let start = Instant::now();
    let stream = TlsConnector::from(config).connect(name, stream).await.map_err(|error| fail(error.to_string()))?;
    opening.tls = Some(millis(start.elapsed()));
    let facts = tls::facts(stream.get_ref().1);
    Ok((start_exchanges((stream, peer), Some(facts), origin, reading).await?, opening))
}

async fn connect(
    network: &dyn Network,
    origin: &Origin,
    addresses: &[SocketAddr],
) -> Result<(TcpStream, SocketAddr), Unopened> {
    let mut why = String::new();
    for (place, address) in addresses.iter().enumerate() {
        let last = place + 1 == addresses.len();
        let connecting = network.connect(*address);
        let connected = if last {
            connecting.await
        } else {
            match tokio::time::timeout(SILENT, connecting).await {
                Ok(connected) => connected,
                Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
            }
        };
        match connected {
            Ok(stream) => {
                // A request is one write; waiting for more would only cost time.
                let _ = stream.set_nodelay(true);
                return Ok((stream, *address));
            }
            Err(error) => why = format!("can't connect to {} ({address}): {}", origin.authority(), error.kind()),
        }
    }
    Err(Unopened::Connect(why))
}

async fn start_exchanges<S>(
    (stream, peer): (S, SocketAddr),
    tls: Option<TlsFacts>,
    origin: &Origin,
    reading: Reading,
) -> Result<Connection, Unopened>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let meter = Meter::new(reading.before_head);
    let io = TokioIo::new(Metered::new(stream, meter.clone()));
    let handshake = Builder::new().max_buf_size(reading.at_once).max_header_size(HEAD_BYTES).handshake(io).await;
    let (sender, connection) =
        handshake.map_err(|error| Unopened::Connect(format!("{}: {error}", origin.authority())))?;
    // Its errors reach whoever waits for an answer.
    let driver = Driver::new(async move { drop(connection.with_upgrades().await) }, reading);
    Ok(Connection { sender, meter, peer, tls, used: Instant::now(), driver })
}
