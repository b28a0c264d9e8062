//! Writers who all start from one version, and what becomes of it.

use holdpoint::prelude::*;
use holdpoint::{Answer, Placeholder};

use crate::ROW;
use crate::config::Config;

pub(crate) const NAME: &str = "of writers who start from one version one is taken";

/// Who writes where.
struct Writers<'a> {
    cx: &'a Context,
    config: &'a Config,
    service: &'a Service,
    token: &'a Placeholder,
    /// What no other run writes.
    run: String,
}

/// A precondition of a write.
#[derive(Clone, Copy)]
enum Only<'a> {
    /// If this version stands there.
    IfMatches(&'a str),
    /// If nothing stands there.
    IfNothing,
    Always,
}

/// What came of writes that should be refused, but for some.
#[derive(Default)]
struct Tally {
    /// The numbers of those that were taken.
    taken: Vec<u32>,
    wrong: Vec<String>,
    unknown: Vec<String>,
    calls: Vec<u32>,
}

pub(crate) fn judge(cx: &Context, config: &Config, service: &Service, token: &Placeholder) {
    let writers = Writers { cx, config, service, token, run: format!("holdpoint-{:.0}", cx.now().0) };
    let version = match writers.begin() {
        Ok(version) => version,
        Err(conclude) => return conclude(cx.check([ROW], NAME)),
    };
    if let Some(winner) = writers.judge_race(&version) {
        writers.judge_late(&version, winner);
    }
}

type Conclusion = Box<dyn FnOnce(Check<'_>)>;

/// Nobody knows then: what answers wrongly is judged elsewhere.
fn unknown(seen: String, response: &Response) -> Conclusion {
    let calls = response.calls();
    Box::new(move |check: Check<'_>| check.inconclusive(observed(seen), calls))
}

impl Writers<'_> {
    fn marker(&self, writer: u32) -> String {
        format!("{}-{writer:02}", self.run)
    }

    fn write(&self, writer: u32, only: Only<'_>) -> Request {
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

    /// Writes something, and tells its version.
    fn begin(&self) -> Result<String, Conclusion> {
        let failed = |error: CallError| -> Conclusion { Box::new(move |check: Check<'_>| check.from_error(error)) };
        let written = self.cx.http().send(self.write(0, Only::Always)).map_err(failed)?;
        if !(200..300).contains(&written.status()) {
            return Err(unknown(format!("{} for a write without conditions", written.status()), &written));
        }
        let read = self.read().map_err(failed)?;
        if !read.text().contains(&self.marker(0)) {
            return Err(unknown(format!("{}, without what was written", read.status()), &read));
        }
        match read.header("etag") {
            Some(version) if !version.starts_with("W/") => Ok(version.to_owned()),
            Some(weak) => Err(unknown(format!("the etag {weak} is weak, and guards no write"), &read)),
            None => Err(unknown("the answer has no etag".to_owned(), &read)),
        }
    }

    /// The writer who was taken, if it is one alone and what it wrote stands there.
    fn judge_race(&self, version: &str) -> Option<u32> {
        let writers = self.config.writers;
        let wanted = format!("one of {writers} is taken, and {} for all others", self.config.refused());
        let check = self.cx.check([ROW], NAME).expecting(expected(&wanted));
        let requests = (1..=writers).map(|writer| self.write(writer, Only::IfMatches(version)));
        let mut tally = Tally::default();
        for (writer, (_, answer)) in (1..).zip(self.cx.http().concurrency(writers).send_all(requests)) {
            tally.note(writer, &answer, &self.config.refusals);
        }
        if tally.taken.len() > 1 {
            tally.wrong.push(format!("{} were taken, of which all but one are lost", tally.taken.len()));
        }
        let winner = tally.taken.first().copied();
        if !tally.wrong.is_empty() {
            check.fail(expected(wanted), observed(tally.wrong.join("; ")), tally.calls);
        } else if !tally.unknown.is_empty() {
            check.inconclusive(observed(tally.unknown.join("; ")), tally.calls);
        } else if let Some(winner) = winner {
            return self.judge_standing(check, &wanted, winner).then_some(winner);
        } else {
            check.inconclusive(observed("nobody was taken"), tally.calls);
        }
        None
    }

    /// What is based on a version that is gone, or on nothing, comes too late.
    fn judge_late(&self, version: &str, winner: u32) {
        let wanted = self.config.refused();
        let name = "a write that is based on what is gone is refused";
        let check = self.cx.check([ROW], name).expecting(expected(&wanted));
        let mut tally = Tally::default();
        let late = self.config.writers + 1;
        for (writer, only) in [(late, Only::IfMatches(version)), (late + 1, Only::IfNothing)] {
            let answer = self.cx.http().send(self.write(writer, only));
            tally.note(writer, &answer, &self.config.refusals);
        }
        if !tally.taken.is_empty() || !tally.wrong.is_empty() {
            let taken = tally.taken.iter().map(|writer| {
                if *writer == late { "if-match of an old version → taken" } else { "if-none-match of all → taken" }
            });
            let seen: Vec<&str> = taken.chain(tally.wrong.iter().map(String::as_str)).collect();
            check.fail(expected(wanted), observed(seen.join("; ")), tally.calls);
        } else if !tally.unknown.is_empty() {
            check.inconclusive(observed(tally.unknown.join("; ")), tally.calls);
        } else {
            self.judge_standing(check, &wanted, winner);
        }
    }

    /// Whether what the winner wrote stands there.
    fn judge_standing(&self, check: Check<'_>, wanted: &str, winner: u32) -> bool {
        let answer = self.read();
        match &answer {
            Ok(response) if response.text().contains(&self.marker(winner)) => {
                check.pass(observed(format!("so, and what writer {winner} wrote stands there")), response);
                return true;
            }
            Ok(response) if response.text().contains(&self.run) => {
                let seen = format!("writer {winner} was taken, and what another wrote stands there");
                check.fail(expected(wanted), observed(seen), response);
            }
            Ok(response) => check.inconclusive(observed(format!("{}, of nobody", response.status())), response),
            Err(error) => check.from_error(error),
        }
        false
    }
}

impl Tally {
    fn note(&mut self, writer: u32, answer: &Answer, refusals: &[u16]) {
        self.calls.extend(answer.calls());
        match answer {
            Ok(response) if (200..300).contains(&response.status()) => self.taken.push(writer),
            Ok(response) if refusals.contains(&response.status()) => {}
            // Who is busy or away has neither taken nor refused.
            Ok(response) if matches!(response.status(), 401 | 403 | 404 | 429 | 502..=504) => {
                self.unknown.push(format!("writer {writer} → {}", response.status()));
            }
            Ok(response) => self.wrong.push(format!("writer {writer} → {}", response.status())),
            Err(error) => self.unknown.push(format!("writer {writer} → {error}")),
        }
    }
}
