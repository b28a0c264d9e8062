//! Acts that take what a guest has until there is no more.

use holdpoint::prelude::*;

use crate::Came;

/// Computes for ever.
pub(crate) fn spin() -> Came {
    let mut count = 0_u64;
    loop {
        count = std::hint::black_box(count.wrapping_add(1));
    }
}

/// Takes memory until there is none.
pub(crate) fn allocate() -> Came {
    let mut blocks = Vec::new();
    loop {
        blocks.push(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
}

/// Calls itself until the stack ends.
pub(crate) fn recurse(depth: u32) -> u32 {
    let frame = std::hint::black_box([depth; 64]);
    if depth == u32::MAX { 0 } else { recurse(depth + 1).wrapping_add(frame[0]) }
}

/// Makes a check that passes its rows, opens another, and crashes.
pub(crate) fn panic(cx: &Context) -> Came {
    let rows = cx.requirements().to_vec();
    cx.check(rows.clone(), "what was made before").pass(observed("it is fine"), ());
    let open = cx.check(rows, "what was never closed");
    // It is leaked, so that nothing closes it on the way.
    std::mem::forget(open);
    panic!("the guest was told to panic");
}
