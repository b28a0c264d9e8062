//! Round after round: agents come and go, everybody stops, and the gauges are looked at.

use std::collections::BTreeMap;

use holdpoint::load::Stopped;
use holdpoint::metrics::{OneProcess, Page};
use holdpoint::prelude::*;

use crate::config::Config;

/// How long lies between two looks at least, and how many there are after a round.
const PAUSE: Millis = Millis(500);
const FEWEST: u32 = 4;
const MOST: u32 = 40;
/// Series of a gauge, and bytes of the labels that tell them apart.
const MOST_SERIES: usize = 100;
const LONGEST_LABELS: usize = 500;

/// What a gauge was, by the labels of its series.
pub(crate) type Levels = BTreeMap<String, f64>;

/// The least that was seen of each gauge while nobody acted; of one that is not asked for nothing.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    pub(crate) live: Levels,
    pub(crate) memory: Levels,
}

/// A round that is over.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) load: Stopped,
    pub(crate) rest: Rest,
    /// The last look.
    call: u32,
}

impl Evidence for Round {
    fn calls(&self) -> Vec<u32> {
        (&self.load, vec![self.call]).calls()
    }
}

/// Those that are judged. One before them warms up. An error says why there is nothing to judge.
pub(crate) fn go(cx: &Context, config: &Config) -> Result<Vec<Round>, String> {
    let mut watch = Watch { cx, config, process: OneProcess::default() };
    let mut before = Rest::default();
    watch.look(&mut before)?;
    let (mut rounds, all, load) = (Vec::new(), config.rounds + 1, config.load());
    for number in 0..all {
        cx.progress(number, all, format_args!("round {} of {all}: agents come and go", number + 1));
        let load = cx.load().run(&load).map_err(|error| error.to_string())?;
        let mut rest = Rest::default();
        let call = watch.settle(&before, &mut rest)?;
        if number > 0 {
            rounds.push(Round { load, rest, call });
        }
    }
    Ok(rounds)
}

/// Who looks.
struct Watch<'a> {
    cx: &'a Context,
    config: &'a Config,
    process: OneProcess,
}

impl Watch<'_> {
    /// Looks until as many agents live as before, or the time is over; the number of the last look.
    fn settle(&mut self, before: &Rest, rest: &mut Rest) -> Result<u32, String> {
        let (cx, config) = (self.cx, self.config);
        let (start, mut looks) = (cx.now(), 0);
        let pause = PAUSE.max(Millis(config.settles.0 / MOST));
        loop {
            let call = self.look(rest)?;
            looks += 1;
            let are_gone = before.live.iter().all(|(name, live)| rest.live.get(name).is_none_or(|now| now <= live));
            if looks >= FEWEST && (are_gone || cx.now().since(start) >= config.settles) {
                return Ok(call);
            }
            cx.sleep(pause).map_err(|error| error.to_string())?;
        }
    }

    /// Looks once, and keeps what is less than it was so far.
    fn look(&mut self, rest: &mut Rest) -> Result<u32, String> {
        let config = self.config;
        let told = format!("the page {} {}", config.service, config.path);
        let page = self.cx.metrics(&config.service).scrape(&config.path).map_err(|error| format!("{told}: {error}"))?;
        let gauges: Vec<&str> = [&config.live, &config.memory].into_iter().flatten().map(String::as_str).collect();
        self.process.take(&page, &gauges).map_err(|why| format!("{told}: {why}"))?;
        for (gauge, levels) in [(&config.live, &mut rest.live), (&config.memory, &mut rest.memory)] {
            let Some(gauge) = gauge else { continue };
            for (series, value) in read(&page, gauge).map_err(|why| format!("{told}: {why}"))? {
                let level = levels.entry(series).or_insert(value);
                *level = level.min(value);
            }
        }
        Ok(page.seq())
    }
}

fn read(page: &Page, gauge: &str) -> Result<Levels, String> {
    let mut levels = Levels::new();
    for sample in page.samples(gauge) {
        let series = sample.labelled();
        if !sample.value.is_finite() || sample.value < 0.0 {
            return Err(format!("{gauge} is {}", sample.value));
        }
        if series.len() > LONGEST_LABELS || levels.len() >= MOST_SERIES {
            return Err(format!(
                "{gauge} has more than {MOST_SERIES} series, or labels of more than {LONGEST_LABELS} bytes"
            ));
        }
        levels.insert(series, sample.value);
    }
    if levels.is_empty() { Err(format!("it has no {gauge}")) } else { Ok(levels) }
}
