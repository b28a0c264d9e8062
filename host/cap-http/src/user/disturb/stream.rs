//! The stream of a harmed request: what passes it is cut, held back, replaced or lost, as the plan says. Any other stream passes as it is.
//!
//! It stands between HTTP and TLS, so that what goes wrong looks the same with TLS and without. It lasts one exchange; over a socket it begins
//! with a [frame](Trigger), and lasts as long as the socket does.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};
use tokio_rustls::client::TlsStream;

use super::harm::{Harm, Harming};

/// Nothing of it begins a request.
const NO_HTTP: &[u8] = b"\x01\x02 this is no HTTP \xfe\xff\r\n\r\n";
/// Nor does it begin a frame of a WebSocket: all bits are set that mean nothing, and it is not masked.
const NO_FRAME: &[u8] = b"\xff\x7f this is no frame \xfe\xff";
/// The head of a frame that is said to have a TiB, masked with zeros. Filling comes behind it.
const GIANT_FRAME: &[u8] = &[0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// A header that makes a head larger than servers take.
const NAME: &[u8] = b"x-oversized: ";
const OVERSIZED: usize = 2 << 20;
static FILLING: [u8; 16 << 10] = [b'a'; 16 << 10];
/// Pieces of a slow request, and the pause after each but the last.
const PIECES: usize = 8;
const PAUSE: Duration = Duration::from_millis(200);
/// What was written needs so long to leave before its connection is reset.
const LEAVES: Duration = Duration::from_millis(20);
/// Milliseconds that a late answer is late at least, and how many more it may be.
const LATE: (u64, u64) = (250, 1_250);
/// Bytes of an answer that ends early. The shortest head is longer.
const KEPT: u64 = 16;

/// A stream that may be disturbed.
pub(crate) struct Disturbed<S> {
    stream: S,
    disturber: Option<Box<Disturber>>,
    resets: bool,
    trigger: Option<Trigger>,
}

/// Makes the next frame over a connection go wrong.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trigger(Arc<Mutex<Option<Harming>>>);

impl Trigger {
    /// What is sent next goes wrong so.
    pub(crate) fn arm(&self, harming: Harming) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(harming);
    }

    fn take(&self) -> Option<Harming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A connection that can be made to end with a reset.
pub(crate) trait Resettable {
    /// It is reset when it is dropped. Where that can't be had it just ends.
    fn reset_when_dropped(&self);
}

impl Resettable for TcpStream {
    fn reset_when_dropped(&self) {
        let _ = self.set_zero_linger();
    }
}

impl Resettable for TlsStream<TcpStream> {
    fn reset_when_dropped(&self) {
        self.get_ref().0.reset_when_dropped();
    }
}

type Pause = Option<Pin<Box<Sleep>>>;
/// A text by what stands behind so many bytes of it.
type Text = fn(usize) -> &'static [u8];

/// How far the disturbance of an exchange has got.
enum Disturber {
    /// The request ends in its middle; how much of it may still pass is known when it comes.
    Cut { left: Option<usize>, leaving: Pause },
    /// The request comes in pieces.
    Slow { piece: usize, pieces: usize, pause: Pause },
    /// Something else comes in its place, of which so much has been written.
    Replaced { text: Text, written: usize },
    /// A header comes behind its first line, of which so much has been written.
    Oversized { line_passed: bool, written: usize },
    /// The answer is held back, from when the request leaves.
    Late { by: Duration, pause: Pause },
    /// The connection ends with the first byte of the answer.
    Reset,
    /// So much of the answer passes.
    Truncated { left: usize },
    /// Nothing passes.
    Silent,
}

impl<S: Resettable> Disturbed<S> {
    /// What happens to the first exchange, and what says so of frames that come later.
    pub(crate) fn new(stream: S, harming: Option<Harming>, trigger: Option<Trigger>) -> Self {
        let mut disturbed = Self { stream, disturber: None, resets: false, trigger };
        if let Some(harming) = harming {
            disturbed.begin(harming, Disturber::of_request(harming));
        }
        disturbed
    }

    fn begin(&mut self, harming: Harming, disturber: Disturber) {
        self.resets = harming.resets();
        if self.resets {
            self.stream.reset_when_dropped();
        }
        self.disturber = Some(Box::new(disturber));
    }

    /// Something is sent. If it is a frame that is to go wrong, it does from here on.
    fn sends(&mut self) {
        if let Some(harming) = self.trigger.as_ref().and_then(Trigger::take) {
            self.begin(harming, Disturber::of_frame(harming));
        }
    }
}

impl Harming {
    /// Whether the connection is reset when it is dropped. Otherwise the other side sees it end.
    fn resets(self) -> bool {
        matches!(self.harm, Harm::Reset | Harm::ResetAnswer)
    }
}

impl Disturber {
    /// A frame is no request: what is no HTTP may be one, and it has no head that could be too large.
    fn of_frame(harming: Harming) -> Self {
        match harming.harm {
            Harm::Malformed => Self::Replaced { text: |at| &NO_FRAME[at.min(NO_FRAME.len())..], written: 0 },
            Harm::Oversized => Self::Replaced { text: giant_frame, written: 0 },
            // A frame may be as short as what is left of a head; one byte is none.
            Harm::Truncate => Self::Truncated { left: 1 },
            _ => Self::of_request(harming),
        }
    }

    fn of_request(Harming { harm, draw }: Harming) -> Self {
        match harm {
            Harm::Abort | Harm::Reset => Self::Cut { left: None, leaving: None },
            Harm::Slow => Self::Slow { piece: 0, pieces: PIECES, pause: None },
            Harm::Malformed => Self::Replaced { text: |at| &NO_HTTP[at.min(NO_HTTP.len())..], written: 0 },
            Harm::Oversized => Self::Oversized { line_passed: false, written: 0 },
            Harm::Delay => Self::Late { by: Duration::from_millis(LATE.0 + draw % LATE.1), pause: None },
            Harm::ResetAnswer => Self::Reset,
            Harm::Truncate => Self::Truncated { left: usize::try_from(1 + draw % KEPT).unwrap_or(1) },
            Harm::Blackhole => Self::Silent,
        }
    }

    fn write<S: AsyncWrite + Unpin>(
        &mut self,
        mut stream: Pin<&mut S>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Cut { left, leaving } => {
                let left = left.get_or_insert((bytes.len() / 2).max(1));
                if *left == 0 {
                    ready!(stream.poll_flush(cx))?;
                    ready!(leaving.get_or_insert_with(|| Box::pin(sleep(LEAVES))).as_mut().poll(cx));
                    return Poll::Ready(Err(gone(io::ErrorKind::ConnectionAborted)));
                }
                let wrote = ready!(stream.poll_write(cx, &bytes[..bytes.len().min(*left)]))?;
                *left -= wrote;
                Poll::Ready(Ok(wrote))
            }
            Self::Slow { piece, pieces, pause } => {
                if *piece == 0 {
                    *piece = bytes.len().div_ceil(PIECES).max(1);
                }
                if let Some(pausing) = pause {
                    ready!(pausing.as_mut().poll(cx));
                    *pause = None;
                }
                let most = if *pieces > 1 { bytes.len().min(*piece) } else { bytes.len() };
                let wrote = ready!(stream.as_mut().poll_write(cx, &bytes[..most]))?;
                if *pieces > 1 {
                    *pieces -= 1;
                    *pause = Some(Box::pin(sleep(PAUSE)));
                    // With TLS a piece would wait for the others.
                    let _ = stream.poll_flush(cx)?;
                }
                Poll::Ready(Ok(wrote))
            }
            Self::Replaced { text, written } => {
                ready!(instead(stream, cx, written, *text))?;
                Poll::Ready(Ok(bytes.len()))
            }
            Self::Oversized { line_passed: true, written } => {
                ready!(instead(stream.as_mut(), cx, written, oversized))?;
                stream.poll_write(cx, bytes)
            }
            Self::Oversized { line_passed, .. } => {
                let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
                let wrote = ready!(stream.poll_write(cx, &bytes[..end]))?;
                *line_passed = bytes[..wrote].ends_with(b"\n");
                Poll::Ready(Ok(wrote))
            }
            Self::Late { by, pause } => {
                pause.get_or_insert_with(|| Box::pin(sleep(*by)));
                stream.poll_write(cx, bytes)
            }
            Self::Reset | Self::Truncated { .. } => stream.poll_write(cx, bytes),
            Self::Silent => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn read<S: AsyncRead + Unpin>(
        &mut self,
        stream: Pin<&mut S>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self {
            Self::Silent => Poll::Pending,
            Self::Late { pause: Some(pause), .. } => {
                // One that is over stays so.
                if !pause.is_elapsed() {
                    ready!(pause.as_mut().poll(cx));
                }
                stream.poll_read(cx, buffer)
            }
            Self::Reset => {
                let before = buffer.filled().len();
                ready!(stream.poll_read(cx, buffer))?;
                buffer.set_filled(before);
                Poll::Ready(Err(gone(io::ErrorKind::ConnectionReset)))
            }
            Self::Truncated { left } => {
                if *left == 0 {
                    return Poll::Ready(Ok(()));
                }
                let before = buffer.filled().len();
                ready!(stream.poll_read(cx, buffer))?;
                let came = (buffer.filled().len() - before).min(*left);
                *left -= came;
                buffer.set_filled(before + came);
                Poll::Ready(Ok(()))
            }
            _ => stream.poll_read(cx, buffer),
        }
    }
}

/// Writes another text, whose rest behind so many bytes the function gives.
fn instead<S: AsyncWrite + Unpin>(
    mut stream: Pin<&mut S>,
    cx: &mut Context<'_>,
    written: &mut usize,
    text: Text,
) -> Poll<io::Result<()>> {
    loop {
        let left = text(*written);
        if left.is_empty() {
            return Poll::Ready(Ok(()));
        }
        match ready!(stream.as_mut().poll_write(cx, left))? {
            0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            wrote => *written += wrote,
        }
    }
}

/// The header that makes a head too large, behind so many bytes of it.
fn oversized(at: usize) -> &'static [u8] {
    if let Some(name) = NAME.get(at..).filter(|name| !name.is_empty()) {
        return name;
    }
    let filled = at - NAME.len();
    match OVERSIZED.checked_sub(filled) {
        Some(left) if left > 0 => &FILLING[..left.min(FILLING.len())],
        _ => b"\r\n".get(filled - OVERSIZED..).unwrap_or_default(),
    }
}

/// The frame that is too large, as far as it comes.
fn giant_frame(at: usize) -> &'static [u8] {
    match at.checked_sub(GIANT_FRAME.len()) {
        None => &GIANT_FRAME[at..],
        Some(filled) => &FILLING[..OVERSIZED.saturating_sub(filled).min(FILLING.len())],
    }
}

/// What HTTP is told on this side.
fn gone(kind: io::ErrorKind) -> io::Error {
    io::Error::new(kind, "this request goes wrong on purpose")
}

impl<S: AsyncRead + Unpin> AsyncRead for Disturbed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { stream, disturber, .. } = &mut *self;
        match disturber {
            None => Pin::new(stream).poll_read(cx, buffer),
            Some(disturber) => disturber.read(Pin::new(stream), cx, buffer),
        }
    }
}

impl<S: AsyncWrite + Resettable + Unpin> AsyncWrite for Disturbed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.sends();
        let Self { stream, disturber, .. } = &mut *self;
        match disturber {
            None => Pin::new(stream).poll_write(cx, bytes),
            Some(_) if bytes.is_empty() => Poll::Ready(Ok(0)),
            Some(disturber) => disturber.write(Pin::new(stream), cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.sends();
        if self.disturber.is_none() {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        }
        let first = slices.iter().find(|slice| !slice.is_empty());
        self.poll_write(cx, first.map_or(&[], |slice| &**slice))
    }

    fn is_write_vectored(&self) -> bool {
        self.disturber.is_none() && self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.resets {
            // Who has said farewell can't be reset any more.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
