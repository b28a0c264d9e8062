//! One connection to a store, with a bound of what may come over it.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
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
    heard: Heard,
}

/// What is known of what a server has sent, whoever reads it: the libraries tell only that a connection has ended, or that a login has failed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    flooded: Arc<AtomicBool>,
    first: Arc<Mutex<Vec<u8>>>,
}

/// Bytes that are kept of the first words.
const FIRST: usize = 128;

impl Heard {
    /// Whether these are the first words of the server.
    pub(crate) fn begins_with(&self, words: &str) -> bool {
        self.first().starts_with(words.as_bytes())
    }

    fn first(&self) -> MutexGuard<'_, Vec<u8>> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, bytes: &[u8]) {
        let mut first = self.first();
        let room = FIRST.saturating_sub(first.len()).min(bytes.len());
        first.extend_from_slice(&bytes[..room]);
    }

    /// What ended, with its reason.
    pub(crate) fn judge(&self, stop: Stop) -> Stop {
        match stop {
            Stop::Lost(_) if self.flooded.load(Ordering::Relaxed) => {
                Stop::TooLarge("the server sent more than 4 MiB; ask for less".to_owned())
            }
            stop => stop,
        }
    }
}

impl<S> Bounded<S> {
    pub(crate) fn new(inner: S, heard: &Heard) -> Self {
        Self { inner, left: WIRE_BYTES, heard: heard.clone() }
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
                self.heard.hear(&buffer.filled()[before..]);
                polled
            }
            None => {
                self.heard.flooded.store(true, Ordering::Relaxed);
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

    /// Ends it, and waits until the connection is gone: a transaction that is left open holds its locks no longer.
    pub(crate) async fn end(mut self) {
        self.0.abort();
        drop((&mut self.0).await);
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
        let heard = Heard::default();
        let mut exact = Bounded::new(tokio::io::repeat(1).take(WIRE_BYTES), &heard);
        assert_eq!(tokio::io::copy(&mut exact, &mut tokio::io::sink()).await.unwrap(), WIRE_BYTES);
        let lost = || Stop::Lost("connection closed".to_owned());
        assert!(matches!(heard.judge(lost()), Stop::Lost(_)));
        let mut more = Bounded::new(tokio::io::repeat(1).take(WIRE_BYTES + 1), &heard);
        assert!(tokio::io::copy(&mut more, &mut tokio::io::sink()).await.is_err());
        assert!(matches!(heard.judge(lost()), Stop::TooLarge(_)));
        assert!(matches!(heard.judge(Stop::Late), Stop::Late));
        assert!(heard.begins_with("\u{1}\u{1}") && !heard.begins_with("\u{2}"));
        assert_eq!(heard.first().len(), FIRST);
    }
}
