//! The states of many rules, and how they are written as bytes: a policy gets its state back at the next tick, maybe as another version.
//!
//! Version 1, numbers with the highest byte first: version `u8`; rules `u16`; for each its name (`u16` length, bytes), its last tick
//! (`u8` whether, `i64`), firings `u32`, label sets `u16`; for each its labels (`u8` count, name and value as texts), phase `u8` (0 inactive, 1 pending,
//! 2 firing), since `i64`, kept since (`u8` whether, `i64`), firings `u32`, last data (`u8` whether, `i64`). Nothing may follow.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::alert::{Instance, Phase};
use crate::evaluate::MOST_INSTANCES;
use crate::{Alert, Error, Evidence, Finding, Labels, Rule, Time};

/// What is written.
const VERSION: u8 = 1;
/// The most rules of one state.
pub const MOST_RULES: usize = 500;

/// The states of rules, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts(BTreeMap<String, Alert>);

impl Alerts {
    /// Evaluates rules at a tick, in their order. The state of a rule that is none of them any more is dropped.
    ///
    /// # Errors
    /// As [`Alert::tick`]; if there are too many rules, or two of one name. Then nothing has changed.
    pub fn tick(&mut self, rules: &[Rule], evidence: &Evidence, tick: Time) -> Result<Vec<Finding>, Error> {
        if rules.len() > MOST_RULES {
            return Err(Error::TooMany { what: "rules", most: MOST_RULES });
        }
        let (mut next, mut findings) = (BTreeMap::new(), Vec::new());
        for rule in rules {
            let mut alert = self.0.get(&rule.name).cloned().unwrap_or_default();
            findings.extend(alert.tick(rule, evidence, tick)?);
            if next.insert(rule.name.clone(), alert).is_some() {
                return Err(Error::Rule { name: rule.name.clone(), why: "stands there twice; give one another name" });
            }
        }
        self.0 = next;
        Ok(findings)
    }

    /// The state of a rule.
    pub fn get(&self, rule: &str) -> Option<&Alert> {
        self.0.get(rule)
    }

    /// The states as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::from([VERSION]);
        count(&mut bytes, self.0.len());
        for (name, alert) in &self.0 {
            text(&mut bytes, name);
            optional(&mut bytes, alert.last);
            bytes.extend(alert.firings.to_be_bytes());
            count(&mut bytes, alert.instances.len());
            for (labels, instance) in &alert.instances {
                bytes.push(labels.iter().len().to_be_bytes()[size_of::<usize>() - 1]);
                for (name, value) in labels.iter() {
                    text(&mut bytes, name);
                    text(&mut bytes, value);
                }
                bytes.push(match instance.phase {
                    Phase::Inactive => 0,
                    Phase::Pending => 1,
                    Phase::Firing => 2,
                });
                bytes.extend(instance.since.0.to_be_bytes());
                optional(&mut bytes, instance.keeping_since);
                bytes.extend(instance.firings.to_be_bytes());
                optional(&mut bytes, instance.last_data);
            }
        }
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) has written. No bytes are the state before the first tick.
    ///
    /// # Errors
    /// If they are of another version, cut off, or no state.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut left = Bytes(bytes);
        match bytes.first() {
            None => return Ok(Self::default()),
            Some(&VERSION) => left.array::<1>()?,
            Some(other) => return Err(Error::StateVersion(*other, VERSION)),
        };
        let mut rules = BTreeMap::new();
        for _ in 0..left.count(MOST_RULES)? {
            let name = left.text()?;
            let alert = left.alert()?;
            if rules.insert(name.to_owned(), alert).is_some() {
                return Err(Error::State("a rule stands there twice"));
            }
        }
        if left.0.is_empty() { Ok(Self(rules)) } else { Err(Error::State("something follows it")) }
    }
}

/// A number below 2^16; the bounds of rules and label sets are.
fn count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend(u16::try_from(count).unwrap_or(u16::MAX).to_be_bytes());
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    count(bytes, text.len());
    bytes.extend(text.as_bytes());
}

fn optional(bytes: &mut Vec<u8>, time: Option<Time>) {
    bytes.push(u8::from(time.is_some()));
    bytes.extend(time.unwrap_or_default().0.to_be_bytes());
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, left) = self.0.split_at_checked(length).ok_or(Error::State("it is cut off"))?;
        self.0 = left;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| Error::State("it is cut off"))
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.array().map(|[byte]| byte)
    }

    fn count(&mut self, most: usize) -> Result<usize, Error> {
        let count = usize::from(u16::from_be_bytes(self.array()?));
        if count <= most { Ok(count) } else { Err(Error::State("it has more rules or label sets than there may be")) }
    }

    fn text(&mut self) -> Result<&'a str, Error> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        core::str::from_utf8(self.take(length)?).map_err(|_| Error::State("a text in it is no UTF-8"))
    }

    fn number(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_be_bytes)
    }

    fn time(&mut self) -> Result<Time, Error> {
        Ok(Time(i64::from_be_bytes(self.array()?)))
    }

    fn optional(&mut self) -> Result<Option<Time>, Error> {
        let (is_there, time) = (self.byte()?, self.time()?);
        match is_there {
            0 if time == Time(0) => Ok(None),
            1 => Ok(Some(time)),
            _ => Err(Error::State("a time in it is neither there nor absent")),
        }
    }

    fn labels(&mut self) -> Result<Labels, Error> {
        let count = self.byte()?;
        let pairs = (0..count).map(|_| Ok((self.text()?, self.text()?))).collect::<Result<Vec<_>, Error>>()?;
        let labels = Labels::new(pairs.iter().copied())?;
        // One state is written in one way only.
        if labels.iter().eq(pairs) { Ok(labels) } else { Err(Error::State("labels in it are out of order")) }
    }

    fn alert(&mut self) -> Result<Alert, Error> {
        let mut alert = Alert { last: self.optional()?, firings: self.number()?, instances: BTreeMap::new() };
        for _ in 0..self.count(MOST_INSTANCES)? {
            let labels = self.labels()?;
            let instance = Instance {
                phase: match self.byte()? {
                    0 => Phase::Inactive,
                    1 => Phase::Pending,
                    2 => Phase::Firing,
                    _ => return Err(Error::State("a phase in it is none")),
                },
                since: self.time()?,
                keeping_since: self.optional()?,
                firings: self.number()?,
                last_data: self.optional()?,
            };
            if alert.instances.insert(labels, instance).is_some() {
                return Err(Error::State("a label set stands there twice"));
            }
        }
        Ok(alert)
    }
}
