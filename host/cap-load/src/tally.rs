//! Counting while a load lasts: the open window, windows that wait to be told, and the totals. Pure: whoever counts says what time it is.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use crate::{
    Exchange, Iterations, RouteCounts, Window,
    counted::{Counted, add},
    outage::Ticket,
    totals::Totals,
};

/// Routes that are counted apart.
pub(crate) const MOST_ROUTES: usize = 32;
/// What all others are counted under.
pub(crate) const OTHER: &str = "other";
/// Seconds that wait to be told one by one.
const MOST_SECONDS: usize = 120;
/// Seconds that are rolled up into one window.
const ROLLED: usize = 60;
/// Minutes that wait to be told.
const MOST_MINUTES: usize = 240;
/// Minutes that are told at once.
const MINUTES_AT_ONCE: usize = 60;
/// A start that is later than this is a late one.
pub const LATE_MS: f64 = 50.0;

/// A route's open window, and what of it was not told yet.
#[derive(Default)]
struct Open {
    second: Counted,
    roll: Counted,
}

/// What was counted in a time that goes on.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    from_ms: f64,
    seconds: usize,
    iterations: Iterations,
}

/// The counts of a load.
pub(crate) struct Tally {
    pub(crate) totals: Totals,
    incarnation: u32,
    users: u32,
    /// Iterations under way.
    pub(crate) under_way: u32,
    routes: Vec<Open>,
    places: HashMap<Box<str>, usize>,
    second: Span,
    roll: Span,
    seconds: VecDeque<Window>,
    /// Each covers the oldest of `seconds` that no other covers.
    rolls: VecDeque<Window>,
    minutes: VecDeque<Window>,
    /// Windows that were never told.
    pub(crate) lost: u32,
}

/// The counts of a window that has just ended, for whoever ends a load because of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) judged: u32,
    pub(crate) failed: u32,
}

impl Tally {
    /// Goes on from totals, at this time of the plan.
    pub(crate) fn new(totals: Totals, incarnation: u32, at_ms: f64) -> Self {
        let span = Span { from_ms: at_ms, ..Span::default() };
        let mut tally = Self {
            totals: Totals::default(),
            incarnation,
            users: 0,
            under_way: 0,
            routes: Vec::new(),
            places: HashMap::new(),
            second: span,
            roll: span,
            seconds: VecDeque::new(),
            rolls: VecDeque::new(),
            minutes: VecDeque::new(),
            lost: 0,
        };
        // A route keeps its place in the totals.
        for (route, _) in &totals.routes {
            tally.place(route);
        }
        tally.totals = totals;
        tally
    }

    fn place(&mut self, route: &str) -> usize {
        if let Some(place) = self.places.get(route) {
            return *place;
        }
        let room = self.routes.len() < MOST_ROUTES;
        if !room && route != OTHER {
            return self.place(OTHER);
        }
        self.routes.push(Open::default());
        self.places.insert(route.into(), self.routes.len() - 1);
        // Places are those of the totals; while they are made the totals are empty.
        if self.totals.routes.len() < self.routes.len() {
            self.totals.route(route);
        }
        self.routes.len() - 1
    }

    /// An iteration begins that was due at this time.
    pub(crate) fn started(&mut self, due_ms: f64, late: Duration) -> Ticket {
        let late_ms = late.as_secs_f64() * 1_000.0;
        add(&mut self.second.iterations.started, 1);
        if late_ms > LATE_MS {
            add(&mut self.second.iterations.late, 1);
        }
        self.totals.latest_ms = self.totals.latest_ms.max(late_ms);
        add(&mut self.under_way, 1);
        self.totals.users_at_once = self.totals.users_at_once.max(self.under_way);
        self.totals.outages.due(due_ms)
    }

    /// An iteration that was due does not begin, because all users wait for answers.
    pub(crate) fn dropped(&mut self, due_ms: f64) {
        add(&mut self.second.iterations.dropped, 1);
        let ticket = self.totals.outages.due(due_ms);
        self.totals.outages.ended(ticket, false);
    }

    /// An iteration that was due was not started in time by this machine, which says nothing of the target.
    pub(crate) fn missed(&mut self, due_ms: f64) {
        add(&mut self.second.iterations.dropped, 1);
        let ticket = self.totals.outages.due(due_ms);
        self.totals.outages.unknown(ticket);
    }

    /// An iteration has ended.
    pub(crate) fn ended(&mut self, ticket: Ticket, good: bool, took: Duration) {
        self.under_way = self.under_way.saturating_sub(1);
        add(&mut self.second.iterations.ended, 1);
        if !good {
            add(&mut self.second.iterations.failed, 1);
        }
        self.totals.iteration_times.record(took);
        self.totals.outages.ended(ticket, good);
    }

    /// An iteration of a user that is harmed has ended, whatever came of it.
    pub(crate) fn ended_harmed(&mut self, ticket: Ticket) {
        self.under_way = self.under_way.saturating_sub(1);
        add(&mut self.second.iterations.ended, 1);
        self.totals.harms.iteration();
        self.totals.outages.unknown(ticket);
    }

