//! Which of the slopes between points bound the true one: by how many pairs of so many points can be out of order by chance (Kendall).

use alloc::vec;
use alloc::vec::Vec;

/// The chance on each side of an interval of 95 %.
const SIDE: f64 = 0.025;
/// The quantile of the normal distribution that leaves this chance.
const DEVIATIONS: f64 = 1.959_963_984_540_054;
/// Up to so many points the distribution is counted out; beyond, the normal one is near enough.
const COUNTED: usize = 40;

/// The place, from 1 on, of the slope that is the lower limit among all, sorted; the upper limit has the same place from the other end.
/// `None` if so few points bound nothing: four points in order come by chance in one of 24 cases.
pub(crate) fn place(points: usize) -> Option<usize> {
    let place = if points <= COUNTED { counted(points) } else { approximated(points) };
    (place > 0).then_some(place)
}

/// The greatest k so that fewer than k of the pairs are out of order with a chance of at most 2.5 %.
fn counted(points: usize) -> usize {
    let mut chance = 0.0;
    let within = inversions(points).into_iter().take_while(|one| {
        chance += one;
        chance <= SIDE
    });
    within.count()
}

/// How probable each number of pairs out of order is among points in random order.
fn inversions(points: usize) -> Vec<f64> {
    let mut chances = vec![1.0];
    for count in 2..=points {
        // The next point stands before 0 to count - 1 of the others, each as probable.
        let mut next = vec![0.0; chances.len() + count - 1];
        for (at, next) in next.iter_mut().enumerate() {
            let before = chances.len().min(at + 1);
            let from = (at + 1).saturating_sub(count);
            *next = chances[from.min(before)..before].iter().sum::<f64>() / count as f64;
        }
        chances = next;
    }
    chances
}

fn approximated(points: usize) -> usize {
    let n = points as f64;
    let pairs = n * (n - 1.0) / 2.0;
    let deviation = libm::sqrt(n * (n - 1.0) * (2.0 * n + 5.0) / 18.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and there are few pairs"
    )]
    let place = libm::floor((pairs - DEVIATIONS * deviation) / 2.0) as usize;
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_points_bound_nothing_and_five_do() {
        assert_eq!([0, 1, 2, 3, 4, 5].map(place), [None, None, None, None, None, Some(1)]);
    }

    #[test]
    fn pairs_out_of_order_are_those_of_all_permutations() {
        // The Mahonian numbers: 1, 5, 9, 5… of 4 points there are 1, 3, 5, 6, 5, 3, 1 of 24.
        let of_four = inversions(4).into_iter().map(|chance| (chance * 24.0 + 0.5) as u32).collect::<Vec<_>>();
        assert_eq!(of_four, [1, 3, 5, 6, 5, 3, 1]);
        let sum: f64 = inversions(COUNTED).iter().sum();
        assert!((sum - 1.0).abs() < 1e-12, "{sum}");
    }

    #[test]
    fn places_are_those_of_the_tables() {
        // Critical values of Kendall's S, two-sided 5 %, of published tables: K = 2·S; place = (pairs - K) / 2 + 1 of the first K beyond.
        for (points, critical) in [(5, 10), (6, 13), (7, 15), (8, 18), (9, 20), (10, 23)] {
            let pairs = points * (points - 1) / 2;
            // S ≥ critical has a chance of at most 2.5 %: at most (pairs - critical) / 2 pairs are out of order.
            assert_eq!(place(points), Some((pairs - critical) / 2 + 1), "{points}");
        }
    }

    #[test]
    fn counting_and_the_normal_distribution_meet() {
        for points in [30, 35, COUNTED] {
            let (counted, near) = (counted(points), approximated(points));
            assert!(counted.abs_diff(near) <= 1, "{points}: {counted} and {near}");
        }
    }
}
