//! A socket that is held by its heartbeat, and those that take its place.

use holdpoint::prelude::*;

use crate::config::Config;
use crate::line::{Beat, End, Line, Opener, Step};

/// Sockets that end before no other is opened.
const MOST_ENDS: usize = 20;

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

/// Holds a socket as long as the bundle says, in real time: it is waited for what comes, so that its end is seen when it comes. An error is one of what
/// was tried, and none of the system.
pub(crate) fn hold(cx: &Context, config: &Config, opener: &Opener<'_>, first: Line<'_>) -> Result<Held, CallError> {
    let mut held = Held::default();
    let mut line = first;
    let mut unasked = 0;
    let start = cx.now();
    while cx.now().since(start) < config.hold {
        let began = cx.now();
        let number = held.beats + 1;
        cx.progress(cx.now().since(start).0 / 1_000, config.hold.0 / 1_000, format_args!("beat {number}"));
        let mut end = match line.beat(number)? {
            Step::Done(beat) => held.note(beat, std::mem::take(&mut unasked)),
            Step::Ended(end) => Some(end),
        };
        if end.is_none() {
            end = line.rest(began, &mut unasked)?;
        }
        while let Some(End { why, calls }) = end {
            held.calls.extend(calls);
            held.ends.push((cx.now().since(line.opened), why));
            line.leave();
            if held.ends.len() >= MOST_ENDS {
                held.gone = Some(format!("{MOST_ENDS} have ended, and no more are tried"));
                return Ok(held);
            }
            line = match opener.open() {
                Ok(line) => line,
                Err(closed) => {
                    held.gone = Some(closed.fatal()?);
                    return Ok(held);
                }
            };
            end = line.rest(began, &mut unasked)?;
        }
    }
    line.leave();
    held.late = held.late.saturating_add(unasked);
    held.wrong += u32::from(unasked > 0);
    Ok(held)
}

impl Held {
    /// Counts a beat, and what came `before` it unasked. One that nothing answered is the end of its socket, though nobody said so.
    fn note(&mut self, beat: Beat, before: u32) -> Option<End> {
        let Beat { is_ponged, heard, unasked, calls } = beat;
        let unasked = unasked.saturating_add(before);
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
        if !is_ponged && !heard.is_whole() {
            return Some(End { why: "it is open and answers nothing, no pings either".to_owned(), calls });
        }
        if is_wrong || !is_ponged {
            self.calls.extend(calls);
        }
        None
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
