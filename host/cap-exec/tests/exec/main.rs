//! Real programs, started through the gate: what they get, how they end, and what they can't reach.

mod confined;
mod ends;
mod gone;
mod phase;
mod running;
