//! What the host starts in the place of a program: itself, with a private first argument, three times within itself.
//!
//! ```text
//! host ── outside: takes namespaces for what follows
//!           └─ init: the first process of the namespace. It watches and reaps, and its end is the end of all
//!                └─ program: takes rights away from itself, as far as there are bounds, and becomes the program
//! ```
//!
//! Each stage is a fresh process with one thread when it changes itself, so nothing here needs `unsafe`. The stages share the
//! host's socket as their standard input: what to do comes in, what became of it goes out, and its end is the end of the host. A stage
//! reads no environment, and no argument but its own name.

mod calls;
mod fds;
mod files;
mod frame;
mod init;
mod limits;
mod namespaces;
mod outside;
mod plan;
mod program;
mod tree;

use std::{
    ffi::OsString,
    io,
    os::{fd::AsFd as _, unix::net::UnixStream},
    process::ExitCode,
};

pub(crate) use frame::{LARGEST as LARGEST_FRAME, encode};
pub(crate) use plan::{DROP, END, Outside, Plan, TERMINATE, Word};

/// The first argument that makes a program a stage.
pub const FIRST_ARGUMENT: &str = "__stage";

/// Is a stage. To be called before anything else, with the arguments after the first, in a process that has one thread.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments = arguments.into_iter();
    let stage = arguments.next();
    let Ok(socket) = socket() else { return ExitCode::FAILURE };
    let done = match stage.as_ref().and_then(|stage| stage.to_str()) {
        Some("outside") => outside::run(&socket),
        Some("init") => init::run(&socket, arguments.next()),
        Some("program") => program::run(&socket),
        _ => return ExitCode::FAILURE,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // If nobody hears it, nobody is there.
            let _ = frame::send(&socket, &Word::Failed(why));
            ExitCode::FAILURE
        }
    }
}

/// Whoever started this stage.
fn socket() -> io::Result<UnixStream> {
    Ok(UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// This program as another stage. It shares nothing but the three standard streams.
#[expect(clippy::disallowed_methods, reason = "stages are processes")]
fn stage(name: &str) -> std::process::Command {
    let mut command = std::process::Command::new("/proc/self/exe");
    command.arg(FIRST_ARGUMENT).arg(name).env_clear();
    command
}
