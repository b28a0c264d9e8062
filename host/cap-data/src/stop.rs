//! Why something on a store did not come to its end, for those who drive it.

use holdpoint_cap_http::Undialed;
use holdpoint_model::Denial;

use crate::{Trouble, TroubleKind};

/// It did not come to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The store did not do it.
    Trouble(Trouble),
    /// There was no answer in time, and what was sent may have been done.
    Late,
    /// The connection ended, and what was sent may have been done.
    Lost(String),
    /// What came is larger than its bound.
    TooLarge(String),
    /// Its address is one that the operator has not named.
    Denied(Denial),
}

impl Stop {
    /// The store did not do it, for this reason.
    pub(crate) fn trouble(kind: TroubleKind, said: impl Into<String>) -> Self {
        Self::Trouble(Trouble::new(kind, said))
    }
}

impl From<Undialed> for Stop {
    fn from(undialed: Undialed) -> Self {
        match undialed {
            Undialed::Refused(said) => Self::trouble(TroubleKind::Refused, said),
            Undialed::Tls(said) => Self::trouble(TroubleKind::Tls, said),
            Undialed::Denied(denial) => Self::Denied(denial),
        }
    }
}
