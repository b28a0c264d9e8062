//! Loads over users that do as they are told.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use holdpoint_cap_http::{Request, Target, user::Harm};

use crate::{
    End, Exchange, Executor, Failure, Guard, Observer, Plan, Response, Stage, Summary, Threshold, User, UserError,
    Users, Work,
    ledger::Ledger,
    plan,
    running::{Bounds, Running},
};

/// What users do, and what they have done.
#[derive(Default)]
struct World {
    takes: Duration,
    /// How long making a user takes.
    opens: Duration,
    /// Fails from now on.
    failing: AtomicBool,
    /// Says nothing of its exchanges.
    silent: bool,
    /// Ends with its first iteration.
    frail: bool,
    /// Those with even numbers are harmed on purpose: they fail, take longer and end with their first iteration.
    harming: bool,
    sent: AtomicU32,
    under_way: AtomicU32,
    most: AtomicU32,
    closed: AtomicU32,
    /// Which user did each iteration.
    by: Mutex<Vec<u32>>,
}

struct Actors(Arc<World>);

struct Actor(u32, Arc<World>);

impl Users for Actors {
    type User = Actor;

    fn seed(&self) -> Option<u32> {
        self.0.harming.then_some(7)
    }

    async fn open(&self, number: u32) -> Result<Actor, UserError> {
        tokio::time::sleep(self.0.opens).await;
        Ok(Actor(number, self.0.clone()))
    }
}

impl User for Actor {
    fn is_harmed(&self) -> bool {
        self.1.harming && self.0.is_multiple_of(2)
    }

    async fn iterate(&mut self, _: u64, observer: &dyn Observer) -> Result<(), UserError> {
        let is_harmed = self.is_harmed();
        let Self(user, world) = self;
        let most = world.under_way.fetch_add(1, SeqCst) + 1;
        world.most.fetch_max(most, SeqCst);
        world.sent.fetch_add(1, SeqCst);
        world.by.lock().unwrap().push(*user);
        let takes = if is_harmed { world.takes * 20 } else { world.takes };
        tokio::time::sleep(takes).await;
        world.under_way.fetch_sub(1, SeqCst);
        if world.frail {
            return Err(UserError::Ended("it trapped".into()));
        }
        if is_harmed {
            observer.harmed(Harm::Reset);
        }
        if !world.silent {
            observer.exchange(Exchange {
                user: *user,
                route: "GET x /",
                status: Some(200),
                failure: (is_harmed || world.failing.load(SeqCst)).then_some(Failure::Status),
                duration: takes,
                sent_bytes: 1,
                received_bytes: 1,
                deliberate: is_harmed,
            });
        }
        if is_harmed { Err(UserError::Ended("it could not bear it".into())) } else { Ok(()) }
    }

    async fn close(self, _: &dyn Observer) -> Result<(), UserError> {
        self.1.closed.fetch_add(1, SeqCst);
        Ok(())
    }
}

fn plan(executor: Executor) -> Plan {
    let request = Request::get(Target::Service { service: "x".into(), path: "/".into() });
    let work = Work::Request { request, expected: vec![] };
    Plan { executor, work, thresholds: vec![], guard: None, graceful_stop_ms: 1_000, disturbance: None }
}

fn rate(rate: u32, duration_ms: u32, max_vus: u32) -> Plan {
    plan(Executor::ConstantArrivalRate { rate, time_unit_ms: 1_000, duration_ms, pre_allocated_vus: 1, max_vus })
}

const WIDE: Bounds = Bounds { max_rate: 10_000, max_requests: 1_000_000 };

fn start(plan: &Plan, bounds: Bounds, world: &Arc<World>, ledger: Option<Ledger>) -> Running {
    let kept = ledger.as_ref().and_then(|ledger| ledger.read().unwrap());
    Running::start(Actors(world.clone()), plan::check(plan).unwrap(), bounds, ledger, kept).unwrap()
}

