//! Starting processes that end with their host, whatever ends that.
//!
//! This crate alone starts processes. What it starts is a [`Program`]: with [`Bounds`], which it can't leave, or without any, if
//! whoever runs the host trusts it as much as the host. Either way all that came of it ends at its own end, when it is told to end, and
//! when the host is gone.
//!
//! The host starts itself for that ([`stages`]), so its `main` begins with the question whether it is a stage:
//!
//! ```
//! use std::process::ExitCode;
//!
//! use holdpoint_supervise::stages;
//!
//! fn main() -> ExitCode {
//!     let mut arguments = std::env::args_os().skip(1);
//!     if arguments.next().is_some_and(|first| first == stages::FIRST_ARGUMENT) {
//!         return stages::main(arguments);
//!     }
//!     // What the host does stands here.
//!     ExitCode::SUCCESS
//! }
//! ```
//!
//! It refuses to start what the kernel can't confine as far as its bounds require, and it never lets a process go on alone: there is no
//! way to keep one beyond its [`Process`].

mod confinement;
mod end;
mod process;
mod program;
pub mod stages;
mod supervisor;

pub use confinement::{Confinement, Layer};
pub use end::{End, Unstarted, Watched};
pub use process::{CLEARING, Process};
pub use program::{Bounds, Network, Program};
pub use supervisor::Supervisor;