    /// An iteration was cut off by the end of the load.
    pub(crate) fn cut_off(&mut self, ticket: Ticket) {
        self.totals.outages.unknown(ticket);
    }

    pub(crate) fn exchange(&mut self, exchange: &Exchange<'_>, late: Duration) {
        let place = self.place(exchange.route);
        self.routes[place].second.record(exchange, late);
    }

    pub(crate) fn users(&mut self, users: u32) {
        self.users = users;
    }

    /// Exchanges and failures so far, also of the open window.
    pub(crate) fn so_far(&self) -> (u32, u32) {
        let open = self.routes.iter().map(|route| &route.second);
        open.fold((self.totals.exchanges(), self.totals.failed()), |(all, failed), counted| {
            (all.saturating_add(counted.exchanges), failed.saturating_add(counted.failures.all()))
        })
    }

    /// Ends the open window.
    pub(crate) fn close(&mut self, now_ms: f64) -> Closed {
        let mut closed = Closed::default();
        let mut routes = Vec::new();
        for (open, (route, total)) in self.routes.iter_mut().zip(&mut self.totals.routes) {
            if open.second.exchanges == 0 {
                continue;
            }
            add(&mut closed.judged, open.second.exchanges - open.second.deliberate);
            add(&mut closed.failed, open.second.failures.all());
            routes.push(open.second.told(route));
            open.roll.add(&open.second);
            total.add(&open.second);
            open.second.clear();
        }
        let Span { from_ms, iterations, .. } = self.second;
        self.roll.iterations.add(&iterations);
        self.totals.iterations.add(&iterations);
        self.second = Span { from_ms: now_ms, ..Span::default() };
        let window = self.window(from_ms, now_ms, iterations, routes);
        self.seconds.push_back(window);
        self.roll.seconds += 1;
        if self.roll.seconds >= ROLLED {
            self.roll_up(now_ms);
        }
        closed
    }

    fn window(&self, from_ms: f64, now_ms: f64, iterations: Iterations, routes: Vec<RouteCounts>) -> Window {
        let (incarnation, users) = (self.incarnation, self.users);
        Window { at_ms: from_ms, length_ms: now_ms - from_ms, incarnation, users, iterations, routes }
    }

    /// Seconds become a minute, which takes their place if they are too many.
    fn roll_up(&mut self, now_ms: f64) {
        let mut routes = Vec::new();
        for (open, (route, _)) in self.routes.iter_mut().zip(&self.totals.routes) {
            if open.roll.exchanges > 0 {
                routes.push(open.roll.told(route));
                open.roll.clear();
            }
        }
        let Span { from_ms, iterations, .. } = self.roll;
        let window = self.window(from_ms, now_ms, iterations, routes);
        self.rolls.push_back(window);
        self.roll = Span { from_ms: now_ms, ..Span::default() };
        while self.seconds.len() > MOST_SECONDS
            && let Some(minute) = self.rolls.pop_front()
        {
            self.seconds.drain(..ROLLED.min(self.seconds.len()));
            self.minutes.push_back(minute);
        }
        while self.minutes.len() > MOST_MINUTES {
            self.minutes.pop_front();
            add(&mut self.lost, 1);
        }
    }

    /// Windows that were not told yet, oldest first; not all of them if they are many.
    pub(crate) fn take(&mut self) -> Vec<Window> {
        if !self.minutes.is_empty() {
            let many = MINUTES_AT_ONCE.min(self.minutes.len());
            return self.minutes.drain(..many).collect();
        }
        self.rolls.clear();
        self.routes.iter_mut().for_each(|open| open.roll.clear());
        self.roll = Span { from_ms: self.second.from_ms, ..Span::default() };
        self.seconds.drain(..).collect()
    }

    /// All of them, for the end.
    pub(crate) fn take_all(&mut self) -> Vec<Window> {
        let mut windows: Vec<Window> = self.minutes.drain(..).collect();
        windows.extend(self.take());
        windows
    }
}

impl Iterations {
    /// What came after an earlier count.
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self {
            started: self.started - before.started,
            ended: self.ended - before.ended,
            failed: self.failed - before.failed,
            dropped: self.dropped - before.dropped,
            late: self.late - before.late,
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        let Self { started, ended, failed, dropped, late } = self;
        add(started, other.started);
        add(ended, other.ended);
        add(failed, other.failed);
        add(dropped, other.dropped);
        add(late, other.late);
    }
}

impl Closed {
    /// The share of exchanges that failed, if there were any.
    pub(crate) fn failed_share(self) -> Option<f64> {
        (self.judged > 0).then(|| f64::from(self.failed) / f64::from(self.judged))
    }
}

