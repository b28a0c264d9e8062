//! One question, and whether its answer can be stated.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint::CallError;
use holdpoint::metrics::Series;
use holdpoint::prelude::*;

use crate::config::Query;

/// Series of one answer. With ten queries they are the 1,000 that a phase may state.
const MOST_SERIES: usize = 100;
/// Series of all answers; the contract of `report` says so.
const MOST_OF_ALL: usize = 1_000;
/// Labels of a sample besides `phase`, and bytes of each; the contract of `report` says so.
const MOST_LABELS: usize = 15;
const LONGEST_LABEL: usize = 1_024;

/// Every series that was stated: the name of its query, and its labels.
pub(crate) type Known = BTreeSet<(String, BTreeMap<String, String>)>;

/// Why nothing was stated.
pub(crate) enum Trouble {
    /// The answer says nothing; the next may.
    Silent(String),
    /// It was not asked, and never will be.
    Refused(String),
}

/// Asks, and gives the series that are to be stated, of which none is without a number and none hides another.
pub(crate) fn ask(cx: &Context, name: &str, query: &Query, known: &mut Known) -> Result<Vec<Series>, Trouble> {
    let metrics = query.secret.iter().fold(cx.metrics(&query.service), |metrics, name| metrics.secret(name));
    if let Some(selector) = &query.evidence {
        let age = metrics.evidence_age(selector).map_err(failed)?;
        age.at_most(query.at_most_age).map_err(|why| Trouble::Silent(format!("{selector}: {why}")))?;
    }
    let answer = metrics.query(&query.promql).map_err(failed)?;
    let series = answer.sound(query.at_most_age).map_err(Trouble::Silent)?;
    plain(name, series, known).map_err(Trouble::Silent)?;
    Ok(series.to_vec())
}

fn failed(error: CallError) -> Trouble {
    match error.cause() {
        Cause::Denied(_) => Trouble::Refused(error.to_string()),
        _ => Trouble::Silent(error.to_string()),
    }
}

/// Whether all of it can be stated: a part would be taken for the whole. If so, it is known from here on.
fn plain(name: &str, series: &[Series], known: &mut Known) -> Result<(), String> {
    if series.len() > MOST_SERIES {
        return Err(format!("the answer has {} series, and {MOST_SERIES} are stated", series.len()));
    }
    let mut stated = Known::new();
    for one in series {
        if !one.last().is_some_and(|sample| sample.value.is_finite()) {
            return Err("a series of the answer has no finite number".to_owned());
        }
        let labels = one.stated_labels()?;
        if labels.len() > MOST_LABELS || labels.values().any(|value| value.len() > LONGEST_LABEL) {
            return Err(format!(
                "a series of the answer has more than {MOST_LABELS} labels, or one of more than {LONGEST_LABEL} bytes"
            ));
        }
        if !stated.insert((name.to_owned(), labels)) {
            return Err("two series of the answer would be stated with the same labels, as one".to_owned());
        }
    }
    if known.len() + stated.difference(known).count() > MOST_OF_ALL {
        return Err(format!("more than {MOST_OF_ALL} series would be stated; ask for less"));
    }
    known.extend(stated);
    Ok(())
}
