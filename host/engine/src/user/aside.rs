//! Where what a user waits for is polled: beside its stack, not on it.
//!
//! A guest that calls its host is suspended on a stack of its own, and what is polled there uses that stack. HTTP and TLS go deep, and a page
//! of a stack that was touched once stays, for each of thousands of users. So what a user waits for is put [aside](Aside), and whoever drives
//! the user polls it on the stack of its thread, which all users have in common.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use holdpoint_gate::{Backend, BackendError, Capability, Permit};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;
/// What makes the work, which is large: it is not made on the user's stack either.
type Begin = Box<dyn FnOnce() -> Work + Send>;

/// What one user waits for: one thing at a time.
#[derive(Default)]
pub(super) struct Aside(Mutex<Slot>);

#[derive(Default)]
enum Slot {
    #[default]
    Empty,
    Begins(Begin),
    GoesOn(Work),
}

impl Aside {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for what `work` makes, which is polled by [`drive`](Self::drive) alone.
    async fn wait_for<T, W>(&self, work: impl FnOnce() -> W + Send + 'static) -> T
    where
        T: Send + 'static,
        W: Future<Output = T> + Send + 'static,
    {
        let done = Arc::new(Mutex::new(None));
        let to = done.clone();
        *self.slot() = Slot::Begins(Box::new(move || {
            Box::pin(async move {
                let result = work().await;
                *to.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            })
        }));
        poll_fn(|_| match done.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(result) => Poll::Ready(result),
            None => Poll::Pending,
        })
        .await
    }

    /// Drives a user and what it waits for. Calls `after` whenever something may have happened. What is still waited for when the user is
    /// through, or is dropped, is dropped too.
    pub(super) async fn drive<T>(&self, user: impl Future<Output = T>, mut after: impl FnMut()) -> T {
        let _emptied = Emptied(self);
        let mut user = pin!(user);
        poll_fn(|cx| {
            loop {
                self.poll_work(cx);
                // It is polled also while its work goes on, since it may wait for a time as well.
                let polled = user.as_mut().poll(cx);
                after();
                if polled.is_ready() || !matches!(*self.slot(), Slot::Begins(_)) {
                    return polled;
                }
            }
        })
        .await
    }

    fn poll_work(&self, cx: &mut Context<'_>) {
        let slot = std::mem::take(&mut *self.slot());
        let mut work = match slot {
            Slot::Empty => return,
            Slot::Begins(begin) => begin(),
            Slot::GoesOn(work) => work,
        };
        if work.as_mut().poll(cx).is_pending() {
            *self.slot() = Slot::GoesOn(work);
        }
    }
}

struct Emptied<'a>(&'a Aside);

impl Drop for Emptied<'_> {
    fn drop(&mut self) {
        let left = std::mem::take(&mut *self.0.slot());
        drop(left);
    }
}

/// A backend whose work is done aside.
pub(super) struct Beside<B> {
    pub(super) aside: Arc<Aside>,
    pub(super) backend: Arc<B>,
}

impl<C: Capability, B: Backend<C>> Backend<C> for Beside<B> {
    async fn act(&self, permit: Permit<C>) -> Result<C::Response, BackendError> {
        let backend = self.backend.clone();
        self.aside.wait_for(move || async move { backend.act(permit).await }).await
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_a_user_waits_for_is_done_and_given_back() {
        let aside = Aside::default();
        let times = AtomicUsize::new(0);
        let sum = aside
            .drive(
                async {
                    let mut sum = 0;
                    for number in 1..=3 {
                        sum += aside
                            .wait_for(move || async move {
                                tokio::time::sleep(Duration::from_secs(1)).await;
                                number
                            })
                            .await;
                        sum += aside.wait_for(move || async move { number }).await;
                    }
                    sum
                },
                || {
                    times.fetch_add(1, Ordering::Relaxed);
                },
            )
            .await;
        assert_eq!(sum, 12);
        assert!(times.load(Ordering::Relaxed) >= 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_whose_time_is_over_leaves_nothing_behind() {
        let aside = Aside::default();
        let held = Arc::new(());
        let kept = held.clone();
        let user = aside.wait_for(move || async move {
            let _kept = kept;
            std::future::pending::<()>().await;
        });
        let driven = tokio::time::timeout(Duration::from_secs(1), aside.drive(user, || {})).await;
        assert!(driven.is_err());
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_that_waits_for_a_time_besides_is_woken() {
        let aside = Aside::default();
        let user = tokio::time::timeout(Duration::from_secs(1), aside.wait_for(std::future::pending::<()>));
        assert!(aside.drive(user, || {}).await.is_err());
    }
}
