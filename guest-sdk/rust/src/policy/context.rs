//! The one value through which a policy sees its run and says what it found.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::{Alarm, Ask, Facts, Finding, SeenCheck, SeenStretch, StretchKind, Watch};
use crate::rules::{Evidence, Series, SeriesSet, Stretch, Time};
use crate::{Error, Result, host};

/// The run up to a moment.
#[derive(Debug)]
pub struct Context {
    now: Time,
    state: Vec<u8>,
    findings: Vec<Finding>,
    requirements: OnceCell<Option<Vec<String>>>,
    stretches: OnceCell<Vec<SeenStretch>>,
}

impl Context {
    pub(super) fn new(state: Vec<u8>) -> Result<Self> {
        let now = Time::from_f64(host::policy_now()).ok_or_else(|| Error::new("the evaluation has no moment"))?;
        let (requirements, stretches) = (OnceCell::new(), OnceCell::new());
        Ok(Self { now, state, findings: Vec::new(), requirements, stretches })
    }

    pub(super) fn finish(self) -> (Vec<Finding>, Vec<u8>) {
        (self.findings, self.state)
    }

    /// The moment of the evaluation. Nothing later is shown.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Whether nothing is observed after this evaluation.
    pub fn is_last(&self) -> bool {
        host::policy_is_last()
    }

    /// What is known of the run before its first phase.
    pub fn facts(&self) -> Facts {
        host::policy_facts()
    }

    /// The rows that this policy may claim.
    pub fn requirements(&self) -> &[String] {
        self.requirements.get_or_init(host::policy_requirements).as_deref().unwrap_or_default()
    }

    /// Whether this policy may claim a row.
    pub fn may_claim(&self, row: &str) -> bool {
        let claimable = self.requirements.get_or_init(host::policy_requirements);
        claimable.as_ref().is_none_or(|claimable| claimable.iter().any(|known| known == row))
    }

    /// What phases have stated, in order.
    pub fn checks(&self) -> Vec<SeenCheck> {
        host::policy_checks()
    }

    /// Times that are no evidence, and times that nobody saw.
    pub fn stretches(&self) -> &[SeenStretch] {
        self.stretches.get_or_init(host::policy_stretches)
    }

    /// The stretches of a kind.
    pub fn stretches_of(&self, kind: StretchKind) -> Vec<Stretch> {
        let of_kind = self.stretches().iter().filter(|stretch| stretch.kind == kind);
        of_kind.map(|stretch| Stretch { from: stretch.from, to: stretch.to }).collect()
    }

    /// What was asked for, without what was broken on purpose.
    ///
    /// # Errors
    /// If more is asked for than one answer may hold; the text says what would do.
    pub fn evidence(&self, asks: impl IntoIterator<Item = Ask>) -> Result<Evidence> {
        let mut all: BTreeMap<(String, String), Series> = BTreeMap::new();
        for Ask { selector, from, to } in Ask::together(asks) {
            let refused = |why: String| Error::new(format!("evidence of {selector}: {why}"));
            for series in host::policy_select(&selector, from.as_f64(), to.as_f64()).map_err(refused)? {
                let key = (series.metric().to_owned(), series.labels().to_string());
                let known = all.remove(&key);
                all.insert(key, joined(known, series)?);
            }
        }
        let set = SeriesSet::new(all.into_values().collect())?;
        Ok(Evidence::new(set).without(&self.stretches_of(StretchKind::Disrupted))?)
    }

    /// What was kept at the evaluation before; empty at the first one.
    pub fn state(&self) -> &[u8] {
        &self.state
    }

    /// Keeps this for the next evaluation, at most 1 MiB. Without it the state stays as it was.
    pub fn keep(&mut self, state: Vec<u8>) {
        self.state = state;
    }

    /// Says what was found. Rows that the bundle does not let this policy claim are left out, so that a bundle can use a part of a policy.
    pub fn find(&mut self, mut finding: Finding) {
        finding.requirements.retain(|row| self.may_claim(row));
        self.findings.push(finding);
    }

    /// Watches for alarms with the state of this policy, which must be used for nothing else, and finds where each of them stands.
    ///
    /// # Errors
    /// As [`Watch::tick`]; and if there is none, for nothing would be watched.
    pub fn watch(&mut self, alarms: &[Alarm]) -> Result<()> {
        let mut watch = Watch::from_bytes(&self.state)?;
        for finding in watch.tick(self, alarms)? {
            self.find(finding);
        }
        self.keep(watch.to_bytes());
        Ok(())
    }
}

/// Two parts of one series, which two selectors have given, as one: what either of them has. At one moment the new one counts.
fn joined(known: Option<Series>, new: Series) -> Result<Series> {
    let Some(known) = known else { return Ok(new) };
    let mut places: BTreeMap<Time, Option<f64>> = BTreeMap::new();
    for series in [&known, &new] {
        places.extend(series.samples().iter().map(|sample| (sample.at, Some(sample.value))));
        places.extend(series.ends().iter().map(|end| (*end, None)));
    }
    let mut joined = Series::new(new.metric(), new.labels().clone());
    for (at, value) in places {
        match value {
            Some(value) => joined.push(at, value)?,
            None => joined.end(at)?,
        }
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Labels;

    fn part(samples: &[(i64, f64)], ends: &[i64]) -> Series {
        let samples = samples.iter().map(|(at, value)| (Time(*at).as_f64(), *value));
        crate::policy::series("m", Labels::default(), samples, ends.iter().map(|end| Time(*end).as_f64())).unwrap()
    }

    #[test]
    fn what_two_selectors_give_of_one_series_is_all_of_it() {
        let (early, late) = (part(&[(1, 1.0), (2, 2.0)], &[5]), part(&[(2, 2.0), (9, 3.0)], &[12]));
        let whole = part(&[(1, 1.0), (2, 2.0), (9, 3.0)], &[5, 12]);
        assert_eq!(joined(Some(early.clone()), late.clone()).unwrap(), whole);
        assert_eq!(joined(Some(late), early.clone()).unwrap(), whole);
        assert_eq!(joined(None, early.clone()).unwrap(), early);
    }
}
