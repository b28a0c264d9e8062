//! The log of one service, the newest entries first, page by page, for as long as there are some that are young enough.

use holdpoint::prelude::*;

use crate::config::Config;

/// The longest text that is taken for a time: it becomes part of a filter.
const LONGEST_TIME: usize = 40;

/// A log that is read.
pub(crate) struct Log<'a> {
    cx: &'a Context,
    config: &'a Config,
    service: &'a str,
    /// Since when its entries are looked at.
    since: &'a str,
    next: Next,
    /// Entries of the time from which the next page is asked for: it begins with them once more.
    border: Vec<Value>,
    asked: u32,
    entries: usize,
    calls: Vec<u32>,
}

/// What is asked for next.
enum Next {
    Newest,
    /// Those of a time, and older ones.
    Until(String),
    /// Nothing, though there is more.
    Doubt(String),
    End,
}

impl<'a> Log<'a> {
    pub(crate) fn of(cx: &'a Context, config: &'a Config, service: &'a str, since: &'a str) -> Self {
        let (border, calls) = (Vec::new(), Vec::new());
        Self { cx, config, service, since, next: Next::Newest, border, asked: 0, entries: 0, calls }
    }

    /// The next entries; none at the end, and the reason where older ones can't be had.
    pub(crate) fn page(&mut self) -> Result<Option<Vec<Value>>, String> {
        let until = match &self.next {
            Next::Newest => None,
            Next::Until(time) => Some(time.clone()),
            Next::Doubt(why) => return Err(why.clone()),
            Next::End => return Ok(None),
        };
        let mut page = self.ask(until.as_deref())?;
        let is_full = page.len() >= self.config.limit();
        let oldest = page.last().and_then(|entry| entry["timestamp"].as_str()).map(str::to_owned);
        page.retain(|entry| !self.border.contains(entry));
        self.entries += page.len();
        self.next = if is_full { self.after(until.as_deref(), oldest) } else { Next::End };
        if let Next::Until(time) = &self.next {
            self.border =
                page.iter().filter(|entry| entry["timestamp"].as_str() == Some(time.as_str())).cloned().collect();
        }
        Ok(Some(page))
    }

    /// How many entries there were so far.
    pub(crate) fn entries(&self) -> usize {
        self.entries
    }

    pub(crate) fn calls(self) -> Vec<u32> {
        self.calls
    }

    fn ask(&mut self, until: Option<&str>) -> Result<Vec<Value>, String> {
        self.asked += 1;
        let command = self.config.command(self.service, until.map(|until| (self.since, until)));
        let done = match self.cx.gcloud().run(&command) {
            Ok(done) => done,
            // A log that can't be read says nothing of what stands there.
            Err(error) => {
                self.calls.extend(error.calls());
                return Err(error.to_string());
            }
        };
        self.calls.extend(done.calls());
        match done.json() {
            Ok(entries) => Ok(entries),
            Err(_) if done.is_truncated() => Err("more than 4 MiB of entries; write a lower limit".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What comes after a page that has as many entries as were asked for.
    fn after(&self, until: Option<&str>, oldest: Option<String>) -> Next {
        let Config { freshness, pages, .. } = self.config;
        match oldest.filter(|time| is_time(time)) {
            None => Next::Doubt("the oldest entry has no time from which older ones could be asked for".to_owned()),
            Some(time) if until == Some(time.as_str()) => {
                Next::Doubt(format!("more entries of {time} than one page has; write a higher limit"))
            }
            Some(_) if self.asked >= *pages => Next::Doubt(format!(
                "more than {} entries of the last {freshness}; write a shorter freshness, more pages or a higher limit",
                self.entries
            )),
            Some(time) => Next::Until(time),
        }
    }
}

fn is_time(text: &str) -> bool {
    text.len() <= LONGEST_TIME && text.bytes().all(|byte| byte.is_ascii_digit() || b"-:.+TZ".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::is_time;

    #[test]
    fn a_time_has_nothing_that_could_mean_something_in_a_filter() {
        assert!(is_time("2026-01-01T00:00:00.123456789Z"));
        for bad in ["2026\" OR severity=\"x", "yesterday", "2026-01-01 00:00", &"0".repeat(41)] {
            assert!(!is_time(bad), "{bad}");
        }
    }
}
