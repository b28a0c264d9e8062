//! What is found, and what is not.

mod exchanges;
mod forms;
mod limits;
mod pieces;
mod properties;
