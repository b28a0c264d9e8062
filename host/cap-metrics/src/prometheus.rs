//! Answers of the HTTP API of Prometheus (<https://prometheus.io/docs/prometheus/latest/querying/api/>), read once and to their end.

use std::{borrow::Cow, fmt};

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};

use crate::{
    Answer, Sample, Series, Unread,
    labels::{Labelled, Labels, Listed},
};

#[derive(Deserialize)]
struct Envelope {
    status: String,
    data: Option<Data>,
    #[serde(rename = "errorType", default)]
    error_type: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Option<Vec<String>>,
    #[serde(default)]
    infos: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: Outcome,
}

/// A list of series, or one time with its value. It is not known which until it is read, and it may be long.
enum Outcome {
    Series(Listed<Item>),
    Point(Sample),
    Text,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    metric: Labels,
    value: Option<Point>,
    values: Option<Vec<Point>>,
    histogram: Option<IgnoredAny>,
    histograms: Option<IgnoredAny>,
}

impl Labelled for Item {
    fn labels(&self) -> usize {
        self.metric.0.len()
    }
}

/// Seconds, and a number as a text.
struct Point(Sample);

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (seconds, value) = <(f64, Text<'de>)>::deserialize(deserializer)?;
        sample(seconds, &value.0).map(Point).ok_or_else(|| D::Error::custom(format!("`{}` is no number", value.0)))
    }
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn sample(seconds: f64, value: &str) -> Option<Sample> {
    Some(Sample { at: (seconds * 1_000.0).round(), value: value.parse().ok()? })
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements;
        impl<'de> Visitor<'de> for Elements {
            type Value = Outcome;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("series, or a time and a value")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Outcome, A::Error> {
                let mut items = Listed::default();
                let (mut any, mut seconds) = (false, None);
                while let Some(element) = list.next_element::<Element>()? {
                    match (element, seconds) {
                        (Element::Item(item), None) => {
                            items.push(*item);
                            any = true;
                        }
                        (Element::Number(number), None) if !any => seconds = Some(number),
                        (Element::Text(text), Some(at)) => {
                            let none = list.next_element::<IgnoredAny>()?.is_none();
                            let point = sample(at, &text).map_or(Outcome::Text, Outcome::Point);
                            return if none { Ok(point) } else { Err(A::Error::custom("a point has two parts")) };
                        }
                        _ => return Err(A::Error::custom("series and points are mixed")),
                    }
                }
                match seconds {
                    None => Ok(Outcome::Series(items)),
                    Some(_) => Err(A::Error::custom("a point has two parts")),
                }
            }
        }
        deserializer.deserialize_seq(Elements)
    }
}

enum Element {
    Item(Box<Item>),
    Number(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Kinds;
        impl<'de> Visitor<'de> for Kinds {
            type Value = Element;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a series, a time or a value")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Element, A::Error> {
                Item::deserialize(MapAccessDeserializer::new(map)).map(|item| Element::Item(Box::new(item)))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Element, E> {
                Ok(Element::Number(number))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Element, E> {
                Ok(Element::Number(number as f64))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Element, E> {
                Ok(Element::Number(number as f64))
            }

            fn visit_str<E>(self, text: &str) -> Result<Element, E> {
                Ok(Element::Text(text.to_owned()))
            }
        }
        deserializer.deserialize_any(Kinds)
    }
}

/// Reads the answer to a query, at one time or over a range.
pub(crate) fn read(body: &[u8]) -> Result<Answer, Unread> {
    let unreadable = Unread::Unreadable;
    let envelope: Envelope = serde_json::from_slice(body)
        .map_err(|error| unreadable(format!("it is no answer of the API of Prometheus: {error}")))?;
    if envelope.status != "success" {
        return Err(unreadable(format!("the query failed: {}: {}", envelope.error_type, envelope.error)));
    }
    let Some(Data { result_type, result }) = envelope.data else {
        return Err(unreadable("it is a success without data".into()));
    };
    let series = match (result_type.as_str(), result) {
        ("vector", Outcome::Series(items)) => items.whole()?.into_iter().map(|item| series(item, true)).collect(),
        ("matrix", Outcome::Series(items)) => items.whole()?.into_iter().map(|item| series(item, false)).collect(),
        ("scalar", Outcome::Point(sample)) => Ok(vec![Series { labels: vec![], samples: vec![sample] }]),
        ("string", _) => Err(unreadable("the query gives a text, and numbers are read".into())),
        (other, _) => Err(unreadable(format!("it has the type `{other}`, and its result is of another"))),
    };
    let (warnings, infos) = (envelope.warnings.unwrap_or_default(), envelope.infos.unwrap_or_default());
    Answer { series: series?, warnings, infos }.checked()
}

fn series(item: Item, instant: bool) -> Result<Series, Unread> {
    let unreadable = |why: &str| Err(Unread::Unreadable(why.into()));
    if item.histogram.is_some() || item.histograms.is_some() {
        return unreadable("a series has native histograms; ask for a quantile, the sum or the count");
    }
    let samples = match (item.value, item.values, instant) {
        (Some(Point(sample)), None, true) => vec![sample],
        (None, Some(points), false) => points.into_iter().map(|Point(sample)| sample).collect(),
        _ => return unreadable("a series has no samples of its kind"),
    };
    Ok(Series { labels: item.metric.0, samples })
}

/// What an answer with an error status says, if it is one of the API.
pub(crate) fn error(body: &[u8]) -> Option<String> {
    let envelope: Envelope = serde_json::from_slice(body).ok()?;
    (envelope.status == "error").then(|| format!("{}: {}", envelope.error_type, envelope.error))
}

#[cfg(test)]
#[path = "prometheus_tests.rs"]
mod tests;
