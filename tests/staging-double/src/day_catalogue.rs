//! The list of faults that only somebody who watches for long finds: one entry each, nothing else.

use std::time::Duration;

use crate::change::Change;
use crate::crowd::Crowd;
use crate::fault::{Fault, Kind};
use crate::load::{Leak, LeakForm};
use crate::resources::Resource;

pub(crate) const DAY_CATALOGUE: &[Fault] = &[
    Fault {
        name: "outage",
        requirement: "P4.1.availability",
        exit: 1,
        description: "the auth service answers 503 all day",
        kind: Kind::Auth(|_| Change::Unavailable),
    },
    Fault {
        name: "processor-busy",
        requirement: "P4.1.cpu",
        exit: 1,
        description: "the processor of the backend is nearly used up",
        kind: Kind::Backend(|_| Change::Pressed(Resource::Processor)),
    },
    Fault {
        name: "memory-full",
        requirement: "P4.1.memory",
        exit: 1,
        description: "the memory of the backend is nearly used up",
        kind: Kind::Backend(|_| Change::Pressed(Resource::Memory)),
    },
    Fault {
        name: "pool-full",
        requirement: "P4.1.connections",
        exit: 1,
        description: "the connections of the backend's pool are nearly used up",
        kind: Kind::Backend(|_| Change::Pressed(Resource::Connections)),
    },
    Fault {
        name: "memory-creeps",
        requirement: "P4.1.leak",
        exit: 1,
        description: "the memory of the backend grows all day",
        kind: Kind::Backend(|draw| Change::MemoryCreep(draw.pick(&[40 * 1024, 56 * 1024, 72 * 1024]))),
    },
    Fault {
        name: "memory-climbs",
        requirement: "ALERT-3",
        exit: 1,
        description: "the memory of the backend grows by more than a twentieth every hour",
        kind: Kind::Backend(|draw| Change::MemoryCreep(draw.pick(&[160 * 1024, 200 * 1024, 240 * 1024]))),
    },
    Fault {
        name: "errors-of-others",
        requirement: "ALERT-1",
        exit: 1,
        description: "a little more than two in a hundred answers to others are errors, all day",
        kind: Kind::Backend(|draw| crowd(draw.pick(&[21, 25, 30]), 0)),
    },
    Fault {
        name: "slow-for-others",
        requirement: "ALERT-2",
        exit: 1,
        description: "one answer in a few to others takes four seconds, all day",
        kind: Kind::Backend(|draw| crowd(0, draw.pick(&[100, 200, 300]))),
    },
    Fault {
        name: "many-errors-of-others",
        requirement: "RB-T2",
        exit: 1,
        description: "more than five in a hundred answers to others are errors, all day",
        kind: Kind::Backend(|draw| crowd(draw.pick(&[55, 60, 80]), 0)),
    },
];

/// A thousand others at each look.
fn crowd(errors: u64, slow: u64) -> Change {
    Change::Crowd(Crowd { requests: 1_000, errors, slow })
}

/// What only the load of some hours meets.
pub(crate) const STRESS_CATALOGUE: &[Fault] = &[
    Fault {
        name: "errors-now-and-then",
        requirement: "P4.1.errors",
        exit: 1,
        description: "a few in a hundred answers of the backend are 500",
        kind: Kind::Backend(|draw| Change::Errors(draw.pick(&[2, 3]))),
    },
    Fault {
        name: "slow-now-and-then",
        requirement: "P4.1.p95",
        exit: 1,
        description: "one answer in many comes after more than two seconds",
        kind: Kind::Backend(|draw| Change::Late { one_in: draw.pick(&[8, 10]), delay: Duration::from_millis(2_500) }),
    },
    Fault {
        name: "saturated-by-50",
        requirement: "P4.3.t1",
        exit: 1,
        description: "the backend can't serve 50 users",
        kind: Kind::Backend(|draw| Change::Saturated(draw.pick(&[22, 25]))),
    },
    Fault {
        name: "saturated-by-100",
        requirement: "P4.3.t2",
        exit: 1,
        description: "the backend serves 50 users and not 100",
        kind: Kind::Backend(|draw| Change::Saturated(draw.pick(&[52, 56]))),
    },
    Fault {
        name: "saturated-by-150",
        requirement: "P4.3.t3",
        exit: 1,
        description: "the backend serves 100 users and not 150",
        kind: Kind::Backend(|draw| Change::Saturated(draw.pick(&[88, 92]))),
    },
    Fault {
        name: "leak-under-failures",
        requirement: "P4.3.t4",
        exit: 1,
        description: "answers of the backend carry what another user has sent, whoever fails",
        kind: Kind::Backend(|_| Change::Leak(Leak { one_in: 20, form: LeakForm::Plain })),
    },
    Fault {
        name: "memory-drifts",
        requirement: "SUC-2",
        exit: 1,
        description: "the memory of the backend ends the day more than a twentieth above its beginning, too slowly for a leak",
        kind: Kind::Backend(|draw| Change::MemoryCreep(draw.pick(&[5_632, 6_144, 6_656]))),
    },
    Fault {
        name: "leak-in-tests",
        requirement: "ALERT-4",
        exit: 1,
        description: "one answer in a few carries what another user has sent, for as long as isolation is tested",
        kind: Kind::Backend(|draw| Change::Leak(Leak { one_in: draw.pick(&[4, 5, 6]), form: LeakForm::Plain })),
    },
];
