//! Transfers that are broken off, and what can be seen of them.

use holdpoint::prelude::*;
use holdpoint::{Answer, CookieJar};

use crate::ROW;
use crate::config::Tried;
use crate::invariant::{Reading, Unread};

/// The longest that a transfer may take to be broken off in its midst.
const LONGEST: Millis = Millis(50_000);

/// Who transfers what.
struct Owner<'a> {
    cx: &'a Context,
    tried: &'a Tried,
    service: Service,
    jar: CookieJar,
}

/// What a transfer that nobody broke off has shown.
struct Moved {
    sum: f64,
    /// How long it took.
    whole: Millis,
    /// Which one it was that moved something.
    number: u32,
}

/// What came of the transfers that were to be broken off.
#[derive(Default)]
struct Tally {
    broken: u32,
    answered: u32,
    /// Those that were not sent at all.
    unsent: u32,
    /// The first sum that was another, and after how many transfers it was seen.
    partial: Option<(u32, Reading)>,
    calls: Vec<u32>,
}

pub(crate) fn judge(cx: &Context, tried: &Tried) {
    let name = "what is broken off is done whole or not at all";
    let owner = match owner(cx, tried) {
        Ok(owner) => owner,
        Err(why) => return why(cx.check([ROW], name)),
    };
    let Some(Moved { sum, whole, number }) = owner.judge_whole() else { return };
    let check = cx.check([ROW], name);
    if whole > LONGEST {
        let seen = format!("a transfer takes {whole}, and is broken off within {LONGEST}");
        return check.inconclusive(observed(seen), ());
    }
    match owner.break_off(sum, whole, number) {
        Ok(tally) => conclude(check, tried, sum, &tally),
        Err(unread) => unread.conclude(check),
    }
}

