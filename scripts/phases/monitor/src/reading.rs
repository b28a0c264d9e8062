//! From a page of metrics to shares, instance by instance. Pure: it reads a text and knows no request.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint::rules::{Sample, Span, Time, counter};
use holdpoint::scrape;

use crate::config::{Limit, Metrics, Processors};

/// The longest name of an instance, in bytes.
pub(crate) const LONGEST_NAME: usize = 200;

/// One number of one instance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Level {
    /// The name of the series.
    pub(crate) name: &'static str,
    pub(crate) instance: String,
    pub(crate) value: f64,
}

/// What a page says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Read {
    pub(crate) levels: Vec<Level>,
    /// Why something of it could not be read.
    pub(crate) problems: BTreeSet<String>,
    /// Whether something was left out of which a policy does not see that it was there.
    pub(crate) left_out: bool,
}

/// What counters were when they were read before, by instance.
pub(crate) type Before = BTreeMap<String, Sample>;

/// Reads a page that was there at a moment. What a counter was longer ago than `reach` says nothing about now.
pub(crate) fn read(metrics: &Metrics, text: &str, at: Time, (before, reach): (&mut Before, Span)) -> Read {
    let mut page = Page { text, read: Read::default() };
    if let Some(cpu) = &metrics.cpu {
        let used = page.processors(cpu, at, before, reach);
        page.shares("cpu_share", &used, &cpu.of);
    }
    if let Some(memory) = &metrics.memory {
        let bytes = page.by_instance(&memory.gauge);
        for (instance, value) in &bytes {
            page.read.levels.push(Level { name: "memory_bytes", instance: instance.clone(), value: *value });
        }
        if let Some(of) = &memory.of {
            page.shares("memory_share", &bytes, of);
        }
    }
    if let Some(connections) = &metrics.connections {
        let used = page.by_instance(&connections.gauge);
        page.shares("connections_share", &used, &connections.of);
    }
    page.read
}

struct Page<'a> {
    text: &'a str,
    read: Read,
}

impl Page<'_> {
    fn problem(&mut self, text: String) {
        self.read.problems.insert(text);
    }

    fn leave_out(&mut self, why: String) {
        self.read.left_out = true;
        self.problem(why);
    }

    /// What each instance says of a metric, added up.
    fn by_instance(&mut self, metric: &str) -> BTreeMap<String, f64> {
        let mut found: BTreeMap<String, f64> = BTreeMap::new();
        let samples = scrape::samples(self.text, metric);
        if samples.is_empty() {
            self.problem(format!("there is no {metric}"));
        }
        for sample in samples {
            match sample.label("instance") {
                None | Some("") => {
                    self.leave_out(format!("{metric} has no label instance, so instances can't be told apart"));
                }
                Some(instance) if instance.len() > LONGEST_NAME => {
                    self.leave_out(format!("{metric} has an instance whose name is longer than {LONGEST_NAME} bytes"));
                }
                Some(_) if sample.value < 0.0 => self.leave_out(format!("{metric} is below 0")),
                Some(instance) => *found.entry(instance.to_owned()).or_default() += sample.value,
            }
        }
        found
    }

    /// How many processors each instance uses: now, or in the mean since its counter was read before.
    fn processors(&mut self, cpu: &Processors, at: Time, before: &mut Before, reach: Span) -> BTreeMap<String, f64> {
        let Some(metric) = &cpu.counter else {
            return cpu.gauge.as_deref().map(|gauge| self.by_instance(gauge)).unwrap_or_default();
        };
        before.retain(|_, known| at - known.at <= reach);
        let mut used = BTreeMap::new();
        for (instance, value) in self.by_instance(metric) {
            let now = Sample { at, value };
            if let Some(known) = before.insert(instance.clone(), now).filter(|known| known.at < at) {
                // From one sample to the other nothing is extrapolated, and a value below the one before is a restart from zero.
                let rate = counter::rate(&[known, now], known.at, at);
                used.extend(rate.map(|rate| (instance, rate)));
            }
        }
        used
    }

    fn shares(&mut self, name: &'static str, used: &BTreeMap<String, f64>, of: &Limit) {
        let limits = match of {
            Limit::Number(_) => BTreeMap::new(),
            Limit::Gauge(gauge) => self.by_instance(gauge),
        };
        for (instance, value) in used {
            let limit = match of {
                Limit::Number(number) => Some(*number),
                Limit::Gauge(_) => limits.get(instance).copied().filter(|limit| *limit > 0.0),
            };
            match (limit, of) {
                (Some(limit), _) => {
                    self.read.levels.push(Level { name, instance: instance.clone(), value: value / limit });
                }
                (None, Limit::Gauge(gauge)) => {
                    self.leave_out(format!("{gauge} says nothing above 0 of an instance, so its share is not known"));
                }
                (None, Limit::Number(_)) => {}
            }
        }
    }
}
