//! The list of faults that somebody who means harm would find: one entry each, nothing else.

use crate::change::{Breach, Change, Mishandled, Told, Unchecked, WrongCors, WrongLimit};
use crate::fault::{Fault, Kind};

pub(crate) const SECURITY_CATALOGUE: &[Fault] = &[
    Fault {
        name: "plain-http",
        requirement: "SEC-1",
        exit: 1,
        description: "a service answers without TLS, and leads nobody to HTTPS",
        kind: Kind::Server(|_, _| Change::Breach(Breach::PlainServed)),
    },
    Fault {
        name: "certificate-expired",
        requirement: "SEC-1",
        exit: 1,
        description: "the certificate of a service has expired",
        kind: Kind::Server(|_, _| Change::Breach(Breach::CertificateExpired)),
    },
    Fault {
        name: "no-hsts",
        requirement: "SEC-1",
        exit: 1,
        description: "a service does not tell browsers to remember HTTPS; judged on the team's own domains",
        kind: Kind::Server(|_, _| Change::Breach(Breach::NoHsts)),
    },
    Fault {
        name: "open-route",
        requirement: "SEC-2",
        exit: 1,
        description: "a protected route answers whoever asks",
        kind: Kind::Backend(|draw| Change::Breach(Breach::OpenRoute(draw.pick(&["/api/me", "/api/agents"])))),
    },
    Fault {
        name: "expired-token-taken",
        requirement: "SEC-2",
        exit: 1,
        description: "a token that has expired is taken",
        kind: Kind::Backend(|_| Change::Breach(Breach::Unchecked(Unchecked::Expiry))),
    },
    Fault {
        name: "unsigned-token-taken",
        requirement: "SEC-2",
        exit: 1,
        description: "a token is taken without a look at its signature",
        kind: Kind::Backend(|_| Change::Breach(Breach::Unchecked(Unchecked::Signature))),
    },
    Fault {
        name: "owner-ignored",
        requirement: "SEC-2",
        exit: 1,
        description: "what one user has made is shown to whoever knows its id",
        kind: Kind::Backend(|_| Change::Breach(Breach::OwnerIgnored)),
    },
    Fault {
        name: "cors-reflected",
        requirement: "SEC-3",
        exit: 1,
        description: "every origin that asks is allowed by its name",
        kind: Kind::Backend(|_| Change::Breach(Breach::Cors(WrongCors::Reflected))),
    },
    Fault {
        name: "cors-any-with-cookies",
        requirement: "SEC-3",
        exit: 1,
        description: "any origin is allowed, with cookies",
        kind: Kind::Backend(|_| Change::Breach(Breach::Cors(WrongCors::AnyWithCookies))),
    },
    Fault {
        name: "cors-page-refused",
        requirement: "SEC-3",
        exit: 1,
        description: "the frontend may not read what the backend answers",
        kind: Kind::Backend(|_| Change::Breach(Breach::Cors(WrongCors::PageRefused))),
    },
    Fault {
        name: "secret-in-error",
        requirement: "SEC-4",
        exit: 1,
        description: "an error of the backend tells a key, as it is or encoded",
        kind: Kind::Backend(|draw| {
            Change::Breach(Breach::Tells(draw.pick(&[Told::Plain, Told::Base64, Told::Hex, Told::Header])))
        }),
    },
    Fault {
        name: "credential-in-error",
        requirement: "SEC-4",
        exit: 1,
        description: "an error of the backend tells an access key that nobody knows of",
        kind: Kind::Backend(|_| Change::Breach(Breach::Tells(Told::Shape))),
    },
    Fault {
        name: "no-rate-limit",
        requirement: "SEC-5",
        exit: 1,
        description: "nobody is refused, however much they ask",
        kind: Kind::Backend(|_| Change::Breach(Breach::Limit(WrongLimit::Missing))),
    },
    Fault {
        name: "shared-rate-limit",
        requirement: "SEC-5",
        exit: 1,
        description: "who asks too much has everybody refused",
        kind: Kind::Backend(|_| Change::Breach(Breach::Limit(WrongLimit::Shared))),
    },
    Fault {
        name: "silent-rate-limit",
        requirement: "SEC-5",
        exit: 1,
        description: "who is refused is not told when to come again",
        kind: Kind::Backend(|_| Change::Breach(Breach::Limit(WrongLimit::Silent))),
    },
    Fault {
        name: "malformed-fails",
        requirement: "SEC-6",
        exit: 1,
        description: "a malformed request is answered with 500",
        kind: Kind::Backend(|_| Change::Breach(Breach::Malformed(Mishandled::Fails))),
    },
    Fault {
        name: "malformed-hangs",
        requirement: "SEC-6",
        exit: 1,
        description: "a malformed request is never answered",
        kind: Kind::Backend(|_| Change::Breach(Breach::Malformed(Mishandled::Hangs))),
    },
    Fault {
        name: "malformed-taken",
        requirement: "SEC-6",
        exit: 1,
        description: "a malformed request is answered as if it were well",
        kind: Kind::Backend(|_| Change::Breach(Breach::Malformed(Mishandled::Taken))),
    },
];
