//! Opening a connection to checked addresses.

use std::{future::poll_fn, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use holdpoint_gate::BackendError;
use hyper::{
    client::conn::{http1, http2},
    rt::Executor as _,
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::Instant,
};
use tokio_rustls::TlsConnector;

use crate::{
    Network, TlsFacts,
    meter::{Meter, Metered, millis},
    resolve::Resolved,
    route::Origin,
    sender::Sender,
    tasks::Tasks,
    tls,
    user::{Disturbed, Harming, Resettable, Trigger},
};

/// Of an answer's head. More than 100 headers are refused too.
const HEAD_BYTES: u32 = 64 << 10;
/// How long one of several addresses may stay silent.
const SILENT: Duration = Duration::from_secs(5);

/// How much is read for whoever asks.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// Bytes of a buffer, which begins small and grows with what comes.
    at_once: u32,
    /// Bytes that may come before the head of an answer is whole. A head has at most 64 KiB; only answers of the kind 1xx, which say
    /// nothing and may come without end, are longer. In HTTP/2 so many may come besides a body at any time.
    before_head: u64,
    /// What is done on purpose to what passes; a user's plan says so.
    harming: Option<Harming>,
    /// And to frames that pass later.
    trigger: Option<Trigger>,
}

impl Reading {
    /// For phases, of which there are a few.
    pub(crate) const PHASE: Self = Self { at_once: 256 << 10, before_head: 1 << 20, harming: None, trigger: None };
    /// For virtual users, of which there are thousands.
    pub(crate) const USER: Self = Self { at_once: 64 << 10, before_head: 256 << 10, harming: None, trigger: None };

    /// The same for an exchange that goes wrong on purpose.
    pub(crate) fn harmed(self, harming: Option<Harming>, trigger: Option<Trigger>) -> Self {
        Self { harming, trigger, ..self }
    }
}

/// An open connection. It ends when it is dropped.
pub(crate) struct Connection {
    pub(crate) sender: Sender,
    pub(crate) meter: Arc<Meter>,
    pub(crate) peer: SocketAddr,
    pub(crate) tls: Option<TlsFacts>,
    pub(crate) used: Instant,
    tasks: Tasks,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.tasks.end();
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
        return Ok((start_exchanges((stream, peer), (None, false), origin, reading).await?, opening));
    };
    let fail = |error: String| Unopened::Tls(format!("no TLS with {}: {error}", origin.authority()));
    let name = ServerName::try_from(origin.bare_host().to_owned()).map_err(|error| fail(error.to_string()))?;
    let start = Instant::now();
    let stream = TlsConnector::from(config).connect(name, stream).await.map_err(|error| fail(error.to_string()))?;
    opening.tls = Some(millis(start.elapsed()));
    let agreed = stream.get_ref().1;
    let tls = (Some(tls::facts(agreed)), tls::is_http2(agreed));
    Ok((start_exchanges((stream, peer), tls, origin, reading).await?, opening))
}

pub(crate) async fn connect(
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
    (tls, http2): (Option<TlsFacts>, bool),
    origin: &Origin,
    reading: Reading,
) -> Result<Connection, Unopened>
where
    S: AsyncRead + AsyncWrite + Resettable + Unpin + Send + 'static,
{
    let (meter, tasks) = (Meter::new(reading.before_head), Tasks::new());
    let stream = Disturbed::new(stream, reading.harming, reading.trigger);
    let fail = |error: hyper::Error| Unopened::Connect(format!("{}: {error}", origin.authority()));
    // Errors of a connection reach whoever waits for an answer.
    let sender = if http2 {
        let io = TokioIo::new(Metered::framed(stream, meter.clone()));
        // One request at a time needs no more of the connection's window than its own; as wide as it is by default, it lets small
        // frames pass that wait to be read together.
        let (sender, connection) = http2::Builder::new(tasks.clone())
            .initial_stream_window_size(reading.at_once)
            .max_header_list_size(HEAD_BYTES)
            .max_send_buf_size(reading.at_once as usize)
            .handshake(io)
            .await
            .map_err(fail)?;
        tasks.execute(async move { drop(connection.await) });
        Sender::Http2(sender)
    } else {
        let io = TokioIo::new(Metered::new(stream, meter.clone()));
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(reading.at_once as usize)
            .max_header_size(HEAD_BYTES as usize)
            .handshake(io)
            .await
            .map_err(fail)?;
        let mut connection = connection.with_upgrades();
        // An `async` block would keep room for the connection twice, before it is awaited and while it is.
        tasks.execute(poll_fn(move |cx| Pin::new(&mut connection).poll(cx).map(drop)));
        Sender::Http1(sender)
    };
    Ok(Connection { sender, meter, peer, tls, used: Instant::now(), tasks })
}
