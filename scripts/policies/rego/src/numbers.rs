//! What the named numbers are at the moment of an evaluation, and of which labels there should be one and is none.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint::policy::prelude::*;
use holdpoint::rules::{self, LONGEST_SPAN, Missing};

use crate::answer::short;
use crate::number::Number;

/// A slot begins before what happens in it.
const SLOT: Span = Span::minutes(1);
/// Label sets that are remembered.
const MOST_KNOWN: usize = 2_000;

/// What one name came to.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) values: Vec<(Labels, rules::Value)>,
    /// Of which labels there is no number, and why.
    pub(crate) missing: Vec<(Labels, Missing)>,
    /// The first of them that was there before and has not said that it ends.
    gap: Option<(Labels, Missing)>,
    pub(crate) may_lack: bool,
}

/// By name, the label sets of which there was a number once, and no end since: a window shows nothing of what vanished before it.
pub(crate) type Known = BTreeMap<String, BTreeSet<Vec<(String, String)>>>;

/// Everything that is named. What there is a number of is known from now on.
pub(crate) fn read(
    cx: &Context,
    series: &BTreeMap<String, Number>,
    known: &mut Known,
) -> Result<BTreeMap<String, Seen>> {
    let now = cx.now();
    let so_far = (now - cx.facts().started + SLOT).clamp(Span(1), LONGEST_SPAN);
    let rules: BTreeMap<&String, Rule> =
        series.iter().map(|(name, number)| Ok((name, number.rule(name, so_far)?))).collect::<Result<_>>()?;
    let evidence = cx.evidence(rules.values().flat_map(|rule| Ask::of_rule(rule, now)))?;
    let mut all = BTreeMap::new();
    for (name, number) in series {
        let of_name = known.entry(name.clone()).or_default();
        all.insert(name.clone(), one(number, &rules[name], &evidence, now, of_name)?);
    }
    known.retain(|name, _| series.contains_key(name));
    if known.values().map(BTreeSet::len).sum::<usize>() > MOST_KNOWN {
        return Err(Error::new(format!(
            "there are more than {MOST_KNOWN} label sets to remember; tell fewer labels apart"
        )));
    }
    Ok(all)
}

fn one(
    number: &Number,
    rule: &Rule,
    evidence: &Evidence,
    now: Time,
    known: &mut BTreeSet<Vec<(String, String)>>,
) -> Result<Seen> {
    let mut seen = Seen { may_lack: number.may_lack, ..Seen::default() };
    let (gone, mut ended) = (ended(&rule.expression, evidence, now), Vec::new());
    for (labels, reading) in rule.expression.read(evidence, now) {
        match reading {
            // A window that reaches far back still shows what nobody has renewed for long.
            Ok(value) if !gone.contains(&labels) && rule.is_old(&value, now) => {
                known.insert(kept(&labels));
                seen.missing.push((labels, Missing::Old));
            }
            Ok(value) if value.estimate.is_finite() => {
                // An end may be seen while its window still has samples, and never again.
                if gone.contains(&labels) {
                    known.remove(&kept(&labels));
                } else {
                    known.insert(kept(&labels));
                }
                seen.values.push((labels, value));
            }
            Ok(_) => seen.missing.push((labels, Missing::NotANumber)),
            Err(why) if gone.contains(&labels) => ended.push((labels, why)),
            Err(why) => seen.missing.push((labels, why)),
        }
    }
    for (labels, _) in &ended {
        known.remove(&kept(labels));
    }
    for labels in known.iter() {
        let labels = Labels::new(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())))?;
        let is_told =
            seen.values.iter().any(|(own, _)| *own == labels) || seen.missing.iter().any(|(own, _)| *own == labels);
        if !is_told {
            seen.missing.push((labels, Missing::Series));
        }
    }
    let lost = |(labels, why): &&(Labels, Missing)| *why != Missing::Deliberate && known.contains(&kept(labels));
    seen.gap = seen.missing.iter().find(lost).cloned();
    // What has said that it ends is nothing to look for, as long as others are there.
    if seen.values.is_empty() {
        seen.missing.append(&mut ended);
    }
    if seen.values.is_empty() && seen.missing.is_empty() {
        seen.missing.push((Labels::default(), Missing::Series));
    }
    Ok(seen)
}

/// The label sets of which every series is known to have ended.
fn ended(of: &Expression, evidence: &Evidence, now: Time) -> BTreeSet<Labels> {
    let mut goes_on: BTreeMap<Labels, bool> = BTreeMap::new();
    for series in of.selectors().into_iter().flat_map(|selector| evidence.select(selector)) {
        *goes_on.entry(series.labels().only(&of.by)).or_default() |= !series.is_gone(now - of.offset);
    }
    goes_on.into_iter().filter(|(_, goes_on)| !*goes_on).map(|(labels, _)| labels).collect()
}

/// Which number lacks that was there before, if the Rego does not judge that by itself.
pub(crate) fn gap(cx: &Context, numbers: &BTreeMap<String, Seen>) -> Option<String> {
    let (name, (labels, why)) =
        numbers.iter().filter(|(_, seen)| !seen.may_lack).find_map(|(name, seen)| Some((name, seen.gap.as_ref()?)))?;
    let after = cx.now() - cx.facts().started;
    Some(short(&format!("`{name}{}` had no data {after} after the start: {why}", shown(labels))))
}

/// Labels behind a name.
pub(crate) fn shown(labels: &Labels) -> String {
    if labels.is_empty() { String::new() } else { labels.to_string() }
}

fn kept(labels: &Labels) -> Vec<(String, String)> {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
