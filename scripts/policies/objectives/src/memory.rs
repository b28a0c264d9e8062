//! The memory of each instance over the run: no leak and no step, and at the end about what it was in the beginning.

use holdpoint::policy::prelude::*;
use holdpoint::policy::said;
use holdpoint::rules::trend::{NoTrend, Settings, Shape, Tolerance, Trend};
use holdpoint::rules::{Sample, Series};

use crate::config::Config;
use crate::{is_asked, over_the_run};

pub(crate) fn judge(cx: &Context, config: &Config) -> Result<Vec<Finding>> {
    let (leak, drift) = (is_asked(cx, &config.leak.rows), is_asked(cx, &config.drift.rows));
    if !leak && !drift {
        return Ok(Vec::new());
    }
    let selector = Selector::new(&config.series.memory_bytes);
    let evidence = cx.evidence([Ask::whole(selector.clone(), cx.now())])?;
    let mut found = Vec::new();
    let mut both = |labels: Option<&Labels>, trend: Result<Trend, String>| {
        let name = |what: &str| labels.map_or_else(|| what.to_owned(), |labels| format!("{what} {labels}"));
        if leak {
            found.push(self::leak(cx, config, name("leak"), &trend));
        }
        if drift {
            found.push(self::drift(cx, config, name("drift"), &trend));
        }
    };
    let mut any = false;
    for series in evidence.select(&selector) {
        any = true;
        let trend = if series.labels().get("instance").is_empty() {
            Err("it has no label `instance`, so instances can't be told apart".to_owned())
        } else {
            trend(cx, config, &evidence, series)
        };
        both(Some(series.labels()), trend);
    }
    if !any {
        both(None, Err("there is no series".to_owned()));
    }
    Ok(found)
}

/// The trend of one series, or why there is none.
fn trend(cx: &Context, config: &Config, evidence: &Evidence, series: &Series) -> Result<Trend, String> {
    let leak = &config.leak;
    let settings =
        Settings { warm_up: leak.warm_up.into(), bucket: leak.bucket.into(), reach: leak.reach.into(), baseline: None };
    let first = series.samples().first().ok_or("it has no samples")?.at;
    let samples: Vec<Sample> = evidence.samples(series, Time(i64::MIN), cx.now()).copied().collect();
    let last = samples.last().ok_or("all of it was disrupted on purpose")?.at;
    // A series that stopped long before the end says nothing about it.
    if cx.now() - last > settings.bucket && !series.is_gone(cx.now()) {
        return Err(format!("its latest sample is {} old", cx.now() - last));
    }
    Trend::of(&samples, first, last, &settings).map_err(|why| match why {
        NoTrend::TooFewPoints => "there are fewer than five points after warming up".to_owned(),
        NoTrend::TooManyPoints => "there are too many points; take longer buckets".to_owned(),
        NoTrend::NoBaseline => "there is no baseline above zero".to_owned(),
    })
}

fn leak(cx: &Context, config: &Config, name: String, trend: &Result<Trend, String>) -> Finding {
    let wanted = &config.leak;
    let (verdict, observed) = match trend {
        Err(why) => (Inconclusive, why.clone()),
        Ok(trend) => {
            let shape = trend.shape(&Tolerance { per_hour: wanted.per_hour, step: wanted.step });
            let growth = trend.share_per_hour();
            let slope = format!(
                "{} ({} to {})",
                said(growth.estimate, Unit::SharePerHour),
                said(growth.bounds.low, Unit::Share),
                said(growth.bounds.high, Unit::Share)
            );
            match shape {
                Shape::Leak => (Fail, format!("it leaks: {slope}")),
                Shape::Step { by, .. } if by > 0.0 => (Fail, format!("a step of {}", said(by, Unit::Share))),
                Shape::Step { by, .. } => (Pass, format!("a step of {}", said(by, Unit::Share))),
                Shape::Sawtooth => (Pass, format!("it is collected: {slope}")),
                Shape::Flat => (Pass, format!("it stays: {slope}")),
                Shape::Falling => (Pass, format!("it falls: {slope}")),
                Shape::Unclear => (Inconclusive, format!("its points do not tell: {slope}")),
            }
        }
    };
    let expected = format!("no growth above {}, and no step", said(wanted.per_hour, Unit::SharePerHour));
    over_the_run(cx, name, verdict, observed).rows(&wanted.rows).expected(expected)
}

fn drift(cx: &Context, config: &Config, name: String, trend: &Result<Trend, String>) -> Finding {
    let wanted = &config.drift;
    let (verdict, observed) = match trend {
        Err(why) => (Inconclusive, why.clone()),
        Ok(trend) => {
            let drift = trend.drift();
            let verdict = if drift.is_nan() {
                Inconclusive
            } else if drift.abs() <= wanted.limit {
                Pass
            } else {
                Fail
            };
            (verdict, format!("{} away from the baseline", said(drift, Unit::Share)))
        }
    };
    let expected = format!("within {} of the baseline", said(wanted.limit, Unit::Share));
    over_the_run(cx, name, verdict, observed).rows(&wanted.rows).expected(expected)
}
