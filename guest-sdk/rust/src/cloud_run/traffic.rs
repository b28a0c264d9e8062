//! How the traffic of a service is shared between its revisions.

use std::collections::BTreeMap;
use std::fmt;

/// Percent by revision. Shares of the same revision are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrafficMap {
    shares: BTreeMap<String, u32>,
}

impl TrafficMap {
    /// All of it to one revision.
    pub fn all_to(revision: &str) -> Self {
        [(revision.to_owned(), 100)].into_iter().collect()
    }

    /// The revisions with their percent, by name.
    pub fn shares(&self) -> impl Iterator<Item = (&str, u32)> {
        self.shares.iter().map(|(revision, percent)| (revision.as_str(), *percent))
    }

    /// The percent of a revision; 0 if it does not serve.
    pub fn of(&self, revision: &str) -> u32 {
        self.shares.get(revision).copied().unwrap_or_default()
    }

    /// Whether the shares are a whole.
    pub fn is_whole(&self) -> bool {
        self.shares.values().sum::<u32>() == 100
    }

    /// The map with `percent` for a revision, and the others sharing the rest as they share the whole now. What can't be divided goes
    /// to the largest share, and a share that comes to nothing is gone.
    #[must_use]
    pub fn with(&self, revision: &str, percent: u32) -> Self {
        let percent = percent.min(100);
        let others: Vec<(&str, u32)> = self.shares().filter(|(name, _)| *name != revision).collect();
        let whole: u32 = others.iter().map(|(_, share)| share).sum();
        if whole == 0 {
            return Self::all_to(revision);
        }
        let rest = 100 - percent;
        let mut shares: BTreeMap<String, u32> =
            others.iter().map(|(name, share)| ((*name).to_owned(), share * rest / whole)).collect();
        let left = rest - shares.values().sum::<u32>();
        if let Some((largest, _)) = others.iter().max_by_key(|(_, share)| *share) {
            *shares.entry((*largest).to_owned()).or_default() += left;
        }
        shares.insert(revision.to_owned(), percent);
        shares.into_iter().collect()
    }

    /// As gcloud wants it behind `--to-revisions`.
    pub fn to_flag(&self) -> String {
        self.shares().map(|(revision, percent)| format!("{revision}={percent}")).collect::<Vec<_>>().join(",")
    }
}

impl FromIterator<(String, u32)> for TrafficMap {
    fn from_iter<I: IntoIterator<Item = (String, u32)>>(shares: I) -> Self {
        let mut map = Self::default();
        for (revision, percent) in shares.into_iter().filter(|(_, percent)| *percent > 0) {
            *map.shares.entry(revision).or_default() += percent;
        }
        map
    }
}

impl fmt::Display for TrafficMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.shares.is_empty() {
            return f.write_str("no traffic");
        }
        let shares: Vec<String> =
            self.shares().map(|(revision, percent)| format!("{percent} % to {revision}")).collect();
        f.write_str(&shares.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(shares: &[(&str, u32)]) -> TrafficMap {
        shares.iter().map(|(revision, percent)| ((*revision).to_owned(), *percent)).collect()
    }

    #[test]
    fn a_share_is_taken_from_the_others_as_they_share() {
        let old = map(&[("a", 90), ("b", 10)]);
        assert_eq!(old.with("new", 10).to_flag(), "a=81,b=9,new=10");
        assert_eq!(old.with("new", 50).with("new", 100), TrafficMap::all_to("new"));
        assert_eq!(map(&[("a", 33), ("b", 33), ("c", 34)]).with("new", 50).to_flag(), "a=16,b=16,c=18,new=50");
        for percent in 0..=100 {
            assert!(old.with("new", percent).is_whole());
            assert!(old.with("a", percent).is_whole());
        }
    }

    #[test]
    fn nothing_else_serves_so_all_of_it_goes_there() {
        assert_eq!(map(&[("new", 100)]).with("new", 10), TrafficMap::all_to("new"));
        assert_eq!(TrafficMap::default().with("new", 10).to_string(), "100 % to new");
        assert_eq!(TrafficMap::default().to_string(), "no traffic");
    }

    #[test]
    fn shares_of_one_revision_are_one() {
        assert_eq!(map(&[("a", 40), ("a", 60), ("b", 0)]), TrafficMap::all_to("a"));
    }
}
