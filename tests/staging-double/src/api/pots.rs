//! Two pots of a user between which something is moved: the sum of both never changes. Pure.

use serde::{Deserialize, Serialize};

const AT_FIRST: i64 = 1_000;

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Pot {
    Left,
    Right,
}

/// What is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Pots {
    pub(crate) left: i64,
    pub(crate) right: i64,
}

impl Default for Pots {
    fn default() -> Self {
        Pots { left: AT_FIRST, right: AT_FIRST }
    }
}

impl Pots {
    /// Takes so much out of a pot, which is the first half of a transfer; false if it does not have that.
    pub(crate) fn take(&mut self, from: Pot, amount: i64) -> bool {
        let pot = self.pot(from);
        let has = *pot >= amount;
        if has {
            *pot -= amount;
        }
        has
    }

    /// Puts so much into a pot, which is the second half.
    pub(crate) fn put(&mut self, to: Pot, amount: i64) {
        *self.pot(to) += amount;
    }

    fn pot(&mut self, pot: Pot) -> &mut i64 {
        match pot {
            Pot::Left => &mut self.left,
            Pot::Right => &mut self.right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pot, Pots};

    #[test]
    fn the_sum_stays_and_nothing_is_taken_that_is_not_there() {
        let mut pots = Pots::default();
        assert!(pots.take(Pot::Left, 1_000));
        pots.put(Pot::Right, 1_000);
        assert_eq!(pots, Pots { left: 0, right: 2_000 });
        assert!(!pots.take(Pot::Left, 1));
        assert_eq!(pots.left + pots.right, 2_000);
    }
}
