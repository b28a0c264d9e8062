// A backend acts on a permit and on nothing else: a request alone does not do.
use holdpoint_gate::{Backend, Capability};

async fn skip<C: Capability, B: Backend<C>>(backend: &B, request: C::Request) {
    let _ = backend.act(request).await;
}

fn main() {}
