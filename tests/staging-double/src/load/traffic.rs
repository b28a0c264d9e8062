//! Counts of requests by route, and the time that answers took. The server's side of every comparison with what a
//! load says that it has sent and measured.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::Method;
use hdrhistogram::Histogram;

use crate::crowd::Crowd;

/// An hour in microseconds; what takes longer counts as an hour.
const LONGEST: u64 = 3_600_000_000;

/// Upper bounds of the buckets of the metric, in microseconds.
const BUCKETS: [u64; 12] =
    [1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000];

macro_rules! routes {
    ($($variant:ident $name:literal),* $(,)?) => {
        /// What a request is counted as.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Route { $($variant),* }

        impl Route {
            pub(crate) const ALL: &[Route] = &[$(Route::$variant),*];

            pub(crate) fn name(self) -> &'static str {
                match self { $(Route::$variant => $name),* }
            }
        }
    };
}

routes! {
    Me "me", AgentStart "agent-start", AgentList "agent-list", AgentRead "agent-read", AgentEnd "agent-end",
    AgentRun "agent-run", StateWrite "state-write", StateRead "state-read", Counter "counter", Chat "chat",
    FileWrite "file-write", FileRead "file-read", Metrics "metrics", Health "health", Other "other",
}

impl Route {
    pub(crate) fn of(method: &Method, path: &str) -> Route {
        let Some(api) = path.strip_prefix("/api/") else {
            return match path {
                "/ws/chat" => Route::Chat,
                "/metrics" => Route::Metrics,
                "/health" | "/health/ready" | "/health/live" => Route::Health,
                _ => Route::Other,
            };
        };
        let (kind, rest) = api.split_once('/').unwrap_or((api, ""));
        match (kind, rest.is_empty(), method) {
            ("me", true, _) => Route::Me,
            ("agents", true, &Method::POST) => Route::AgentStart,
            ("agents", true, _) => Route::AgentList,
            ("agents", false, &Method::DELETE) => Route::AgentEnd,
            ("agents", false, &Method::POST) => Route::AgentRun,
            ("agents", false, _) => Route::AgentRead,
            ("state", _, &Method::PUT) => Route::StateWrite,
            ("state", _, _) => Route::StateRead,
            ("counter", true, _) => Route::Counter,
            ("files", true, _) => Route::FileWrite,
            ("files", false, _) => Route::FileRead,
            _ => Route::Other,
        }
    }

    /// Whether virtual users call it: such requests are counted here and not logged one by one.
    pub(crate) fn is_load(self) -> bool {
        !matches!(self, Route::Health | Route::Other)
    }
}

/// What one service has served on one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Served {
    /// As in the metrics.
    pub route: &'static str,
    /// Requests that arrived.
    pub arrived: u64,
    /// Those that got an answer before their client was gone.
    pub answered: u64,
    /// Answers with a status of 500 and above.
    pub errors: u64,
}

#[derive(Debug, Default)]
struct Count {
    arrived: AtomicU64,
    answered: AtomicU64,
    errors: AtomicU64,
}

#[derive(Debug)]
pub(crate) struct Traffic {
    counts: Vec<Count>,
    /// Microseconds, to three digits.
    latencies: Mutex<Histogram<u64>>,
    microseconds: AtomicU64,
}

impl Traffic {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let counts = Route::ALL.iter().map(|_| Count::default()).collect();
        let latencies = Mutex::new(Histogram::new_with_bounds(1, LONGEST, 3)?);
        Ok(Traffic { counts, latencies, microseconds: AtomicU64::default() })
    }

    pub(crate) fn arrived(&self, route: Route) {
        self.counts[route as usize].arrived.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn answered(&self, route: Route, is_error: bool, took: Duration) {
        let count = &self.counts[route as usize];
        count.answered.fetch_add(1, Ordering::Relaxed);
        count.errors.fetch_add(u64::from(is_error), Ordering::Relaxed);
        let took = u64::try_from(took.as_micros()).unwrap_or(LONGEST);
        self.microseconds.fetch_add(took, Ordering::Relaxed);
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(took.clamp(1, LONGEST));
    }

    /// Routes that were asked for at all.
    pub(crate) fn served(&self) -> Vec<Served> {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let all = Route::ALL.iter().zip(&self.counts).map(|(route, count)| Served {
            route: route.name(),
            arrived: get(&count.arrived),
            answered: get(&count.answered),
            errors: get(&count.errors),
        });
        all.filter(|served| served.arrived > 0).collect()
    }

    /// The milliseconds within which this part of the answers (0 to 1) came, to three digits. 0 without answers.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        let latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        let microseconds = latencies.value_at_quantile(part);
        f64::from(u32::try_from(microseconds).unwrap_or(u32::MAX)) / 1_000.0
    }

    /// The lines of the request metrics, as Prometheus reads them, with those of others.
    pub(crate) fn metrics(&self, instance: &str, crowd: Crowd) -> String {
        use std::fmt::Write;
        let mut text = String::new();
        let mut served = self.served();
        let Crowd { requests, errors, .. } = crowd;
        if requests > 0 {
            served.push(Served { route: "others", arrived: requests, answered: requests, errors });
        }
        let mut counter = |name: &str, help: &str, value: fn(&Served) -> u64| {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
            for served in &served {
                let _ =
                    writeln!(text, "{name}{{instance=\"{instance}\",route=\"{}\"}} {}", served.route, value(served));
            }
        };
        counter("requests_total", "Requests that arrived.", |served| served.arrived);
        counter("errors_total", "Answers with a status of 500 and above.", |served| served.errors);
        let name = "request_duration_seconds";
        let _ = writeln!(text, "# HELP {name} Time from a request to its answer.\n# TYPE {name} histogram");
        let latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        let all = latencies.len() + requests;
        for bound in BUCKETS {
            let (count, bound) = (latencies.count_between(0, bound), Duration::from_micros(bound).as_secs_f64());
            let count = count + crowd.within(bound);
            let _ = writeln!(text, "{name}_bucket{{instance=\"{instance}\",le=\"{bound}\"}} {count}");
        }
        let _ = writeln!(text, "{name}_bucket{{instance=\"{instance}\",le=\"+Inf\"}} {all}");
        let sum = Duration::from_micros(self.microseconds.load(Ordering::Relaxed)).as_secs_f64() + crowd.seconds();
        let _ = writeln!(text, "{name}_sum{{instance=\"{instance}\"}} {sum}");
        let _ = writeln!(text, "{name}_count{{instance=\"{instance}\"}} {all}");
        text
    }
}
