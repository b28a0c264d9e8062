//! Whether users who mean harm are in the way of those beside them: how long the others' requests take with and without a tenth of such.

use anyhow::{Context, Result};

use super::ours::{self, Asked};
use super::paced;
use super::target::Nginx;
use crate::bench::figure::{Better, Figure, Peer};
use crate::project::Project;
use crate::sh::say;

/// All users. The last of each ten means harm, or is not there.
const USERS: u32 = 100;
/// Rounds with them and without, in turn. Odd, so that one is in the middle.
const ROUNDS: u32 = 5;

/// The round in the middle of several, by its ratio.
pub(super) fn figure(project: &Project, nginx: &Nginx, seconds: u32) -> Result<Figure> {
    let hostile: Vec<u32> = (0..USERS).filter(|number| number % 10 == 9).collect();
    let well_behaved = USERS - u32::try_from(hostile.len())?;
    say("bench", &format!("{well_behaved} users with {} hostile ones and without, {ROUNDS} times", hostile.len()));
    let url = nginx.paced();
    let p95 = |users: u32, hostile: &[u32]| -> Result<f64> {
        let asked = Asked { url: &url, path: paced::EVEN, users, seconds, hostile };
        let (_, seen) = ours::load(project, nginx, asked)?;
        seen["p95"].as_f64().with_context(|| format!("the load tells no p95: {seen}"))
    };
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let without = p95(well_behaved, &[])?;
        rounds.push((p95(USERS, &hostile)?, without));
    }
    let (ours, without) = middle(rounds).context("there are rounds")?;
    let peer = Some(Peer { name: "without them".to_owned(), figure: without });
    let (metric, unit) = ("p95-beside-hostile".to_owned(), "ms".to_owned());
    Ok(Figure { bench: "load", metric, unit, better: Better::Lower, ours, peer })
}

/// The round whose ratio is the median.
fn middle(mut rounds: Vec<(f64, f64)>) -> Option<(f64, f64)> {
    rounds.sort_by(|(a, of_a), (b, of_b)| (a / of_a).total_cmp(&(b / of_b)));
    rounds.get(rounds.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_round_in_the_middle_is_whole() {
        assert_eq!(middle(vec![(30.0, 10.0), (5.0, 5.0), (44.0, 20.0)]), Some((44.0, 20.0)));
        assert_eq!(middle(vec![]), None);
    }
}
