//! Whose logs are read, how far back, and what is looked for.

use holdpoint::prelude::*;

const MOST: usize = 50;
/// Entries of one service; gcloud's answer has 4 MiB at most.
const MOST_ENTRIES: u32 = 5_000;
const WORD: &str = "a service's name has letters, digits and -";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) services: Vec<String>,
    #[serde(default)]
    pub(crate) secrets: Vec<String>,
    /// As gcloud writes it: `30m`, `1h`, `2d`.
    #[serde(default = "an_hour")]
    pub(crate) freshness: String,
    #[serde(default = "five_hundred")]
    limit: u32,
    /// Texts that look like a secret and are public.
    #[serde(default)]
    pub(crate) public: Vec<String>,
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        if self.services.is_empty() {
            return Err(Error::new("config.services is empty, and nothing asked for is nothing passed"));
        }
        for (field, list) in [("services", &self.services), ("secrets", &self.secrets), ("public", &self.public)] {
            if list.len() > MOST {
                return Err(Error::new(format!("config.{field} has {} entries, of at most {MOST}", list.len())));
            }
        }
        // It becomes part of a filter.
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if let Some(name) = self.services.iter().find(|name| !is_name(name)) {
            return Err(Error::new(format!("config.services: `{name}`; {WORD}")));
        }
        let is_span = self
            .freshness
            .strip_suffix(|unit: char| matches!(unit, 's' | 'm' | 'h' | 'd'))
            .is_some_and(|n| n.parse::<u16>().is_ok());
        if !is_span {
            return Err(Error::new(format!(
                "config.freshness `{}` is no span of time; write it as 1h",
                self.freshness
            )));
        }
        if !(1..=MOST_ENTRIES).contains(&self.limit) {
            return Err(Error::new(format!("config.limit is {}, and has to be 1 to {MOST_ENTRIES}", self.limit)));
        }
        Ok(())
    }

    pub(crate) fn command(&self, service: &str) -> Command {
        let filter = format!("resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"{service}\"");
        let command = Command::new("logging read").argument(filter);
        command.flag("freshness", &self.freshness).flag("limit", self.limit.to_string())
    }
}

fn an_hour() -> String {
    "1h".to_owned()
}

fn five_hundred() -> u32 {
    500
}
