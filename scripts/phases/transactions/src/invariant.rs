//! Numbers whose sum never changes, as the system shows them.

use holdpoint::CookieJar;
use holdpoint::prelude::*;

use crate::config::Tried;

/// What was read at one time.
#[derive(Debug)]
pub(crate) struct Reading {
    /// In the order of the configuration.
    pub(crate) numbers: Vec<f64>,
    pub(crate) response: Response,
}

/// Why nothing was read.
#[derive(Debug)]
pub(crate) enum Unread {
    Call(CallError),
    /// What was seen instead, and the calls that show it.
    Other(String, Vec<u32>),
}

impl Reading {
    pub(crate) fn take(cx: &Context, tried: &Tried, service: &Service, jar: &CookieJar) -> Result<Self, Unread> {
        let answer = cx.http().send(service.get(&tried.invariant.path).cookies(jar));
        let response = answer.map_err(Unread::Call)?;
        if response.status() != 200 {
            let seen = format!("{} of GET {} {}", response.status(), tried.service, tried.invariant.path);
            return Err(Unread::Other(seen, response.calls()));
        }
        let Ok(body) = response.json::<Value>() else {
            return Err(Unread::Other("an answer that is no JSON".to_owned(), response.calls()));
        };
        let mut numbers = Vec::with_capacity(tried.invariant.conserved.len());
        for place in &tried.invariant.conserved {
            match body.pointer(place).and_then(Value::as_f64) {
                Some(number) => numbers.push(number),
                None => return Err(Unread::Other(format!("no number at {place}"), response.calls())),
            }
        }
        Ok(Self { numbers, response })
    }

    pub(crate) fn sum(&self) -> f64 {
        self.numbers.iter().sum()
    }

    /// The numbers and their sum, for people.
    pub(crate) fn shown(&self) -> String {
        let numbers: Vec<String> = self.numbers.iter().map(ToString::to_string).collect();
        format!("{} = {}", numbers.join(" + "), self.sum())
    }
}

impl Unread {
    /// Nobody knows then: what answers wrongly is judged elsewhere.
    pub(crate) fn conclude(self, check: Check<'_>) {
        match self {
            Self::Call(error) => check.from_error(error),
            Self::Other(seen, calls) => check.inconclusive(observed(seen), calls),
        }
    }
}
