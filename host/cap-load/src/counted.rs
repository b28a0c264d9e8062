//! Exchanges of one kind, counted: how many, why they failed, how long they took. Its size is the same however many there are.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::{Exchange, Failure, Failures, Quantiles, RouteCounts};

/// The longest time that is told from longer ones, in microseconds: a request of a minute that was late by another.
const LONGEST_US: u64 = 180_000_000;
const DIGITS: u8 = 3;

/// Times, with three significant digits.
#[derive(Debug, Clone)]
pub(crate) struct Times {
    histogram: Histogram<u32>,
    /// The histogram knows its mean only as closely as its buckets.
    sum_us: u64,
}

impl Default for Times {
    #[expect(clippy::expect_used, reason = "the bounds are constants that the histogram takes; a test makes one")]
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST_US, DIGITS).expect("bounds of a histogram");
        Self { histogram, sum_us: 0 }
    }
}

impl Times {
    pub(crate) fn record(&mut self, time: Duration) {
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).clamp(1, LONGEST_US);
        self.histogram.saturating_record(us);
        self.sum_us = self.sum_us.saturating_add(us);
    }

    pub(crate) fn add(&mut self, other: &Self) {
        if !other.histogram.is_empty() {
            // Both have the same bounds.
            let _ = self.histogram.add(&other.histogram);
            self.sum_us = self.sum_us.saturating_add(other.sum_us);
        }
    }

    fn clear(&mut self) {
        if !self.histogram.is_empty() {
            self.histogram.reset();
            self.sum_us = 0;
        }
    }

    pub(crate) fn quantiles(&self) -> Option<Quantiles> {
        let at = |percent| self.percentile(percent);
        Some(Quantiles {
            min: ms(self.least()?),
            mean: self.mean()?,
            p50: at(50.0)?,
            p90: at(90.0)?,
            p95: at(95.0)?,
            p99: at(99.0)?,
            max: at(100.0)?,
        })
    }

    /// In milliseconds; of no times there is none.
    pub(crate) fn percentile(&self, percent: f64) -> Option<f64> {
        (!self.histogram.is_empty()).then(|| ms(self.histogram.value_at_quantile(percent / 100.0)))
    }

    pub(crate) fn mean(&self) -> Option<f64> {
        (!self.histogram.is_empty()).then(|| self.sum_us as f64 / self.histogram.len() as f64 / 1_000.0)
    }

    /// The shortest, in microseconds.
    pub(crate) fn least(&self) -> Option<u64> {
        (!self.histogram.is_empty()).then(|| self.histogram.min())
    }
}

fn ms(us: u64) -> f64 {
    us as f64 / 1_000.0
}

/// Times as they are kept in a file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptTimes {
    sum_us: u64,
    /// Microseconds, and how often.
    counts: Vec<(u64, u32)>,
}

impl From<&Times> for KeptTimes {
    fn from(times: &Times) -> Self {
        let recorded = times.histogram.iter_recorded();
        let counts = recorded.map(|value| (value.value_iterated_to(), value.count_at_value())).collect();
        Self { sum_us: times.sum_us, counts }
    }
}

impl From<&KeptTimes> for Times {
    fn from(kept: &KeptTimes) -> Self {
        let mut times = Self::default();
        for (us, count) in &kept.counts {
            times.histogram.saturating_record_n((*us).clamp(1, LONGEST_US), *count);
        }
        times.sum_us = kept.sum_us;
        times
    }
}

/// Exchanges of one route.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counted {
    pub(crate) exchanges: u32,
    pub(crate) failures: Failures,
    pub(crate) deliberate: u32,
    pub(crate) sent_bytes: u64,
    pub(crate) received_bytes: u64,
    pub(crate) latency: Times,
    pub(crate) service: Times,
}

impl Counted {
    /// Counts an exchange of an iteration that began so late.
    pub(crate) fn record(&mut self, exchange: &Exchange<'_>, late: Duration) {
        add(&mut self.exchanges, 1);
        if exchange.deliberate {
            add(&mut self.deliberate, 1);
            return;
        }
        self.sent_bytes = self.sent_bytes.saturating_add(exchange.sent_bytes);
        self.received_bytes = self.received_bytes.saturating_add(exchange.received_bytes);
        if let Some(failure) = exchange.failure {
            self.failures.count(failure);
        }
        self.service.record(exchange.duration);
        self.latency.record(exchange.duration + late);
    }

    pub(crate) fn add(&mut self, other: &Self) {
        add(&mut self.exchanges, other.exchanges);
        add(&mut self.deliberate, other.deliberate);
        self.failures.add(&other.failures);
        self.sent_bytes = self.sent_bytes.saturating_add(other.sent_bytes);
        self.received_bytes = self.received_bytes.saturating_add(other.received_bytes);
        self.latency.add(&other.latency);
        self.service.add(&other.service);
    }

