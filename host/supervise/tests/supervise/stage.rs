//! What tests start in the place of `holdpoint __stage`: a program that is nothing but a stage.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        Some(first) if first == holdpoint_supervise::stages::FIRST_ARGUMENT => {
            holdpoint_supervise::stages::main(arguments)
        }
        _ => ExitCode::FAILURE,
    }
}
