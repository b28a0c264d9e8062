//! Processes of this machine, found by an argument that no other test gives: what a test must not leave behind.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Between two looks.
const STEP: Duration = Duration::from_millis(5);

/// A number that no other test uses, e.g. for the argument of `sleep`.
pub fn marker() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("9{:07}.{:03}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The ids of the processes that have the marker among their arguments. One that has ended and was not waited for has none.
pub fn alive(marker: &str) -> Vec<u32> {
    let process = |entry: fs::DirEntry| {
        let id = entry.file_name().to_str()?.parse::<u32>().ok()?;
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|argument| argument == marker.as_bytes()).then_some(id)
    };
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(process).collect()
}

/// Waits until so many processes have the marker.
///
/// # Panics
///
/// If that does not come about within a time.
pub async fn until_alive(marker: &str, wanted: usize, within: Duration) {
    let waited = tokio::time::timeout(within, async {
        while alive(marker).len() != wanted {
            tokio::time::sleep(STEP).await;
        }
    });
    assert!(waited.await.is_ok(), "{:?} are there after {within:?}, not {wanted}", alive(marker));
}
