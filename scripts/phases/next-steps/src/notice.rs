//! Production is announced in time (NEXT-3).

use holdpoint::prelude::*;
use holdpoint::rules::{Span, Time};

use crate::dates::{Length, Moment, shown};
use crate::document::{self, LONGEST};
use crate::facts::Facts;
use crate::manual;

pub(crate) const ROW: &str = "NEXT-3";

/// The announcement, and how long before its start it has to be made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedule {
    announcement: String,
    #[serde(default = "two_days")]
    notice: Length,
}

fn two_days() -> Length {
    Length::hours(48)
}

pub(crate) fn judge(cx: &Context, schedule: &Schedule, now: Time) {
    if let Some(document) = document::read(cx, ROW, &schedule.announcement, LONGEST) {
        let wanted = expected(format!("announced at least {} before a start that is to come", schedule.notice));
        let check = cx.check([ROW], format!("{} gives notice", document.path)).expecting(wanted.clone());
        let told = Facts::parse(&document.path, &document.text)
            .and_then(|facts| Ok((facts.exact_moment(&["announced"])?, facts.exact_moment(&["starts"])?)))
            .and_then(|(announced, starts)| given(announced, starts, &schedule.notice, now));
        match told {
            Ok(seen) => check.pass(observed(seen), &document),
            Err(why) => check.fail(wanted, observed(why), &document),
        }
    }
    manual(cx, ROW, "whoever has to know it has read the announcement");
}

/// How much notice was given, or why that is none.
fn given(announced: Moment, starts: Moment, notice: &Length, now: Time) -> Result<String, String> {
    let length = starts.at - announced.at;
    if announced.is_to_come(now) {
        Err("it is still to be announced".to_owned())
    } else if length < Span::ZERO {
        Err("it starts before it was announced".to_owned())
    } else if length < notice.span {
        Err(format!("a notice of {}", shown(length)))
    } else if starts.at <= now {
        Err(format!("it was to start {} ago; announce it anew", shown(now - starts.at)))
    } else {
        Ok(format!("a notice of {}, and {} from now", shown(length), shown(starts.at - now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_less_is_no_notice() {
        let at = |text: &str| Moment::parse(text).expect(text);
        let now = at("2026-01-01T00:00:00Z").at;
        let given = |announced: &str, starts: &str| given(at(announced), at(starts), &two_days(), now);
        let moment = "2025-12-31T12:00:00Z";
        assert_eq!(given(moment, "2026-01-02T12:00:00Z"), Ok("a notice of 48 h, and 36 h from now".to_owned()));
        assert_eq!(given(moment, "2026-01-02T11:00:00Z"), Err("a notice of 47 h".to_owned()));
        assert_eq!(given(moment, "2026-01-02T11:59:59Z"), Err("a notice of 47 h 59 min".to_owned()));
        assert_eq!(given(moment, "2026-01-02T13:00:00+01:00"), Ok("a notice of 48 h, and 36 h from now".to_owned()));
        let before = given(moment, "2025-12-30T00:00:00Z");
        assert_eq!(before, Err("it starts before it was announced".to_owned()));
        let past = given("2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z");
        assert_eq!(past, Err("it was to start 0 h ago; announce it anew".to_owned()));
        let to_come = given("2026-01-01T00:00:01Z", "2026-02-01T00:00:00Z");
        assert_eq!(to_come, Err("it is still to be announced".to_owned()));
    }
}
