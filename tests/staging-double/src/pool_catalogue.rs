//! The list of faults in what requests and agents take of the backend and do not give back: one entry each, nothing else.

use std::time::Duration;

use crate::change::{Change, PoolFault, SmallPool};
use crate::fault::{Fault, Kind};

const WORK: Duration = Duration::from_millis(40);
const PATIENCE: Duration = Duration::from_millis(500);

pub(crate) const POOL_CATALOGUE: &[Fault] = &[
    Fault {
        name: "pool-small",
        requirement: "KI-2",
        exit: 1,
        description: "the pool of connections is used up by fewer users than there are to be",
        kind: Kind::Backend(|draw| {
            let size = draw.pick(&[6, 8, 10]);
            Change::Pool(PoolFault::Small(SmallPool { size, work: WORK, patience: PATIENCE }))
        }),
    },
    Fault {
        name: "pool-of-another-size",
        requirement: "KI-2",
        exit: 1,
        description: "the pool has another number of connections than is configured",
        kind: Kind::Backend(|draw| Change::Pool(PoolFault::OtherSize(draw.pick(&[100, 150, 199])))),
    },
    Fault {
        name: "pool-leaks",
        requirement: "P4.1.pool",
        exit: 1,
        description: "some requests do not give their connection back",
        kind: Kind::Backend(|draw| Change::Pool(PoolFault::Leaks(draw.pick(&[20, 50, 100])))),
    },
    Fault {
        name: "request-keeps-memory",
        requirement: "P4.1.memory-per-request",
        exit: 1,
        description: "every request keeps some memory for good",
        kind: Kind::Backend(|draw| Change::MemoryLeak(draw.pick(&[64 << 10, 256 << 10]))),
    },
    Fault {
        name: "agents-stay",
        requirement: "P4.1.cleanup",
        exit: 1,
        description: "agents that were ended are counted among those that live",
        kind: Kind::Backend(|_| Change::Orphans),
    },
    Fault {
        name: "agents-keep-memory",
        requirement: "KI-4",
        exit: 1,
        description: "agents that were ended keep memory for good",
        kind: Kind::Backend(|draw| Change::AgentLeak(draw.pick(&[1 << 20, 4 << 20]))),
    },
];
