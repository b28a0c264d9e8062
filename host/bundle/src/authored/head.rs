//! `[bundle]`: what the bundle is called, where its checklist is, and how far its ticks are apart.

use std::time::Duration;

use holdpoint_model::grant::parse_duration;

use super::Authored;
use crate::diagnostic::Problems;
use crate::reading::{Fields, Located, parsed, plain_name};

/// How far ticks are apart, if the bundle does not say, and how far they may be.
const TICK: Duration = Duration::from_secs(30);
const TICKS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3_600));

/// The name of the checklist's file beside `bundle.toml`.
pub(crate) fn checklist_name(text: &str) -> String {
    let value = toml_span::parse(text).ok();
    let name = value.as_ref().and_then(|value| value.pointer("/bundle/checklist")).and_then(|name| name.as_str());
    name.filter(|name| is_file_name(name)).unwrap_or("checklist.toml").to_owned()
}

fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', '\0'])
}

impl Authored {
    /// How far ticks are apart at most while something goes on.
    pub(crate) fn tick(&self) -> Duration {
        self.tick.unwrap_or(TICK)
    }

    pub(super) fn head(&mut self, mut head: Fields<'_, '_>, problems: &mut Problems<'_>) {
        if let Some(name) = head.required("name", problems) {
            self.name = parsed(&name, plain_name, problems).map(|name| name.value).unwrap_or_default();
        }
        if let Some(Located { value, at }) = head.required("version", problems) {
            let ok = !value.is_empty()
                && value.len() <= 64
                && value.chars().all(|c| c.is_ascii_alphanumeric() || ".-+".contains(c));
            if !ok {
                problems.at(
                    at,
                    format!("`{value}` is not a version: use 1 to 64 of the characters A-Z, a-z, 0-9, ., - and +"),
                );
            }
            self.version = value;
        }
        if let Some(Located { value, at }) = head.string("checklist", problems)
            && !is_file_name(&value)
        {
            problems.at(at, format!("`{value}` is not the name of a file beside bundle.toml"));
        }
        self.tick = head.parsed("tick", tick, problems).map(|tick| tick.value);
        head.close(problems);
    }
}

fn tick(text: &str) -> Result<Duration, String> {
    let (least, most) = TICKS;
    match parse_duration(text) {
        Ok(tick) if (least..=most).contains(&tick) => Ok(tick),
        Ok(_) => Err("ticks are 1s to 1h apart".to_owned()),
        Err(e) => Err(e.to_string()),
    }
}
