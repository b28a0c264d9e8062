//! The samples of one series, in the order of time: the latest as they are, those before them packed.

mod packed;

use holdpoint_model::policy::Sample;

use packed::Block;

/// Samples of a block. What comes late falls among the latest ones, of which there are at least as many.
const BLOCK: usize = 256;

/// What becomes of two samples of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Merge {
    /// Counts of a slot.
    Sum,
    /// The worse of two signs of life.
    Least,
    /// What is known now.
    Last,
}

impl Merge {
    fn of(self, known: f64, value: f64) -> f64 {
        match self {
            Self::Sum => known + value,
            Self::Least => known.min(value),
            Self::Last => value,
        }
    }
}

/// Samples, at most one of a moment. Moments are whole milliseconds, no further from 1970 than [`Samples::FURTHEST`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples {
    /// None is empty, and each ends before the next one begins.
    packed: Vec<Block>,
    /// What comes after them. Never empty where there is a block.
    latest: Vec<Sample>,
}

impl Samples {
    /// Milliseconds up to which every whole number is told apart from the next: 285,000 years.
    pub(crate) const FURTHEST: f64 = 9_007_199_254_740_991.0;

    pub(crate) fn last(&self) -> Option<Sample> {
        self.latest.last().copied()
    }

    /// Merges a value with the sample of a moment. Says whether there is one.
    pub(crate) fn merge(&mut self, Sample { at, value }: Sample, merge: Merge) -> bool {
        match self.block_of(at) {
            None => merged(&mut self.latest, at, |known| merge.of(known, value)),
            Some(place) => {
                let mut samples: Vec<Sample> = self.packed[place].samples().collect();
                let found = merged(&mut samples, at, |known| merge.of(known, value));
                if found {
                    self.packed[place] = Block::of(&samples);
                }
                found
            }
        }
    }

    /// Adds the sample of a moment that has none.
    pub(crate) fn insert(&mut self, sample: Sample) {
        match self.block_of(sample.at) {
            None => {
                insert(&mut self.latest, sample);
                if self.latest.len() == 2 * BLOCK {
                    self.packed.push(Block::of(&self.latest[..BLOCK]));
                    self.latest.drain(..BLOCK);
                }
            }
            Some(place) => {
                let mut samples: Vec<Sample> = self.packed[place].samples().collect();
                insert(&mut samples, sample);
                let parts = samples.chunks(if samples.len() == 2 * BLOCK { BLOCK } else { samples.len() });
                self.packed.splice(place..=place, parts.map(Block::of));
            }
        }
    }

    /// The block among whose samples a moment falls; none where it falls among the latest.
    fn block_of(&self, at: f64) -> Option<usize> {
        if self.packed.is_empty() || self.latest.first().is_some_and(|first| first.at <= at) {
            return None;
        }
        Some(self.packed.partition_point(|block| block.first <= at).saturating_sub(1))
    }

    /// Those from a moment to another, both included.
    pub(crate) fn within(&self, from: f64, to: f64) -> impl Iterator<Item = Sample> {
        let start = self.packed.partition_point(|block| block.last < from);
        let packed = self.packed[start..].iter().take_while(move |block| block.first <= to).flat_map(Block::samples);
        let start = self.latest.partition_point(|sample| sample.at < from);
        let all = packed.chain(self.latest[start..].iter().copied());
        all.skip_while(move |sample| sample.at < from).take_while(move |sample| sample.at <= to)
    }
}

/// Changes the value of a moment in samples that are in order. Says whether there is one.
fn merged(samples: &mut [Sample], at: f64, change: impl FnOnce(f64) -> f64) -> bool {
    // Nearly always it is later than all of them.
    if samples.last().is_none_or(|last| last.at < at) {
        return false;
    }
    let place = samples.partition_point(|sample| sample.at < at);
    match samples.get_mut(place).filter(|known| known.at == at) {
        Some(known) => {
            known.value = change(known.value);
            true
        }
        None => false,
    }
}

fn insert(samples: &mut Vec<Sample>, sample: Sample) {
    let place = match samples.last() {
        Some(last) if last.at > sample.at => samples.partition_point(|known| known.at < sample.at),
        _ => samples.len(),
    };
    samples.insert(place, sample);
}

#[cfg(test)]
mod tests;
