//! Pages of metrics: the text format of Prometheus, version 0.0.4, and OpenMetrics, version 1.0. A page is read to its end or not at all.
//!
//! Sources: <https://prometheus.io/docs/instrumenting/exposition_formats/> and the OpenMetrics specification (its ABNF). Exemplars are read and left out.
//! Names outside of `[a-zA-Z_:][a-zA-Z0-9_:]*` are not asked for and not read.

mod families;
mod line;
#[cfg(test)]
mod properties;
mod reading;
#[cfg(test)]
mod tests;

pub(crate) use reading::read;
use serde::Deserialize;

/// The notation of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Version 0.0.4 of the text format.
    Text,
    OpenMetrics,
}

/// A page, with at least one sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub format: Format,
    /// In the order in which they are first named.
    pub families: Vec<Family>,
}

/// What a metric is. Scripts have it as the contract does: `gauge-histogram`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
    GaugeHistogram,
    Summary,
    Info,
    StateSet,
    #[default]
    Unknown,
}

/// The samples of one metric.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Family {
    pub name: String,
    pub kind: Kind,
    pub help: String,
    pub unit: String,
    pub samples: Vec<Exposed>,
}

/// A line of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposed {
    /// With its suffix.
    pub name: String,
    /// Name and value, each name once.
    pub labels: Vec<(String, String)>,
    pub value: f64,
    /// Milliseconds since 1970, if the page says it.
    pub at: Option<f64>,
}

impl Kind {
    /// The word that OpenMetrics has for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
            Self::Unknown => "unknown",
        }
    }
}

impl Page {
    /// The newest time that the page gives, in milliseconds since 1970.
    pub fn newest(&self) -> Option<f64> {
        let samples = self.families.iter().flat_map(|family| &family.samples);
        samples.filter_map(|sample| sample.at).max_by(f64::total_cmp)
    }
}
