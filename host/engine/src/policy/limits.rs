//! What one evaluation may take.

/// The bounds of one evaluation. The contract in `wit/policy` and `wit/evidence` says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyLimits {
    /// Units of fuel: about one for each instruction of the policy.
    pub fuel: u64,
    /// Bytes of its memories together.
    pub memory: u64,
    /// How often it may ask for evidence.
    pub questions: u32,
    /// Samples of all answers together.
    pub samples: usize,
}

impl Default for PolicyLimits {
    fn default() -> Self {
        Self { fuel: 2_000_000_000, memory: 128 << 20, questions: 10_000, samples: 4_000_000 }
    }
}
