//! Looking for secrets in entries of a log.

use holdpoint::prelude::*;
use holdpoint::shapes;

use crate::config::Config;

/// The most findings that are told of one service.
pub(crate) const MOST_TOLD: usize = 20;

/// What is looked for.
pub(crate) struct Search {
    /// Placeholders of secrets that have a value.
    known: Vec<String>,
    /// Why others can't be found.
    unknown: Vec<String>,
    public: Vec<String>,
}

impl Search {
    pub(crate) fn of(cx: &Context, config: &Config) -> Self {
        let mut search = Self { known: Vec::new(), unknown: Vec::new(), public: config.public.clone() };
        for name in &config.secrets {
            match held(cx, name) {
                Ok(placeholder) => search.known.push(placeholder),
                Err(why) => search.unknown.push(format!("{name}: {why}")),
            }
        }
        search
    }

    /// How many secrets would be known again.
    pub(crate) fn known(&self) -> usize {
        self.known.len()
    }

    pub(crate) fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// What was found, with the time of its entry, the first twenty.
    pub(crate) fn found(&self, entries: &[Value]) -> Vec<String> {
        let told = entries.iter().flat_map(|entry| {
            let at = entry["timestamp"].as_str().unwrap_or("a time that is not told").to_owned();
            self.told(&entry.to_string()).into_iter().map(move |what| format!("{what} in the entry of {at}"))
        });
        told.take(MOST_TOLD).collect()
    }

    fn told(&self, text: &str) -> Vec<String> {
        let known = self.known.iter().filter(|placeholder| text.contains(placeholder.as_str())).cloned();
        let shaped = shapes::found(text).into_iter().filter(|found| !self.public.iter().any(|p| p == found.text()));
        known.chain(shaped.map(|found| found.to_string())).collect()
    }
}

fn held(cx: &Context, name: &str) -> Result<String, String> {
    let facts = cx.secrets().available(name).map_err(|error| error.to_string())?;
    if !facts.present || facts.stand_in {
        return Err("it has no real value on this machine".to_owned());
    }
    cx.secrets().reference(name).map(|placeholder| placeholder.to_string()).map_err(|error| error.to_string())
}
