//! Labels as JSON has them: an object of texts, in which no name may stand twice; and lists of what has labels.

use std::{fmt, marker::PhantomData};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::{
    Unread,
    answer::most,
    bounds::{MOST_LABELS, MOST_LABELS_IN_ALL},
};

/// Name and value, in the order of the text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Labels(pub(crate) Vec<(String, String)>);

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs)
    }
}

/// Has labels.
pub(crate) trait Labelled {
    fn labels(&self) -> usize;
}

/// A list of an answer, as far as its labels are not too many. They are counted on, so that it can be said how many there are.
#[derive(Debug)]
pub(crate) struct Listed<T> {
    pub(crate) list: Vec<T>,
    labels: usize,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { list: vec![], labels: 0 }
    }
}

impl<T: Labelled> Listed<T> {
    /// Takes one more, unless there were too many labels.
    pub(crate) fn push(&mut self, item: T) {
        self.labels += item.labels();
        if self.labels <= MOST_LABELS_IN_ALL {
            self.list.push(item);
        } else {
            self.list = vec![];
        }
    }

    /// The list, if it is whole.
    pub(crate) fn whole(self) -> Result<Vec<T>, Unread> {
        most("labels", self.labels, MOST_LABELS_IN_ALL).map(|()| self.list)
    }
}

impl<'de, T: Labelled + Deserialize<'de>> Deserialize<'de> for Listed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Items(PhantomData))
    }
}

struct Items<T>(PhantomData<T>);

impl<'de, T: Labelled + Deserialize<'de>> Visitor<'de> for Items<T> {
    type Value = Listed<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Listed<T>, A::Error> {
        let mut listed = Listed::default();
        while let Some(item) = list.next_element()? {
            listed.push(item);
        }
        Ok(listed)
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
