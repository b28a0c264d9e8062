//! The list of faults that only somebody who watches for long finds: one entry each, nothing else.

use crate::change::Change;
use crate::fault::{Fault, Kind};
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
];
