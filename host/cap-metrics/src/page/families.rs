//! Lines put together: which sample belongs to which metric, and that nothing is said twice.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_model::Digest;

use super::{Exposed, Family, Format, Kind, line::About};

/// The name of a sample with its labels in order, and the time that is said. A digest of them, so that no text is held twice.
fn identity(sample: &Exposed) -> Digest {
    let mut labels: Vec<&(String, String)> = sample.labels.iter().collect();
    labels.sort();
    let at = sample.at.map(|at| at.to_bits().to_le_bytes());
    let mut parts = vec![sample.name.as_bytes(), at.as_ref().map_or(&[][..], |at| &at[..])];
    parts.extend(labels.into_iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]));
    Digest::of_parts(&parts)
}

/// The families of a page that is being read.
pub(super) struct Families {
    format: Format,
    list: Vec<Family>,
    places: BTreeMap<String, usize>,
    /// What was said about each: help, kind and unit, in the order of the list.
    said: Vec<[bool; 3]>,
    seen: BTreeSet<Digest>,
}

impl Families {
    pub(super) fn new(format: Format) -> Self {
        Self { format, list: vec![], places: BTreeMap::new(), said: vec![], seen: BTreeSet::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Those that have samples. What is only described says nothing.
    pub(super) fn into_list(self) -> Vec<Family> {
        self.list.into_iter().filter(|family| !family.samples.is_empty()).collect()
    }

    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.list.len();
        self.list.push(Family { name: name.to_owned(), ..Family::default() });
        self.said.push([false; 3]);
        self.places.insert(name.to_owned(), place);
        place
    }

    pub(super) fn about(&mut self, name: &str, about: About) -> Result<(), &'static str> {
        let place = self.place(name);
        let (family, said) = (&mut self.list[place], &mut self.said[place]);
        if !family.samples.is_empty() && !matches!(about, About::Help(_)) {
            return Err("it stands behind samples of its metric");
        }
        let which = match about {
            About::Help(text) => {
                family.help = text;
                0
            }
            About::Kind(kind) => {
                family.kind = kind;
                1
            }
            About::Unit(text) => {
                family.unit = text;
                2
            }
        };
        if std::mem::replace(&mut said[which], true) { Err("it was said before") } else { Ok(()) }
    }

    pub(super) fn sample(&mut self, sample: Exposed) -> Result<(), &'static str> {
        if !self.seen.insert(identity(&sample)) {
            return Err("the sample stands there twice");
        }
        let place = match self.belongs_to(&sample.name) {
            Some(place) => place,
            // It would be read as what it is not: a counter's sample without `_total`, a histogram's without `_bucket`.
            None if self.places.contains_key(&sample.name) => {
                return Err("its name is none of a sample of its metric's type");
            }
            None => self.place(&sample.name),
        };
        self.list[place].samples.push(sample);
        Ok(())
    }

    /// The metric whose kind has such a sample.
    fn belongs_to(&self, name: &str) -> Option<usize> {
        let suffixes = ["", "_total", "_bucket", "_count", "_sum", "_gcount", "_gsum", "_created", "_info"];
        suffixes.into_iter().find_map(|suffix| {
            let place = *self.places.get(name.strip_suffix(suffix)?)?;
            self.list[place].kind.has(suffix, self.format).then_some(place)
        })
    }
}

impl Kind {
    /// Whether a metric of this kind has samples whose names end so.
    fn has(self, suffix: &str, format: Format) -> bool {
        let suffixes: &[&str] = match (self, format) {
            (Self::Counter, Format::OpenMetrics) => &["_total", "_created"],
            (Self::Histogram, Format::Text) => &["_bucket", "_count", "_sum"],
            (Self::Histogram, Format::OpenMetrics) => &["_bucket", "_count", "_sum", "_created"],
            (Self::GaugeHistogram, _) => &["_bucket", "_gcount", "_gsum"],
            (Self::Summary, Format::Text) => &["", "_count", "_sum"],
            (Self::Summary, Format::OpenMetrics) => &["", "_count", "_sum", "_created"],
            (Self::Info, _) => &["_info"],
            (Self::Counter | Self::Gauge | Self::StateSet | Self::Unknown, _) => &[""],
        };
        suffixes.contains(&suffix)
    }
}
