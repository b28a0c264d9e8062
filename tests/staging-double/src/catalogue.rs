//! The list of faults: one entry each, nothing else. To add one, add an entry here; a new
//! way to be wrong is a variant of `Change`, a new kind of value a `Shape`.

use std::time::Duration;

use crate::fault::{Change, Fault, Kind, WrongBody};
use crate::files::Shape;

/// Over the two seconds that a healthy service may take, by more than a busy machine blurs.
const TOO_SLOW: Duration = Duration::from_millis(2_600);

const WRONG_BODIES: &[WrongBody] =
    &[WrongBody::NoStatus, WrongBody::Status("starting"), WrongBody::Status("unhealthy"), WrongBody::Status("")];

pub(crate) const CATALOGUE: &[Fault] = &[
    Fault {
        name: "localhost-name",
        requirement: "P1.3",
        exit: 1,
        description: "a URL in the staging configuration points at localhost",
        kind: Kind::File { shape: Shape::Url, host: |_| "localhost".to_owned() },
    },
    Fault {
        name: "localhost-v4",
        requirement: "P1.3",
        exit: 1,
        description: "a URL in the staging configuration points into 127.0.0.0/8",
        kind: Kind::File {
            shape: Shape::Url,
            host: |draw| {
                let (b, c, d) = (draw.between(0, 256), draw.between(0, 256), draw.between(1, 255));
                format!("127.{b}.{c}.{d}")
            },
        },
    },
    Fault {
        name: "localhost-v6",
        requirement: "P1.3",
        exit: 1,
        description: "a URL in the staging configuration points at [::1]",
        kind: Kind::File { shape: Shape::Url, host: |_| "[::1]".to_owned() },
    },
    Fault {
        name: "docker-internal",
        requirement: "P1.3",
        exit: 1,
        description: "a URL in the staging configuration points at host.docker.internal",
        kind: Kind::File { shape: Shape::Url, host: |_| "host.docker.internal".to_owned() },
    },
    Fault {
        name: "any-address",
        requirement: "P1.3",
        exit: 1,
        description: "a URL in the staging configuration has 0.0.0.0 as its destination",
        kind: Kind::File { shape: Shape::Url, host: |_| "0.0.0.0".to_owned() },
    },
    Fault {
        name: "localhost-dsn",
        requirement: "P1.3",
        exit: 1,
        description: "a database address in the staging configuration points at localhost",
        kind: Kind::File { shape: Shape::Dsn, host: |_| "localhost".to_owned() },
    },
    Fault {
        name: "dependency-down",
        requirement: "P3.1",
        exit: 1,
        description: "a service answers 200 and only the body says that a dependency is down",
        kind: Kind::Server(|draw, service| Change::DependencyDown(draw.pick(service.dependencies()))),
    },
    Fault {
        name: "unavailable",
        requirement: "P3.1",
        exit: 1,
        description: "a service answers 503",
        kind: Kind::Server(|_, _| Change::Unavailable),
    },
    Fault {
        name: "slow",
        requirement: "P3.1",
        exit: 1,
        description: "a service answers after 2.6 seconds",
        kind: Kind::Server(|_, _| Change::Slow(TOO_SLOW)),
    },
    Fault {
        name: "wrong-body",
        requirement: "P3.1",
        exit: 1,
        description: "a service answers 200 with a body that does not say healthy",
        kind: Kind::Server(|draw, _| Change::WrongBody(draw.pick(WRONG_BODIES))),
    },
    Fault {
        name: "refused",
        requirement: "P3.1",
        exit: 1,
        description: "a service does not listen",
        kind: Kind::Server(|_, _| Change::Refused),
    },
    Fault {
        name: "truncated-json",
        requirement: "P3.1",
        exit: 1,
        description: "a service cuts its JSON bodies short",
        kind: Kind::Server(|draw, _| {
            let percent = u8::try_from(draw.between(10, 91)).expect("below 91");
            Change::TruncatedJson(percent)
        }),
    },
];
