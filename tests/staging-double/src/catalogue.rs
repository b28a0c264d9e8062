//! The list of faults: one entry each, nothing else. To add one, add an entry here; a new
//! way to be wrong is a variant of `Change`, a new kind of value a `Shape`.

use std::time::Duration;

use crate::change::{Change, Laxness, LogoutLeaves, NoPkce, NoState, OpenRedirect, StateAccepted, WrongBody};
use crate::fault::{Fault, Kind};
use crate::files::Shape;
use crate::source;

/// Over the two seconds that a healthy service may take, by more than a busy machine blurs.
const TOO_SLOW: Duration = Duration::from_millis(2_600);

const WRONG_BODIES: &[WrongBody] =
    &[WrongBody::NoStatus, WrongBody::Status("starting"), WrongBody::Status("unhealthy"), WrongBody::Status("")];

/// Not set, empty, or blank: each is as good as none.
const MISSING: &[Option<&str>] = &[None, Some(""), Some(" "), Some(" \t ")];

/// What stands in the guide, or in a template that somebody copied, for each variable.
const STAND_INS_OPENAI: &[Option<&str>] = &[Some("your-openai-api-key"), Some("changeme"), Some("<openai api key>")];
const STAND_INS_ANTHROPIC: &[Option<&str>] =
    &[Some("your-anthropic-api-key"), Some("TODO"), Some("xxxxxxxxxxxxxxxxxxxxxxxx")];
const STAND_INS_GEMINI: &[Option<&str>] = &[Some("your-gemini-api-key"), Some("YOUR_API_KEY"), Some("placeholder")];
const STAND_INS_CLIENT_ID: &[Option<&str>] =
    &[Some("your-staging-oauth-client-id"), Some("<client id>"), Some("your-client-id.apps.googleusercontent.com")];
const STAND_INS_CLIENT_SECRET: &[Option<&str>] =
    &[Some("your-staging-oauth-client-secret"), Some("changeme"), Some("secret")];

/// Hosts that look right to somebody in a hurry.
const WRONG_HOSTS: &[&str] = &[
    "accounts.google.com.login-staging.example",
    "accounts-google.example",
    "accounts.google.example",
    "oauth.netra-staging.example",
];

const PARAMETERS: &[&str] = &["return_to", "next", "redirect_uri"];

