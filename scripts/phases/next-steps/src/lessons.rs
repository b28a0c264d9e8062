//! What was learned is written down, for this release, by somebody (NEXT-1).

use holdpoint::prelude::*;
use holdpoint::rules::Time;

use crate::config::some;
use crate::dates::Length;
use crate::document::{self, Document, LONGEST};
use crate::facts::Facts;
use crate::page::{self, Page};
use crate::{filled, listed, manual};

pub(crate) const ROW: &str = "NEXT-1";

/// The page, and what it must have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lessons {
    document: String,
    sections: Vec<String>,
    #[serde(default = "two_weeks")]
    within: Length,
    template: Option<String>,
}

fn two_weeks() -> Length {
    Length::days(14)
}

impl Lessons {
    pub(crate) fn check(&self) -> Result<()> {
        some("lessons.sections", &self.sections)
    }
}

pub(crate) fn judge(cx: &Context, lessons: &Lessons, release: Option<&str>, now: Time) {
    if let Some(document) = document::read(cx, ROW, &lessons.document, LONGEST) {
        judge_release(cx, lessons, &document, release, now);
        judge_sections(cx, lessons, &document);
    }
    manual(cx, ROW, "these are the lessons");
}

fn judge_release(cx: &Context, lessons: &Lessons, document: &Document, release: Option<&str>, now: Time) {
    let of = release.map(|release| format!(" of release {release}")).unwrap_or_default();
    let wanted = expected(format!("a page{of}, at most {} old", lessons.within));
    let check = cx.check([ROW], format!("{} is of this release", document.path)).expecting(wanted.clone());
    match told(&document.text, &lessons.within, release, now) {
        Ok(seen) => check.pass(observed(seen), document),
        Err(why) => check.fail(wanted, observed(why), document),
    }
}

/// What the page says of itself, or why it is not of this release.
fn told(text: &str, within: &Length, release: Option<&str>, now: Time) -> Result<String, String> {
    let Some((ending, front)) = page::split(text).0 else {
        return Err("no facts at its top; write `date` and `release` between two lines of `+++`".to_owned());
    };
    let facts = Facts::parse(&format!("front.{ending}"), front)?;
    let age = facts.moment(&["date"])?.is_within(within, now).map_err(|why| format!("its date {why}"))?;
    match release {
        Some(release) => {
            let named = facts.get(&["release"])?;
            if named == release { Ok(format!("its date {age}")) } else { Err(format!("it is of release {named}")) }
        }
        None => Ok(format!("its date {age}")),
    }
}

fn judge_sections(cx: &Context, lessons: &Lessons, document: &Document) {
    let template = match &lessons.template {
        None => None,
        Some(path) => match document::read(cx, ROW, path, LONGEST) {
            Some(template) => Some(Page::parse(&template.text)),
            // A check says so already.
            None => return,
        },
    };
    let wanted = expected(format!("{}, each with a text of its own", lessons.sections.join(", ")));
    let check = cx.check([ROW], format!("{} says what was learned", document.path));
    let problems = filled::problems(&Page::parse(&document.text), &lessons.sections, template.as_ref());
    let seen = if problems.is_empty() { "all of them".to_owned() } else { listed(&problems) };
    check.passes_if(problems.is_empty(), wanted, observed(seen), document);
}
