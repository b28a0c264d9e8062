//! Alarms over time: rules, the rows that they speak for, and what their findings say.
//!
//! An alarm passes only at the last evaluation, and only if it was looked at for long enough; it fails as soon as it has fired once, and stays
//! so. In between it is pending, or inconclusive where there is no data.

use std::collections::BTreeMap;

use super::cover::{Cover, Gap, Sight};
use super::{Ask, Context, Finding, Verdict, said};
use crate::rules::alerts::Unit;
use crate::rules::{
    self, Alerts, Evidence, Expression, Holds, Labels, Measure, Missing, NoData, Rule, Selector, Span, Status, Time,
};
use crate::{Error, Result};

/// How the state is written: this byte, the length of the alerts' bytes as `u32` with the highest byte first, those bytes, the covers as JSON.
const VERSION: u8 = 1;
/// A label set as it is kept: its rule, its labels, what was seen of it, and how often it has fired.
type Kept = (String, Vec<(String, String)>, Cover, u32);
/// Label sets that are remembered.
const MOST_COVERS: usize = 2_000;

/// A rule and what its findings say.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    rule: Rule,
    about: String,
    unit: Unit,
    rows: Vec<String>,
    action: Option<String>,
}

impl Alarm {
    /// An alarm that speaks for no row.
    pub fn of(rule: Rule) -> Self {
        Self { about: "value".to_owned(), unit: Unit::Number, rows: Vec::new(), action: None, rule }
    }

    /// What is measured, as people call it, and in which unit.
    #[must_use]
    pub fn measured(mut self, about: &str, unit: Unit) -> Self {
        (self.about, self.unit) = (about.to_owned(), unit);
        self
    }

    /// The rows that its findings are checks of.
    #[must_use]
    pub fn rows<I>(mut self, rows: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.rows = rows.into_iter().map(Into::into).collect();
        self
    }

    /// What is to follow when it fires, for people to read. It is shown and does nothing.
    #[must_use]
    pub fn action(mut self, action: &str) -> Self {
        self.action = Some(action.to_owned());
        self
    }

    /// The name of its rule.
    pub fn name(&self) -> &str {
        &self.rule.name
    }

    fn expected(&self) -> String {
        let condition = self.rule.condition;
        let limit = said(condition.limit, self.unit);
        let hold = if self.rule.hold == Span::ZERO { String::new() } else { format!(" for {}", self.rule.hold) };
        format!("never {} {} {limit}{hold}", self.about, condition.compare)
    }
}

/// The states of alarms, and for how long each was looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watch {
    alerts: Alerts,
    covers: BTreeMap<(String, Labels), (Cover, u32)>,
}

impl Watch {
    /// Evaluates alarms at the moment of a context and says where each label set stands. Alarms that are none of them any more are forgotten.
    ///
    /// # Errors
    /// If there is none, a rule can't be evaluated, or there is too much to look at.
    pub fn tick(&mut self, cx: &Context, alarms: &[Alarm]) -> Result<Vec<Finding>> {
        if alarms.is_empty() {
            return Err(Error::new("there is no alarm, so nothing would be watched; name at least one"));
        }
        let now = cx.now();
        let evidence = cx.evidence(alarms.iter().flat_map(|alarm| Ask::of_rule(&alarm.rule, now)))?;
        let rules: Vec<Rule> = alarms.iter().map(|alarm| alarm.rule.clone()).collect();
        let stands = self.alerts.tick(&rules, &evidence, now)?;
        self.covers.retain(|(rule, _), _| rules.iter().any(|known| known.name == *rule));
        let mut findings = Vec::new();
        for alarm in alarms {
            let of_it: Vec<&rules::Finding> = stands.iter().filter(|stand| stand.rule == alarm.name()).collect();
            self.note(alarm, &evidence, now, &of_it);
            let known = self.covers.iter().filter(|((rule, _), _)| rule == alarm.name());
            let mut told: Vec<Finding> = known
                .map(|((_, labels), (cover, firings))| {
                    let stand = of_it.iter().find(|stand| stand.labels == *labels).copied();
                    told(alarm, labels, stand, cover, *firings, cx.is_last())
                })
                .collect();
            if told.is_empty() {
                // Nothing was ever seen that could have been told apart.
                let (stand, mut cover) = (of_it.first().copied(), Cover::default());
                if let Some(stand) = stand {
                    cover.note(now, sight(&alarm.rule, &evidence, now, stand));
                }
                told.push(self::told(alarm, &Labels::default(), stand, &cover, 0, cx.is_last()));
            }
            findings.append(&mut told);
        }
        if self.covers.len() > MOST_COVERS {
            let text = format!("there are more than {MOST_COVERS} label sets to remember; tell fewer labels apart");
            return Err(Error::new(text));
        }
        Ok(findings)
    }

