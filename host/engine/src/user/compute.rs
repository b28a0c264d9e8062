//! How long a user may compute in one iteration. Counted in ticks of the engine's epoch, of which only those count that found the user
//! computing since the one before: a tick while it waited for an answer is none of its own.

/// The ticks of one user.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Compute {
    /// How often the host has given control back to it.
    returns: u32,
    at_last_tick: u32,
    ticks: u32,
    calls: u32,
}

/// Calls of its host that a user may make in one iteration, those included that reach nobody.
const MOST_CALLS: u32 = 10_000;

/// What follows from a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tick {
    /// It was waiting when the tick came.
    Waited,
    /// It computes; others have their turn now.
    Computed,
    /// It has computed for as long as it may.
    Over,
}

impl Compute {
    /// Another iteration begins.
    pub(super) fn begin(&mut self) {
        (self.ticks, self.calls) = (0, 0);
        self.returned();
    }

    /// The user calls its host. The error says that it has done so too often.
    pub(super) fn called(&mut self) -> Result<(), String> {
        self.returned();
        self.calls += 1;
        if self.calls > MOST_CALLS {
            Err(format!("an iteration made more than {MOST_CALLS} calls of its host"))
        } else {
            Ok(())
        }
    }

    /// The host gives control back after a call that took a while.
    pub(super) fn returned(&mut self) {
        self.returns = self.returns.wrapping_add(1);
    }

    /// A tick found the user running.
    pub(super) fn tick(&mut self, most: u32) -> Tick {
        if self.returns != self.at_last_tick {
            self.at_last_tick = self.returns;
            return Tick::Waited;
        }
        self.ticks += 1;
        if self.ticks > most { Tick::Over } else { Tick::Computed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ticks_without_a_call_between_them_count() {
        let mut compute = Compute::default();
        compute.begin();
        for _ in 0..100 {
            assert_eq!(compute.tick(2), Tick::Waited);
            compute.returned();
        }
        assert_eq!([(); 4].map(|()| compute.tick(2)), [Tick::Waited, Tick::Computed, Tick::Computed, Tick::Over]);
        compute.begin();
        for _ in 0..MOST_CALLS {
            assert_eq!(compute.called(), Ok(()));
        }
        assert!(compute.called().is_err());
        compute.begin();
        assert_eq!([(); 2].map(|()| compute.tick(2)), [Tick::Waited, Tick::Computed]);
    }
}
