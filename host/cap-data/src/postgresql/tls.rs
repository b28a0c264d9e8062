//! TLS of PostgreSQL, which begins after a word in the clear: the TLS of `cap-http` in the place where the client's library wants one.

use std::{
    io,
    pin::Pin,
    sync::OnceLock,
    task::{Context, Poll},
};

use holdpoint_cap_http::{Dialer, Stream, Undialed};
use holdpoint_gate::Boxed;
use holdpoint_model::grant::HostPort;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// Secures one connection, and notes the version that was agreed.
pub(super) struct Securing<'s> {
    pub(super) dialer: &'s Dialer,
    pub(super) to: &'s HostPort,
    pub(super) agreed: &'s OnceLock<String>,
}

/// Whoever is there is not trusted.
#[derive(Debug, thiserror::Error)]
#[error("there is no TLS")]
pub(super) struct Untrusted(pub(super) Undialed);

/// A secured connection.
pub(super) struct Secured(Box<dyn Stream>);

impl<'s, S: Stream + 'static> TlsConnect<S> for Securing<'s> {
    type Stream = Secured;
    type Error = Untrusted;
    type Future = Boxed<'s, Result<Secured, Untrusted>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let (stream, facts) = self.dialer.secure(self.to, stream).await.map_err(Untrusted)?;
            // It is one connection, so nothing was agreed before.
            let _ = self.agreed.set(facts.version);
            Ok(Secured(stream))
        })
    }
}

impl TlsStream for Secured {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Secured {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Secured {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
