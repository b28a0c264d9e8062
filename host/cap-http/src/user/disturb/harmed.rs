//! A user that is harmed: which of its requests is next.

use std::time::Duration;

use super::harm::{Disturbance, Harming};

/// The longest that a harmed request takes, whatever its time-out is: a user that waits has to come back within its farewell, which may take 5
/// seconds.
const LONGEST: Duration = Duration::from_secs(4);

/// One of those whom a plan harms.
#[derive(Debug)]
pub(in crate::user) struct HarmedUser {
    plan: Disturbance,
    number: u32,
    /// Requests so far.
    sent: u32,
}

impl HarmedUser {
    /// None for whoever is not harmed.
    pub(in crate::user) fn of(plan: Option<&Disturbance>, number: u32) -> Option<Self> {
        let plan = plan.filter(|plan| plan.is_harmed(number))?.clone();
        Some(Self { plan, number, sent: 0 })
    }

    /// What happens to its next request.
    pub(in crate::user) fn next(&mut self) -> Option<Harming> {
        let harming = self.plan.harming(self.number, self.sent);
        self.sent = self.sent.wrapping_add(1);
        harming
    }
}

impl Harming {
    /// How long a request may take that goes wrong so.
    pub(in crate::user) fn limit(timeout: Duration) -> Duration {
        timeout.min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harmed_request_is_over_before_a_farewell_has_to_be() {
        assert!(Harming::limit(Duration::MAX) < Duration::from_secs(5));
        assert_eq!(Harming::limit(Duration::from_secs(1)), Duration::from_secs(1));
    }
}
