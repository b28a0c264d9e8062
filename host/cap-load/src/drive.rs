//! Starting iterations at the pace of a plan. It ends when the plan is through, the load is ended, or no user is left.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::task::JoinSet;

use crate::{
    End, User as _, Users,
    arrivals::Arrivals,
    crew::numbers,
    crowd::{Crowd, Presence},
    gathering::Gathering,
    plan::Pace,
    shared::{Shared, ms},
};

/// A start that is later than this is none.
const TOO_LATE: Duration = Duration::from_secs(1);
/// Users that are closed at once.
const CLOSED_AT_ONCE: usize = 256;

/// Users that are free, and how many there are.
struct Crew<U: Users> {
    users: Arc<U>,
    shared: Arc<Shared>,
    /// Who has waited longest comes next, so that all of them take turns.
    free: Mutex<VecDeque<U::User>>,
    /// Opened so far, which is also the next one's number.
    opened: AtomicU32,
    alive: AtomicU32,
    /// Whoever becomes free from now on says farewell.
    leaving: AtomicBool,
}

/// Starts iterations, on tasks of the set, until no more are to start.
pub(crate) async fn drive<U: Users>(
    users: Arc<U>,
    shared: Arc<Shared>,
    (pace, planned): (&Pace, Duration),
    left: u64,
    tasks: &mut JoinSet<()>,
) {
    match pace {
        Pace::Open { arrivals, pre_allocated, most } => {
            open(users, shared, arrivals, (*pre_allocated, *most), planned, tasks).await;
        }
        Pace::Closed(crowd) => {
            let at_once = |number: &u32| crowd.presence(*number, shared.now()) == Presence::Here;
            let first = (0..crowd.most()).filter(at_once).count();
            let gathering = Arc::new(Gathering::of(u32::try_from(first).unwrap_or(u32::MAX)));
            for number in 0..crowd.most() {
                let gathering = (gathering.clone(), at_once(&number));
                tasks.spawn(present(users.clone(), shared.clone(), crowd.clone(), gathering, number));
            }
            gathering.begin(&shared).await;
            closed(&shared, planned, tasks).await;
        }
        Pace::Each { users: many, iterations } => {
            shared.begin();
            let left = Arc::new(AtomicU64::new(left));
            for number in 0..*many {
                tasks.spawn(each(users.clone(), shared.clone(), (*iterations, left.clone()), planned, number));
            }
            closed(&shared, planned, tasks).await;
        }
    }
}

/// Waits until all users of a closed model have gone, their time is over, or the load is ended.
async fn closed(shared: &Shared, planned: Duration, tasks: &mut JoinSet<()>) {
    let gone = async { while tasks.join_next().await.is_some() {} };
    tokio::select! {
        () = gone => {}
        _ = shared.until(planned) => {}
    }
}

/// A user that is there at some times, maybe from the start.
async fn present<U: Users>(
    users: Arc<U>,
    shared: Arc<Shared>,
    crowd: Crowd,
    (gathering, at_once): (Arc<Gathering>, bool),
    number: u32,
) {
    let mut user = None;
    if at_once {
        user = opened(&*users, &shared, number).await;
        gathering.arrived();
        if user.is_none() {
            return;
        }
    }
    gathering.begun().await;
    loop {
        let now = shared.now();
        match crowd.presence(number, now) {
            Presence::Gone => break,
            Presence::From(later) => {
                if !shared.until(later).await {
                    break;
                }
            }
            Presence::Here => {
                if !again(&*users, &shared, &mut user, number, || shared.now()).await {
                    break;
                }
            }
        }
    }
    if let Some(user) = user {
        shared.close(user).await;
    }
}

/// A user that does so many iterations, while there are any left for all.
async fn each<U: Users>(
    users: Arc<U>,
    shared: Arc<Shared>,
    (iterations, left): (u32, Arc<AtomicU64>),
    within: Duration,
    number: u32,
) {
    let mut user = None;
    for _ in 0..iterations {
        let taken = left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        if taken.is_err()
            || shared.now() >= within
            || !again(&*users, &shared, &mut user, number, || shared.now()).await
        {
            break;
        }
    }
    if let Some(user) = user {
        shared.close(user).await;
    }
}

