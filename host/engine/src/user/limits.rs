//! The bounds of one user.

use std::time::Duration;

/// What each user has at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserLimits {
    /// Bytes of its memories together.
    pub memory: u64,
    /// How long an iteration may last, waits included.
    pub iteration: Duration,
    /// How long it may compute in one iteration.
    pub compute: Duration,
    /// Calls of one iteration.
    pub calls: u32,
    /// Bytes of the bodies of one iteration's answers.
    pub answers: u64,
    /// How long its farewell may last.
    pub farewell: Duration,
}

impl Default for UserLimits {
    fn default() -> Self {
        Self {
            memory: 4 << 20,
            iteration: Duration::from_secs(30),
            compute: Duration::from_millis(200),
            calls: 100,
            answers: 16 << 20,
            farewell: Duration::from_secs(5),
        }
    }
}