    pub(crate) fn clear(&mut self) {
        self.latency.clear();
        self.service.clear();
        (self.exchanges, self.deliberate, self.failures) = (0, 0, Failures::default());
        (self.sent_bytes, self.received_bytes) = (0, 0);
    }

    pub(crate) fn told(&self, route: &str) -> RouteCounts {
        RouteCounts {
            route: route.to_owned(),
            exchanges: self.exchanges,
            failures: self.failures,
            deliberate: self.deliberate,
            sent_bytes: self.sent_bytes as f64,
            received_bytes: self.received_bytes as f64,
            latency: self.latency.quantiles(),
            service: self.service.quantiles(),
        }
    }
}

impl Failures {
    pub(crate) fn count(&mut self, failure: Failure) {
        let place = match failure {
            Failure::Connect => &mut self.connect,
            Failure::Tls => &mut self.tls,
            Failure::Timeout => &mut self.timeout,
            Failure::Reset => &mut self.reset,
            Failure::Malformed => &mut self.malformed,
            Failure::Status => &mut self.status,
            Failure::Content => &mut self.content,
        };
        add(place, 1);
    }

    fn add(&mut self, other: &Self) {
        let Self { connect, tls, timeout, reset, malformed, status, content } = self;
        add(connect, other.connect);
        add(tls, other.tls);
        add(timeout, other.timeout);
        add(reset, other.reset);
        add(malformed, other.malformed);
        add(status, other.status);
        add(content, other.content);
    }
}

pub(crate) fn add(count: &mut u32, more: u32) {
    *count = count.saturating_add(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(ms: u64, failure: Option<Failure>) -> Exchange<'static> {
        Exchange {
            user: 0,
            route: "r",
            status: Some(200),
            failure,
            duration: Duration::from_millis(ms),
            sent_bytes: 10,
            received_bytes: 100,
            deliberate: false,
        }
    }

    #[test]
    fn times_count_from_when_the_iteration_was_due() {
        let mut counted = Counted::default();
        for n in 1..=100 {
            counted.record(&exchange(n, None), Duration::from_millis(1_000));
        }
        let told = counted.told("r");
        let (service, latency) = (told.service.unwrap(), told.latency.unwrap());
        assert!((service.p95 - 95.0).abs() < 0.1 && (latency.p95 - 1_095.0).abs() < 1.0, "{service:?} {latency:?}");
        assert!((service.mean - 50.5).abs() < 1e-9 && service.min == 1.0 && (service.max - 100.0).abs() < 0.1);
        assert_eq!((told.exchanges, told.sent_bytes, told.received_bytes), (100, 1_000.0, 10_000.0));
    }

    #[test]
    fn without_exchanges_there_is_no_quantile() {
        let mut counted = Counted::default();
        assert_eq!(counted.told("r").latency, None);
        counted.record(
            &Exchange { deliberate: true, failure: Some(Failure::Status), ..exchange(1, None) },
            Duration::ZERO,
        );
        let told = counted.told("r");
        assert_eq!((told.exchanges, told.deliberate, told.failures.all(), told.service), (1, 1, 0, None));
        assert_eq!((told.sent_bytes, told.received_bytes), (0.0, 0.0), "what was made to go wrong feeds no threshold");
        counted.clear();
        assert_eq!(counted.told("r").exchanges, 0);
    }

    #[test]
    fn what_is_added_and_what_is_kept_is_as_if_recorded_at_once() {
        let failures = [Failure::Connect, Failure::Tls, Failure::Timeout, Failure::Reset, Failure::Malformed];
        let failures = failures.into_iter().chain([Failure::Status, Failure::Content]).map(Some).chain([None]);
        let (mut whole, mut parts) = (Counted::default(), Counted::default());
        for (n, failure) in failures.enumerate() {
            let one = exchange(n as u64 * 977 % 5_000, failure);
            let mut part = Counted::default();
            part.record(&one, Duration::ZERO);
            whole.record(&one, Duration::ZERO);
            parts.add(&part);
        }
        assert_eq!(parts.told("r"), whole.told("r"));
        assert_eq!(whole.failures.all(), 7);
        let text = serde_json::to_string(&KeptTimes::from(&whole.latency)).unwrap();
        let kept: KeptTimes = serde_json::from_str(&text).unwrap();
        assert_eq!(Times::from(&kept).quantiles(), whole.latency.quantiles());
    }

    #[test]
    fn a_time_beyond_all_measure_is_the_longest() {
        let mut times = Times::default();
        times.record(Duration::from_secs(1 << 40));
        times.record(Duration::ZERO);
        assert!((times.percentile(100.0).unwrap() - 180_000.0).abs() < 200.0);
        assert_eq!(times.least(), Some(1));
    }
}
