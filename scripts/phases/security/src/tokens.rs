//! The tokens of test users: secrets that the operator binds to a header. What is held here is a placeholder.

use std::fmt;

use holdpoint::prelude::*;

/// Secrets by name, each a token of a test user.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Named {
    user: Option<String>,
    other: Option<String>,
    expired: Option<String>,
    /// Whether no token of this system ends by itself, as a name with its password does not. Then none that has expired can be tried.
    #[serde(default)]
    never_expire: bool,
}

impl Named {
    pub(crate) fn check(&self) -> Result<()> {
        if self.never_expire && self.expired.is_some() {
            return Err(Error::new("config.tokens: where tokens never-expire there is none that has expired"));
        }
        Ok(())
    }
}

/// A token that may be sent, or why it can't be.
pub(crate) type Token = Result<String, Missing>;

/// Why there is no token.
#[derive(Debug)]
pub(crate) enum Missing {
    /// The bundle names no secret for it.
    Unnamed(&'static str),
    /// The secret that it names has no value here.
    Valueless(String),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unnamed(field) => {
                write!(f, "config.tokens.{field} names no secret; name one that holds such a token")
            }
            Self::Valueless(why) => f.write_str(why),
        }
    }
}

/// The tokens that this machine has.
pub(crate) struct Tokens {
    /// Of a test user.
    pub(crate) user: Token,
    /// Of another test user.
    pub(crate) other: Token,
    /// One that was good once; none where tokens never expire.
    pub(crate) expired: Option<Token>,
}

impl Tokens {
    pub(crate) fn of(cx: &Context, named: &Named) -> Self {
        Self {
            user: named_or_none(cx, "user", named.user.as_deref()),
            other: named_or_none(cx, "other", named.other.as_deref()),
            expired: (!named.never_expire).then(|| named_or_none(cx, "expired", named.expired.as_deref())),
        }
    }
}

fn named_or_none(cx: &Context, field: &'static str, name: Option<&str>) -> Token {
    held(cx, name.ok_or(Missing::Unnamed(field))?).map_err(Missing::Valueless)
}

/// The placeholder of a secret, or why there is none that could be sent or found.
pub(crate) fn held(cx: &Context, name: &str) -> Result<String, String> {
    cx.secrets().held(name).map(|placeholder| placeholder.to_string())
}

/// The request with a token of a user. The operator's file says what the header then holds, `Bearer` and the value.
pub(crate) fn with(request: Request, token: &str) -> Request {
    request.header("authorization", token)
}

/// A part of a row that could not be tried leaves the row open: beside a pass of the rest it would not be seen.
pub(crate) fn untried(check: Check<'_>, why: &Missing) {
    check.inconclusive(observed(format!("not exercised: {why}")), ());
}
