//! Samples in few bytes, and back without a loss.
//!
//! A sample is one byte with two lengths, the change of the step from the sample before, and the bits in which its value differs from that one. So
//! a regular series of one value takes a byte for each, counts take two to four, and nothing takes more than sixteen, which is what it takes plain.

use holdpoint_model::policy::Sample;

/// Samples in the order of time.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) first: f64,
    pub(super) last: f64,
    bytes: Box<[u8]>,
}

impl Block {
    /// Packs samples, of which there is at least one. Their moments are whole numbers.
    pub(super) fn of(samples: &[Sample]) -> Self {
        let (mut bytes, mut before) = (Vec::with_capacity(4 * samples.len()), Before::default());
        for Sample { at, value } in samples {
            let step = *at as i64 - before.at;
            let change = step - before.step;
            // The sign is the lowest bit, so that small changes are small numbers.
            let change = ((change << 1) ^ (change >> 63)) as u64;
            // Whole numbers differ in their highest bits.
            let differs = (value.to_bits() ^ before.bits).swap_bytes();
            let (times, values) = (length(change), length(differs));
            bytes.push((times | values << 4) as u8);
            bytes.extend_from_slice(&change.to_le_bytes()[..times]);
            bytes.extend_from_slice(&differs.to_le_bytes()[..values]);
            before = Before { at: *at as i64, step, bits: value.to_bits() };
        }
        let end = |sample: Option<&Sample>| sample.map_or(0.0, |sample| sample.at);
        Self { first: end(samples.first()), last: end(samples.last()), bytes: bytes.into() }
    }

    pub(super) fn samples(&self) -> impl Iterator<Item = Sample> {
        Samples { rest: &self.bytes, before: Before::default() }
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// The sample before.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    at: i64,
    step: i64,
    bits: u64,
}

/// How many of its lowest bytes tell a number.
fn length(number: u64) -> usize {
    8 - number.leading_zeros() as usize / 8
}

struct Samples<'a> {
    rest: &'a [u8],
    before: Before,
}

impl Iterator for Samples<'_> {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        let (lengths, rest) = self.rest.split_first()?;
        let (change, rest) = number(rest, lengths & 15)?;
        let (differs, rest) = number(rest, lengths >> 4)?;
        let step = self.before.step + ((change >> 1) as i64 ^ -((change & 1) as i64));
        let at = self.before.at + step;
        let bits = self.before.bits ^ differs.swap_bytes();
        (self.rest, self.before) = (rest, Before { at, step, bits });
        Some(Sample { at: at as f64, value: f64::from_bits(bits) })
    }
}

/// The number of so many lowest bytes, and what follows.
fn number(bytes: &[u8], length: u8) -> Option<(u64, &[u8])> {
    let (own, rest) = bytes.split_at_checked(usize::from(length))?;
    let mut all = [0; 8];
    all.get_mut(..own.len())?.copy_from_slice(own);
    Some((u64::from_le_bytes(all), rest))
}
