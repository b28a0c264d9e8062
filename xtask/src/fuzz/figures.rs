//! What libFuzzer says at its end, as figures.

use std::fmt;

/// The end of one target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Figures {
    executions: u64,
    /// Executions a second.
    pace: u64,
    /// Edges of the program that were gone over.
    edges: u64,
    /// Megabytes at the most.
    memory: u64,
}

impl Figures {
    /// Reads a log.
    pub(super) fn of(log: &str) -> Self {
        let stated = |name: &str| {
            let line = log.lines().rev().find_map(|line| line.strip_prefix(name));
            line.and_then(|number| number.trim().parse().ok()).unwrap_or_default()
        };
        let mut words = log
            .lines()
            .rev()
            .find(|line| line.starts_with('#') && line.contains(" cov: "))
            .unwrap_or_default()
            .split(' ');
        let edges = words.find(|word| *word == "cov:").and_then(|_| words.next()?.parse().ok());
        Self {
            executions: stated("stat::number_of_executed_units:"),
            pace: stated("stat::average_exec_per_sec:"),
            edges: edges.unwrap_or_default(),
            memory: stated("stat::peak_rss_mb:"),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { executions, pace, edges, memory } = self;
        write!(f, "{executions} executions, {pace} a second, {edges} edges, {memory} MB")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_end_of_a_log() {
        let log = "#2 INITED cov: 90 ft: 91 corp: 1/1b exec/s: 0 rss: 40Mb\n#512 NEW cov: 101 ft: 120 corp: 4/9b\nDone 900 runs\n\
                   stat::number_of_executed_units: 900\nstat::average_exec_per_sec:     450\nstat::peak_rss_mb:              62\n";
        assert_eq!(Figures::of(log).to_string(), "900 executions, 450 a second, 101 edges, 62 MB");
        assert_eq!(Figures::of("it did not start"), Figures::default());
    }
}
