//! Looks at the service and at the panels until they say the same, or the time is over.

use std::collections::BTreeMap;

use holdpoint::metrics::Page;
use holdpoint::prelude::*;

use crate::board::Panel;
use crate::config::{self, Config, EVERY};
use crate::page::{self, Process, Said};
use crate::restart::Restarts;

/// How old an answer may be. It is of the moment of the question, so more says that a clock is wrong.
const YOUNG: Millis = Millis(60_000);

/// A panel on its way.
struct Open<'a> {
    panel: Panel<'a>,
    said: Said,
    /// Why the last page said nothing.
    silent: Option<String>,
    /// The last restart that was seen.
    anew: Option<String>,
    came: Came,
    calls: Vec<u32>,
}

/// What came of the last question.
enum Came {
    /// None was asked.
    Nothing,
    /// It is right.
    Right(String),
    /// There is no number, or another.
    Wrong(String),
    /// There is no answer.
    Failed(CallError),
}

/// The check of a panel.
pub(crate) fn check<'c>(cx: &'c Context, config: &Config, board: &config::Board, panel: &config::Panel) -> Check<'c> {
    let name = format!("board `{}`: `{}` shows what {} says", board.name, panel.title, config.service);
    cx.check([board.row.as_str()], name).expecting(as_said(config))
}

fn as_said(config: &Config) -> holdpoint::Expected {
    expected(format!("what {} says, to {} %", config.service, (config.within * 1_000.0).round() / 10.0))
}

pub(crate) fn all(cx: &Context, config: &Config, panels: Vec<Panel<'_>>) {
    let mut all: Vec<Open<'_>> = panels.into_iter().map(Open::new).collect();
    let mut restarts = Restarts::default();
    for look in 0..config.looks() {
        if look > 0 && cx.sleep(EVERY).is_err() {
            break;
        }
        cx.progress(look + 1, config.looks(), format_args!("look {} of {}", look + 1, config.looks()));
        let before = cx.metrics(&config.service).scrape(&config.path);
        let open = all.iter().filter(|one| one.is_open());
        let answers: Vec<_> = open.map(|one| ask(cx, config, &one.panel.query)).collect();
        let after = cx.metrics(&config.service).scrape(&config.path);
        let anew =
            [&before, &after].map(|page| page.as_ref().map(|page| restarts.take(page, config)).unwrap_or_default());
        for (one, answer) in all.iter_mut().filter(|one| one.is_open()).zip(answers) {
            one.calls.clear();
            for (page, anew) in [&before, &after].into_iter().zip(&anew) {
                one.begin_anew(anew, config);
                one.hear(page, config);
            }
            one.came = match answer {
                Err(error) => Came::Failed(error),
                Ok(answer) => {
                    one.calls.extend(answer.calls());
                    let compared =
                        answer.sound(YOUNG).and_then(|series| one.said.compare(series, config, one.panel.wanted));
                    compared.map_or_else(Came::Wrong, Came::Right)
                }
            };
        }
        if !all.iter().any(Open::is_open) {
            break;
        }
    }
    all.into_iter().for_each(|one| one.state(cx, config));
}

fn ask(cx: &Context, config: &Config, query: &str) -> Result<holdpoint::metrics::Answered, CallError> {
    let metrics = config.secret.iter().fold(cx.metrics(&config.monitoring), |metrics, name| metrics.secret(name));
    metrics.query(query)
}

impl<'a> Open<'a> {
    fn new(panel: Panel<'a>) -> Self {
        Self { panel, said: Said::default(), silent: None, anew: None, came: Came::Nothing, calls: Vec::new() }
    }

    /// Whether it is still looked at: what is denied stays so.
    fn is_open(&self) -> bool {
        match &self.came {
            Came::Right(_) => self.said.is_empty() || self.silent.is_some(),
            Came::Failed(error) => !error.is_denied(),
            Came::Nothing | Came::Wrong(_) => true,
        }
    }

    /// What these processes said before is nothing that a panel is compared with any more.
    fn begin_anew(&mut self, anew: &BTreeMap<Process, String>, config: &Config) {
        for (process, shows) in anew {
            self.said.forget(process);
            self.anew = Some(format!("{}{} began anew: {shows}", config.service, page::named(process)));
        }
    }

    fn hear(&mut self, page: &Result<Page, CallError>, config: &Config) {
        let taken = match page {
            Ok(page) => {
                self.calls.extend(page.calls());
                self.said.take(page, config, self.panel.wanted)
            }
            Err(error) => {
                self.calls.extend(error.calls());
                Err(error.to_string())
            }
        };
        self.silent = taken.err();
    }

    fn state(self, cx: &Context, config: &Config) {
        let check = check(cx, config, self.panel.board, self.panel.wanted);
        let calls = [self.panel.calls, self.calls].concat();
        match (self.came, self.silent) {
            (Came::Failed(error), _) => check.from_error(error),
            // With nothing that a panel could be compared with, it is neither right nor wrong.
            (_, Some(why)) => check.inconclusive(observed(why), calls),
            (_, None) if self.said.is_empty() => {
                check.inconclusive(observed(format!("{} has nothing to show yet", config.service)), calls);
            }
            (Came::Right(shown), None) => check.pass(observed(shown), calls),
            (Came::Wrong(why), None) => match self.anew {
                // It had less time to settle than it may take.
                Some(anew) => check.inconclusive(observed(format!("{why}; {anew}")), calls),
                None => check.fail(as_said(config), observed(why), calls),
            },
            (Came::Nothing, None) => check.inconclusive(observed("it was not asked"), calls),
        }
    }
}
