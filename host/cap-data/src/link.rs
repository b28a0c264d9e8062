//! One connection to a store, with a bound of what may come over it.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    task::JoinHandle,
};

use crate::{bounds::WIRE_BYTES, stop::Stop};

/// A stream that ends with an error where a server sends more than its bound.
pub(crate) struct Bounded<S> {
    inner: S,
    left: u64,
    flooded: Flooded,
}

/// Whether a server has sent more than its bound. Whoever waits for an answer is only told that the connection has ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flooded(Arc<AtomicBool>);

impl Flooded {
    /// What ended, with its reason.
    pub(crate) fn judge(&self, stop: Stop) -> Stop {
        match stop {
            Stop::Lost(_) if self.0.load(Ordering::Relaxed) => {
                Stop::TooLarge("the server sent more than 4 MiB; ask for less".to_owned())
            }
            stop => stop,
        }
    }
}

impl<S> Bounded<S> {
    pub(crate) fn new(inner: S, flooded: &Flooded) -> Self {
        Self { inner, left: WIRE_BYTES, flooded: flooded.clone() }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        let read = (buffer.filled().len() - before) as u64;
        match self.left.checked_sub(read) {
            Some(left) => {
                self.left = left;
                polled
            }
            None => {
                self.flooded.0.store(true, Ordering::Relaxed);
                Poll::Ready(Err(io::Error::other("the server sent more than 4 MiB")))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// What drives a connection. It ends when it is dropped, and the connection with it.
pub(crate) struct Driver(JoinHandle<()>);

impl Driver {
    pub(crate) fn of(driving: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(driving))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn more_than_the_bound_is_an_error_and_not_kept() {
        let flooded = Flooded::default();
        let mut exact = Bounded::new(tokio::io::repeat(1).take(WIRE_BYTES), &flooded);
        assert_eq!(tokio::io::copy(&mut exact, &mut tokio::io::sink()).await.unwrap(), WIRE_BYTES);
        let lost = || Stop::Lost("connection closed".to_owned());
        assert!(matches!(flooded.judge(lost()), Stop::Lost(_)));
        let mut more = Bounded::new(tokio::io::repeat(1).take(WIRE_BYTES + 1), &flooded);
        assert!(tokio::io::copy(&mut more, &mut tokio::io::sink()).await.is_err());
        assert!(matches!(flooded.judge(lost()), Stop::TooLarge(_)));
        assert!(matches!(flooded.judge(Stop::Late), Stop::Late));
    }
}
