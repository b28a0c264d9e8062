//! A rollback was rehearsed, lately and with success (NEXT-4).

use holdpoint::prelude::*;
use holdpoint::rules::Time;
use sha2::{Digest, Sha256};

use crate::dates::Length;
use crate::document::{self, Document, LONGEST};
use crate::facts::Facts;
use crate::manual;

pub(crate) const ROW: &str = "NEXT-4";

/// What a run comes to whose rollback succeeded.
const WELL: &str = "rolled-back";

/// Letters and digits of a run's id.
const ID: usize = 26;

/// The evidence, and how long it stands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rehearsal {
    document: String,
    #[serde(default = "production")]
    environment: String,
    #[serde(default = "three_months")]
    valid: Length,
}

fn production() -> String {
    "production".to_owned()
}

fn three_months() -> Length {
    Length::days(90)
}

pub(crate) fn judge(cx: &Context, rehearsal: &Rehearsal, now: Time) {
    if let Some(document) = document::read(cx, ROW, &rehearsal.document, LONGEST) {
        let Rehearsal { environment, valid, .. } = rehearsal;
        let wanted = expected(format!("a run in {environment} that ended {WELL}, at most {valid} old"));
        let check = cx.check([ROW], format!("{} shows a rehearsal", document.path)).expecting(wanted.clone());
        let facts = Facts::parse(&document.path, &document.text);
        match facts.as_ref().map_err(String::clone).and_then(|facts| told(facts, rehearsal, now)) {
            Ok(seen) => check.pass(observed(seen), &document),
            Err(why) => check.fail(wanted, observed(why), &document),
        }
        if let Ok(facts) = &facts {
            judge_evidence(cx, &document, facts);
        }
    }
    manual(cx, ROW, "production is rolled back as it was rehearsed");
}

/// What was rehearsed, or why it shows nothing.
fn told(facts: &Facts, rehearsal: &Rehearsal, now: Time) -> Result<String, String> {
    let run = facts.get(&["run"])?;
    let is_id = run.len() == ID && run.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !is_id {
        return Err(format!("`run = {run}` is no id of a run"));
    }
    for (key, wanted) in [("environment", rehearsal.environment.as_str()), ("decision", WELL)] {
        let value = facts.get(&[key])?;
        if value != wanted {
            return Err(format!("{key} is {value}"));
        }
    }
    let age = facts.moment(&["rehearsed"])?.is_within(&rehearsal.valid, now);
    age.map(|age| format!("run {run} {age}")).map_err(|why| format!("run {run} {why}"))
}

/// The document names the run's exported file, beside itself, and that is the file that it means. What is written of a run shows none.
fn judge_evidence(cx: &Context, document: &Document, facts: &Facts) {
    let wanted = expected("a file, and its digest as `holdpoint export` prints it");
    let check = cx.check([ROW], "what shows the rehearsal is the run that it names").expecting(wanted.clone());
    if !facts.has(&["evidence"]) {
        let seen = "no file; name `evidence` and `digest`, as `holdpoint export` prints them";
        return check.inconclusive(observed(seen), document);
    }
    let (name, digest) = match (facts.get(&["evidence"]), facts.get(&["digest"])) {
        (Ok(name), Ok(digest)) => (name, digest),
        (Err(why), _) | (_, Err(why)) => return check.fail(wanted, observed(why), document),
    };
    let path = match document.path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{name}"),
        None => name.to_owned(),
    };
    match cx.files().read(&path) {
        Ok(content) => {
            let found = format!("sha256:{}", hex::encode(Sha256::digest(content.bytes())));
            check.passes_if(found == digest, expected(digest), observed(found), &content);
        }
        Err(error) => document::unread(check, &error),
    }
}
