//! What goes wrong on purpose in a load.

use std::fmt;

use serde::Deserialize;

/// How a request goes wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Harm {
    /// The user is gone in the middle of its request.
    Abort,
    /// The request comes in pieces, with pauses between them.
    Slow,
    /// Bytes that are no HTTP come in its place.
    Malformed,
    /// The connection is reset in the middle of the request.
    Reset,
    /// Its head is larger than servers take.
    Oversized,
    /// The answer arrives late.
    Delay,
    /// The connection is reset when the answer comes.
    ResetAnswer,
    /// The answer ends early.
    Truncate,
    /// Nothing passes, and the connection stays open.
    Blackhole,
}

impl Harm {
    /// All of them: what users do, and then what befalls their connections.
    pub const ALL: [Self; 9] = [
        Self::Abort,
        Self::Slow,
        Self::Malformed,
        Self::Reset,
        Self::Oversized,
        Self::Delay,
        Self::ResetAnswer,
        Self::Truncate,
        Self::Blackhole,
    ];
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Abort => "abort",
            Self::Slow => "slow",
            Self::Malformed => "malformed",
            Self::Reset => "reset",
            Self::Oversized => "oversized",
            Self::Delay => "delay",
            Self::ResetAnswer => "reset-answer",
            Self::Truncate => "truncate",
            Self::Blackhole => "blackhole",
        })
    }
}

/// Which users are harmed how often. All that they send is deliberate and counts neither as good nor as failed; the others are not touched.
///
/// ```
/// use holdpoint::load::{Disturbance, Harm};
///
/// let some = Disturbance::of_users(3).of_requests(5).by([Harm::Abort, Harm::Malformed]).seeded(7);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a load has to be told of it with `disturbed`"]
pub struct Disturbance {
    pub(crate) seed: Option<u32>,
    pub(crate) users_one_in: u32,
    pub(crate) requests_one_in: u32,
    pub(crate) harms: Vec<Harm>,
}

impl Disturbance {
    /// Of so many users exactly one is harmed, by every kind in turn and with every request.
    pub fn of_users(one_in: u32) -> Self {
        Self { seed: None, users_one_in: one_in, requests_one_in: 1, harms: Harm::ALL.to_vec() }
    }

    /// Of so many requests of a harmed user exactly one goes wrong.
    pub fn of_requests(mut self, one_in: u32) -> Self {
        self.requests_one_in = one_in;
        self
    }

    /// By these kinds alone.
    pub fn by(mut self, harms: impl IntoIterator<Item = Harm>) -> Self {
        self.harms = harms.into_iter().collect();
        self
    }

    /// The same seed is the same plan. If it is not said, it follows from the run and the load.
    pub fn seeded(mut self, seed: u32) -> Self {
        self.seed = Some(seed);
        self
    }
}

/// What went wrong on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disturbed {
    /// With which the same goes wrong again.
    pub seed: u32,
    /// Iterations of harmed users.
    pub iterations: u32,
    /// Harmed users that ended before the load did.
    pub users_lost: u32,
    /// How often each kind was done.
    pub harms: Vec<(Harm, u32)>,
}

impl Disturbed {
    /// Requests that went wrong on purpose.
    pub fn harmed(&self) -> u32 {
        self.harms.iter().fold(0, |all, (_, times)| all.saturating_add(*times))
    }
}

impl fmt::Display for Disturbed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requests went wrong on purpose (", self.harmed())?;
        for (place, (harm, times)) in self.harms.iter().enumerate() {
            let before = if place > 0 { ", " } else { "" };
            write!(f, "{before}{harm} {times}")?;
        }
        write!(f, "; seed {})", self.seed)
    }
}