/// The counts of windows together, for tests.
#[cfg(test)]
fn counted(windows: &[Window]) -> (u32, crate::Failures) {
    let mut failures = crate::Failures::default();
    let routes = windows.iter().flat_map(|window| &window.routes);
    let exchanges = routes.map(|route| {
        failures.status += route.failures.status;
        failures.connect += route.failures.connect;
        route.exchanges
    });
    (exchanges.sum(), failures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;

    fn one(tally: &mut Tally, route: &str, failure: Option<Failure>) {
        let (duration, late) = (Duration::from_millis(5), Duration::ZERO);
        let ticket = tally.started(0.0, late);
        let (sent_bytes, received_bytes) = (1, 1);
        let exchange =
            Exchange { user: 0, route, status: None, failure, duration, sent_bytes, received_bytes, deliberate: false };
        tally.exchange(&exchange, late);
        tally.ended(ticket, failure.is_none(), duration);
    }

    #[test]
    fn everything_is_told_once_however_rarely_somebody_asks() {
        for every in [1, 7, 61, 119, 121, 180, 333, 1_000] {
            let mut tally = Tally::new(Totals::default(), 1, 0.0);
            let mut told = Vec::new();
            for second in 1..=1_000u32 {
                one(&mut tally, "r", (second % 3 == 0).then_some(Failure::Status));
                one(&mut tally, "s", None);
                tally.close(f64::from(second) * 1_000.0);
                assert!(tally.seconds.len() <= MOST_SECONDS + ROLLED, "{}", tally.seconds.len());
                if second % every == 0 {
                    told.extend(tally.take());
                }
            }
            told.extend(tally.take_all());
            let (exchanges, failures) = counted(&told);
            assert_eq!((exchanges, failures.status), (2_000, 333), "asked every {every} s");
            let mut at = 0.0;
            for window in &told {
                assert_eq!(window.at_ms, at, "asked every {every} s");
                at += window.length_ms;
            }
            assert_eq!(tally.totals.exchanges(), 2_000);
            assert_eq!(tally.totals.iterations.started, 2_000);
        }
    }

    #[test]
    fn a_load_that_nobody_asks_about_for_a_day_keeps_no_more_than_a_bound() {
        let mut tally = Tally::new(Totals::default(), 1, 0.0);
        for second in 1..=86_400u32 {
            tally.close(f64::from(second) * 1_000.0);
        }
        assert!(tally.minutes.len() <= MOST_MINUTES && tally.seconds.len() <= MOST_SECONDS + ROLLED);
        assert!(tally.lost > 1_000);
    }

    #[test]
    fn routes_beyond_the_bound_are_counted_together() {
        let mut tally = Tally::new(Totals::default(), 1, 0.0);
        for n in 0..1_000 {
            one(&mut tally, &format!("route {n}"), None);
        }
        assert_eq!(tally.so_far(), (1_000, 0));
        let closed = tally.close(1_000.0);
        assert_eq!((closed.judged, closed.failed_share()), (1_000, Some(0.0)));
        let routes = &tally.totals.routes;
        assert_eq!(routes.len(), MOST_ROUTES + 1);
        let other = routes.iter().find(|(route, _)| route == OTHER).unwrap();
        assert_eq!(other.1.exchanges, 1_000 - u32::try_from(MOST_ROUTES).unwrap());
    }

    #[test]
    fn the_next_host_counts_on_from_what_was_kept() {
        let mut first = Tally::new(Totals::default(), 1, 0.0);
        one(&mut first, "a", None);
        one(&mut first, "b", Some(Failure::Connect));
        first.close(1_000.0);
        let mut next = Tally::new(first.totals.clone(), 2, 1_000.0);
        one(&mut next, "b", None);
        one(&mut next, "c", None);
        next.close(2_000.0);
        let counts: Vec<_> = next.totals.told().into_iter().map(|r| (r.route, r.exchanges)).collect();
        assert_eq!(counts, [("a".into(), 1), ("b".into(), 2), ("c".into(), 1)]);
        let windows = next.take_all();
        assert_eq!((windows.len(), windows[0].at_ms, windows[0].incarnation), (1, 1_000.0, 2));
        assert_eq!(counted(&windows).0, 2);
    }

    #[test]
    fn what_never_started_is_dropped_and_no_good_sign() {
        let mut tally = Tally::new(Totals::default(), 1, 0.0);
        one(&mut tally, "a", None);
        tally.dropped(100.0);
        let late = tally.started(200.0, Duration::from_millis(60));
        tally.ended(late, true, Duration::from_millis(1));
        tally.close(1_000.0);
        let Iterations { started, dropped, late, .. } = tally.totals.iterations;
        assert_eq!((started, dropped, late), (2, 1, 1));
        assert_eq!((tally.totals.outages.count, tally.totals.outages.longest_ms), (1, 100.0));
        assert_eq!(tally.totals.latest_ms, 60.0);
        tally.missed(1_100.0);
        tally.close(2_000.0);
        assert_eq!((tally.totals.iterations.dropped, tally.totals.outages.count), (2, 1));
    }
}
