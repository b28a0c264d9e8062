//! A phase that asks the questions for metrics of its configuration, one after the other, and shows what came of each. It judges one thing
//! only: that every question had an answer.

use holdpoint::metrics::{Answered, CloudQuery, Page, Series};
use holdpoint::prelude::*;
use holdpoint::{CallError, Time};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    ask: Vec<Ask>,
    /// A secret that goes into the header `authorization`.
    secret: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Ask {
    Query(String),
    /// So long before now.
    QueryAgo(String, Millis),
    /// The last so long.
    Range(String, Millis),
    Age(String),
    Scrape(String),
    /// Of this project.
    Series(String, String),
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    let mut metrics = cx.metrics("prometheus").timeout(Millis(20_000));
    if let Some(name) = &config.secret {
        metrics = metrics.secret(name);
    }
    let before = |ago: Millis| Time(cx.now().0 - ago.as_f64());
    for ask in &config.ask {
        match ask {
            Ask::Query(promql) => show(cx, promql, metrics.query(promql), |answer| shown(cx, answer)),
            Ask::QueryAgo(promql, ago) => {
                show(cx, promql, metrics.query_at(promql, before(*ago)), |answer| shown(cx, answer));
            }
            Ask::Range(promql, last) => {
                let range = metrics.range(promql, before(*last), before(Millis(0)), Millis(1_000));
                show(cx, promql, range, |answer| shown(cx, answer));
            }
            Ask::Age(selector) => show(cx, selector, metrics.evidence_age(selector), |age| {
                age.milliseconds().map_or_else(|| "none".to_owned(), |age| format!("{:.0} s", age / 1_000.0))
            }),
            Ask::Scrape(path) => show(cx, path, metrics.scrape(path), page),
            Ask::Series(project, filter) => {
                let query = CloudQuery {
                    project: project.clone(),
                    filter: filter.clone(),
                    from: before(Millis(600_000)),
                    to: cx.now(),
                    alignment_period: Millis(60_000),
                    aligner: "ALIGN_RATE".into(),
                    reducer: None,
                    group_by: vec![],
                };
                show(cx, filter, metrics.time_series(&query), |answer| shown(cx, answer));
            }
        }
    }
    Ok(())
}

fn show<T: Evidence>(cx: &Context, what: &str, answer: Result<T, CallError>, said: impl FnOnce(&T) -> String) {
    let check = cx.check(["P3.1"], what);
    match answer {
        Ok(answer) => check.pass(observed(said(&answer)), &answer),
        Err(error) => check.from_error(error),
    }
}

/// How many series, the first of them, and how old the answer is.
fn shown(cx: &Context, answer: &Answered) -> String {
    let first = answer.series().first().map_or_else(String::new, |first| format!("; {}", one(first)));
    let stated = answer.series().iter().filter(|series| series.sample(cx, "seen")).count();
    let warnings: String = answer.warnings().iter().map(|warning| format!("; {warning}")).collect();
    let age = answer.age().map_or_else(|| "none".to_owned(), |age| format!("{:.0}", age / 1_000.0));
    format!("{} series, {stated} stated, age {age}{first}{warnings}", answer.series().len())
}

fn one(series: &Series) -> String {
    let labels: Vec<String> = series.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let grown = match (series.samples.first(), series.last()) {
        (Some(first), Some(last)) => series.increase(first.at, last.at),
        _ => None,
    };
    let last = series.last().map_or(f64::NAN, |sample| sample.value);
    format!(
        "{} of {} samples, last {last}, resets {}, grown {}",
        labels.join(","),
        series.samples.len(),
        series.resets(),
        grown.map_or_else(|| "unknown".to_owned(), |grown| format!("{grown:.0}")),
    )
}

fn page(page: &Page) -> String {
    let samples: usize = page.families().iter().map(|family| family.samples.len()).sum();
    let first = &page.families()[0];
    let kind = format!("{:?}", first.kind);
    format!("{:?} of {} families, {samples} samples; {} {kind}", page.format(), page.families().len(), first.name)
}