type Conclusion = Box<dyn FnOnce(Check<'_>)>;

fn owner<'a>(cx: &'a Context, tried: &'a Tried) -> Result<Owner<'a>, Conclusion> {
    let jar = match &tried.login {
        None => CookieJar::new(),
        Some(login) => match login.enter(cx) {
            Ok((jar, _)) => jar,
            Err(none) => return Err(Box::new(move |check: Check<'_>| none.conclude(check))),
        },
    };
    match cx.service(&tried.service) {
        Ok(service) => Ok(Owner { cx, tried, service, jar }),
        Err(error) => Err(Box::new(move |check: Check<'_>| check.inconclusive(observed(error), ()))),
    }
}

impl Owner<'_> {
    fn read(&self) -> Result<Reading, Unread> {
        Reading::take(self.cx, self.tried, &self.service, &self.jar)
    }

    fn transfer(&self, body: &Value, limit: Option<Millis>) -> Answer {
        let request = self.service.post(&self.tried.transfer.path).json(body).cookies(&self.jar);
        self.cx.http().send(match limit {
            Some(limit) => request.timeout(limit),
            None => request,
        })
    }

    /// A transfer that nobody breaks off, and what is read after it.
    fn whole(&self, number: u32) -> Result<(Response, Reading), Unread> {
        let done = self.transfer(self.tried.transfer.nth(number), None).map_err(Unread::Call)?;
        if !(200..300).contains(&done.status()) {
            return Err(Unread::Other(format!("the transfer answers {}", done.status()), done.calls()));
        }
        Ok((done, self.read()?))
    }

    /// One that nobody breaks off: the sum, and how long it takes. Without it nothing else is tried. By itself it shows nothing for the row.
    fn judge_whole(&self) -> Option<Moved> {
        let name = "a transfer moves something and keeps the sum";
        let check = || self.cx.check([ROW], name);
        let before = match self.read() {
            Ok(before) => before,
            Err(unread) => {
                unread.conclude(check());
                return None;
            }
        };
        let wanted = expected(format!("other numbers whose sum is {}", before.sum()));
        let check = || check().expecting(wanted.clone());
        let moved = self.whole(0).and_then(|(done, after)| {
            // What stands there already as the first leaves it is moved by the one back.
            let is_there = after.numbers == before.numbers && self.tried.transfer.back.is_some();
            if is_there { self.whole(1).map(|(done, after)| (1, done, after)) } else { Ok((0, done, after)) }
        });
        let (number, done, after) = match moved {
            Ok(moved) => moved,
            Err(unread) => {
                unread.conclude(check());
                return None;
            }
        };
        let evidence = (&done, &after.response);
        if after.sum() != before.sum() {
            check().fail(wanted, observed(after.shown()), evidence);
            return None;
        }
        if after.numbers == before.numbers {
            check().inconclusive(observed("nothing was moved"), evidence);
            return None;
        }
        self.cx.observation(name).expecting(wanted).pass(observed(after.shown()), evidence);
        Some(Moved { sum: before.sum(), whole: done.total(), number })
    }

    /// Breaks each off at another moment, and looks at once. One that is refused leaves it open whether any other was worked on.
    fn break_off(&self, sum: f64, whole: Millis, moved: u32) -> Result<Tally, Unread> {
        let mut tally = Tally::default();
        let breaks = self.tried.breaks;
        for number in 1..=breaks {
            let limit = Millis(moment(whole, number, breaks));
            self.cx.progress(number, breaks, format_args!("a transfer is broken off after {limit}"));
            let mut refused = None;
            match self.transfer(self.tried.transfer.nth_after(moved, number), Some(limit)) {
                Ok(done) if (200..300).contains(&done.status()) => tally.answered += 1,
                Ok(done) => refused = Some(done),
                Err(error) => match error.cause() {
                    Cause::Timeout(_) | Cause::InDoubt(_) => {
                        tally.broken += 1;
                        tally.calls.push(error.seq());
                    }
                    Cause::Failed(_) => tally.unsent += 1,
                    Cause::Denied(_) | Cause::Interrupted(_) | Cause::Exhausted(_) => return Err(Unread::Call(error)),
                },
            }
            if self.is_partial(sum, number, &mut tally)? {
                return Ok(tally);
            }
            if let Some(done) = refused {
                let seen = format!("transfer {number} of {breaks} answers {}", done.status());
                return Err(Unread::Other(seen, done.calls()));
            }
        }
        self.cx.sleep(self.tried.settles).map_err(Unread::Call)?;
        self.is_partial(sum, breaks, &mut tally)?;
        Ok(tally)
    }

    fn is_partial(&self, sum: f64, number: u32, tally: &mut Tally) -> Result<bool, Unread> {
        let reading = self.read()?;
        let is_partial = reading.sum() != sum;
        if is_partial {
            tally.calls.push(reading.response.seq());
            tally.partial = Some((number, reading));
        }
        Ok(is_partial)
    }
}

/// Milliseconds after which the `number`th of so many is broken off, spread over the time that one takes.
fn moment(whole: Millis, number: u32, of: u32) -> u32 {
    let part = u64::from(whole.0) * u64::from(number) / (u64::from(of) + 1);
    u32::try_from(part).unwrap_or(u32::MAX).max(1)
}

fn conclude(check: Check<'_>, tried: &Tried, sum: f64, tally: &Tally) {
    let Tally { broken, answered, unsent, .. } = tally;
    let seen = format!("{broken} of {} were broken off, {answered} answered before, {unsent} not sent", tried.breaks);
    let wanted = format!("a sum of {sum} at any time");
    match &tally.partial {
        Some((number, reading)) => {
            let seen = format!("{} after transfer {number}; {seen}", reading.shown());
            check.fail(expected(wanted), observed(seen), tally.calls.clone());
        }
        None if *broken == 0 => check.not_exercised(format!("no transfer was broken off in its midst: {seen}")),
        None => check.expecting(expected(wanted)).pass(observed(format!("always; {seen}")), tally.calls.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_spread_over_the_time_of_one() {
        let moments: Vec<u32> = (1..=4).map(|number| moment(Millis(100), number, 4)).collect();
        assert_eq!(moments, [20, 40, 60, 80]);
        assert_eq!(moment(Millis(2), 1, 12), 1);
        assert_eq!(moment(Millis(u32::MAX), 100, 100), 4_252_442_866);
    }
}
