//! Labels as JSON has them: an object of texts, in which no name may stand twice.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::bounds::MOST_LABELS;

/// Name and value, in the order of the text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Labels(pub(crate) Vec<(String, String)>);

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Labels;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("labels")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
        let mut labels: Vec<(String, String)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, String>()? {
            if labels.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format!("the label {name} stands there twice")));
            }
            if labels.len() == MOST_LABELS {
                return Err(A::Error::custom(format!("a series has more than {MOST_LABELS} labels")));
            }
            labels.push((name, value));
        }
        Ok(Labels(labels))
    }
}
