//! Pages of metrics.

use serde::Deserialize;

use crate::Evidence;

/// What a metric is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricKind {
    /// It only grows, or begins anew.
    Counter,
    /// It is as it stands.
    Gauge,
    /// Counters of buckets.
    Histogram,
    /// Buckets that may also fall.
    GaugeHistogram,
    /// Quantiles that the service has reckoned itself.
    Summary,
    /// Texts as labels.
    Info,
    /// Which of several states it is in.
    StateSet,
    /// The page does not say.
    #[default]
    Unknown,
}

/// The notation of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageFormat {
    /// Version 0.0.4 of the text format, whose end nobody sees.
    Text,
    /// OpenMetrics, with its end.
    OpenMetrics,
}

/// A line of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposed {
    /// With its suffix: `http_requests_total`.
    pub name: String,
    /// Name and value, each name once.
    pub labels: Vec<(String, String)>,
    /// It may be NaN or infinite.
    pub value: f64,
    /// The time that the page gives for it, in milliseconds since 1970. `None`: it is as of now.
    pub at: Option<f64>,
}

/// The samples of one metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Family {
    /// Of the metric.
    pub name: String,
    /// What it is.
    pub kind: MetricKind,
    /// What it means, in words.
    pub help: String,
    /// Its unit; empty if the page does not say.
    pub unit: String,
    /// At least one.
    pub samples: Vec<Exposed>,
}

/// A page that was read to its end, with at least one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub(crate) call: u32,
    pub(crate) format: PageFormat,
    pub(crate) families: Vec<Family>,
    pub(crate) age: Option<f64>,
}

impl Exposed {
    /// The value of a label, if it has that.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All labels in the order of their names, as `instance=a,pool=main`: what tells it from others of its name.
    pub fn labelled(&self) -> String {
        let mut labels: Vec<String> = self.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        labels.sort_unstable();
        labels.join(",")
    }
}

impl Page {
    /// Its notation.
    pub fn format(&self) -> PageFormat {
        self.format
    }

    /// All metrics, in the order of the page.
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// The metric of this name.
    pub fn family(&self, name: &str) -> Option<&Family> {
        self.families.iter().find(|family| family.name == name)
    }

    /// The samples whose own name is this, of whatever metric.
    pub fn samples<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p Exposed> {
        self.families.iter().flat_map(|family| &family.samples).filter(move |sample| sample.name == name)
    }

    /// Milliseconds from the newest time that the page gives to its arrival; `None` if it gives none.
    pub fn age(&self) -> Option<f64> {
        self.age
    }

    /// The number of the call, from 0.
    pub fn seq(&self) -> u32 {
        self.call
    }
}

impl Evidence for Page {
    fn calls(&self) -> Vec<u32> {
        vec![self.call]
    }
}
