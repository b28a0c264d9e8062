//! Gauges: one sample of each series, and several series as one value.

use alloc::collections::BTreeMap;

use super::{Window, known};
use crate::{Across, LOOKBACK, Labels, Over, Reading, Sample, Selector, Series, Time};

impl<'a> Window<'a> {
    pub(crate) fn gauge(&self, selector: &'a Selector, over: Over, across: Across) -> BTreeMap<Labels, Reading> {
        self.readings(self.groups(selector), |group| {
            let found = group.into_iter().filter_map(|series| self.sample(series, over));
            let mut seen = 0;
            let mut value: Option<(f64, Time)> = None;
            for sample in found {
                seen += 1;
                value = Some(value.map_or((sample.value, sample.at), |(value, newest)| {
                    (together(across, value, sample.value, f64::from(seen)), newest.max(sample.at))
                }));
            }
            let (value, newest) = value.ok_or_else(|| self.nothing())?;
            Ok(known(value, f64::from(seen), newest))
        })
    }

    fn sample(&self, series: &'a Series, over: Over) -> Option<Sample> {
        let choose = |better: fn(f64, f64) -> bool| {
            // The value of one sample at the time of the latest: both say what was seen in the window.
            self.evidence.samples(series, self.from, self.to).copied().reduce(|best, next| Sample {
                at: next.at,
                value: if better(next.value, best.value) || best.value.is_nan() { next.value } else { best.value },
            })
        };
        match over {
            Over::Now => self.evidence.latest(series, self.to, LOOKBACK).copied(),
            Over::Highest(_) => choose(|next, best| next > best),
            Over::Lowest(_) => choose(|next, best| next < best),
        }
    }
}

/// The value so far and the next one, which is the `count`-th. The mean moves by its part each time, as that of Prometheus does.
fn together(across: Across, value: f64, next: f64, count: f64) -> f64 {
    match across {
        Across::Sum => value + next,
        Across::Highest => {
            if value < next || value.is_nan() {
                next
            } else {
                value
            }
        }
        Across::Lowest => {
            if value > next || value.is_nan() {
                next
            } else {
                value
            }
        }
        Across::Mean => value + (next / count - value / count),
    }
}
