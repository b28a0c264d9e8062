//! Where each row stands.

use std::collections::BTreeMap;

use holdpoint::policy::prelude::*;

use crate::answer::Denial;
use crate::config::{Answers, Config};
use crate::numbers::{Seen, shown};
use crate::state::{Denied, State};

/// Reasons to withhold a pass that are told.
const MOST_TOLD: usize = 5;

/// One finding a row, of what is denied now and was denied before. `None`: the rule is undefined.
pub(crate) fn of(
    cx: &Context,
    config: &Config,
    numbers: &BTreeMap<String, Seen>,
    unobserved: Span,
    denied: Option<&[Denial]>,
    state: &State,
) -> Vec<Finding> {
    let query = &config.query;
    let expected = match config.answers {
        Answers::Denials => format!("{query} denies nothing"),
        Answers::Allowed => format!("{query} is true"),
    };
    let unsure = unsure(config, numbers, unobserved, state);
    let finding = |row: &String| {
        let held = state.denied.get(row);
        let now = match denied {
            None => format!("{query} is undefined"),
            Some(all) => {
                Denied::of(row, all, cx.now()).map_or_else(|| "nothing is denied".to_owned(), |now| now.said())
            }
        };
        let (verdict, observed) = match held {
            Some(held) => (Fail, held.said()),
            None if !cx.is_last() => (Pending, format!("so far {now}")),
            None if denied.is_none() => (Inconclusive, now),
            None if !unsure.is_empty() => (Inconclusive, format!("{now}, and {}", told(&unsure))),
            None => (Pass, now),
        };
        let finding =
            Finding::new(format!("{query} {row}"), verdict).rows([row]).expected(&expected).observed(observed);
        let since = held.map(|held| Time(held.since));
        Finding { severity: Some(Severity::Critical), since, firing: held.is_some(), ..finding }
    };
    config.rows.iter().map(finding).collect()
}

/// Why what is not denied may be wrong all the same.
fn unsure(config: &Config, numbers: &BTreeMap<String, Seen>, unobserved: Span, state: &State) -> Vec<String> {
    let lacking = numbers.iter().filter(|(_, seen)| !seen.may_lack).flat_map(|(name, seen)| {
        seen.missing.iter().map(move |(labels, why)| format!("`{name}{}` has no data: {why}", shown(labels)))
    });
    let blind = (unobserved > Span::from(config.unobserved_at_most)).then(|| {
        format!(
            "nobody watched for {unobserved}, and `unobserved_at_most` is {}",
            Span::from(config.unobserved_at_most)
        )
    });
    blind.into_iter().chain(state.lacked.clone()).chain(lacking).collect()
}

fn told(reasons: &[String]) -> String {
    let more = reasons.len().saturating_sub(MOST_TOLD);
    let first = reasons[..reasons.len() - more].join("; ");
    if more > 0 { format!("{first}; and {more} more") } else { first }
}
