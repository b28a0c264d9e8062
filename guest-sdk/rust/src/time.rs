//! Times as the contract has them: milliseconds since 1970.

use crate::Millis;

/// A time of the run: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Time(pub f64);

impl Time {
    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Millis {
        Millis::from_f64((self.0 - earlier.0).max(0.0))
    }
}