async fn end(running: &Running) -> Summary {
    match running.poll(Duration::from_secs(30)).await {
        Response::Ended(summary) => *summary,
        other => panic!("it should have ended: {other:?}"),
    }
}

async fn whole(plan: &Plan, bounds: Bounds, world: &Arc<World>) -> Summary {
    end(&start(plan, bounds, world, None)).await
}

fn taking(ms: u64) -> Arc<World> {
    Arc::new(World { takes: Duration::from_millis(ms), ..World::default() })
}

#[tokio::test]
async fn an_open_model_starts_as_many_as_are_due_whatever_they_take() {
    let world = taking(200);
    let summary = whole(&rate(50, 1_000, 30), WIDE, &world).await;
    assert_eq!(summary.end, End::Completed);
    assert_eq!((summary.iterations.started + summary.iterations.dropped, summary.iterations.dropped), (50, 0));
    assert_eq!((summary.routes[0].exchanges, world.sent.load(SeqCst)), (50, 50));
    // 50 a second for 200 ms each is ten at once.
    let most = world.most.load(SeqCst);
    assert!((8..=16).contains(&most), "{most}");
    assert!(summary.exercised && !summary.interrupted && summary.outage_count == 0);
    assert_eq!(world.closed.load(SeqCst), world.by.lock().unwrap().iter().max().unwrap() + 1, "each says farewell");
}

#[tokio::test]
async fn where_no_user_is_free_an_iteration_is_dropped_and_an_outage_seen() {
    let world = taking(300);
    let summary = whole(&rate(20, 1_000, 2), WIDE, &world).await;
    let dropped = summary.iterations.dropped;
    assert!((8..=14).contains(&dropped), "{:?}", summary.iterations);
    assert_eq!(summary.iterations.started + dropped, 20);
    assert_eq!(world.most.load(SeqCst), 2, "a user does one iteration at a time");
    assert!(summary.outage_count > 0);
}

#[tokio::test]
async fn a_closed_model_has_its_users_and_keeps_the_grants_rate() {
    let world = taking(1);
    let constant = plan(Executor::ConstantVus { vus: 5, duration_ms: 1_500 });
    let summary = whole(&constant, Bounds { max_rate: 100, ..WIDE }, &world).await;
    assert_eq!(summary.end, End::Completed);
    // One second has 100, and the half after it no more than 100.
    assert!((100..=200).contains(&summary.iterations.started), "{:?}", summary.iterations);
    assert_eq!(world.closed.load(SeqCst), 5);
}

/// A closed model of three users, of whom each takes so long to be made.
fn opening(seconds: u64) -> (Arc<World>, Plan) {
    let world = World { opens: Duration::from_secs(seconds), takes: Duration::from_millis(100), ..World::default() };
    (Arc::new(world), plan(Executor::ConstantVus { vus: 3, duration_ms: 10_000 }))
}

#[tokio::test(start_paused = true)]
async fn users_who_are_there_from_the_start_are_made_before_the_plan_begins() {
    let (world, constant) = opening(3);
    let summary = whole(&constant, WIDE, &world).await;
    assert!((270..=303).contains(&summary.iterations.started), "{:?}", summary.iterations);
    assert!(summary.elapsed_ms < 10_500.0 && summary.users == 3, "{summary:?}");
}

#[tokio::test(start_paused = true)]
async fn a_plan_does_not_wait_for_its_users_for_ever_and_whoever_is_late_takes_part() {
    let (world, constant) = opening(15);
    let summary = whole(&constant, WIDE, &world).await;
    assert!((135..=153).contains(&summary.iterations.started), "{:?}", summary.iterations);
    assert!(summary.elapsed_ms < 10_500.0, "{summary:?}");
}

#[tokio::test(start_paused = true)]
async fn a_load_that_is_stopped_before_its_users_are_there_sends_nothing() {
    let (world, constant) = opening(60);
    let running = start(&constant, WIDE, &world, None);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let summary = running.stop().await.unwrap();
    assert_eq!((summary.end, world.sent.load(SeqCst)), (End::Stopped, 0));
    assert!(summary.elapsed_ms < 5_000.0);
}

