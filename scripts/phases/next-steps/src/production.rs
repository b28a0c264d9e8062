//! The configuration of production has what staging has taught, and nothing that is staging's (NEXT-2).

use holdpoint::prelude::*;
use holdpoint::words::Pattern;

use crate::config::few;
use crate::document::{self, Document};
use crate::promotion::{Values, named, own, promoted};
use crate::{listed, manual};

pub(crate) const ROW: &str = "NEXT-2";

/// The longest file of configuration, in bytes.
const LONGEST: usize = 1024 * 1024;

/// Two files, and keys of them. A key is dotted; `.*` at its end stands for all below it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Production {
    staging: String,
    production: String,
    #[serde(default)]
    promote: Vec<String>,
    #[serde(default)]
    own: Vec<String>,
    #[serde(default)]
    foreign: Vec<Pattern>,
}

impl Production {
    pub(crate) fn check(&self) -> Result<()> {
        if self.promote.is_empty() && self.own.is_empty() && self.foreign.is_empty() {
            return Err(Error::new(
                "config.production has none of promote, own and foreign, and nothing asked for is nothing passed",
            ));
        }
        few("production.promote", &self.promote)?;
        few("production.own", &self.own)?;
        few("production.foreign", &self.foreign)
    }
}

pub(crate) fn judge(cx: &Context, given: &Production) {
    let (staging, production) = (values(cx, &given.staging), values(cx, &given.production));
    if let (Some(staging), Some(production)) = (staging, production) {
        compare(cx, given, &staging, &production);
    }
    manual(cx, ROW, "production is deployed with this configuration");
}

/// The values of a file, if it can be read and understood.
fn values(cx: &Context, path: &str) -> Option<(Document, Values)> {
    let document = document::read(cx, ROW, path, LONGEST)?;
    match Values::parse(path, &document.text) {
        Ok(values) => Some((document, values)),
        Err(why) => {
            let check = cx.check([ROW], format!("{path} is a configuration")).expecting(expected("keys and values"));
            check.inconclusive(observed(why), &document);
            None
        }
    }
}

fn compare(cx: &Context, given: &Production, staging: &(Document, Values), production: &(Document, Values)) {
    let file = &given.production;
    let state = |name: String, wanted: &str, seen: Result<String, Vec<String>>| {
        let (is_well, seen) = match seen {
            Ok(seen) => (true, seen),
            Err(problems) => (false, listed(&problems)),
        };
        cx.check([ROW], name).passes_if(is_well, expected(wanted), observed(seen), (&staging.0, &production.0));
    };
    if !given.promote.is_empty() {
        let seen = promoted(&staging.1, &production.1, &given.promote);
        state(format!("{file} has what staging has taught"), "the values of staging", seen);
    }
    if !given.own.is_empty() {
        let seen = own(&staging.1, &production.1, &given.own);
        state(format!("{file} has its own hosts and projects"), "others than those of staging", seen);
    }
    if !given.own.is_empty() || !given.foreign.is_empty() {
        let seen = named(&staging.1, &production.1, &given.own, &given.foreign);
        state(format!("{file} names nothing of staging"), "no host, project or word of staging", seen);
    }
}
