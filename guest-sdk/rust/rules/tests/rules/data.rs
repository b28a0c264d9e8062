//! Evidence in short: series from values, a number of equal steps apart.

use holdpoint_rules::{Evidence, Labels, Series, SeriesSet, Span, Time};

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::new(pairs.iter().copied()).unwrap()
}

/// A series that begins at 0. What is `None` has no sample.
pub(crate) fn series(metric: &str, of: Labels, step: Span, values: impl IntoIterator<Item = Option<f64>>) -> Series {
    let mut series = Series::new(metric, of);
    for (at, value) in values.into_iter().enumerate() {
        if let Some(value) = value {
            series.push(Time(0) + step * at as i64, value).unwrap();
        }
    }
    series
}

pub(crate) fn evidence(series: Vec<Series>) -> Evidence {
    Evidence::new(SeriesSet::new(series).unwrap())
}

/// Numbers that look random and are the same everywhere (xorshift64*).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }

    /// Once in so many times.
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// From 0 to 1, in thousandths.
    pub(crate) fn share(&mut self) -> f64 {
        self.below(1_001) as f64 / 1_000.0
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}
