//! How long it took until everybody had begun, as the server saw it: it notes when it has answered the first request of each connection, and
//! every user has a connection of its own.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

/// Forgets what was noted before. The server goes on to write at the end.
pub(super) fn forget(log: &Path) -> Result<()> {
    File::create(log).map(drop).with_context(|| format!("empty {}", log.display()))
}

/// From the first answer to the first user to the first answer to the last of so many; none if some never came.
pub(super) fn of(log: &Path, users: u32) -> Result<Option<Duration>> {
    let text = fs::read_to_string(log).with_context(|| format!("read {}", log.display()))?;
    Ok(between(&text, users))
}

fn between(text: &str, users: u32) -> Option<Duration> {
    let mut times: Vec<f64> = text.lines().filter_map(|line| line.parse().ok()).collect();
    times.sort_by(f64::total_cmp);
    let last = times.get(usize::try_from(users).ok()?.checked_sub(1)?)?;
    Duration::try_from_secs_f64(last - times.first()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_user_counts_and_no_connection_after_it() {
        // Whoever connects again is noted again.
        let log = "1764400000.500\n1764400000.250\n1764400002.750\n1764400009.000\n";
        assert_eq!(between(log, 3), Some(Duration::from_millis(2_500)));
        assert_eq!(between(log, 1), Some(Duration::ZERO));
        assert_eq!((between(log, 5), between("", 1), between(log, 0)), (None, None, None));
    }
}
