//! The team was briefed on how to deploy and to roll back (NEXT-5).

use holdpoint::prelude::*;
use holdpoint::rules::Time;

use crate::config::some;
use crate::dates::Length;
use crate::document::{self, LONGEST};
use crate::facts::Facts;
use crate::page::Page;
use crate::{filled, listed, manual};

pub(crate) const ROW: &str = "NEXT-5";

/// The page that people are trained by, and who was.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Training {
    runbook: String,
    sections: Vec<String>,
    trained: String,
    team: Vec<String>,
    #[serde(default = "half_a_year")]
    valid: Length,
}

fn half_a_year() -> Length {
    Length::days(180)
}

impl Training {
    pub(crate) fn check(&self) -> Result<()> {
        some("training.sections", &self.sections)?;
        some("training.team", &self.team)
    }
}

pub(crate) fn judge(cx: &Context, training: &Training, now: Time) {
    judge_runbook(cx, training);
    judge_trained(cx, training, now);
    manual(cx, ROW, "the team can do what the page says");
}

fn judge_runbook(cx: &Context, training: &Training) {
    let Some(document) = document::read(cx, ROW, &training.runbook, LONGEST) else { return };
    let page = Page::parse(&document.text);
    let wanted = expected(format!("{}, each with a text", training.sections.join(", ")));
    let problems = filled::problems(&page, &training.sections, None);
    let seen = if problems.is_empty() { "all of them".to_owned() } else { listed(&problems) };
    let check = cx.check([ROW], format!("{} says what to do", document.path));
    check.passes_if(problems.is_empty(), wanted, observed(seen), &document);
    let dead: Vec<String> = page.dead_links().into_iter().map(str::to_owned).collect();
    let seen = if dead.is_empty() { "all do".to_owned() } else { format!("no heading for {}", listed(&dead)) };
    let check = cx.check([ROW], format!("links within {} lead somewhere", document.path));
    check.passes_if(dead.is_empty(), expected("each link within it leads to a heading"), observed(seen), &document);
}

fn judge_trained(cx: &Context, training: &Training, now: Time) {
    let Some(document) = document::read(cx, ROW, &training.trained, LONGEST) else { return };
    let wanted = expected(format!("{}, each at most {} ago", training.team.join(", "), training.valid));
    let check = cx.check([ROW], format!("{} names the team", document.path)).expecting(wanted.clone());
    let facts = match Facts::parse(&document.path, &document.text) {
        Ok(facts) => facts,
        Err(why) => return check.fail(wanted, observed(why), &document),
    };
    let lacks = |name: &String| match facts.moment(&["trained", name.as_str()]) {
        Ok(moment) => moment.is_within(&training.valid, now).err().map(|why| format!("`{name}`: it {why}")),
        Err(why) => Some(why),
    };
    let problems: Vec<String> = training.team.iter().filter_map(lacks).collect();
    let seen = if problems.is_empty() { format!("all {}", training.team.len()) } else { listed(&problems) };
    check.passes_if(problems.is_empty(), wanted, observed(seen), &document);
}
