//! From the quantiles of a slot to a histogram that is never better than the slot was.

/// Bounds of the buckets in milliseconds, besides `+Inf`. What the guide asks for (2 s, 3 s) is among them.
pub(crate) const BOUNDS: [f64; 15] = [
    5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 1_500.0, 2_000.0, 2_500.0, 3_000.0, 5_000.0, 10_000.0,
    30_000.0,
];

/// How many milliseconds the slots of buckets are long.
pub(crate) const SLOT: f64 = 10_000.0;

/// What is known of how long `count` exchanges took: shares of them and the time within which each share was over.
pub(crate) struct Quantiles {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Quantiles {
    /// How many of the exchanges took at most so many milliseconds, at the least.
    ///
    /// By the definition of a quantile at least `ceil(share × count)` of them took no longer than it. More may have; that many is certain.
    pub(crate) fn at_most(&self, bound: f64, count: u32) -> f64 {
        let certain = |share: f64| (share * f64::from(count)).ceil();
        let shares = [(self.p50, 0.5), (self.p90, 0.9), (self.p95, 0.95), (self.p99, 0.99), (self.max, 1.0)];
        shares.into_iter().filter(|(time, _)| *time <= bound).map(|(_, share)| certain(share)).fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_what_is_certain() {
        let times = Quantiles { p50: 90.0, p90: 240.0, p95: 600.0, p99: 1_900.0, max: 2_100.0 };
        for (bound, count) in
            [(50.0, 0.0), (100.0, 50.0), (250.0, 90.0), (1_000.0, 95.0), (2_000.0, 99.0), (2_500.0, 100.0)]
        {
            assert_eq!(times.at_most(bound, 100), count, "{bound}");
        }
        assert_eq!((times.at_most(250.0, 1), times.at_most(250.0, 0)), (1.0, 0.0));
        assert_eq!(times.at_most(f64::INFINITY, 7), 7.0);
    }

    #[test]
    fn it_is_never_more_than_there_were() {
        // Times of 1 to n milliseconds: the quantiles are known exactly.
        for n in [1u32, 2, 3, 10, 99, 100, 101] {
            let at = |share: f64| (share * f64::from(n)).ceil();
            let times = Quantiles { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max: f64::from(n) };
            for bound in BOUNDS {
                let truly = bound.min(f64::from(n));
                assert!(times.at_most(bound, n) <= truly, "{n} {bound}");
            }
        }
    }
}
