//! What the bundle says of its environment.

use std::collections::BTreeMap;

use holdpoint::prelude::*;
use holdpoint::words::Pattern;

const MOST: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    #[serde(default)]
    pub(crate) secrets: Vec<String>,
    #[serde(default = "usual_files")]
    pub(crate) include: Vec<String>,
    #[serde(default)]
    pub(crate) foreign: BTreeMap<String, Vec<Pattern>>,
}

fn usual_files() -> Vec<String> {
    ["**/*.{yaml,yml,json,toml,env}", "**/.env*"].map(String::from).into()
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        if self.secrets.is_empty() && self.foreign.is_empty() {
            return Err(Error::new(
                "config.secrets and config.foreign name nothing, and nothing asked for is nothing passed",
            ));
        }
        if self.secrets.len() > MOST || self.include.len() > MOST || self.foreign.len() > MOST {
            return Err(Error::new(format!(
                "config.secrets, config.include and config.foreign have at most {MOST} entries"
            )));
        }
        if self.include.is_empty() {
            return Err(Error::new(
                "config.include is empty, so no file could be read; leave it out for the usual patterns",
            ));
        }
        match self.foreign.iter().find(|(_, patterns)| !(1..=MOST).contains(&patterns.len())) {
            Some((directory, _)) => Err(Error::new(format!("config.foreign.{directory} names 1 to {MOST} words"))),
            None => Ok(()),
        }
    }
}
