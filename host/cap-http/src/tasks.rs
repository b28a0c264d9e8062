//! The tasks of one connection. They end with it, whatever the other side does or leaves undone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::rt::Executor;
use tokio::task::JoinSet;

/// Cheap to clone. None is left once it has been ended.
#[derive(Clone)]
pub(crate) struct Tasks(Arc<Mutex<Option<JoinSet<()>>>>);

impl Tasks {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(JoinSet::new()))))
    }

    /// Ends all, and whatever is started later.
    pub(crate) fn end(&self) {
        // Tasks that are dropped may want to start others, so nothing is locked meanwhile.
        let tasks = self.tasks().take();
        drop(tasks);
    }

    fn tasks(&self) -> MutexGuard<'_, Option<JoinSet<()>>> {
        // Every change is whole before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, task: F) {
        if let Some(tasks) = &mut *self.tasks() {
            // One for every exchange comes and goes.
            while tasks.try_join_next().is_some() {}
            tasks.spawn(task);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn no_task_outlives_its_connection() {
        let (tasks, kept) = (Tasks::new(), Arc::new(()));
        for _ in 0..100 {
            let kept = kept.clone();
            tasks.execute(async move {
                let _kept = kept;
                pending().await
            });
        }
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(&kept), 101);
        tasks.end();
        while Arc::strong_count(&kept) > 1 {
            tokio::task::yield_now().await;
        }
        let late = kept.clone();
        tasks.execute(async move { drop(late) });
        assert_eq!(Arc::strong_count(&kept), 1, "nothing starts any more");
    }

    #[tokio::test]
    async fn those_that_are_done_are_forgotten() {
        let tasks = Tasks::new();
        for _ in 0..1_000 {
            tasks.execute(async {});
            tokio::task::yield_now().await;
        }
        assert!(tasks.tasks().as_ref().is_some_and(|tasks| tasks.len() < 10));
    }
}