#[tokio::test]
async fn a_rising_crowd_rises_and_each_does_its_number_of_iterations() {
    let world = taking(5);
    let stages = vec![Stage { duration_ms: 1_000, target: 4 }];
    whole(&plan(Executor::RampingVus { start_vus: 0, stages }), WIDE, &world).await;
    let by = world.by.lock().unwrap().clone();
    let first = |user| by.iter().position(|other| *other == user);
    assert!(first(0) < first(1) && first(1) < first(2), "they come one after the other");
    assert_eq!(first(3), None, "the last comes at the end");

    let world = taking(5);
    let each = plan(Executor::PerVuIterations { vus: 3, iterations: 7, max_duration_ms: 20_000 });
    let summary = whole(&each, WIDE, &world).await;
    assert_eq!((summary.end, summary.iterations.ended), (End::Completed, 21));
    assert!(summary.elapsed_ms < 10_000.0, "it ends when all are done");
    let by = world.by.lock().unwrap().clone();
    assert!((0..3).all(|user| by.iter().filter(|other| **other == user).count() == 7));
}

#[tokio::test]
async fn bounds_thresholds_and_the_guard_end_a_load() {
    let world = taking(1);
    let constant = plan(Executor::ConstantVus { vus: 2, duration_ms: 20_000 });
    let summary = whole(&constant, Bounds { max_requests: 30, ..WIDE }, &world).await;
    assert!(matches!(&summary.end, End::Bound(why) if why.contains("max-requests")), "{:?}", summary.end);
    assert_eq!(world.sent.load(SeqCst), 30);

    let world = taking(1);
    world.failing.store(true, SeqCst);
    let guarded = Plan { guard: Some(Guard { failed_share: 0.5, seconds: 2 }), ..rate(20, 20_000, 5) };
    let summary = whole(&guarded, WIDE, &world).await;
    assert!(matches!(&summary.end, End::Guard(why) if why.contains("2 seconds")), "{:?}", summary.end);
    assert!(summary.elapsed_ms < 5_000.0 && !summary.outages[0].over);

    let threshold =
        Threshold { metric: "http_req_failed".into(), expression: "rate<0.1".into(), abort_after_ms: Some(500) };
    let judged = Plan { thresholds: vec![threshold], ..rate(20, 20_000, 5) };
    let summary = whole(&judged, WIDE, &world).await;
    assert!(matches!(&summary.end, End::Threshold(why) if why.contains("rate<0.1")), "{:?}", summary.end);
    assert!(!summary.thresholds[0].holds && summary.elapsed_ms < 5_000.0);
}

#[tokio::test]
async fn what_is_harmed_on_purpose_feeds_nothing_and_is_told_apart() {
    let world = Arc::new(World { harming: true, takes: Duration::from_millis(10), ..World::default() });
    let threshold = |(metric, expression): (&str, &str)| Threshold {
        metric: metric.into(),
        expression: expression.into(),
        abort_after_ms: Some(100),
    };
    let thresholds = [
        ("http_req_failed", "rate==0"),
        ("http_req_duration", "max<150"),
        ("iteration_duration", "max<150"),
        ("iterations", "count<=40"),
        ("http_reqs", "count<=40"),
        ("data_sent", "count<=40"),
    ];
    let guard = Some(Guard { failed_share: 0.01, seconds: 1 });
    let plan = Plan { thresholds: thresholds.map(threshold).into(), guard, ..rate(20, 2_000, 20) };
    let summary = whole(&plan, WIDE, &world).await;
    assert!(summary.end == End::Completed && summary.thresholds.iter().all(|t| t.holds), "{:?}", summary.thresholds);
    let disturbed = summary.disturbed.as_ref().unwrap();
    let harmed = disturbed.iterations;
    assert!(harmed > 0 && (disturbed.users_lost, disturbed.harms[0].times) == (harmed, harmed), "{disturbed:?}");
    assert_eq!((disturbed.seed, summary.routes[0].deliberate), (7, harmed));
    assert_eq!((summary.users_lost, summary.iterations.failed, summary.outage_count), (0, 0, 0));
    let others = summary.thresholds.iter().find(|t| t.metric == "iterations").and_then(|t| t.observed);
    assert_eq!(others, Some(f64::from(summary.iterations.ended - harmed)));
}

