//! The list of faults that only virtual users meet: one entry each, nothing else.

use std::time::Duration;

use crate::change::Change;
use crate::draw::Draw;
use crate::fault::{Fault, Kind};
use crate::load::{ChatFault, Leak, LeakForm, Struck};

pub(crate) const LOAD_CATALOGUE: &[Fault] = &[
    Fault {
        name: "leak",
        requirement: "P3.2.isolation",
        exit: 1,
        description: "one answer in a few carries what another user has sent",
        kind: Kind::Backend(|draw| leak(draw, &[10, 20, 50])),
    },
    Fault {
        name: "leak-rare",
        requirement: "P3.2.isolation",
        exit: 1,
        description: "one answer in many carries what another user has sent",
        kind: Kind::Backend(|draw| leak(draw, &[100, 1_000, 10_000])),
    },
    Fault {
        name: "shared-global",
        requirement: "SUC-3.state",
        exit: 1,
        description: "states and a counter are the same for all users",
        kind: Kind::Backend(|_| Change::SharedGlobal),
    },
    Fault {
        name: "shared-crash",
        requirement: "BIZ-1",
        exit: 1,
        description: "the failing agent of one user makes the others' requests fail for a while",
        kind: Kind::Backend(|draw| Change::SharedCrash(Duration::from_millis(draw.pick(&[500, 1_000, 2_000])))),
    },
    Fault {
        name: "shared-break",
        requirement: "BIZ-1",
        exit: 1,
        description: "a request that breaks off or is no HTTP makes everybody's requests fail for a while",
        kind: Kind::Backend(|draw| Change::SharedBreak(Duration::from_millis(draw.pick(&[500, 1_000, 2_000])))),
    },
    Fault {
        name: "orphans",
        requirement: "SUC-3.cleanup",
        exit: 1,
        description: "agents that have ended are not cleaned up",
        kind: Kind::Backend(|_| Change::Orphans),
    },
    Fault {
        name: "memory-leak",
        requirement: "P3.2.memory",
        exit: 1,
        description: "the memory of the backend grows with its requests",
        kind: Kind::Backend(|draw| Change::MemoryLeak(draw.pick(&[64 * 1024, 128 * 1024, 256 * 1024]))),
    },
    Fault {
        name: "stall",
        requirement: "P3.2.average",
        exit: 1,
        description: "all answers of the backend halt once for seconds",
        kind: Kind::Backend(|draw| Change::Stall(Duration::from_millis(draw.pick(&[5_000, 6_000, 7_000])))),
    },
    Fault {
        name: "errors",
        requirement: "P3.2.success",
        exit: 1,
        description: "6 in a hundred answers of the backend are errors, or more",
        kind: Kind::Backend(|draw| Change::Errors(draw.pick(&[6, 8, 12]))),
    },
    Fault {
        name: "fewer-than-100",
        requirement: "CRIT-3",
        exit: 1,
        description: "the backend serves fewer than a hundred users at once",
        kind: Kind::Backend(|draw| Change::Saturated(draw.pick(&[56, 60, 64]))),
    },
    Fault {
        name: "ws-drop",
        requirement: "BIZ-2",
        exit: 1,
        description: "events of a chat are lost",
        kind: Kind::Backend(|draw| frames(Struck::Dropped, draw.pick(&[7, 50, 200]))),
    },
    Fault {
        name: "ws-duplicate",
        requirement: "BIZ-2",
        exit: 1,
        description: "events of a chat come twice",
        kind: Kind::Backend(|draw| frames(Struck::Duplicated, draw.pick(&[7, 50, 200]))),
    },
    Fault {
        name: "ws-reorder",
        requirement: "BIZ-2",
        exit: 1,
        description: "events of a chat come out of order",
        kind: Kind::Backend(|draw| frames(Struck::Reordered, draw.pick(&[7, 50, 200]))),
    },
    Fault {
        name: "ws-silent",
        requirement: "BIZ-2",
        exit: 1,
        description: "after some events a chat sends no more",
        kind: Kind::Backend(|draw| Change::Chat(ChatFault::Silent { after: draw.between(1, 20) })),
    },
    Fault {
        name: "ws-half-open",
        requirement: "BIZ-2",
        exit: 1,
        description: "after some events a chat answers nothing, no pings either, and stays open",
        kind: Kind::Backend(|draw| Change::Chat(ChatFault::HalfOpen { after: draw.between(1, 20) })),
    },
];

fn leak(draw: &mut Draw, often: &[u32]) -> Change {
    Change::Leak(Leak { one_in: draw.pick(often), form: draw.pick(&LeakForm::ALL) })
}

fn frames(struck: Struck, one_in: u32) -> Change {
    Change::Chat(ChatFault::Frames { struck, one_in })
}
