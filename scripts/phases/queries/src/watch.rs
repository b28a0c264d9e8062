//! Looks, one after the other: waits, asks everything, states what was answered. The one check that no policy can make is made here: that there were answers.

use std::collections::BTreeMap;

use holdpoint::Time;
use holdpoint::prelude::*;

use crate::ask::{Known, Trouble, ask};
use crate::config::Config;

/// Samples that a phase may state; the contract of `report` says so.
const MOST_SAMPLES: usize = 200_000;
/// Lines of the log. A phase has 10,000 statements, and what comes and goes must not use them up.
const MOST_LINES: u32 = 1_000;
/// Characters of what is said of a trouble.
const LONGEST: usize = 500;

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    looks: u32,
    /// How often each query was answered.
    answered: BTreeMap<String, u32>,
    /// What was wrong with each last.
    troubles: BTreeMap<String, String>,
    /// What is wrong with each now.
    now: BTreeMap<String, String>,
    known: Known,
    samples: usize,
    lines: u32,
    /// Why it did not go on.
    pub(crate) stopped: Option<String>,
}

/// Watches until the last look is over.
pub(crate) fn watch(cx: &Context, config: &Config) -> Watch {
    let (start, due, mut next) = (cx.now(), config.looks(), 0);
    let mut watch = Watch::default();
    while next < due && watch.stopped.is_none() {
        let at = Time(start.0 + f64::from(next) * config.every.as_f64());
        if let Err(error) = cx.sleep_until(at) {
            watch.stopped = Some(format!("it could not wait for look {next}: {error}"));
            break;
        }
        // Looks that nobody made are over.
        next = (cx.now().since(start).0 / config.every.0).max(next);
        if next < due {
            watch.look(cx, config);
        }
        next += 1;
    }
    watch
}

impl Watch {
    fn look(&mut self, cx: &Context, config: &Config) {
        self.looks += 1;
        for (name, query) in &config.queries {
            let stated = match ask(cx, name, query, &mut self.known) {
                Ok(series) if self.samples + series.len() > MOST_SAMPLES => {
                    Err(format!("more than {MOST_SAMPLES} samples would be stated; ask less often"))
                }
                Ok(series) => {
                    self.samples += series.iter().filter(|series| series.sample(cx, name)).count();
                    Ok(())
                }
                Err(Trouble::Silent(why)) => Err(why),
                Err(Trouble::Refused(why)) => {
                    self.stopped = Some(format!("{name}: {why}"));
                    return;
                }
            };
            self.tell(cx, name, stated);
        }
    }

    /// Counts an answer, or tells why there is none.
    fn tell(&mut self, cx: &Context, name: &str, stated: Result<(), String>) {
        let trouble = stated.err().map(|why| why.chars().take(LONGEST).collect::<String>());
        if trouble.is_none() {
            *self.answered.entry(name.to_owned()).or_default() += 1;
        }
        if self.now.get(name) == trouble.as_ref() {
            return;
        }
        self.lines += 1;
        let told = trouble.as_deref().unwrap_or("answered again");
        if self.lines < MOST_LINES {
            cx.log(if trouble.is_some() { Level::Warn } else { Level::Info }, format!("{name}: {told}"));
        } else if self.lines == MOST_LINES {
            cx.log(Level::Warn, format!("more than {MOST_LINES} changes; no more of them are told"));
        }
        match trouble {
            Some(why) => {
                self.troubles.insert(name.to_owned(), why.clone());
                self.now.insert(name.to_owned(), why);
            }
            None => drop(self.now.remove(name)),
        }
    }
}

pub(crate) fn judge(cx: &Context, config: &Config, watch: &Watch) {
    let due = config.looks();
    let check = cx.check(config.requirements.iter().map(String::as_str), "queries were answered");
    let check = check.expecting(expected(format!("each at {} % of {due} looks at least", config.at_least * 100.0)));
    let mut enough = watch.stopped.is_none();
    let mut said = vec![format!("{} of {due} looks were made", watch.looks)];
    for name in config.queries.keys() {
        let answered = watch.answered.get(name).copied().unwrap_or_default();
        enough &= f64::from(answered) >= f64::from(due) * config.at_least;
        let why = watch.troubles.get(name).map_or_else(String::new, |why| format!(" ({why})"));
        said.push(format!("{name} was answered {answered} times{why}"));
    }
    said.extend(watch.stopped.iter().map(|why| format!("it stopped: {why}")));
    let seen = observed(said.join("; "));
    if enough { check.pass(seen, ()) } else { check.inconclusive(seen, ()) }
}
