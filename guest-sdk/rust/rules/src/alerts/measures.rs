//! What the names in conditions mean.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::notation::{self, Mistake, Unit};
use crate::{Expression, NoData, Rule, Selector, Span};

/// An alert as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition<'a> {
    /// Its name.
    pub name: &'a str,
    /// When, as in `error_rate > 2%`.
    pub condition: &'a str,
    /// For how long, as in `5 minutes`.
    pub duration: &'a str,
    /// How bad it is: `CRITICAL`, `WARNING` or `INFO`.
    pub severity: &'a str,
}

/// What a name means.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// What its numbers stand for.
    pub unit: Unit,
    /// How it is measured.
    pub expression: Expression,
    /// While what it is asked; absent: always.
    pub during: Option<Selector>,
    /// With fewer observations in the time that an alert has to last there is no data; in the window, where that is longer.
    pub at_least: f64,
    /// What a tick without data does.
    pub no_data: NoData,
}

impl Known {
    /// What is always asked, whatever the number of observations; no data is inconclusive.
    pub fn new(unit: Unit, expression: Expression) -> Self {
        Self { unit, expression, during: None, at_least: 0.0, no_data: NoData::Inconclusive }
    }
}

/// A mistake with the alert and the field that it is in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("alert {alert:?}, {field}, {mistake}")]
pub struct InAlert {
    /// The name of the alert.
    pub alert: String,
    /// `condition`, `duration` or `severity`.
    pub field: &'static str,
    /// What, where, and what would do.
    pub mistake: Mistake,
}

/// Names and what they mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures(BTreeMap<String, Known>);

impl Measures {
    /// Gives a name its meaning.
    pub fn add(&mut self, name: &str, known: Known) {
        self.0.insert(name.to_owned(), known);
    }

    /// An alert as a rule.
    ///
    /// # Errors
    /// If a part of it is not understood, its name is not known, or its number has another unit than what it is compared with.
    pub fn rule(&self, alert: &Definition<'_>) -> Result<Rule, InAlert> {
        let within = |field| move |mistake| InAlert { alert: alert.name.to_owned(), field, mistake };
        let limit = notation::condition(alert.condition).map_err(within("condition"))?;
        let hold = notation::duration(alert.duration).map_err(within("duration"))?;
        let severity = notation::severity(alert.severity).map_err(within("severity"))?;
        let Some(known) = self.0.get(&limit.measure) else {
            let names: Vec<&str> = self.0.keys().map(String::as_str).collect();
            let what = format!("nothing measures `{}`", limit.measure);
            let mistake = Mistake { column: 1, what, remedy: format!("take one of {}", names.join(", ")) };
            return Err(within("condition")(mistake));
        };
        if known.unit != limit.unit {
            let ((is, _), (wanted, written)) = (limit.unit.words(), known.unit.words());
            let (number, column) = limit.written;
            let what = format!("`{number}` is {is} and {} is {wanted}", limit.measure);
            return Err(within("condition")(Mistake { column, what, remedy: format!("write {written}") }));
        }
        let rule = Rule::new(alert.name, severity, known.expression.clone(), limit.condition).lasting(hold);
        let at_least_over = if known.at_least > 0.0 { hold } else { Span::ZERO };
        let Known { during, at_least, no_data, .. } = known.clone();
        Ok(Rule { during, at_least, at_least_over, no_data, ..rule })
    }

    /// Many alerts as rules, or every mistake.
    ///
    /// # Errors
    /// As [`rule`](Self::rule); and if there is no alert at all, for nothing would be watched.
    pub fn rules(&self, alerts: &[Definition<'_>]) -> Result<Vec<Rule>, Vec<InAlert>> {
        let (mut rules, mut mistakes) = (Vec::new(), Vec::new());
        for alert in alerts {
            match self.rule(alert) {
                Ok(rule) => rules.push(rule),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if alerts.is_empty() {
            let mistake = Mistake {
                column: 1,
                what: "there is no alert".to_owned(),
                remedy: "write at least one below `alerts:`".to_owned(),
            };
            mistakes.push(InAlert { alert: String::new(), field: "alerts", mistake });
        }
        if mistakes.is_empty() { Ok(rules) } else { Err(mistakes) }
    }
}
