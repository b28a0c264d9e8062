// Its constructor is the gate's own.
use holdpoint_gate::{Capability, Permit};
use holdpoint_model::{Class, PhaseId, Seq};

fn make<C: Capability>(request: C::Request, guest: PhaseId) -> Permit<C> {
    Permit::new(request, guest, Seq(0), Class::Read, 1, "run")
}

fn main() {}
