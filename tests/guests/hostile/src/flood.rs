//! Acts that pour out without end. What comes of one does not matter to one that floods.

#![expect(clippy::print_stdout, reason = "printing without end is one of the floods")]

use holdpoint::prelude::*;

use crate::Came;

/// Calls without end.
pub(crate) fn calls(cx: &Context) -> Came {
    loop {
        let _ = cx.sleep(Millis(0));
    }
}

/// Logs without end.
pub(crate) fn log(cx: &Context) -> Came {
    let line = "x".repeat(1_000);
    loop {
        cx.log(Level::Info, &line);
    }
}

/// Prints without end, and never calls the host for anything else.
pub(crate) fn print() -> Came {
    let line = "x".repeat(1_000);
    loop {
        println!("{line}");
    }
}

/// Makes checks without end.
pub(crate) fn checks(cx: &Context) -> Came {
    loop {
        cx.observation("the same again").pass(observed("nothing"), ());
    }
}
