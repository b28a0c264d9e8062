//! What a phase can import: every capability, and all of WASI 0.2 with its doors to the world replaced.

use wasmtime::{
    Engine,
    component::{HasSelf, Linker},
};

use crate::{bindings::Phase, state::PhaseState, wasi};

/// Links the world `phase`.
pub(crate) fn phases(engine: &Engine) -> wasmtime::Result<Linker<PhaseState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    // Ours take the place of those that would look at the machine's clock, draw its random numbers, or open sockets.
    linker.allow_shadowing(true);
    wasi::add_to_linker(&mut linker)?;
    linker.allow_shadowing(false);
    Phase::add_to_linker::<_, HasSelf<PhaseState>>(&mut linker, |state| state)?;
    Ok(linker)
}
