//! Pages of metrics: the text format of Prometheus, version 0.0.4, and OpenMetrics, version 1.0. A page is read to its end or not at all.
//!
//! Sources: <https://prometheus.io/docs/instrumenting/exposition_formats/> and the OpenMetrics specification (its ABNF). Exemplars are read and left out.
//! Names outside of `[a-zA-Z_:][a-zA-Z0-9_:]*` are not asked for and not read.

mod families;
mod line;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use crate::{
    Unread,
    answer::most,
    bounds::{MOST_FAMILIES, MOST_SAMPLES},
};
use families::Families;
use line::Line;

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

/// What a metric is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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

impl Page {
    /// The newest time that the page gives, in milliseconds since 1970.
    pub fn newest(&self) -> Option<f64> {
        let samples = self.families.iter().flat_map(|family| &family.samples);
        samples.filter_map(|sample| sample.at).max_by(f64::total_cmp)
    }
}

impl Format {
    /// What a page says that it is. One that says nothing is a text.
    fn of(content_type: Option<&str>) -> Result<Self, Unread> {
        let media = content_type.unwrap_or("text/plain").split(';').next().unwrap_or_default().trim();
        match media.to_ascii_lowercase().as_str() {
            "text/plain" => Ok(Self::Text),
            "application/openmetrics-text" => Ok(Self::OpenMetrics),
            other => Err(Unread::Unreadable(format!("it has the type `{other}`, which is no page of metrics"))),
        }
    }
}

/// Reads a page.
pub(crate) fn read(content_type: Option<&str>, body: &[u8]) -> Result<Page, Unread> {
    let format = Format::of(content_type)?;
    let text = std::str::from_utf8(body).map_err(|_| Unread::Unreadable("the page is no UTF-8".into()))?;
    let mut families = Families::new(format);
    let mut samples = 0;
    let mut lines = text.split('\n').enumerate().peekable();
    let mut ended = false;
    while let Some((at, line)) = lines.next() {
        let last = lines.peek().is_none();
        if last && line.is_empty() {
            break;
        }
        let broken = |why: &str| Unread::Unreadable(format!("line {} of the page: {why}", at + 1));
        if ended {
            return Err(broken("it stands behind the end"));
        }
        match line::read(line, format).map_err(broken)? {
            Line::Nothing => {}
            Line::End => ended = true,
            Line::Sample(sample) => {
                samples += 1;
                most("samples", samples, MOST_SAMPLES)?;
                families.sample(sample).map_err(broken)?;
            }
            Line::About(name, about) => families.about(name, about).map_err(broken)?,
        }
        most("families", families.len(), MOST_FAMILIES)?;
    }
    if format == Format::OpenMetrics && !ended {
        return Err(Unread::Unreadable("the page has no `# EOF`, so it is not whole".into()));
    }
    if samples == 0 {
        return Err(Unread::Unreadable("the page has no sample".into()));
    }
    Ok(Page { format, families: families.into_list() })
}
