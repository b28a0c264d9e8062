//! Evidence: what the events of a run show over time, as policies get to see it.
//!
//! A [`Book`] takes the events of a run one by one and keeps checks, series and stretches; [`Shown`] is that book at a tick, for one policy. The
//! same events give the same evidence: live, after a crash, and when a run of last month is judged once more. Nothing here reads a journal or a
//! clock, and nothing judges.
//!
//! Series, each with the label `phase`:
//!
//! | name | labels | what |
//! |---|---|---|
//! | as a phase states it, but none of those below | its own | a sample that a phase stated, at the time that it had |
//! | `up` | `service`, `route` | 1 if a request that a phase sent to a service was answered, 0 after a status from 500 on, a time-out or no answer |
//! | `up_duration_ms` | `service`, `route` | how long such a request took, where it was answered |
//! | `requests`, `requests_bad` | `load`, `route` | slots: exchanges of a load, and those of them that failed. What was made to fail is not counted |
//! | `request_duration_sum` | `load`, `route` | slots: the seconds of these exchanges, from when each was due |
//! | `request_duration_bucket` | `load`, `route`, `le` | slots of ten seconds: exchanges that took at most `le` seconds, by what quantiles tell: never more than there were |
//! | `load_requests`, `load_requests_bad`, `load_request_duration_bucket` | `load`, and of buckets `le` | the same of all routes of a load together |
//! | `users` | `load` | users that were doing something at the end of a slot |
//! | `leaks`, `own_canaries` | `load` | slots: what users were shown of others, and of themselves, since the load was asked before |
//! | `isolation_running` | `load` | 1 while a load of users goes on, 0 when it has ended |
//! | `isolation_success` | `load` | the share of users of a load, at the least, who saw nothing of others. Not there where users never saw themselves |
//!
//! A slot is named by its first moment. Times are whole milliseconds; what falls on the same one is added up (slots), the worse (`up`) or the
//! last (everything else). A series ends with its load, or else with its phase.

mod answers;
mod bank;
mod book;
mod durations;
mod loads;
mod samples;
mod shown;
mod slot;

pub use book::{Beyond, Book};
pub use shown::Shown;
