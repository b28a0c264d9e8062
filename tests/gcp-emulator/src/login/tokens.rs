//! Access tokens: which are known, whose they are, and until when. Keeps a bounded number of them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Moment;
use crate::draw::Seed;
use crate::login::ServiceAccount;
use crate::options::Options;

const MOST_TOKENS: usize = 10_000;

#[derive(Debug)]
struct Token {
    principal: String,
    expires: Moment,
}

/// Everybody who can log in, and everybody who has.
#[derive(Debug)]
pub(crate) struct Tokens {
    seed: Seed,
    issued: u64,
    known: BTreeMap<String, Token>,
    pub(super) lifetime: Duration,
    pub(super) accounts: Vec<ServiceAccount>,
    pub(super) refresh: Vec<(String, String)>,
    pub(super) subjects: Vec<(String, String)>,
    pub(super) project: String,
    pub(super) project_number: u64,
}

impl Tokens {
    pub(crate) fn new(options: &Options) -> Tokens {
        Tokens {
            seed: Seed(options.seed),
            issued: 0,
            known: BTreeMap::new(),
            lifetime: Duration::from_secs(options.token_lifetime),
            accounts: options.accounts.clone(),
            refresh: options.refresh_tokens.clone(),
            subjects: options.subject_tokens.clone(),
            project: options.project.clone(),
            project_number: options.project_number,
        }
    }

    /// A new token.
    pub(crate) fn issue(&mut self, principal: &str, expires: Moment) -> String {
        self.issued += 1;
        let value = format!("ya29.{}", self.seed.digits(&format!("token {}", self.issued), 48));
        if self.known.len() >= MOST_TOKENS {
            self.known.pop_first();
        }
        self.known.insert(value.clone(), Token { principal: principal.to_owned(), expires });
        value
    }

    /// Whose token this is, if it is one and still holds.
    pub(crate) fn principal(&self, bearer: Option<&str>, now: Moment) -> Option<String> {
        let token = self.known.get(bearer?)?;
        (now < token.expires).then(|| token.principal.clone())
    }

    /// Lets new tokens last so long.
    pub(crate) fn shorten(&mut self, lifetime: Duration) {
        self.lifetime = lifetime;
    }

    /// Lets a token expire at once.
    pub(crate) fn expire(&mut self, bearer: &str) {
        self.known.remove(bearer);
    }

    pub(super) fn account(&self, email: &str) -> Option<&ServiceAccount> {
        self.accounts.iter().find(|account| account.email == email)
    }
}
