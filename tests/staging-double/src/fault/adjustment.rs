//! A setting whose parameters are said rather than drawn.

use std::time::Duration;

use super::{Drawn, FaultSetting};
use crate::change::{Change, PoolFault};
use crate::load::{ChatFault, LeakForm};
use crate::service::Service;

/// The largest leak of one request.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;
const LONGEST_MS: u64 = 600_000;

/// What is said of a fault instead of drawn. What is absent stays as drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Adjustment {
    /// Which service is slow.
    pub service: Option<Service>,
    /// One answer, frame or request in how many, at least 1.
    pub one_in: Option<u32>,
    /// In which shape a text leaks.
    pub form: Option<LeakForm>,
    /// How many percent of the answers are errors, at most 100.
    pub percent: Option<u8>,
    /// How long it lasts, at most ten minutes.
    pub ms: Option<u64>,
    /// How many events of a chat still come.
    pub after: Option<u32>,
    /// Bytes that a request or an agent leaks, at most 1 GiB.
    pub bytes: Option<u64>,
}

impl FaultSetting {
    /// The same fault with these parameters, or why it can't have them.
    pub fn adjusted(mut self, by: Adjustment) -> Result<FaultSetting, String> {
        let unfit = |name: &str| Err(format!("{} takes no {name}, or not this much", self.name));
        let mut left = by;
        if let Drawn::Server { service, change } = &mut self.drawn {
            match change {
                Change::Leak(leak) => {
                    leak.one_in = left.one_in.take_if(|n| *n >= 1).unwrap_or(leak.one_in);
                    leak.form = left.form.take().unwrap_or(leak.form);
                }
                Change::Chat(ChatFault::Frames { one_in, .. }) => {
                    *one_in = left.one_in.take_if(|n| *n >= 1).unwrap_or(*one_in);
                }
                Change::Chat(ChatFault::Silent { after } | ChatFault::HalfOpen { after }) => {
                    *after = left.after.take().unwrap_or(*after);
                }
                Change::Errors(percent) => *percent = left.percent.take_if(|p| *p <= 100).unwrap_or(*percent),
                Change::MemoryLeak(bytes) | Change::AgentLeak(bytes) => {
                    *bytes = left.bytes.take_if(|b| *b <= MOST_BYTES).unwrap_or(*bytes);
                }
                Change::Pool(PoolFault::Leaks(one_in)) => {
                    *one_in = left.one_in.take_if(|n| *n >= 1).unwrap_or(*one_in);
                }
                Change::Stall(lasts) | Change::SharedCrash(lasts) | Change::SharedBreak(lasts) => {
                    *lasts = milliseconds(&mut left).unwrap_or(*lasts);
                }
                Change::Slow(lasts) => {
                    *lasts = milliseconds(&mut left).unwrap_or(*lasts);
                    *service = left.service.take().unwrap_or(*service);
                }
                _ => {}
            }
        }
        let Adjustment { service, one_in, form, percent, ms, after, bytes } = left;
        let names = [
            ("service", service.is_some()),
            ("one_in", one_in.is_some()),
            ("form", form.is_some()),
            ("percent", percent.is_some()),
            ("ms", ms.is_some()),
            ("after", after.is_some()),
            ("bytes", bytes.is_some()),
        ];
        match names.into_iter().find(|(_, is_left)| *is_left) {
            Some((name, _)) => unfit(name),
            None => Ok(self),
        }
    }
}

fn milliseconds(left: &mut Adjustment) -> Option<Duration> {
    left.ms.take_if(|ms| *ms <= LONGEST_MS).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::Adjustment;
    use crate::fault::Fault;

    fn adjusted(name: &str, by: Adjustment) -> Result<String, String> {
        Fault::named(name).expect("it is listed").settle(0).adjusted(by).map(|setting| setting.to_string())
    }

    #[test]
    fn a_parameter_is_said_where_it_fits_and_refused_elsewhere() {
        let by = Adjustment { percent: Some(9), ..Adjustment::default() };
        assert_eq!(adjusted("errors", by), Ok("errors: service backend, 9 % of the answers".to_owned()));
        assert_eq!(adjusted("stall", by), Err("stall takes no percent, or not this much".to_owned()));
        let by = Adjustment { percent: Some(101), ..Adjustment::default() };
        assert!(adjusted("errors", by).is_err());
        let by = Adjustment { one_in: Some(0), ..Adjustment::default() };
        assert!(adjusted("leak", by).is_err());
        let by = Adjustment { ms: Some(700_000), ..Adjustment::default() };
        assert!(adjusted("slow", by).is_err());
    }
}