#[tokio::test]
async fn without_an_exchange_nothing_is_good() {
    let world = Arc::new(World { silent: true, ..World::default() });
    let threshold = Threshold { metric: "http_req_failed".into(), expression: "rate<0.1".into(), abort_after_ms: None };
    let summary = whole(&Plan { thresholds: vec![threshold], ..rate(10, 500, 5) }, WIDE, &world).await;
    assert!(!summary.exercised && !summary.thresholds[0].holds);
    assert_eq!((summary.iterations.failed, summary.iterations.ended), (5, 5));
}

#[tokio::test]
async fn users_that_end_are_replaced_for_a_while_and_told() {
    let world = Arc::new(World { frail: true, ..World::default() });
    let summary = whole(&rate(50, 2_000, 3), WIDE, &world).await;
    assert_eq!(summary.users_lost, 6);
    assert_eq!(summary.first_loss.as_deref(), Some("ended: it trapped"));
    assert!(matches!(&summary.end, End::Users(why) if why.contains("it trapped")), "{:?}", summary.end);
}

#[tokio::test]
async fn what_is_under_way_is_given_its_time_and_then_cut_off() {
    let world = taking(60_000);
    let running = start(&Plan { graceful_stop_ms: 0, ..rate(10, 20_000, 5) }, WIDE, &world, None);
    while world.under_way.load(SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let summary = running.stop().await.unwrap();
    assert_eq!((summary.end, summary.exercised), (End::Stopped, false));
    assert_eq!(summary.incarnations[0].under_way, world.sent.load(SeqCst));
    assert!(summary.elapsed_ms < 10_000.0 && running.has_ended());
}

#[tokio::test]
async fn the_next_host_does_the_rest_and_nothing_is_counted_twice() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = || Some(Ledger::of(folder.path(), "p-1"));
    let plan = rate(50, 4_000, 5);
    let (first, next) = (taking(1), taking(1));
    let running = start(&plan, WIDE, &first, ledger());
    let told = |response| match response {
        Response::Running(progress) => progress,
        other => panic!("it should go on: {other:?}"),
    };
    let mut windows = told(running.poll(Duration::from_millis(1_600)).await).windows;
    drop(running);
    let running = start(&plan, WIDE, &next, ledger());
    let summary = end(&running).await;
    windows.extend(summary.windows.iter().cloned());

    assert!(summary.interrupted && summary.exercised);
    let [gone, last] = summary.incarnations[..] else { panic!("{:?}", summary.incarnations) };
    assert!(gone.cut_off && !last.cut_off);
    assert_eq!(last.from_ms, gone.to_ms, "the rest of the plan");
    let (sent_before, sent) = (first.sent.load(SeqCst), next.sent.load(SeqCst));
    assert_eq!(last.exchanges, sent, "all of the last host's are counted");
    // Of the one that is gone the open window of a second is missing.
    assert!(gone.exchanges <= sent_before && sent_before - gone.exchanges <= 55, "{gone:?} of {sent_before}");
    assert_eq!(summary.routes[0].exchanges, gone.exchanges + last.exchanges);
    let in_windows: u32 = windows.iter().flat_map(|window| &window.routes).map(|route| route.exchanges).sum();
    assert_eq!(in_windows, summary.routes[0].exchanges, "windows and totals agree");
    // What was due after the last count is done by the next host.
    assert!((196..=204).contains(&(gone.exchanges + sent)), "{gone:?} and {sent}");

    // A host after the end finds it, and sends nothing.
    let kept = ledger().unwrap().read().unwrap().unwrap();
    assert_eq!(kept.summary.as_ref().map(|kept| &kept.incarnations), Some(&summary.incarnations));
}
