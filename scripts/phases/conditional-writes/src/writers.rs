//! Writers of one document, each known by what it writes.

use holdpoint::prelude::*;
use holdpoint::{Answer, Placeholder};

use crate::config::Config;

/// Who writes where.
pub(crate) struct Writers<'a> {
    pub(crate) cx: &'a Context,
    pub(crate) config: &'a Config,
    service: &'a Service,
    token: &'a Placeholder,
    /// What no other run writes.
    run: String,
}

/// A precondition of a write.
#[derive(Clone, Copy)]
pub(crate) enum Only<'a> {
    /// If this version stands there.
    IfMatches(&'a str),
    /// If nothing stands there.
    IfNothing,
    Always,
}

/// What came of writes.
#[derive(Default)]
pub(crate) struct Tally {
    /// Those that were taken, by who wrote them.
    pub(crate) taken: Vec<String>,
    /// Those that were neither taken nor refused.
    pub(crate) wrong: Vec<String>,
    pub(crate) unknown: Vec<String>,
    pub(crate) calls: Vec<u32>,
}

/// Closes the check for which a version was only the way: what answers wrongly is judged elsewhere.
pub(crate) type Conclusion = Box<dyn FnOnce(Check<'_>)>;

fn unknown(seen: String, response: &Response) -> Conclusion {
    let calls = response.calls();
    Box::new(move |check: Check<'_>| check.inconclusive(observed(seen), calls))
}

impl<'a> Writers<'a> {
    pub(crate) fn new(cx: &'a Context, config: &'a Config, service: &'a Service, token: &'a Placeholder) -> Self {
        Self { cx, config, service, token, run: format!("holdpoint-{:.0}", cx.now().0) }
    }

    fn marker(&self, writer: &str) -> String {
        format!("{} {writer}.", self.run)
    }

    pub(crate) fn write(&self, writer: &str, only: Only<'_>) -> Request {
        let request = self.service.request("PUT", &self.config.path).json(&self.config.body(&self.marker(writer)));
        let request = request.header("authorization", self.token.to_string());
        match only {
            Only::IfMatches(version) => request.header("if-match", version),
            Only::IfNothing => request.header("if-none-match", "*"),
            Only::Always => request,
        }
    }

    fn read(&self) -> Answer {
        let request = self.service.get(&self.config.path).header("authorization", self.token.to_string());
        self.cx.http().send(request)
    }

    /// Writes something without a condition, and tells its version.
    pub(crate) fn begin(&self, writer: &str) -> Result<String, Conclusion> {
        let failed = |error: CallError| -> Conclusion { Box::new(move |check: Check<'_>| check.from_error(error)) };
        let written = self.cx.http().send(self.write(writer, Only::Always)).map_err(failed)?;
        if !(200..300).contains(&written.status()) {
            return Err(unknown(format!("{} for a write without conditions", written.status()), &written));
        }
        let read = self.read().map_err(failed)?;
        if !read.text().contains(&self.marker(writer)) {
            return Err(unknown(format!("{}, without what was written", read.status()), &read));
        }
        match read.header("etag") {
            Some(version) if !version.starts_with("W/") => Ok(version.to_owned()),
            Some(weak) => Err(unknown(format!("the etag {weak} is weak, and guards no write"), &read)),
            None => Err(unknown("the answer has no etag".to_owned(), &read)),
        }
    }

    /// Judges what stands there after one writer was taken.
    pub(crate) fn judge_standing(&self, check: Check<'_>, wanted: &str, writer: &str) {
        let answer = self.read();
        match &answer {
            Ok(response) if response.text().contains(&self.marker(writer)) => {
                check.pass(observed(format!("so, and what {writer} wrote stands there")), response);
            }
            Ok(response) if response.text().contains(&self.run) => {
                let seen = format!("{writer} was taken, and what another wrote stands there");
                check.fail(expected(wanted), observed(seen), response);
            }
            Ok(response) => check.inconclusive(observed(format!("{}, of nobody", response.status())), response),
            Err(error) => check.from_error(error),
        }
    }
}

impl Tally {
    pub(crate) fn note(&mut self, writer: &str, answer: &Answer, refusals: &[u16]) {
        self.calls.extend(answer.calls());
        match answer {
            Ok(response) if (200..300).contains(&response.status()) => self.taken.push(writer.to_owned()),
            Ok(response) if refusals.contains(&response.status()) => {}
            // Who is busy or away has neither taken nor refused.
            Ok(response) if matches!(response.status(), 401 | 403 | 404 | 429 | 502..=504) => {
                self.unknown.push(format!("{writer} → {}", response.status()));
            }
            Ok(response) => self.wrong.push(format!("{writer} → {}", response.status())),
            Err(error) => self.unknown.push(format!("{writer} → {error}")),
        }
    }
}
