//! How much a phase may use.

use std::time::Duration;

const MIB: u64 = 1 << 20;

/// The bounds of one phase. The engine and the gate enforce them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long it may run, waits included.
    pub deadline: Duration,
    /// How many calls it may make; every request of a batch is one.
    pub max_calls: u32,
    /// Bytes of its linear memories together.
    pub memory: u64,
    /// Bytes that it may state: checks, logs and attachments together.
    pub output: u64,
}

/// What a phase gets that asks for nothing else.
impl Default for Limits {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(300), max_calls: 10_000, memory: 64 * MIB, output: 64 * MIB }
    }
}

impl Limits {
    /// What a virtual user gets of whom the bundle says nothing else. The time is that of an iteration; a user states nothing.
    pub const USER: Self = Self { deadline: Duration::from_secs(30), max_calls: 100, memory: 4 * MIB, output: 0 };

    /// What no bundle and no operator can go beyond.
    pub const ABSOLUTE: Self = Self {
        deadline: Duration::from_secs(7 * 86_400),
        max_calls: 10_000_000,
        memory: 2_048 * MIB,
        output: 1_024 * MIB,
    };
}

/// What the operator allows each phase at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitCeiling(pub Limits);

/// What an operator allows who says nothing about limits.
impl Default for LimitCeiling {
    fn default() -> Self {
        Self(Limits { deadline: Duration::from_secs(3_600), max_calls: 100_000, memory: 512 * MIB, output: 256 * MIB })
    }
}
