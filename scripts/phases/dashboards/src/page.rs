//! What the service says of itself, as the looks at its page had it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint::metrics::{Exposed, Page, Series};

use crate::config::{Config, Panel};

/// Processes that are told apart, and bytes of what tells one.
pub(crate) const MOST_PROCESSES: usize = 100;
const LONGEST_LABELS: usize = 500;

/// A process of the service: the values of the labels in `by`, in their order.
pub(crate) type Process = Vec<String>;

/// What was said of each process.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Said {
    /// The least and the most.
    between: BTreeMap<Process, (f64, f64)>,
    /// Those that began anew and have said nothing since.
    mute: BTreeSet<Process>,
}

impl Said {
    /// Takes what a page says. An error says what it does not.
    pub(crate) fn take(&mut self, page: &Page, config: &Config, panel: &Panel) -> Result<(), String> {
        let shown = summed(page, config, &panel.shows)?;
        let whole = panel.of.as_ref().map(|of| summed(page, config, of)).transpose()?;
        if shown.is_empty() {
            return Err(format!("{} does not tell {}", config.service, panel.shows));
        }
        if let (Some(of), Some(whole)) = (&panel.of, &whole)
            && whole.is_empty()
        {
            return Err(format!("{} does not tell {of}", config.service));
        }
        for (process, value) in shown {
            let share = match &whole {
                None => value,
                Some(whole) => value / whole.get(&process).copied().unwrap_or(f64::NAN),
            };
            let value = if panel.rest { 1.0 - share } else { share };
            // Of nothing there is no share.
            if !value.is_finite() {
                continue;
            }
            self.mute.remove(&process);
            let (least, most) = self.between.entry(process).or_insert((value, value));
            (*least, *most) = (least.min(value), most.max(value));
            if self.between.len() > MOST_PROCESSES {
                return Err(format!("{} is of more than {MOST_PROCESSES} processes", panel.shows));
            }
        }
        Ok(())
    }

    /// Forgets what a process said before it began anew.
    pub(crate) fn forget(&mut self, process: &Process) {
        if self.between.remove(process).is_some() {
            self.mute.insert(process.clone());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.between.is_empty()
    }

    /// What a panel shows of each process, in words. An error says of which process it shows nothing, or something else.
    pub(crate) fn compare(&self, series: &[Series], config: &Config, panel: &Panel) -> Result<String, String> {
        if let Some(process) = self.mute.first() {
            return Err(format!("{} says nothing{} since it began anew", config.service, named(process)));
        }
        let mut shown = Vec::new();
        for (process, (least, most)) in &self.between {
            let is_of = |one: &&Series| {
                let mut labels = config.by.values().zip(process);
                labels.all(|(label, value)| one.label(label).unwrap_or_default() == value)
            };
            let mut found = series.iter().filter(is_of);
            let who = named(process);
            let value = match (found.next().and_then(Series::last), found.count()) {
                (Some(sample), 0) => sample.value,
                (Some(_), more) => return Err(format!("{} series{who}, and one is wanted", more + 1)),
                (None, _) => return Err(format!("nothing{who}")),
            };
            // Of errors that are next to nothing, next to everything is left: a share of that would be room for many more errors.
            let part = |value: f64| if panel.rest { 1.0 - value } else { value };
            let room = config.within * part(*least).abs().max(part(*most).abs());
            if !(least - room..=most + room).contains(&value) {
                let said = if least == most { least.to_string() } else { format!("{least} to {most}") };
                return Err(format!("{value}{who}, and {} says {said}", config.service));
            }
            shown.push(format!("{value}{who}"));
        }
        Ok(shown.join(", "))
    }
}

pub(crate) fn named(process: &Process) -> String {
    if process.is_empty() { String::new() } else { format!(" of {}", process.join(" ")) }
}

/// A metric of the page, summed up for each process.
fn summed(page: &Page, config: &Config, metric: &str) -> Result<BTreeMap<Process, f64>, String> {
    let mut sums = BTreeMap::new();
    for sample in page.samples(metric) {
        *sums.entry(process(sample, config)?).or_insert(0.0) += sample.value;
    }
    Ok(sums)
}

/// The process that a sample is of.
pub(crate) fn process(sample: &Exposed, config: &Config) -> Result<Process, String> {
    let process: Process = config.by.keys().map(|label| sample.label(label).unwrap_or_default().to_owned()).collect();
    if process.iter().map(String::len).sum::<usize>() > LONGEST_LABELS {
        return Err(format!("{} has labels of more than {LONGEST_LABELS} bytes", sample.name));
    }
    Ok(process)
}
