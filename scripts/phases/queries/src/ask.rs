//! One question, and whether its answer can be stated.

use holdpoint::CallError;
use holdpoint::metrics::Series;
use holdpoint::prelude::*;

use crate::config::Query;

/// Series of one answer. With ten queries they are the 1,000 that a phase may state.
const MOST_SERIES: usize = 100;
/// Labels of a sample besides `phase`, and bytes of each; the contract of `report` says so.
const MOST_LABELS: usize = 15;
const LONGEST_LABEL: usize = 1_024;

/// Why nothing was stated.
pub(crate) enum Trouble {
    /// The answer says nothing; the next may.
    Silent(String),
    /// It was not asked, and never will be.
    Refused(String),
}

/// Asks, and gives the series that are to be stated, of which none is without a number.
pub(crate) fn ask(cx: &Context, query: &Query) -> Result<Vec<Series>, Trouble> {
    let metrics = query.secret.iter().fold(cx.metrics(&query.service), |metrics, name| metrics.secret(name));
    if let Some(selector) = &query.evidence {
        let age = metrics.evidence_age(selector).map_err(failed)?;
        age.at_most(query.at_most_age).map_err(|why| Trouble::Silent(format!("{selector}: {why}")))?;
    }
    let answer = metrics.query(&query.promql).map_err(failed)?;
    let series = answer.sound(query.at_most_age).map_err(Trouble::Silent)?;
    plain(series).map_err(Trouble::Silent)?;
    Ok(series.to_vec())
}

fn failed(error: CallError) -> Trouble {
    match error.cause() {
        Cause::Denied(_) | Cause::Exhausted(_) => Trouble::Refused(error.to_string()),
        _ => Trouble::Silent(error.to_string()),
    }
}

/// Whether all of it can be stated: a part would be taken for the whole.
fn plain(series: &[Series]) -> Result<(), String> {
    if series.len() > MOST_SERIES {
        return Err(format!("the answer has {} series, and {MOST_SERIES} are stated", series.len()));
    }
    for one in series {
        if !one.last().is_some_and(|sample| sample.value.is_finite()) {
            return Err("a series of the answer has no finite number".to_owned());
        }
        let labels = one.labels.iter().filter(|(name, _)| name != "__name__");
        if labels.clone().count() > MOST_LABELS || labels.clone().any(|(_, value)| value.len() > LONGEST_LABEL) {
            return Err(format!(
                "a series of the answer has more than {MOST_LABELS} labels, or one of more than {LONGEST_LABEL} bytes"
            ));
        }
    }
    Ok(())
}
