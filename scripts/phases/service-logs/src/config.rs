//! Whose logs are read, how far back, and what is looked for.

use holdpoint::prelude::*;
use holdpoint::rules::{self, Span};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const MOST: usize = 50;
/// Entries of one page; gcloud's answer has 4 MiB at most.
const MOST_ENTRIES: u32 = 5_000;
const MOST_PAGES: u32 = 100;
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
    /// How often so many are asked for.
    #[serde(default = "twenty")]
    pub(crate) pages: u32,
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
        if self.span().is_none() {
            return Err(Error::new(format!(
                "config.freshness `{}` is no span of time; write it as 1h",
                self.freshness
            )));
        }
        if !(1..=MOST_ENTRIES).contains(&self.limit) {
            return Err(Error::new(format!("config.limit is {}, and has to be 1 to {MOST_ENTRIES}", self.limit)));
        }
        if !(1..=MOST_PAGES).contains(&self.pages) {
            return Err(Error::new(format!("config.pages is {}, and has to be 1 to {MOST_PAGES}", self.pages)));
        }
        Ok(())
    }

    /// Entries of one page at most.
    pub(crate) fn limit(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }

    /// Since when entries are looked at, in words of a filter.
    pub(crate) fn since(&self, now: holdpoint::Time) -> Result<String> {
        let since = self.span().zip(rules::Time::from_f64(now.0)).map(|(span, now)| now - span);
        let since =
            since.and_then(|since| OffsetDateTime::from_unix_timestamp_nanos(i128::from(since.0) * 1_000_000).ok());
        let text = since.and_then(|since| since.format(&Rfc3339).ok());
        text.ok_or_else(|| Error::new(format!("config.freshness `{}` is before all dates", self.freshness)))
    }

    fn span(&self) -> Option<Span> {
        let (unit, length) = [('s', 1_000), ('m', 60_000), ('h', 3_600_000), ('d', 86_400_000_i64)]
            .into_iter()
            .find(|(unit, _)| self.freshness.ends_with(*unit))?;
        let number: u16 = self.freshness.strip_suffix(unit)?.parse().ok()?;
        Some(Span(i64::from(number) * length))
    }

    /// The newest entries of a service, or those of a span of time: with a time in its filter gcloud leaves `freshness` out.
    pub(crate) fn command(&self, service: &str, between: Option<(&str, &str)>) -> Command {
        let mut filter = format!("resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"{service}\"");
        if let Some((since, until)) = between {
            filter.push_str(&format!(" AND timestamp>=\"{since}\" AND timestamp<=\"{until}\""));
        }
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

fn twenty() -> u32 {
    20
}
