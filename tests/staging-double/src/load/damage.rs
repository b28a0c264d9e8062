//! What is wrong with the events of a chat, as a pure change of the frames of one message.

use std::fmt;
use std::time::Duration;

/// What is done to a frame that is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Struck {
    /// It is lost.
    Dropped,
    /// It is sent twice.
    Duplicated,
    /// It changes places with the next one of its message, the last with the one before.
    Reordered,
}

/// How a chat goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatFault {
    /// One event frame in so many is struck.
    Frames {
        /// What happens to it.
        struck: Struck,
        /// One in how many, counted over all connections.
        one_in: u32,
    },
    /// After so many events a connection sends no more; pings are still answered.
    Silent {
        /// The events that still come.
        after: u32,
    },
    /// After so many events a connection answers nothing any more, no pings either, and stays open.
    HalfOpen {
        /// The events that still come.
        after: u32,
    },
    /// A connection that is so old goes wrong.
    Aged {
        /// How old.
        after: Duration,
        /// How it goes wrong.
        how: Ageing,
    },
    /// A connection over which nothing came for so long is cut without a goodbye, as an impatient balancer does.
    Cut {
        /// For how long.
        idle: Duration,
    },
}

/// How an old connection goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ageing {
    /// It sends no more events; pings are still answered.
    Silent,
    /// It answers nothing, and stays open.
    HalfOpen,
    /// What it answers comes so much later.
    Late(Duration),
}

impl fmt::Display for ChatFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChatFault::Frames { struck, one_in } => {
                let what = match struck {
                    Struck::Dropped => "lost",
                    Struck::Duplicated => "sent twice",
                    Struck::Reordered => "out of order",
                };
                write!(f, ", 1 frame in {one_in} is {what}")
            }
            ChatFault::Silent { after } => write!(f, ", no frames after {after}"),
            ChatFault::HalfOpen { after } => write!(f, ", nothing is answered after {after} frames"),
            ChatFault::Aged { after, how } => {
                let after = after.as_millis();
                match how {
                    Ageing::Silent => write!(f, ", no frames over a socket of {after} ms"),
                    Ageing::HalfOpen => write!(f, ", nothing is answered over a socket of {after} ms"),
                    Ageing::Late(delay) => {
                        write!(f, ", frames over a socket of {after} ms come {} ms late", delay.as_millis())
                    }
                }
            }
            ChatFault::Cut { idle } => write!(f, ", a socket is cut that is idle for {} ms", idle.as_millis()),
        }
    }
}

/// The frames as they are sent, given which are struck.
pub(crate) fn damaged(
    frames: Vec<String>,
    faults: &[(Struck, u32)],
    mut strikes: impl FnMut(u32) -> bool,
) -> Vec<String> {
    let mut sent = frames;
    for (struck, one_in) in faults {
        let mut at = 0;
        for _ in 0..sent.len() {
            if !strikes(*one_in) {
                at += 1;
                continue;
            }
            match struck {
                Struck::Dropped => {
                    sent.remove(at);
                }
                Struck::Duplicated => {
                    sent.insert(at, sent[at].clone());
                    at += 2;
                }
                Struck::Reordered => {
                    let other = if at + 1 < sent.len() { at + 1 } else { at.saturating_sub(1) };
                    sent.swap(at, other);
                    at += 1;
                }
            }
        }
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::{Struck, damaged};

    fn check(struck: Struck, which: usize, expected: &str) {
        let frames = ["a", "b", "c"].map(str::to_owned).to_vec();
        let mut count = 0;
        let strikes = |_| {
            count += 1;
            count == which
        };
        assert_eq!(damaged(frames, &[(struck, 3)], strikes).concat(), expected);
    }

    #[test]
    fn each_damage_strikes_its_frame_alone() {
        check(Struck::Dropped, 1, "bc");
        check(Struck::Dropped, 3, "ab");
        check(Struck::Duplicated, 2, "abbc");
        check(Struck::Reordered, 1, "bac");
        check(Struck::Reordered, 3, "acb");
        check(Struck::Dropped, 4, "abc");
    }
}
