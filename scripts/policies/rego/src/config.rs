//! What is judged by which Rego, and which rows it answers.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint::policy::prelude::*;
use serde_json::Map;

use crate::number::Number;

/// Bytes of all modules together, and of `data`.
const LARGEST: usize = 256 << 10;
/// Modules.
const MOST_MODULES: usize = 20;
/// Rows, each of which has a finding of its own.
const MOST_ROWS: usize = 64;
/// Named series.
const MOST_SERIES: usize = 100;
/// Bytes of the path of a rule, of a row and of the name of a series.
const LONGEST_NAME: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The text of a module, or a list of them. In a bundle `{ file = "deny.rego" }` stands for a text.
    pub(crate) module: Modules,
    /// The path of the rule that is asked, such as `data.holdpoint.deny`.
    pub(crate) query: String,
    #[serde(default)]
    pub(crate) answers: Answers,
    /// The rows that it judges. A denial that names none of them speaks for all.
    pub(crate) rows: Vec<String>,
    /// The numbers in `input.series`, by name.
    #[serde(default)]
    pub(crate) series: BTreeMap<String, Number>,
    /// The document `data`, besides what modules define.
    #[serde(default)]
    pub(crate) data: Map<String, Value>,
    /// The modules are written as before OPA 1.0.
    #[serde(default)]
    pub(crate) v0: bool,
    /// What is denied at any tick has failed for good. Without it the last evaluation alone counts.
    #[serde(default)]
    pub(crate) each_tick: bool,
    /// Nothing passes if nobody watched for longer than this.
    #[serde(default)]
    pub(crate) unobserved_at_most: Millis,
}

/// One module, or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Modules {
    One(String),
    Several(Vec<String>),
}

/// What the rule says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answers {
    /// A set or list of denials: texts, or objects with `msg` and maybe `row`.
    #[default]
    Denials,
    /// Whether all is as it should be: true or false.
    Allowed,
}

impl Modules {
    pub(crate) fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        }
    }
}

impl Config {
    /// Refuses what goes beyond a bound or says nothing.
    pub(crate) fn check(&self) -> Result<()> {
        let texts = self.module.texts();
        let size: usize = texts.iter().map(String::len).sum();
        let distinct: BTreeSet<&String> = self.rows.iter().collect();
        let long = |text: &String| text.is_empty() || text.len() > LONGEST_NAME;
        let why = if texts.is_empty() || texts.len() > MOST_MODULES {
            format!("module: there are {}, and from 1 to {MOST_MODULES} are wanted", texts.len())
        } else if size > LARGEST {
            format!("module: the modules have {size} bytes, and at most {LARGEST} are read")
        } else if serde_json::to_string(&self.data)?.len() > LARGEST {
            format!("data: it has more than {LARGEST} bytes")
        } else if long(&self.query) {
            format!("query: the path of a rule is wanted, of at most {LONGEST_NAME} bytes")
        } else if self.rows.is_empty() || self.rows.len() > MOST_ROWS {
            format!("rows: there are {}, and from 1 to {MOST_ROWS} are wanted", self.rows.len())
        } else if self.rows.iter().any(long) || distinct.len() < self.rows.len() {
            format!("rows: each is wanted once, with at most {LONGEST_NAME} bytes")
        } else if self.series.len() > MOST_SERIES || self.series.keys().any(long) {
            format!("series: at most {MOST_SERIES} are read, with names of at most {LONGEST_NAME} bytes")
        } else if self.each_tick && self.answers == Answers::Allowed {
            "each_tick: a rule that allows is asked for its last word alone; let one that denies be asked".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::new(why))
    }
}