/// One more iteration of a user, who is opened for the first. False if it was the last.
async fn again<U: Users>(
    users: &U,
    shared: &Shared,
    user: &mut Option<U::User>,
    number: u32,
    due: impl Fn() -> Duration,
) -> bool {
    let mut opened = match user.take() {
        Some(user) => user,
        None => match opened(users, shared, number).await {
            Some(user) => user,
            None => return false,
        },
    };
    let Some(iteration) = shared.leave().await else {
        *user = Some(opened);
        return false;
    };
    // The pace is the user's own, so it is never late.
    match shared.iterate(&mut opened, iteration, due()).await {
        Ok(()) => {
            *user = Some(opened);
            // One whose iterations wait for nothing must not keep the others from theirs.
            tokio::task::yield_now().await;
            true
        }
        Err(error) => {
            shared.lost(&error, opened.is_harmed());
            false
        }
    }
}

/// Makes a user, who is counted; or it is told why it can't be made.
async fn opened<U: Users>(users: &U, shared: &Shared, number: u32) -> Option<U::User> {
    // What making one takes is not kept room for in every user's task.
    match Box::pin(users.open(number)).await {
        Ok(user) => {
            shared.tally().totals.user();
            Some(user)
        }
        Err(error) => {
            shared.lost(&error, false);
            None
        }
    }
}

async fn open<U: Users>(
    users: Arc<U>,
    shared: Arc<Shared>,
    arrivals: &Arrivals,
    (pre_allocated, most): (u32, u32),
    planned: Duration,
    tasks: &mut JoinSet<()>,
) {
    let (free, opened, alive, leaving) =
        (Mutex::default(), AtomicU32::new(0), AtomicU32::new(0), AtomicBool::new(false));
    let crew = Arc::new(Crew { users, shared: shared.clone(), free, opened, alive, leaving });
    for _ in 0..pre_allocated {
        if let Some(user) = crew.open().await {
            crew.free().push_back(user);
        }
    }
    let mut next = arrivals.from(shared.begin());
    while let Some(due) = arrivals.due(next) {
        next += 1;
        if !shared.until(due).await {
            break;
        }
        while tasks.try_join_next().is_some() {}
        if shared.now().saturating_sub(due) > TOO_LATE {
            shared.tally().missed(ms(due));
            continue;
        }
        // The lock is not held while a user is opened.
        let user = crew.free().pop_front();
        let replaced = crew.opened.load(Relaxed) >= numbers(most);
        if user.is_none() && crew.alive.load(Relaxed) == 0 && replaced {
            let why = shared.tally().totals.first_loss.clone().unwrap_or_default();
            shared.end(End::Users(why));
            break;
        }
        if user.is_none() && (crew.alive.load(Relaxed) >= most || replaced) {
            shared.tally().dropped(ms(due));
            continue;
        }
        let Some(number) = shared.leave().await else { break };
        if user.is_none() {
            crew.alive.fetch_add(1, Relaxed);
        }
        tasks.spawn(crew.clone().turn(user, number, due));
    }
    // The last starts are before the plan's end, and the load lasts as long as planned.
    shared.until(planned).await;
    crew.leaving.store(true, Relaxed);
    tasks.spawn(crew.farewell());
}

impl<U: Users> Crew<U> {
    fn free(&self) -> MutexGuard<'_, VecDeque<U::User>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens one more, who is counted among those that live.
    async fn open(&self) -> Option<U::User> {
        self.alive.fetch_add(1, Relaxed);
        self.opened().await
    }

    async fn opened(&self) -> Option<U::User> {
        let user = opened(&*self.users, &self.shared, self.opened.fetch_add(1, Relaxed)).await;
        if user.is_none() {
            self.alive.fetch_sub(1, Relaxed);
        }
        user
    }

    /// An iteration of a user that is free, or that is opened for it.
    async fn turn(self: Arc<Self>, user: Option<U::User>, number: u64, due: Duration) {
        let user = match user {
            Some(user) => Some(user),
            None => self.opened().await,
        };
        let Some(mut user) = user else {
            self.shared.tally().missed(ms(due));
            return;
        };
        match self.shared.iterate(&mut user, number, due).await {
            Ok(()) if self.leaving.load(Relaxed) => self.shared.close(user).await,
            Ok(()) => self.free().push_back(user),
            Err(error) => {
                self.alive.fetch_sub(1, Relaxed);
                self.shared.lost(&error, user.is_harmed());
            }
        }
    }

    /// Closes users as they become free, until none is left.
    async fn farewell(self: Arc<Self>) {
        loop {
            let free: Vec<U::User> = {
                let mut free = self.free();
                let many = CLOSED_AT_ONCE.min(free.len());
                free.drain(..many).collect()
            };
            if free.is_empty() {
                return;
            }
            let mut closing = JoinSet::new();
            for user in free {
                let shared = self.shared.clone();
                closing.spawn(async move { shared.close(user).await });
            }
            closing.join_all().await;
        }
    }
}
