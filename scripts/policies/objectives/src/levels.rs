//! Shares of processors, memory and connections that each instance holds below a limit, and how many users there were.

use holdpoint::policy::prelude::*;
use holdpoint::policy::said;
use serde::Serialize;

use crate::config::{Config, Level};
use crate::exchanges::CHUNK;
use crate::{is_asked, over_the_run};

/// Where each instance stands. Instances are told apart by their label; where it was missing at any time, not all is known of any.
pub(crate) fn judge(cx: &Context, config: &Config, watch: &mut Watch) -> Result<Vec<Finding>> {
    let names = &config.series;
    let all = [
        ("cpu", &names.cpu, &config.cpu),
        ("memory", &names.memory, &config.memory),
        ("connections", &names.connections, &config.connections),
    ];
    let asked: Vec<_> = all.into_iter().filter(|(_, _, level)| is_asked(cx, &level.rows)).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let alarms: Vec<Alarm> = asked.iter().map(|(name, metric, level)| alarm(name, metric, level)).collect();
    let mut found = watch.tick(cx, &alarms)?;
    for (name, metric, level) in asked {
        let nameless = Selector::new(metric).is("instance", "");
        let evidence = cx.evidence([Ask::whole(nameless.clone(), cx.now())])?;
        if evidence.select(&nameless).next().is_some() {
            let observed =
                format!("{metric} has series without the label `instance`, so instances can't be told apart");
            found.push(over_the_run(cx, format!("{name} of nobody"), Inconclusive, observed).rows(&level.rows));
        }
    }
    Ok(found)
}

fn alarm(name: &str, metric: &str, level: &Level) -> Alarm {
    let selector = Selector::new(metric).is_not("instance", "");
    let measure = Measure::Gauge { selector, over: Over::Now, across: Across::Highest };
    let condition = Condition { compare: Compare::AtLeast, limit: level.limit };
    let by_instance = Expression::of(measure).by(&["service", "instance"]);
    let rule = Rule::new(name, Severity::Warning, by_instance, condition).lasting(level.hold.into());
    Alarm::of(rule).measured(metric, Unit::Share).rows(&level.rows)
}

/// The most users at one time so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Most {
    /// Up to just before this moment all of them were looked at, in milliseconds since 1970.
    until: Option<i64>,
    users: Option<f64>,
}

impl Most {
    /// What there is now. What may still change is looked at anew each time, and at last everything.
    fn at_now(&mut self, cx: &Context, config: &Config) -> Result<Option<f64>> {
        let selector = Selector::new(&config.users.series);
        let whole = Ask::whole(selector, cx.now());
        let from = self.until.filter(|_| !cx.is_last()).map_or(whole.from, Time);
        let settled = (cx.now() - Span::from(config.settle)).max(from);
        self.users = highest([self.users.filter(|_| !cx.is_last()), within(cx, &whole, from, settled - Span(1))?]);
        self.until = Some(settled.0);
        Ok(highest([self.users, within(cx, &whole, settled, cx.now())?]))
    }
}

fn highest(values: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    values.into_iter().flatten().filter(|value| !value.is_nan()).max_by(f64::total_cmp)
}

/// The highest value from a moment to another, both included.
fn within(cx: &Context, whole: &Ask, from: Time, to: Time) -> Result<Option<f64>> {
    let (mut most, mut from) = (None, from);
    while from <= to {
        let end = (from.max(cx.facts().started) + CHUNK).min(to);
        let evidence = cx.evidence([Ask { from, to: end, ..whole.clone() }])?;
        let all = evidence.select(&whole.selector).flat_map(|series| evidence.samples(series, from, end));
        most = highest([most, highest(all.map(|sample| Some(sample.value)))]);
        from = end + Span(1);
    }
    Ok(most)
}

/// Whether there were ever enough users at one time.
pub(crate) fn users(cx: &Context, config: &Config, most: &mut Most) -> Result<Vec<Finding>> {
    let wanted = &config.users;
    if !is_asked(cx, &wanted.rows) {
        return Ok(Vec::new());
    }
    let most = most.at_now(cx, config)?;
    let expected = format!("at least {} users at one time", said(wanted.at_least, Unit::Number));
    let found = match most {
        Some(most) if most >= wanted.at_least => Finding::new("users", Pass).observed(said(most, Unit::Number)),
        Some(most) => over_the_run(cx, "users".to_owned(), Fail, said(most, Unit::Number)),
        None => over_the_run(cx, "users".to_owned(), Inconclusive, "there is no series".to_owned()),
    };
    Ok(vec![found.rows(&wanted.rows).expected(expected)])
}
