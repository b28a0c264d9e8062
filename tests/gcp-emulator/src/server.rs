//! One listening port: accepts connections, and serves each until it ends. Listens on 127.0.0.1 only.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::{LazyConfigAcceptor, TlsAcceptor};

use crate::shared::Shared;

const MOST_CONNECTIONS: usize = 2_000;
const LONGEST_HEAD: usize = 8 * 1_024;
/// Until a client has said what it wants and agreed on keys.
const DEADLINE: Duration = Duration::from_secs(10);

/// What a port is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A proxy that is itself every host that it leads to. gcloud asks through it for the tokens of the metadata
    /// server, too.
    Proxy { metadata: SocketAddr },
    /// The metadata server, without TLS.
    Metadata,
    /// The front of services and of Google's APIs, by the name that a client asks for in TLS.
    Front,
}

/// A running server. Dropped, it ends with all its connections.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(kind: Kind, port: u16, shared: &Arc<Shared>) -> anyhow::Result<Server> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind(wanted).await.with_context(|| format!("listen on {wanted}"))?;
        let address = listener.local_addr().context("read the bound address")?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(listener, kind, Arc::clone(shared), stopped));
        Ok(Server { address, stop, task })
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

async fn accept(listener: TcpListener, kind: Kind, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = told(&mut stopped) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < MOST_CONNECTIONS => {
                    connections.spawn(connection(stream, kind, Arc::clone(&shared)));
                }
                Ok(too_many) => drop(too_many),
                // Out of descriptors, or a client that gave up: breathe, then go on.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
        }
    }
    connections.shutdown().await;
}

/// Returns when it is to stop, or when nobody is left to say so.
async fn told(stopped: &mut watch::Receiver<bool>) {
    // What is returned holds a lock, which must not live on in a task.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// A connection that breaks is the client's affair, and ends.
async fn connection(stream: TcpStream, kind: Kind, shared: Arc<Shared>) {
    // Without it small answers wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    match kind {
        Kind::Metadata => serve(stream, None, shared).await,
        Kind::Front => front(stream, shared).await,
        Kind::Proxy { metadata } => proxy(stream, metadata, shared).await,
    }
}

async fn proxy(mut stream: TcpStream, metadata: SocketAddr, shared: Arc<Shared>) {
    let Ok(Ok(head)) = tokio::time::timeout(DEADLINE, read_head(&mut stream)).await else { return };
    if head.starts_with(&format!("GET http://{metadata}/")) {
        let (read, write) = stream.into_split();
        let again = std::io::Cursor::new(head).chain(read);
        return serve(tokio::io::join(again, write), None, shared).await;
    }
    let host = match wanted_host(&head) {
        Some(host) if shared.leads_to(&host) => host,
        refused => {
            shared.refused(refused.as_deref().unwrap_or_default());
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
            return;
        }
    };
    let Ok(config) = shared.authority.serve(&host) else { return };
    if stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.is_err() {
        return;
    }
    if let Ok(Ok(stream)) = tokio::time::timeout(DEADLINE, TlsAcceptor::from(config).accept(stream)).await {
        serve(stream, Some(host), shared).await;
    }
}

/// Reads to the empty line. Clients say nothing more until they are answered.
async fn read_head(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= LONGEST_HEAD || stream.read_buf(&mut head).await? == 0 {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
    }
    String::from_utf8(head).map_err(|_| std::io::ErrorKind::InvalidData.into())
}

/// The host of `CONNECT HOST:443 HTTP/1.1`.
fn wanted_host(head: &str) -> Option<String> {
    let target = head.strip_prefix("CONNECT ")?.split(' ').next()?;
    target.strip_suffix(":443").map(str::to_ascii_lowercase)
}

async fn front(stream: TcpStream, shared: Arc<Shared>) {
    let handshake = async {
        let hello = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await.ok()?;
        let host = hello.client_hello().server_name()?.to_ascii_lowercase();
        if !shared.leads_to(&host) {
            return None;
        }
        let config = shared.authority.serve(&host).ok()?;
        Some((hello.into_stream(config).await.ok()?, host))
    };
    if let Ok(Some((stream, host))) = tokio::time::timeout(DEADLINE, handshake).await {
        serve(stream, Some(host), shared).await;
    }
}

/// Serves one connection until it ends; without a host it is one to the metadata server. A client that goes away ends
/// the work on its request.
async fn serve<S>(stream: S, host: Option<String>, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let (shared, host) = (Arc::clone(&shared), host.clone());
        async move { Ok::<_, Infallible>(shared.respond(host.as_deref(), request).await) }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
}

#[cfg(test)]
mod tests {
    use super::wanted_host;

    #[test]
    fn only_a_connection_to_port_443_names_a_host() {
        let host = |line: &str| wanted_host(&format!("{line} HTTP/1.1\r\n\r\n"));
        assert_eq!(host("CONNECT Run.googleapis.com:443").as_deref(), Some("run.googleapis.com"));
        assert_eq!(host("CONNECT run.googleapis.com:80"), None);
        assert_eq!(host("GET http://run.googleapis.com/"), None);
    }
}
