//! What the bundle says of its stores.

use std::collections::BTreeMap;

use holdpoint::data::StoreKind;
use holdpoint::prelude::*;

/// Stores of a phase.
const MOST_STORES: usize = 20;
/// Texts of SQL of a store.
const MOST_READS: usize = 20;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// By the name that the environment has for it.
    #[serde(default)]
    pub(crate) stores: BTreeMap<String, Store>,
}

/// A store, and what it has to be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Store {
    pub(crate) kind: StoreKind,
    /// The lowest that will do, as `14` or `7.0`.
    pub(crate) version: Option<String>,
    #[serde(default = "two_seconds")]
    pub(crate) within: Millis,
    /// The share of its connections that may be taken, above 0 and up to 1.
    #[serde(default = "most_of_them")]
    pub(crate) connections: f64,
    /// The share of its memory that may be taken, above 0 and up to 1.
    #[serde(default = "nearly_all")]
    pub(crate) memory: f64,
    /// Where an entry is written and read back; without it nothing is written.
    pub(crate) place: Option<String>,
    #[serde(default)]
    pub(crate) reads: Vec<String>,
}

impl Store {
    /// The numbers of the lowest version that will do.
    pub(crate) fn lowest(&self) -> Option<Vec<u32>> {
        self.version.as_deref()?.split('.').map(|part| part.parse().ok()).collect()
    }
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |why: String| Err(Error::new(why));
        if self.stores.is_empty() || self.stores.len() > MOST_STORES {
            return refuse(format!("config.stores has {} stores; name 1 to {MOST_STORES}", self.stores.len()));
        }
        for (name, store) in &self.stores {
            let share = |share: f64| share > 0.0 && share <= 1.0;
            if !share(store.connections) || !share(store.memory) {
                return refuse(format!("config.stores.{name}: a share is above 0 and up to 1"));
            }
            if store.version.is_some() && store.lowest().is_none() {
                return refuse(format!("config.stores.{name}.version is not made of numbers, as 14 or 7.0"));
            }
            if store.reads.len() > MOST_READS {
                return refuse(format!("config.stores.{name}.reads has more than {MOST_READS} texts"));
            }
        }
        Ok(())
    }
}

fn two_seconds() -> Millis {
    Millis(2_000)
}

fn most_of_them() -> f64 {
    0.8
}

fn nearly_all() -> f64 {
    0.9
}
