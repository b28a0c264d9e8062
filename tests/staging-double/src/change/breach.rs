//! How a service is open to those who mean harm. What each does stands with the routes that it opens.

use std::fmt;

/// What protects a service, and does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// Who comes without TLS is served there, and not led to HTTPS.
    PlainServed,
    /// The certificate has expired.
    CertificateExpired,
    /// No answer tells browsers to remember HTTPS.
    NoHsts,
    /// This path answers whoever asks.
    OpenRoute(&'static str),
    /// Tokens of test users are taken without a look at this.
    Unchecked(Unchecked),
    /// Agents are shown to whoever knows their id.
    OwnerIgnored,
    /// Pages of others may read answers, or those of the team may not.
    Cors(WrongCors),
    /// Errors tell a secret.
    Tells(Told),
    /// A limit of requests is none.
    Limit(WrongLimit),
    /// What is malformed is not refused.
    Malformed(Mishandled),
}

/// What is not looked at in a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unchecked {
    /// Its end.
    Expiry,
    /// Its signature.
    Signature,
}

/// What is wrong about answers to pages of other origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongCors {
    /// Whatever origin asks is allowed.
    Reflected,
    /// Any origin is allowed, with cookies.
    AnyWithCookies,
    /// The page of the team is refused, too.
    PageRefused,
}

/// Which secret stands in an error, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// A known one as it is, in the body.
    Plain,
    /// A known one in base64, in the body.
    Base64,
    /// A known one in hex, in the body.
    Hex,
    /// A known one, in a header.
    Header,
    /// One that nobody has told the validation of, with the shape of an access key.
    Shape,
}

/// What is wrong about a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongLimit {
    /// There is none.
    Missing,
    /// All users have one together.
    Shared,
    /// Nobody is told when to come again.
    Silent,
}

/// What becomes of a malformed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishandled {
    /// 500.
    Fails,
    /// No answer.
    Hangs,
    /// 200.
    Taken,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Breach::PlainServed => ", served without TLS",
            Breach::CertificateExpired => ", certificate of 2019",
            Breach::NoHsts => ", no strict-transport-security",
            Breach::OpenRoute(path) => return write!(f, ", {path} needs no token"),
            Breach::Unchecked(Unchecked::Expiry) => ", expired tokens are taken",
            Breach::Unchecked(Unchecked::Signature) => ", tokens are taken without a look at their signature",
            Breach::OwnerIgnored => ", agents are shown to anybody",
            Breach::Cors(WrongCors::Reflected) => ", any origin is allowed by its name",
            Breach::Cors(WrongCors::AnyWithCookies) => ", any origin is allowed with cookies",
            Breach::Cors(WrongCors::PageRefused) => ", no origin is allowed",
            Breach::Tells(Told::Plain) => ", a key in error bodies",
            Breach::Tells(Told::Base64) => ", a key in error bodies, in base64",
            Breach::Tells(Told::Hex) => ", a key in error bodies, in hex",
            Breach::Tells(Told::Header) => ", a key in a header of errors",
            Breach::Tells(Told::Shape) => ", an access key in error bodies",
            Breach::Limit(WrongLimit::Missing) => ", no limit",
            Breach::Limit(WrongLimit::Shared) => ", one limit for all users",
            Breach::Limit(WrongLimit::Silent) => ", no retry-after",
            Breach::Malformed(Mishandled::Fails) => ", malformed requests are answered 500",
            Breach::Malformed(Mishandled::Hangs) => ", malformed requests are not answered",
            Breach::Malformed(Mishandled::Taken) => ", malformed requests are answered 200",
        })
    }
}
