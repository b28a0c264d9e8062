//! A connection of one user: opened to checked addresses, spoken on a task of its own, kept for the next request.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    task::AbortHandle,
    time::Instant,
};
use tokio_rustls::TlsConnector;

use super::told::Broke;
use crate::{Network, TlsFacts, route::Origin, tls};

/// Of an answer's head, and of what is read at once. Buffers begin small and grow with what comes.
const HEAD_BYTES: usize = 64 << 10;
/// Bytes that may come before the head of an answer is whole.
const BEFORE_HEAD: u64 = 256 << 10;
/// How long one of several addresses may stay silent.
const SILENT: Duration = Duration::from_secs(5);

/// An open connection. It ends when it is dropped.
pub(super) struct Connection {
    pub(super) sender: SendRequest<Full<Bytes>>,
    pub(super) passed: Arc<Passed>,
    pub(super) peer: SocketAddr,
    pub(super) tls: Option<Arc<TlsFacts>>,
    task: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Why there is no connection.
pub(super) struct Unopened {
    pub(super) broke: Broke,
    pub(super) text: String,
}

/// Opens a connection. `tls` is there for https.
pub(super) async fn open(
    network: &dyn Network,
    tls: Option<Arc<ClientConfig>>,
    origin: &Origin,
    addresses: &[SocketAddr],
) -> Result<Connection, Unopened> {
    let failed = |broke, error: String| Unopened { broke, text: format!("{}: {error}", origin.authority()) };
    let mut why = String::from("it has no address");
    let mut connected = None;
    for address in addresses {
        match tokio::time::timeout(SILENT, network.connect(*address)).await {
            Ok(Ok(stream)) => {
                // A request is one write; waiting for more would only cost time.
                let _ = stream.set_nodelay(true);
                connected = Some((stream, *address));
                break;
            }
            Ok(Err(error)) => why = format!("can't connect to {address}: {}", error.kind()),
            Err(_) => why = format!("can't connect to {address}: it stays silent"),
        }
    }
    let Some((stream, peer)) = connected else { return Err(failed(Broke::Connect, why)) };
    let Some(config) = tls else { return speak(stream, peer, None).await.map_err(|e| failed(Broke::Reset, e)) };
    let name = ServerName::try_from(origin.bare_host().to_owned()).map_err(|e| failed(Broke::Tls, e.to_string()))?;
    let stream = TlsConnector::from(config).connect(name, stream).await;
    let stream = stream.map_err(|error| failed(Broke::Tls, format!("no TLS: {error}")))?;
    let facts = Arc::new(tls::facts(stream.get_ref().1));
    speak(stream, peer, Some(facts)).await.map_err(|e| failed(Broke::Reset, e))
}

async fn speak<S>(stream: S, peer: SocketAddr, tls: Option<Arc<TlsFacts>>) -> Result<Connection, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let passed = Arc::new(Passed::default());
    let io = TokioIo::new(Counted { stream, passed: passed.clone() });
    let (sender, connection) = Builder::new()
        .max_buf_size(HEAD_BYTES)
        .max_header_size(HEAD_BYTES)
        .handshake(io)
        .await
        .map_err(|error| error.to_string())?;
    // Its errors reach whoever waits for an answer.
    let task = tokio::spawn(async move { drop(connection.await) }).abort_handle();
    Ok(Connection { sender, passed, peer, tls, task })
}

/// What has passed over a connection.
#[derive(Debug, Default)]
pub(super) struct Passed {
    sent: AtomicU64,
    received: AtomicU64,
    early: AtomicU64,
    whole_head: AtomicBool,
}

impl Passed {
    /// A new exchange begins: what had passed before it.
    pub(super) fn begin(&self) -> (u64, u64) {
        self.early.store(0, Relaxed);
        self.whole_head.store(false, Relaxed);
        self.so_far()
    }

    pub(super) fn so_far(&self) -> (u64, u64) {
        (self.sent.load(Relaxed), self.received.load(Relaxed))
    }

    pub(super) fn head_is_whole(&self) {
        self.whole_head.store(true, Relaxed);
    }

    /// More came without an answer than one would need.
    pub(super) fn flooded(&self) -> bool {
        self.early.load(Relaxed) > BEFORE_HEAD
    }

    fn read(&self, bytes: usize) -> io::Result<()> {
        self.received.fetch_add(bytes as u64, Relaxed);
        if !self.whole_head.load(Relaxed) {
            self.early.fetch_add(bytes as u64, Relaxed);
        }
        if self.flooded() { Err(io::Error::other("no answer among much else")) } else { Ok(()) }
    }
}

/// Milliseconds since a moment.
pub(super) fn millis_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1_000.0
}

/// A stream that counts.
struct Counted<S> {
    stream: S,
    passed: Arc<Passed>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.passed.read(buffer.filled().len() - before)?;
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = polled {
            self.passed.sent.fetch_add(count as u64, Relaxed);
        }
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        if let Poll::Ready(Ok(count)) = polled {
            self.passed.sent.fetch_add(count as u64, Relaxed);
        }
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