    /// Notes what was seen of each label set: those of this evaluation, and those of which there is nothing any more.
    fn note(&mut self, alarm: &Alarm, evidence: &Evidence, now: Time, stands: &[&rules::Finding]) {
        let rule = &alarm.rule;
        for stand in stands {
            let is_about_one = rule.expression.by.is_empty() || !stand.labels.is_empty();
            if is_about_one {
                let known = self.covers.entry((rule.name.clone(), stand.labels.clone())).or_default();
                known.0.note(now, sight(rule, evidence, now, stand));
                known.1 = known.1.max(stand.firings);
            }
        }
        for ((name, labels), (cover, _)) in &mut self.covers {
            if *name == rule.name && !stands.iter().any(|stand| stand.labels == *labels) {
                cover.note(now, Sight::Blind);
            }
        }
    }

    /// Reads what [`to_bytes`](Self::to_bytes) has written. No bytes are the state before the first evaluation.
    ///
    /// # Errors
    /// If they are no such state.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let broken =
            || Error::new("the state is none of alarms; judge from the start, or with the policy that wrote it");
        let Some((version, left)) = bytes.split_first() else { return Ok(Self::default()) };
        if *version != VERSION {
            return Err(broken());
        }
        let (length, left) = left.split_first_chunk::<4>().ok_or_else(broken)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| broken())?;
        let (alerts, covers) = left.split_at_checked(length).ok_or_else(broken)?;
        let covers: Vec<Kept> = serde_json::from_slice(covers).map_err(|_| broken())?;
        let covers = covers.into_iter().map(|(rule, labels, cover, firings)| {
            let labels = Labels::new(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())))?;
            Ok(((rule, labels), (cover, firings)))
        });
        Ok(Self { alerts: Alerts::from_bytes(alerts)?, covers: covers.collect::<Result<_>>()? })
    }

    /// The state as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let alerts = self.alerts.to_bytes();
        let covers: Vec<_> = self
            .covers
            .iter()
            .map(|((rule, labels), (cover, firings))| (rule, labels.iter().collect::<Vec<_>>(), cover, firings))
            .collect();
        let mut bytes = vec![VERSION];
        bytes.extend(u32::try_from(alerts.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(alerts);
        // Texts and numbers are always JSON.
        bytes.extend(serde_json::to_vec(&covers).unwrap_or_default());
        bytes
    }
}

/// Whether there was something to see.
fn sight(rule: &Rule, evidence: &Evidence, now: Time, stand: &rules::Finding) -> Sight {
    let holds = stand.reading.ok().map(|value| rule.condition.holds(value.bounds));
    match (stand.status, stand.reading) {
        (Status::NotAsked, _) | (_, Err(Missing::Deliberate)) => Sight::NotAsked,
        // Whoever says nothing is told as if the condition were met, so silence hides nothing.
        _ if rule.no_data == NoData::Counts => Sight::Seen,
        (_, Ok(_)) if holds == Some(Holds::Unknown) => Sight::Blind,
        (_, Ok(_)) if holds == Some(Holds::Yes) => Sight::Met,
        (_, Ok(_)) => Sight::Seen,
        (_, Err(_)) if has_ended(&rule.expression, evidence, &stand.labels, now) => Sight::Ended,
        (_, Err(_)) => Sight::Blind,
    }
}

