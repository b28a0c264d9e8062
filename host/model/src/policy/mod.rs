//! What policies are shown and what they find. They are pure: the same evidence, the same findings.

mod evidence;
mod finding;
mod found;
mod series;

pub use evidence::{Evidence, Facts, SeenCheck, Snapshot, Stretch, StretchKind};
pub use finding::{Evaluation, Finding, ROLLBACK, Severity};
pub use found::{Found, Judgement, Standing};
pub use series::{Comparison, Matcher, Sample, Selector, Series, TooMany};

/// Series that the host makes of what it has seen itself. No phase may state samples of them.
pub const OF_THE_HOST: [&str; 14] = [
    "isolation_running",
    "isolation_success",
    "leaks",
    "load_request_duration_bucket",
    "load_requests",
    "load_requests_bad",
    "own_canaries",
    "request_duration_bucket",
    "request_duration_sum",
    "requests",
    "requests_bad",
    "up",
    "up_duration_ms",
    "users",
];
/// The most series in one answer.
pub const MOST_SERIES: usize = 1_000;
/// The most samples in one answer.
pub const MOST_SAMPLES: usize = 500_000;
/// The most matchers of one selector.
pub const MOST_MATCHERS: usize = 32;
/// The most checks that are shown.
pub const MOST_CHECKS: usize = 10_000;
/// The most stretches that are shown.
pub const MOST_STRETCHES: usize = 1_000;
/// The most findings of one evaluation.
pub const MOST_FINDINGS: usize = 1_000;
/// The most bytes of a policy's state.
pub const LARGEST_STATE: usize = 1 << 20;
