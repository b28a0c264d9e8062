//! Values of which only bounds are known, conditions on them, and the verdict that follows: what was not observed passes nothing and
//! fails nothing.

use core::fmt;

/// Between which two values a value lies. A value that is known has two equal ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// At least this.
    pub low: f64,
    /// At most this.
    pub high: f64,
}

impl Bounds {
    /// A value that is known.
    pub fn exactly(value: f64) -> Self {
        Self { low: value, high: value }
    }
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
}

/// A comparison with a limit.
///
/// Limits in percent are best read from decimals (`0.02`, or the notation of [`alerts`](crate::alerts)): the quotient of two counts below
/// 2^26 is then on the same side of the limit as the true fraction, since division and decimals are both rounded to the nearest number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// How.
    pub compare: Compare,
    /// With what.
    pub limit: f64,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// For every value within the bounds.
    Yes,
    /// For none of them.
    No,
    /// For some of them.
    Unknown,
}

/// What a check comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds, whatever was not observed.
    Pass,
    /// It does not hold, by what was observed.
    Fail,
    /// What was observed does not tell.
    Inconclusive,
}

impl Condition {
    /// Whether a value meets it.
    pub fn met_by(self, value: f64) -> bool {
        match self.compare {
            Compare::Above => value > self.limit,
            Compare::AtLeast => value >= self.limit,
            Compare::Below => value < self.limit,
            Compare::AtMost => value <= self.limit,
        }
    }

    /// Whether it holds for a value of which bounds are known. With a bound that is no number nothing is known.
    pub fn holds(self, bounds: Bounds) -> Holds {
        if bounds.low.is_nan() || bounds.high.is_nan() {
            return Holds::Unknown;
        }
        match (self.met_by(bounds.low), self.met_by(bounds.high)) {
            (true, true) => Holds::Yes,
            (false, false) => Holds::No,
            _ => Holds::Unknown,
        }
    }

    /// The verdict on an objective that wants this condition to hold.
    pub fn judge(self, bounds: Bounds) -> Verdict {
        match self.holds(bounds) {
            Holds::Yes => Verdict::Pass,
            Holds::No => Verdict::Fail,
            Holds::Unknown => Verdict::Inconclusive,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.compare, self.limit)
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_decide_only_what_all_of_them_say() {
        let objective = Condition { compare: Compare::Above, limit: 0.999 };
        for (low, high, verdict) in [
            (0.999_1, 1.0, Verdict::Pass),
            (0.999, 1.0, Verdict::Inconclusive),
            (0.5, 0.999, Verdict::Fail),
            (0.999, 0.999, Verdict::Fail),
            (f64::NAN, 1.0, Verdict::Inconclusive),
            (0.0, f64::NAN, Verdict::Inconclusive),
        ] {
            assert_eq!(objective.judge(Bounds { low, high }), verdict, "{low} to {high}");
        }
    }

    #[test]
    fn a_fraction_of_counts_is_on_its_true_side_of_a_decimal_limit() {
        // 2 % and 99.9 %, at the limit and one count beside it, for counts of any size.
        for scale in [1_u64, 3, 7, 1_001, 65_537] {
            let (all, limit) = (scale * 1_000, scale * 20);
            let above = Condition { compare: Compare::Above, limit: 0.02 };
            assert!(!above.met_by(limit as f64 / all as f64) && above.met_by((limit + 1) as f64 / all as f64));
            let good = Condition { compare: Compare::Above, limit: 0.999 };
            assert!(!good.met_by((scale * 999) as f64 / all as f64));
            assert!(good.met_by((scale * 999 + 1) as f64 / all as f64));
        }
    }

    #[test]
    fn every_comparison_is_as_it_is_written() {
        for (compare, below, equal, above) in [
            (Compare::Above, false, false, true),
            (Compare::AtLeast, false, true, true),
            (Compare::Below, true, false, false),
            (Compare::AtMost, true, true, false),
        ] {
            let condition = Condition { compare, limit: 1.0 };
            let met = [0.9, 1.0, 1.1].map(|value| condition.met_by(value));
            assert_eq!(met, [below, equal, above], "{condition}");
        }
    }
}