/// Whether every series of a label set is known to have ended.
fn has_ended(expression: &Expression, evidence: &Evidence, labels: &Labels, now: Time) -> bool {
    let at = now - expression.offset;
    let selectors: Vec<&Selector> = match &expression.measure {
        Measure::Ratio { part, whole, .. } => vec![part, whole],
        Measure::Gauge { selector, .. } | Measure::Trend { selector, .. } | Measure::TimeToLimit { selector, .. } => {
            vec![selector]
        }
        Measure::Quantile { buckets, .. } => vec![buckets],
    };
    let of_it = selectors.into_iter().flat_map(|selector| evidence.select(selector));
    let mut own = of_it.filter(|series| series.labels().only(&expression.by) == *labels).peekable();
    own.peek().is_some() && own.all(|series| series.is_gone(at))
}

/// What is told of one label set.
fn told(
    alarm: &Alarm,
    labels: &Labels,
    stand: Option<&rules::Finding>,
    cover: &Cover,
    firings: u32,
    is_last: bool,
) -> Finding {
    let rule = &alarm.rule;
    let status = stand.map_or(Status::Inconclusive(Missing::Series), |stand| stand.status);
    let (since, firing) = match status {
        Status::Pending { since } => (Some(since), false),
        Status::Firing { since, .. } => (Some(since), true),
        _ => (None, false),
    };
    let gap = cover.gap(rule.hold);
    let verdict = match status {
        _ if firings > 0 || firing => Verdict::Fail,
        Status::Inconclusive(_) if !is_last => Verdict::Inconclusive,
        _ if !is_last => Verdict::Pending,
        Status::Pending { .. } => Verdict::Inconclusive,
        _ => match gap {
            Some(Gap::NotAsked) => Verdict::NotExercised,
            Some(_) => Verdict::Inconclusive,
            None => Verdict::Pass,
        },
    };
    let mut parts = vec![now_said(alarm, stand)];
    if let Some((since, now)) = since.zip(stand.and_then(|_| cover.last())) {
        parts.push(format!("met for {}", now - since));
    }
    if firings > 0 {
        parts.push(format!("fired {firings} time{}", if firings == 1 { "" } else { "s" }));
    }
    if is_last {
        parts.push(format!("watched for {}", cover.watched()));
        parts.extend(gap.map(|gap| gap_said(gap, rule.hold)));
    }
    let name = if labels.is_empty() { rule.name.clone() } else { format!("{} {labels}", rule.name) };
    let finding = Finding::new(name, verdict).rows(&alarm.rows).expected(alarm.expected()).observed(parts.join("; "));
    Finding { severity: Some(rule.severity), since, firing, action: alarm.action.clone(), ..finding }
}

/// What an evaluation saw.
fn now_said(alarm: &Alarm, stand: Option<&rules::Finding>) -> String {
    let Some(stand) = stand else { return "there is nothing of it any more".to_owned() };
    let value = match stand.reading {
        Ok(value) => {
            let bounds = value.bounds;
            let number = said(value.estimate, alarm.unit);
            if bounds.low == bounds.high {
                number
            } else if bounds.low == value.estimate && bounds.high.is_infinite() {
                format!("at least {number}")
            } else {
                format!("{number} ({} to {})", said(bounds.low, alarm.unit), said(bounds.high, alarm.unit))
            }
        }
        Err(Missing::Deliberate) => "it was disrupted on purpose".to_owned(),
        Err(why) if stand.status == Status::NotAsked => format!("not asked; {why}"),
        Err(why) => format!("no data: {why}"),
    };
    match stand.age {
        Some(age) => format!("{} {value}, {age} old", alarm.about),
        None => format!("{} {value}", alarm.about),
    }
}

fn gap_said(gap: Gap, hold: Span) -> String {
    match gap {
        Gap::NotAsked => "it was never asked".to_owned(),
        Gap::Nothing => "there was never any data".to_owned(),
        Gap::Blind(span) => format!("without data for {span}, in which it could have fired"),
        Gap::Doubtful(span) => format!("met or without data for {span}, in which it could have fired"),
        Gap::TooShort(span) => format!("with data for {span}, and it takes {hold} to fire"),
    }
}
