//! Random numbers: all three interfaces draw from the guest's own, which follow from the run.

use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};

use crate::state::PhaseState;

/// The most bytes that are given at once.
const BOUND: u64 = 64 << 10;

impl PhaseState {
    fn random_bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        if length > BOUND {
            wasmtime::bail!("{length} random bytes were asked for, and {BOUND} are the most at once");
        }
        let mut bytes = vec![0; length as usize];
        self.guest.random(&mut bytes);
        Ok(bytes)
    }

    fn random_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.guest.random(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

impl random::Host for PhaseState {
    fn get_random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        self.random_bytes(len)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.random_u64())
    }
}

impl insecure::Host for PhaseState {
    fn get_insecure_random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        self.random_bytes(len)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.random_u64())
    }
}

impl insecure_seed::Host for PhaseState {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok((self.random_u64(), self.random_u64()))
    }
}
