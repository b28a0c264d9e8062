//! What a team does after a validation and before production, as far as documents show it: a section of the configuration for each row
//! (NEXT-1 to NEXT-5). A row that the bundle lists without its section is not exercised.
//!
//! ```toml
//! [phase.config]
//! release = "2.4.0"                                  # what the documents with a `release` are of; not asked if left out
//! [phase.config.lessons]                             # NEXT-1: a page with `date`, and `release`, between two lines of `+++` at its top
//! document = "next-steps/lessons.md"
//! sections = ["What happened", "What we change"]
//! within = "14d"                                     # how old it may be
//! template = "next-steps/template.md"                # whose texts are to be replaced
//! [phase.config.production]                          # NEXT-2: the configuration of production beside that of staging
//! staging = "config/staging.yaml"
//! production = "next-steps/production.yaml"
//! promote = ["server.request_timeout", "limits.*"]   # what production has as staging has it
//! own = ["services.backend.url", "databases.*"]      # what each has of its own; no value of production names that of staging
//! foreign = ["netra-*-staging"]                      # nor has one of these words
//! [phase.config.schedule]                            # NEXT-3: `announced` and `starts`, each with its hour (RFC 3339)
//! announcement = "next-steps/announcement.toml"
//! notice = "48h"
//! [phase.config.rehearsal]                           # NEXT-4: `rehearsed`, `run`, `environment`, `decision`, `evidence`, `digest`
//! document = "next-steps/rehearsal.toml"
//! environment = "production"
//! valid = "90d"
//! [phase.config.training]                            # NEXT-5: a page, and `[trained]` with a date by each name
//! runbook = "next-steps/runbook.md"
//! sections = ["Deploy", "Roll back"]
//! trained = "next-steps/training.toml"
//! team = ["alice", "bob"]
//! valid = "180d"
//! ```
//! What people do is theirs to say: beside each row stands what no document shows, as not exercised. Ages are taken at the beginning of the
//! phase, by the run's clock. Documents have at most 64 KiB, files of configuration 1 MiB; facts may be TOML, YAML or JSON.

mod config;
mod dates;
mod document;
mod facts;
mod filled;
mod lessons;
mod notice;
mod page;
mod production;
mod promotion;
mod rehearsal;
mod training;

use holdpoint::prelude::*;
use holdpoint::rules::Time;

use config::Config;

/// How many findings of a check are told.
const SHOWN: usize = 10;

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    let now = Time::from_f64(cx.now().0).ok_or_else(|| Error::new("the run's clock says no time"))?;
    let release = config.release.as_deref();
    row(cx, lessons::ROW, "lessons", config.lessons.as_ref(), |lessons| lessons::judge(cx, lessons, release, now));
    row(cx, production::ROW, "production", config.production.as_ref(), |given| production::judge(cx, given));
    row(cx, notice::ROW, "schedule", config.schedule.as_ref(), |schedule| notice::judge(cx, schedule, now));
    row(cx, rehearsal::ROW, "rehearsal", config.rehearsal.as_ref(), |given| rehearsal::judge(cx, given, now));
    row(cx, training::ROW, "training", config.training.as_ref(), |training| training::judge(cx, training, now));
    Ok(())
}

/// Judges a row by its section, or says that there is none.
fn row<T>(cx: &Context, id: &str, section: &str, given: Option<&T>, judge: impl FnOnce(&T)) {
    let claimed = cx.requirements();
    match given {
        Some(given) => judge(given),
        None if claimed.is_empty() || claimed.iter().any(|row| row == id) => {
            let why = format!("config.{section} names no document, so nothing shows it");
            cx.check([id], format!("{section} is shown by a document")).not_exercised(why);
        }
        None => {}
    }
}

/// What no document shows. It makes no row worse and passes none.
fn manual(cx: &Context, row: &str, what: &str) {
    cx.check([row], format!("people say that {what}")).not_exercised("manual: no document shows it");
}

/// The first of many, for people.
fn listed(all: &[String]) -> String {
    let more = all.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{rest}", all[..all.len() - more].join("; "))
}

#[cfg(test)]
mod tests;
