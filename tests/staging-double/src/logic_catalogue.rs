//! The list of faults in what the system does for its users, and in what it tells of itself: one entry each, nothing else.

use std::time::Duration;

use crate::change::{Change, DocsFault, FileFault, HalfDone, SessionKept, Unsound};
use crate::fault::{Fault, Kind};
use crate::files::Shape;
use crate::load::{Ageing, ChatFault};

/// A value of this environment where one of another should be.
const SHARED: &[Option<&str>] = &[Some("demo.client.b93f7c12d06e4a58e7")];

const UNSOUND: &[Unsound] = &[Unsound::Page, Unsound::NoVersion, Unsound::NoPaths, Unsound::Reference];

pub(crate) const LOGIC_CATALOGUE: &[Fault] = &[
    Fault {
        name: "refresh-keeps-session",
        requirement: "BIZ-3",
        exit: 1,
        description: "a session lives on after it was renewed",
        kind: Kind::Auth(|_| Change::SessionKept(SessionKept::Session)),
    },
    Fault {
        name: "refresh-twice",
        requirement: "BIZ-3",
        exit: 1,
        description: "what has renewed a session renews another",
        kind: Kind::Auth(|_| Change::SessionKept(SessionKept::Renewal)),
    },
    Fault {
        name: "refresh-after-logout",
        requirement: "BIZ-3",
        exit: 1,
        description: "a session is renewed after its logout",
        kind: Kind::Auth(|_| Change::SessionKept(SessionKept::LoggedOut)),
    },
    Fault {
        name: "transfer-left-half-done",
        requirement: "BIZ-4",
        exit: 1,
        description: "a transaction whose client has gone stays half done",
        kind: Kind::Backend(|_| Change::HalfDone(HalfDone::LeftBehind)),
    },
    Fault {
        name: "transfer-seen-half-done",
        requirement: "BIZ-4",
        exit: 1,
        description: "others see a transaction half done",
        kind: Kind::Backend(|_| Change::HalfDone(HalfDone::Seen)),
    },
    Fault {
        name: "file-corrupted",
        requirement: "BIZ-5",
        exit: 1,
        description: "a file comes back with one byte that is another",
        kind: Kind::Backend(|draw| Change::File(FileFault::Corrupted(draw.pick(&[0, 1, 50, 99, 100])))),
    },
    Fault {
        name: "file-part-shifted",
        requirement: "BIZ-5",
        exit: 1,
        description: "a part of a file begins one byte late",
        kind: Kind::Backend(|_| Change::File(FileFault::Shifted)),
    },
    Fault {
        name: "file-limit-gone",
        requirement: "BIZ-5",
        exit: 1,
        description: "a file above the limit is taken",
        kind: Kind::Backend(|_| Change::File(FileFault::NoLimit)),
    },
    Fault {
        name: "api-docs-gone",
        requirement: "BIZ-6",
        exit: 1,
        description: "the description of the API is not there",
        kind: Kind::Backend(|_| Change::Docs(DocsFault::Gone)),
    },
    Fault {
        name: "api-docs-invalid",
        requirement: "BIZ-6",
        exit: 1,
        description: "the description of the API is no sound OpenAPI document",
        kind: Kind::Backend(|draw| Change::Docs(DocsFault::Invalid(draw.pick(UNSOUND)))),
    },
    Fault {
        name: "api-docs-stale",
        requirement: "BIZ-6",
        exit: 1,
        description: "a path is described and not served",
        kind: Kind::Backend(|_| Change::Docs(DocsFault::Stale)),
    },
    Fault {
        name: "api-docs-incomplete",
        requirement: "BIZ-6",
        exit: 1,
        description: "a path is served and not described",
        kind: Kind::Backend(|_| Change::Docs(DocsFault::Incomplete)),
    },
    Fault {
        name: "ws-old-half-open",
        requirement: "CRIT-6",
        exit: 1,
        description: "a socket that is old answers nothing and stays open",
        kind: Kind::Backend(|draw| aged(draw.pick(&[2_000, 2_500, 3_000]), Ageing::HalfOpen)),
    },
    Fault {
        name: "ws-old-silent",
        requirement: "CRIT-6",
        exit: 1,
        description: "a socket that is old sends no more events",
        kind: Kind::Backend(|draw| aged(draw.pick(&[2_000, 2_500, 3_000]), Ageing::Silent)),
    },
    Fault {
        name: "ws-old-late",
        requirement: "CRIT-6",
        exit: 1,
        description: "what comes over a socket that is old comes late",
        kind: Kind::Backend(|draw| {
            let delay = Duration::from_millis(draw.pick(&[2_500, 3_000, 3_500]));
            aged(draw.pick(&[2_000, 2_500, 3_000]), Ageing::Late(delay))
        }),
    },
    Fault {
        name: "ws-cut-when-idle",
        requirement: "KI-3",
        exit: 1,
        description: "a socket that is idle for seconds is cut, as by a balancer with a short time-out",
        kind: Kind::Backend(|draw| {
            Change::Chat(ChatFault::Cut { idle: Duration::from_millis(draw.pick(&[2_500, 2_750, 3_000])) })
        }),
    },
    Fault {
        name: "secret-shared",
        requirement: "NOTE-1",
        exit: 1,
        description: "a secret has the same value in production",
        kind: Kind::Environment { variable: "GOOGLE_PRODUCTION_CLIENT_SECRET", values: SHARED },
    },
    Fault {
        name: "production-url",
        requirement: "NOTE-1",
        exit: 1,
        description: "a URL in the staging configuration leads to production",
        kind: Kind::File { shape: Shape::Url, host: |_| "netra-backend-production-demo.a.run.app".to_owned() },
    },
    Fault {
        name: "production-database",
        requirement: "NOTE-1",
        exit: 1,
        description: "a database address in the staging configuration leads to production",
        kind: Kind::File { shape: Shape::Dsn, host: |_| "db.netra-production.internal".to_owned() },
    },
];

fn aged(after: u64, how: Ageing) -> Change {
    Change::Chat(ChatFault::Aged { after: Duration::from_millis(after), how })
}
