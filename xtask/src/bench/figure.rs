//! One figure, and how it is printed.

use serde_json::{Value, json};

/// Which way a figure is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Better {
    Lower,
    Higher,
}

/// The figure of another program at the same work.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Peer {
    pub(super) name: String,
    pub(super) figure: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    pub(super) bench: &'static str,
    pub(super) metric: String,
    pub(super) unit: String,
    pub(super) better: Better,
    pub(super) ours: f64,
    pub(super) peer: Option<Peer>,
}

impl Figure {
    fn ratio(&self) -> Option<f64> {
        let peer = self.peer.as_ref()?;
        (peer.figure > 0.0).then(|| rounded(self.ours / peer.figure))
    }

    /// The line for machines. Where there is no peer, its fields are null.
    pub(super) fn object(&self) -> Value {
        json!({
            "bench": self.bench,
            "metric": self.metric,
            "unit": self.unit,
            "better": match self.better { Better::Lower => "lower", Better::Higher => "higher" },
            "ours": rounded(self.ours),
            "peer": self.peer.as_ref().map(|peer| &peer.name),
            "theirs": self.peer.as_ref().map(|peer| rounded(peer.figure)),
            "ratio": self.ratio(),
        })
    }

    /// The line for people.
    pub(super) fn text(&self) -> String {
        let mut line = format!("{:<22} {:>12} {}", self.metric, rounded(self.ours), self.unit);
        if let (Some(peer), Some(ratio)) = (&self.peer, self.ratio()) {
            line.push_str(&format!("   {} {} {}, ratio {ratio}", peer.name, rounded(peer.figure), self.unit));
        }
        line
    }
}

/// More digits than these are noise.
fn rounded(figure: f64) -> f64 {
    (figure * 1_000.0).round() / 1_000.0
}

/// The middle of several, or the mean of the two middle ones.
pub(super) fn median(figures: &[f64]) -> Option<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    Some(if sorted.len() % 2 == 1 { upper } else { (sorted[middle - 1] + upper) / 2.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(peer: Option<Peer>) -> Figure {
        let (metric, unit) = ("cold-start-wall".to_owned(), "ms".to_owned());
        Figure { bench: "cold-start", metric, unit, better: Better::Lower, ours: 6.0, peer }
    }

    #[test]
    fn the_ratio_is_ours_over_theirs() {
        let object = figure(Some(Peer { name: "hurl 8.0.1".to_owned(), figure: 4.0 })).object();
        assert_eq!(
            object,
            json!({"bench": "cold-start", "metric": "cold-start-wall", "unit": "ms", "better": "lower", "ours": 6.0,
                "peer": "hurl 8.0.1", "theirs": 4.0, "ratio": 1.5})
        );
    }

    #[test]
    fn without_a_peer_its_fields_are_null() {
        let object = figure(None).object();
        assert!(object["peer"].is_null() && object["theirs"].is_null() && object["ratio"].is_null());
        assert_eq!(object.as_object().unwrap().len(), 8);
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }
}
