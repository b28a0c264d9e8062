// A permit has private fields, so nobody but the gate can make one.
use holdpoint_gate::{Capability, Permit};

fn forge<C: Capability>(request: C::Request) -> Permit<C> {
    Permit { request }
}

fn main() {}
