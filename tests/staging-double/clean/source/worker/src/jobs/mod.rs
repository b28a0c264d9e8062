//! One job a file.

mod compact;
mod expire;

use crate::queue::Job;
use crate::store::Store;

pub fn run(job: &Job, store: &Store) -> Result<(), String> {
    let done = match job {
        Job::Compact { older_than_days } => compact::run(store, *older_than_days),
        Job::Expire { limit } => expire::run(store, *limit),
    };
    if done == 0 { Err("a job did nothing".to_owned()) } else { Ok(()) }
}
