//! What the bundle says: which panels of which boards have to show what.

use std::collections::BTreeMap;

use holdpoint::prelude::*;

const MOST_BOARDS: usize = 10;
/// Of all boards.
const MOST_PANELS: usize = 40;
const MOST_LABELS: usize = 5;
const LONGEST: Millis = Millis(600_000);
/// How long lies between two looks.
pub(crate) const EVERY: Millis = Millis(5_000);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) monitoring: String,
    pub(crate) secret: Option<String>,
    pub(crate) service: String,
    #[serde(default = "usual_path")]
    pub(crate) path: String,
    /// Labels of the page, and how boards call them.
    #[serde(default)]
    pub(crate) by: BTreeMap<String, String>,
    #[serde(default = "a_twentieth")]
    pub(crate) within: f64,
    #[serde(default = "three_minutes")]
    pub(crate) settles: Millis,
    pub(crate) boards: Vec<Board>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Board {
    pub(crate) row: String,
    /// As people see it.
    pub(crate) name: String,
    pub(crate) panels: Vec<Panel>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) shows: String,
    pub(crate) of: Option<String>,
    #[serde(default)]
    pub(crate) rest: bool,
}

fn usual_path() -> String {
    "/metrics".to_owned()
}

fn a_twentieth() -> f64 {
    0.05
}

fn three_minutes() -> Millis {
    Millis(180_000)
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |why: String| Err(Error::new(why));
        let panels = self.boards.iter().map(|board| board.panels.len()).sum::<usize>();
        if !(1..=MOST_BOARDS).contains(&self.boards.len()) || panels > MOST_PANELS {
            return refuse(format!(
                "config.boards names {} boards with {panels} panels; there are 1 to {MOST_BOARDS}, with at most {MOST_PANELS}",
                self.boards.len()
            ));
        }
        if let Some(board) = self.boards.iter().find(|board| board.panels.is_empty()) {
            return refuse(format!(
                "config.boards: `{}` names no panels, and nothing asked for is nothing passed",
                board.name
            ));
        }
        if !(0.0..=0.5).contains(&self.within) {
            return refuse(format!("config.within is a share from 0 to 0.5, not {}", self.within));
        }
        if self.settles > LONGEST {
            return refuse(format!("config.settles is at most {LONGEST}, not {}", self.settles));
        }
        if self.by.len() > MOST_LABELS {
            return refuse(format!("config.by names {} labels, of at most {MOST_LABELS}", self.by.len()));
        }
        if !self.path.starts_with('/') {
            return refuse(format!("config.path `{}` must begin with `/`", self.path));
        }
        Ok(())
    }

    /// How often is looked at most.
    pub(crate) fn looks(&self) -> u32 {
        1 + self.settles.0 / EVERY.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(more: &Value) -> Config {
        let panel = json!({ "title": "a", "shows": "b" });
        let board = json!({ "row": "DASH-1", "name": "c", "panels": [panel] });
        let mut config = json!({ "monitoring": "monitoring", "service": "backend", "boards": [board] });
        for (key, value) in more.as_object().into_iter().flatten() {
            config[key] = value.clone();
        }
        serde_json::from_value(config).expect("a configuration")
    }

    #[test]
    fn looks_go_on_until_it_has_settled() {
        for (settles, looks) in [("0s", 1), ("10s", 3), ("3m", 37), ("10m", 121)] {
            let config = config(&json!({ "settles": settles }));
            assert_eq!((config.looks(), config.check().is_ok()), (looks, true), "{settles}");
        }
    }

    #[test]
    fn what_exceeds_a_bound_is_a_mistake_that_names_the_field() {
        let board = |panels: usize| {
            let panel = json!({ "title": "a", "shows": "b" });
            json!({ "row": "DASH-1", "name": "c", "panels": vec![panel; panels] })
        };
        let labels: BTreeMap<String, &str> = (0..6).map(|number| (format!("l{number}"), "x")).collect();
        for (more, why) in [
            (json!({ "boards": [] }), "config.boards names 0 boards"),
            (json!({ "boards": vec![board(1); 11] }), "config.boards names 11 boards"),
            (json!({ "boards": [board(41)] }), "with 41 panels"),
            (json!({ "boards": [board(1), board(0)] }), "`c` names no panels"),
            (json!({ "within": 0.51 }), "config.within"),
            (json!({ "within": -0.1 }), "config.within"),
            (json!({ "settles": "601s" }), "config.settles is at most 600000 ms"),
            (json!({ "by": labels }), "config.by names 6 labels"),
            (json!({ "path": "metrics" }), "config.path `metrics`"),
        ] {
            let error = config(&more).check().expect_err(why).to_string();
            assert!(error.contains(why), "{more}: {error}");
        }
    }
}
