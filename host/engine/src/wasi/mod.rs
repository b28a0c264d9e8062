//! WASI 0.2 as a guest meets it here: time and chance come from the journal, waiting goes through the gate, sockets are refused.
//!
//! What is not replaced is harmless as wasmtime-wasi has it with an empty context: no arguments, no environment, no preopened
//! directories, an empty standard input.

mod clocks;
mod poll;
mod random;
mod sockets;
mod stdio;

use wasmtime::component::{HasSelf, Linker};
use wasmtime_wasi::p2::bindings as p2;

use crate::state::PhaseState;

pub(crate) use stdio::Output;

type Ours = HasSelf<PhaseState>;

/// Links our interfaces over those of wasmtime-wasi.
pub(crate) fn add_to_linker(linker: &mut Linker<PhaseState>) -> wasmtime::Result<()> {
    p2::clocks::wall_clock::add_to_linker::<_, Ours>(linker, |state| state)?;
    p2::clocks::monotonic_clock::add_to_linker::<_, Ours>(linker, |state| state)?;
    p2::random::random::add_to_linker::<_, Ours>(linker, |state| state)?;
    p2::random::insecure::add_to_linker::<_, Ours>(linker, |state| state)?;
    p2::random::insecure_seed::add_to_linker::<_, Ours>(linker, |state| state)?;
    sockets::add_to_linker(linker)?;
    poll::add_to_linker(linker)
}
