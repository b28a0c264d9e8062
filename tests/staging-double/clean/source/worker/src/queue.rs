//! What is to be done tonight.

pub enum Job {
    Compact { older_than_days: u32 },
    Expire { limit: usize },
}

pub struct Queue;

impl Queue {
    pub fn all() -> impl Iterator<Item = Job> {
        [Job::Compact { older_than_days: 30 }, Job::Expire { limit: 1_000 }].into_iter()
    }
}
