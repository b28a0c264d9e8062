//! The middle of values, which a few that are far off do not move.

use alloc::vec::Vec;

/// The middle of values, or the mean of the two in the middle. `None` of none.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values.get(middle).copied()
    } else {
        let (low, high) = (values.get(middle.checked_sub(1)?)?, values.get(middle)?);
        Some(low + (high - low) / 2.0)
    }
}
