//! What a guest prints becomes log statements of its phase: standard output at level info, standard error at level warn.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use holdpoint_model::LogLevel;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    WasiCtx, WasiCtxBuilder,
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamResult},
};

/// Bytes that a guest may print between two calls of the host. What is more is dropped, and said to be.
const BOUND: usize = 64 << 10;

/// Both streams of one guest.
#[derive(Default)]
pub(crate) struct Output {
    out: Stream,
    err: Stream,
}

#[derive(Clone, Default)]
struct Stream(Arc<Mutex<Buffer>>);

#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    dropped: usize,
}

impl Output {
    /// A WASI context that prints here and has nothing else.
    pub(crate) fn context(&self) -> WasiCtx {
        let mut builder = WasiCtxBuilder::new();
        builder.stdout(self.out.clone()).stderr(self.err.clone());
        builder.build()
    }

    /// Adds a line of the host's own.
    pub(crate) fn warn(&self, line: &str) {
        self.err.write(format!("{line}\n").as_bytes());
    }

    /// Takes the lines printed so far; the last, unfinished one only if nothing more will come.
    pub(crate) fn lines(&self, whole: bool) -> Vec<(LogLevel, String)> {
        let mut lines: Vec<_> = self.out.take(whole).into_iter().map(|line| (LogLevel::Info, line)).collect();
        lines.extend(self.err.take(whole).into_iter().map(|line| (LogLevel::Warn, line)));
        lines
    }
}

impl Stream {
    fn write(&self, bytes: &[u8]) {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = BOUND - buffer.bytes.len();
        let (kept, dropped) = bytes.split_at(bytes.len().min(room));
        buffer.bytes.extend_from_slice(kept);
        buffer.dropped += dropped.len();
    }

    fn take(&self, whole: bool) -> Vec<String> {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = if whole {
            buffer.bytes.len()
        } else {
            buffer.bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1)
        };
        let taken: Vec<u8> = buffer.bytes.drain(..end).collect();
        let mut lines: Vec<String> = String::from_utf8_lossy(&taken).lines().map(str::to_owned).collect();
        if buffer.dropped > 0 {
            lines.push(format!("… {} bytes more were printed and are not kept", buffer.dropped));
            buffer.dropped = 0;
        }
        lines
    }
}

impl IsTerminal for Stream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stream {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl OutputStream for Stream {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        Self::write(self, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(BOUND)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Self::write(&self, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_an_unfinished_line_until_nothing_more_comes() {
        let output = Output::default();
        output.out.write(b"one\ntw");
        output.err.write(b"oops\n");
        assert_eq!(output.lines(false), [(LogLevel::Info, "one".into()), (LogLevel::Warn, "oops".into())]);
        output.out.write(b"o");
        assert_eq!(output.lines(true), [(LogLevel::Info, "two".into())]);
    }

    #[test]
    fn a_flood_is_cut_and_said_to_be() {
        let output = Output::default();
        output.out.write(&vec![b'x'; BOUND + 5]);
        let lines = output.lines(true);
        assert_eq!(lines[0].1.len(), BOUND);
        assert_eq!(lines[1].1, "… 5 bytes more were printed and are not kept");
    }
}
