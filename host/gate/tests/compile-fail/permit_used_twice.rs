// A permit is spent by acting on it: one record, one act.
use holdpoint_gate::{Backend, Capability, Permit};

async fn twice<C: Capability, B: Backend<C>>(backend: &B, permit: Permit<C>) {
    let _ = backend.act(permit).await;
    let _ = backend.act(permit).await;
}

fn main() {}
