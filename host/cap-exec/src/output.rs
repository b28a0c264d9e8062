//! What a job writes: read as fast as it comes, kept up to a bound, counted beyond it. A flood costs a job its own time and nobody memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdpoint_gate::Scrubber;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Bytes that are read beyond what is kept, so that a secret which the bound cuts in two is found before it is cut.
const BEYOND: usize = 64 << 10;

/// One stream of a job.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    state: Arc<Mutex<State>>,
    most: usize,
}

#[derive(Debug, Default)]
struct State {
    kept: Vec<u8>,
    written: u64,
}

impl Output {
    pub(crate) fn new(most: u64) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX - BEYOND);
        Self { state: Arc::default(), most }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads until the end, or until there is nothing to read from any more.
    pub(crate) async fn read(self, mut from: impl AsyncRead + Unpin) {
        let mut buffer = vec![0; 32 << 10];
        while let Ok(bytes @ 1..) = from.read(&mut buffer).await {
            let mut state = self.state();
            state.written += bytes as u64;
            let room = (self.most + BEYOND).saturating_sub(state.kept.len());
            state.kept.extend_from_slice(&buffer[..bytes.min(room)]);
        }
    }

    /// Bytes written so far, with those that are not kept.
    pub(crate) fn written(&self) -> u64 {
        self.state().written
    }

    /// What is kept, without secrets and within the bound, and whether that is not all.
    pub(crate) fn take(&self, scrubber: &dyn Scrubber) -> (Vec<u8>, bool) {
        let State { kept, written } = std::mem::take(&mut *self.state());
        let whole = kept.len() as u64 == written;
        let mut kept = scrubber.scrub(&kept).map_or(kept, |scrubbed| scrubbed.bytes);
        if !whole {
            // What was cut stands at the end, in as many bytes as it had before.
            kept.truncate(kept.len().saturating_sub(BEYOND));
        }
        let truncated = !whole || kept.len() > self.most;
        kept.truncate(self.most);
        kept.shrink_to_fit();
        (kept, truncated)
    }
}

#[cfg(test)]
mod tests {
    use holdpoint_gate::{Scrubbed, Unscrubbed};

    use super::*;

    async fn read(most: u64, bytes: &[u8], scrubber: &dyn Scrubber) -> (Vec<u8>, bool, u64) {
        let output = Output::new(most);
        output.clone().read(bytes).await;
        let written = output.written();
        let (kept, truncated) = output.take(scrubber);
        (kept, truncated, written)
    }

    #[tokio::test]
    async fn keeps_the_beginning_and_counts_the_rest() {
        assert_eq!(read(5, b"12345", &Unscrubbed).await, (b"12345".to_vec(), false, 5));
        assert_eq!(read(5, b"123456", &Unscrubbed).await, (b"12345".to_vec(), true, 6));
        let (kept, truncated, written) = read(1_000, &vec![b'x'; 1 << 20], &Unscrubbed).await;
        assert_eq!((kept.len(), truncated, written), (1_000, true, 1 << 20));
    }

    #[tokio::test]
    async fn a_secret_on_the_bound_is_not_cut_in_two() {
        struct Stars;
        impl Scrubber for Stars {
            fn scrub(&self, bytes: &[u8]) -> Option<Scrubbed> {
                let bytes = String::from_utf8_lossy(bytes).replace("correct horse", "*").into_bytes();
                Some(Scrubbed { bytes, replaced: vec![] })
            }
        }
        let flood = "correct horse".repeat(20_000);
        for most in [10, 1_000, 65_536, 100_000] {
            let (kept, truncated, _) = read(most, flood.as_bytes(), &Stars).await;
            assert!(truncated && kept.iter().all(|byte| *byte == b'*'), "{most}");
        }
    }
}
