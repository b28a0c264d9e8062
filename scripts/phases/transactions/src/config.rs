//! What the bundle says of a transaction.

use holdpoint::Login;
use holdpoint::prelude::*;

const MOST_BREAKS: u32 = 100;
const MOST_PLACES: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    service: Option<String>,
    login: Option<Login>,
    transfer: Option<Transfer>,
    invariant: Option<Invariant>,
    #[serde(default = "twelve")]
    breaks: u32,
    #[serde(default = "one_second")]
    settles: Millis,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transfer {
    pub(crate) path: String,
    pub(crate) body: Value,
    /// What moves back what the body has moved.
    pub(crate) back: Option<Value>,
}

impl Transfer {
    /// The body of the `number`th transfer, from 0: every second one goes back, if it can.
    pub(crate) fn nth(&self, number: u32) -> &Value {
        self.back.as_ref().filter(|_| number % 2 == 1).unwrap_or(&self.body)
    }

    /// The body of the `number`th that is broken off, from 1, after the transfer of another number has moved something: the first goes the other way,
    /// for what says again what stands there already moves nothing, and nothing of it could be seen.
    pub(crate) fn nth_after(&self, moved: u32, number: u32) -> &Value {
        self.nth(moved.saturating_add(number))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invariant {
    pub(crate) path: String,
    pub(crate) conserved: Vec<String>,
}

/// What is tried, when all of it is there.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) service: String,
    pub(crate) login: Option<Login>,
    pub(crate) transfer: Transfer,
    pub(crate) invariant: Invariant,
    pub(crate) breaks: u32,
    pub(crate) settles: Millis,
}

fn twelve() -> u32 {
    12
}

fn one_second() -> Millis {
    Millis(1_000)
}

impl Config {
    /// Nothing where no transaction is named at all; half of one is a mistake.
    pub(crate) fn tried(self) -> Result<Option<Tried>> {
        let Self { service, login, transfer, invariant, breaks, settles } = self;
        let (service, transfer, invariant) = match (service, transfer, invariant) {
            (Some(service), Some(transfer), Some(invariant)) => (service, transfer, invariant),
            (_, None, None) => return Ok(None),
            _ => {
                return Err(Error::new(
                    "config.service, config.transfer and config.invariant belong together; a transfer without an invariant shows nothing",
                ));
            }
        };
        if !(1..=MOST_BREAKS).contains(&breaks) {
            return Err(Error::new(format!("config.breaks is 1 to {MOST_BREAKS}, not {breaks}")));
        }
        if settles > Millis(60_000) {
            return Err(Error::new("config.settles is at most 1m"));
        }
        for (field, path) in [("transfer", &transfer.path), ("invariant", &invariant.path)] {
            if !path.starts_with('/') {
                return Err(Error::new(format!("config.{field}.path `{path}` must begin with `/`")));
            }
        }
        if !(1..=MOST_PLACES).contains(&invariant.conserved.len()) {
            return Err(Error::new(format!("config.invariant.conserved names 1 to {MOST_PLACES} places")));
        }
        if let Some(place) = invariant.conserved.iter().find(|place| !place.starts_with('/')) {
            return Err(Error::new(format!(
                "config.invariant.conserved: `{place}` is no place within JSON, as in \"/pots/left\""
            )));
        }
        Ok(Some(Tried { service, login, transfer, invariant, breaks, settles }))
    }
}
