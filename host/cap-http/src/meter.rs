//! When bytes passed: a stream that notes its first read and its last write, and ends where a server talks without answering.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use crate::frames::{Frames, Passed};

/// Milliseconds, with their fractions.
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// What is known of the exchange under way. Times are nanoseconds since `base`; 0 is never.
#[derive(Debug)]
pub(crate) struct Meter {
    base: Instant,
    last_write: AtomicU64,
    first_read: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    /// Bytes that came before the head of the answer was whole, and how many may. In HTTP/2 those that came besides a body.
    early: AtomicU64,
    most_early: u64,
    whole_head: AtomicBool,
    /// Bytes of the newest head or trailers in HTTP/2.
    block: AtomicU64,
}

impl Meter {
    pub(crate) fn new(most_early: u64) -> Arc<Self> {
        Arc::new(Self {
            base: Instant::now(),
            last_write: AtomicU64::new(0),
            first_read: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            early: AtomicU64::new(0),
            most_early,
            whole_head: AtomicBool::new(false),
            block: AtomicU64::new(0),
        })
    }

    /// A new exchange begins.
    pub(crate) fn begin(&self) {
        self.last_write.store(0, Relaxed);
        self.first_read.store(0, Relaxed);
        self.early.store(0, Relaxed);
        self.whole_head.store(false, Relaxed);
    }

    /// The head of the answer has been read; what follows is bounded by whoever reads the body.
    pub(crate) fn head_is_whole(&self) {
        self.whole_head.store(true, Relaxed);
    }

    /// Whether more came without an answer than one would need.
    pub(crate) fn flooded(&self) -> bool {
        self.early.load(Relaxed) > self.most_early
    }

    /// Whether a byte of the request has left.
    pub(crate) fn wrote(&self) -> bool {
        self.last_write.load(Relaxed) != 0
    }

    /// Whether a byte of the answer has come.
    pub(crate) fn heard(&self) -> bool {
        self.first_read.load(Relaxed) != 0
    }

    /// Bytes that were sent, and that were received, since this was asked for the last time. What a connection begins with, or passes while
    /// nobody asks anything, counts with the exchange that follows.
    pub(crate) fn passed(&self) -> (u64, u64) {
        (self.sent.swap(0, Relaxed), self.received.swap(0, Relaxed))
    }

    /// Bytes of the newest head or trailers, as HTTP/2 writes them; 0 in HTTP/1.1.
    pub(crate) fn block(&self) -> u64 {
        self.block.load(Relaxed)
    }

    /// Whether this is HTTP/2: no answer has come there without a head.
    pub(crate) fn is_framed(&self) -> bool {
        self.block() > 0
    }

    /// Milliseconds from the last byte out to the first byte in. A server may answer before it has heard everything.
    pub(crate) fn first_byte(&self) -> f64 {
        let nanos = self.first_read.load(Relaxed).saturating_sub(self.last_write.load(Relaxed));
        millis(Duration::from_nanos(nanos))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.base.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1)
    }

    fn read(&self, bytes: usize, passed: &Passed) -> io::Result<()> {
        if passed.of_exchange && !self.heard() {
            self.first_read.store(self.now(), Relaxed);
        }
        self.received.fetch_add(bytes as u64, Relaxed);
        self.early.fetch_add(passed.besides, Relaxed);
        if self.flooded() { Err(io::Error::other("no answer among much else")) } else { Ok(()) }
    }

    fn written(&self, bytes: usize, passed: &Passed) {
        if passed.of_exchange {
            self.last_write.store(self.now(), Relaxed);
        }
        self.sent.fetch_add(bytes as u64, Relaxed);
    }
}

/// A stream with a meter.
pub(crate) struct Metered<S> {
    stream: S,
    meter: Arc<Meter>,
    /// What is read and what is written, if it is HTTP/2.
    frames: Option<Box<(Frames, Frames)>>,
}

impl<S> Metered<S> {
    /// One that speaks HTTP/1.1, where every byte is of the exchange.
    pub(crate) fn new(stream: S, meter: Arc<Meter>) -> Self {
        Self { stream, meter, frames: None }
    }

    /// One that speaks HTTP/2, where a connection has much to say for itself.
    pub(crate) fn framed(stream: S, meter: Arc<Meter>) -> Self {
        Self { stream, meter, frames: Some(Box::new((Frames::of_server(), Frames::of_client()))) }
    }

    fn read(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut passed = Passed::default();
        match &mut self.frames {
            Some(frames) => {
                frames.0.pass(bytes, &mut passed);
                self.meter.block.store(frames.0.block(), Relaxed);
            }
            None => {
                let besides = if self.meter.whole_head.load(Relaxed) { 0 } else { bytes.len() as u64 };
                passed = Passed { of_exchange: !bytes.is_empty(), besides };
            }
        }
        self.meter.read(bytes.len(), &passed)
    }

    fn written(&mut self, count: usize, slices: &[io::IoSlice<'_>]) {
        let mut passed = Passed { of_exchange: count > 0, besides: 0 };
        if let Some(frames) = &mut self.frames {
            passed.of_exchange = false;
            let mut left = count;
            for slice in slices {
                let bytes = &slice[..left.min(slice.len())];
                frames.1.pass(bytes, &mut passed);
                left -= bytes.len();
            }
        }
        self.meter.written(count, &passed);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.read(&buffer.filled()[before..])?;
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = polled {
            self.written(count, &[io::IoSlice::new(bytes)]);
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
            self.written(count, slices);
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