pub(crate) const CATALOGUE: &[Fault] = &[
    Fault {
        name: "required-file-missing",
        requirement: "P1.1",
        exit: 1,
        description: "a file that the source tree must have is not there",
        kind: Kind::Source(source::missing),
    },
    Fault {
        name: "oversized-function",
        requirement: "P1.1",
        exit: 1,
        description: "a function in Python, TypeScript or Rust is far too long",
        kind: Kind::Source(source::oversized),
    },
    Fault {
        name: "forbidden-import",
        requirement: "P1.1",
        exit: 1,
        description: "a layer imports what it must not know",
        kind: Kind::Source(source::forbidden_import),
    },
    Fault {
        name: "duplicated-type",
        requirement: "P1.1",
        exit: 1,
        description: "a type is defined in two files",
        kind: Kind::Source(source::duplicated_type),
    },
    Fault {
        name: "forbidden-pattern",
        requirement: "P1.1",
        exit: 1,
        description: "code calls or reads what is forbidden there",
        kind: Kind::Source(source::forbidden_use),
    },
    Fault {
        name: "isolation-test-fails",
        requirement: "P1.2",
        // The row is advisory, and nothing is deployed beside a fault that was there before.
        exit: 7,
        description: "a test of the release fails",
        kind: Kind::Source(source::failing_test),
    },
    Fault {
        name: "isolation-tests-gone",
        requirement: "P1.2",
        exit: 7,
        description: "the runner collects no test of the release",
        kind: Kind::Source(source::no_test),
    },
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
    Fault {
        name: "openai-missing",
        requirement: "PRE-2.openai",
        exit: 1,
        description: "OPENAI_API_KEY is not set, empty or blank",
        kind: Kind::Environment { variable: "OPENAI_API_KEY", values: MISSING },
    },
    Fault {
        name: "openai-stand-in",
        requirement: "PRE-2.openai",
        exit: 1,
        description: "OPENAI_API_KEY holds what stands for it in a guide or a template",
        kind: Kind::Environment { variable: "OPENAI_API_KEY", values: STAND_INS_OPENAI },
    },
    Fault {
        name: "anthropic-missing",
        requirement: "PRE-2.anthropic",
        exit: 1,
        description: "ANTHROPIC_API_KEY is not set, empty or blank",
        kind: Kind::Environment { variable: "ANTHROPIC_API_KEY", values: MISSING },
    },
    Fault {
        name: "anthropic-stand-in",
        requirement: "PRE-2.anthropic",
        exit: 1,
        description: "ANTHROPIC_API_KEY holds what stands for it in a guide or a template",
        kind: Kind::Environment { variable: "ANTHROPIC_API_KEY", values: STAND_INS_ANTHROPIC },
    },
    Fault {
        name: "gemini-missing",
        requirement: "PRE-2.gemini",
        exit: 1,
        description: "GEMINI_API_KEY is not set, empty or blank",
        kind: Kind::Environment { variable: "GEMINI_API_KEY", values: MISSING },
    },
    Fault {
        name: "gemini-stand-in",
        requirement: "PRE-2.gemini",
        exit: 1,
        description: "GEMINI_API_KEY holds what stands for it in a guide or a template",
        kind: Kind::Environment { variable: "GEMINI_API_KEY", values: STAND_INS_GEMINI },
    },
    Fault {
        name: "client-id-missing",
        requirement: "PRE-2.client-id",
        exit: 1,
        description: "GOOGLE_STAGING_CLIENT_ID is not set, empty or blank",
        kind: Kind::Environment { variable: "GOOGLE_STAGING_CLIENT_ID", values: MISSING },
    },
    Fault {
        name: "client-id-stand-in",
        requirement: "PRE-2.client-id",
        exit: 1,
        description: "GOOGLE_STAGING_CLIENT_ID holds what stands for it in a guide or a template",
        kind: Kind::Environment { variable: "GOOGLE_STAGING_CLIENT_ID", values: STAND_INS_CLIENT_ID },
    },
    Fault {
        name: "client-secret-missing",
        requirement: "PRE-2.client-secret",
        exit: 1,
        description: "GOOGLE_STAGING_CLIENT_SECRET is not set, empty or blank",
        kind: Kind::Environment { variable: "GOOGLE_STAGING_CLIENT_SECRET", values: MISSING },
    },
    Fault {
        name: "client-secret-stand-in",
        requirement: "PRE-2.client-secret",
        exit: 1,
        description: "GOOGLE_STAGING_CLIENT_SECRET holds what stands for it in a guide or a template",
        kind: Kind::Environment { variable: "GOOGLE_STAGING_CLIENT_SECRET", values: STAND_INS_CLIENT_SECRET },
    },
    Fault {
        name: "oauth-wrong-host",
        requirement: "P3.3",
        exit: 1,
        description: "a login with Google starts at another host",
        kind: Kind::Auth(|draw| Change::WrongHost(draw.pick(WRONG_HOSTS))),
    },
    Fault {
        name: "oauth-no-state",
        requirement: "P3.3",
        exit: 1,
        description: "a login with Google has no state, or one that guards nothing",
        kind: Kind::Auth(|draw| {
            Change::NoState(draw.pick(&[
                NoState::Missing,
                NoState::Empty,
                NoState::Constant("netra"),
                NoState::Constant("c3RhZ2luZy1sb2dpbi1zdGF0ZS1jb25zdGFudA"),
                NoState::Short(4),
            ]))
        }),
    },
    Fault {
        name: "oauth-no-pkce",
        requirement: "P3.3",
        exit: 1,
        description: "a login with Google has no proof key, or one that proves nothing",
        kind: Kind::Auth(|draw| Change::NoPkce(draw.pick(&[NoPkce::Missing, NoPkce::Plain, NoPkce::Constant]))),
    },
    Fault {
        name: "oauth-open-redirect",
        requirement: "P3.3",
        exit: 1,
        description: "a parameter of the login decides where people are sent",
        kind: Kind::Auth(|draw| {
            Change::OpenRedirect(OpenRedirect {
                parameter: draw.pick(PARAMETERS),
                at_start: draw.pick(&[true, false]),
                laxness: draw.pick(&[Laxness::Anything, Laxness::AnySlash]),
            })
        }),
    },
    Fault {
        name: "login-wrong-state",
        requirement: "CRIT-4",
        exit: 1,
        description: "the callback of a login takes a state that is not its own",
        kind: Kind::Auth(|draw| {
            Change::StateAccepted(draw.pick(&[
                StateAccepted::Missing,
                StateAccepted::Any,
                StateAccepted::OfAnotherBrowser,
            ]))
        }),
    },
    Fault {
        name: "login-broken",
        requirement: "CRIT-4",
        exit: 1,
        description: "the callback of a login answers with an error",
        kind: Kind::Auth(|draw| Change::CallbackFails(draw.pick(&[400, 404, 500, 502, 503]))),
    },
    Fault {
        name: "logout-keeps-session",
        requirement: "CRIT-4",
        exit: 1,
        description: "a session lives on after its logout",
        kind: Kind::Auth(|draw| {
            Change::LogoutLeaves(draw.pick(&[
                LogoutLeaves::TakesTheCookie,
                LogoutLeaves::SaysSo,
                LogoutLeaves::Redirects,
            ]))
        }),
    },
];
