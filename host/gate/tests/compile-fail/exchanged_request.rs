// A permit lends its request and never lets it be exchanged: what is sent is what was granted and written down.
use holdpoint_gate::{Capability, Permit};

fn exchange<C: Capability>(permit: &mut Permit<C>, other: C::Request) {
    *permit.request() = other;
}

fn main() {}
