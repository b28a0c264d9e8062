//! A socket that is held by its heartbeat, and those that take its place.

use holdpoint::prelude::*;

use crate::config::Config;
use crate::line::{Beat, Line, Opener, Step};

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) beats: u32,
    /// Pings without an answer in time.
    pub(crate) missed: u32,
    pub(crate) messages: u32,
    /// Messages of which something was wrong.
    pub(crate) wrong: u32,
    pub(crate) lost: u32,
    pub(crate) twice: u32,
    pub(crate) disordered: u32,
    pub(crate) late: u32,
    /// How each socket ended that did, and after how long.
    pub(crate) ends: Vec<(Millis, String)>,
    /// Why no other took the place of the last one.
    pub(crate) gone: Option<String>,
    /// What shows it.
    pub(crate) calls: Vec<u32>,
}

/// Holds a socket as long as the bundle says. An error is one of what was tried, and none of the system.
pub(crate) fn hold(cx: &Context, config: &Config, opener: &Opener<'_>, first: Line<'_>) -> Result<Held, CallError> {
    let mut held = Held::default();
    let mut line = first;
    let start = cx.now();
    while cx.now().since(start) < config.hold {
        let began = cx.now();
        let number = held.beats + 1;
        cx.progress(cx.now().since(start).0 / 1_000, config.hold.0 / 1_000, format_args!("beat {number}"));
        let end = match line.beat(number)? {
            Step::Done(beat) => held.note(beat),
            Step::Ended(end) => {
                held.calls.extend(end.calls);
                Some(end.why)
            }
        };
        if let Some(why) = end {
            held.ends.push((cx.now().since(line.opened), why));
            line.leave();
            line = match opener.open() {
                Ok(line) => line,
                Err(closed) => {
                    held.gone = Some(closed.fatal()?);
                    return Ok(held);
                }
            };
        }
        let pause = config.heartbeat.0.saturating_sub(cx.now().since(began).0);
        cx.sleep(Millis(pause.max(1)))?;
    }
    line.leave();
    Ok(held)
}

impl Held {
    /// Counts a beat. One that nothing answered is the end of its socket, though nobody said so.
    fn note(&mut self, beat: Beat) -> Option<String> {
        let Beat { is_ponged, heard, unasked, calls } = beat;
        self.beats += 1;
        self.messages += 1;
        self.missed += u32::from(!is_ponged);
        let late = heard.late.saturating_add(unasked);
        let is_wrong = [heard.lost(), heard.twice, heard.disordered, late].iter().any(|count| *count > 0);
        self.wrong += u32::from(is_wrong);
        self.lost = self.lost.saturating_add(heard.lost());
        self.twice = self.twice.saturating_add(heard.twice);
        self.disordered = self.disordered.saturating_add(heard.disordered);
        self.late = self.late.saturating_add(late);
        if is_wrong || !is_ponged {
            self.calls.extend(calls);
        }
        let is_half_open = !is_ponged && !heard.is_whole();
        is_half_open.then(|| "it is open and answers nothing, no pings either".to_owned())
    }

    /// What was wrong with messages, for people.
    pub(crate) fn wrongs(&self) -> String {
        let counts = [
            (self.lost, "events lost"),
            (self.twice, "twice"),
            (self.disordered, "out of order"),
            (self.late, "late or unasked"),
        ];
        let told: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        told.join(", ")
    }
}
