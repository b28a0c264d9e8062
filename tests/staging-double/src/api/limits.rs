//! How often each user may ask: a burst, and then so many a second. Who asks more is refused for a second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const BURST: f64 = 20.0;
const PER_SECOND: f64 = 5.0;
const REFUSED_FOR: Duration = Duration::from_secs(1);
/// Beyond it everybody begins anew.
const MOST_USERS: usize = 10_000;

#[derive(Debug)]
struct Bucket {
    left: f64,
    at: Instant,
    refused_until: Instant,
}

/// What users have left.
#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<HashMap<String, Bucket>>);

impl Limits {
    /// Takes one request of a user, or says after how many seconds there is another.
    pub(crate) fn take(&self, user: &str, now: Instant) -> Result<(), u32> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_USERS && !buckets.contains_key(user) {
            buckets.clear();
        }
        let bucket = buckets.entry(user.to_owned()).or_insert(Bucket { left: BURST, at: now, refused_until: now });
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.left = (bucket.left + since * PER_SECOND).min(BURST);
        bucket.at = now;
        if now < bucket.refused_until {
            return Err(1);
        }
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        bucket.refused_until = now + REFUSED_FOR;
        Err(1)
    }

    /// Everybody begins anew.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{BURST, Limits, MOST_USERS};

    #[test]
    fn a_burst_is_served_then_one_is_refused_and_served_again_later() {
        let limits = Limits::default();
        let now = Instant::now();
        let served = (0..100).filter(|_| limits.take("a", now).is_ok()).count();
        assert_eq!(served as f64, BURST);
        assert_eq!(limits.take("a", now), Err(1));
        assert_eq!(limits.take("b", now), Ok(()));
        assert_eq!(limits.take("a", now + Duration::from_secs(1)), Ok(()));
    }

    #[test]
    fn no_more_users_are_remembered_than_the_bound() {
        let limits = Limits::default();
        let now = Instant::now();
        for number in 0..=MOST_USERS {
            assert_eq!(limits.take(&number.to_string(), now), Ok(()));
        }
        assert_eq!(limits.0.lock().unwrap().len(), 1);
    }
}
