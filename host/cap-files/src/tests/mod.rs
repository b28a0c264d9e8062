//! Reading through the gate, friendly and hostile.

mod friendly;
mod hostile;
mod phase;
