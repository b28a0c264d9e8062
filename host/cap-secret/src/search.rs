//! Looking for known values in what is about to leave this machine.

use std::path::Path;

use crate::{
    Error, SecretValue,
    binding::SHORTEST,
    find::{Finder, Hidden},
    sessions,
};

/// Values that must not leave, each with what it is called.
#[derive(Default)]
pub struct Search {
    finder: Finder,
    values: usize,
}

/// A value that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// What the value is called: `secret API_KEY`, `session token 3 of phase login`.
    pub what: String,
    /// How it is written there: `plain`, `url`, `base64`, `hex`.
    pub encoding: &'static str,
}

impl Search {
    /// Looks for a secret too, and for the name and the password that one holds. A value of fewer than 8 bytes can't be told from other text.
    pub fn secret(&mut self, name: &str, value: &SecretValue) {
        self.add(format!("secret {name}"), value.as_str());
        let what = format!("secret {name}");
        self.finder.add(value.within().into_iter().map(|value| Hidden { value, placeholder: what.clone() }).collect());
    }

    /// Looks for the session tokens that a file of a run still holds. No file, no tokens.
    pub fn sessions(&mut self, path: &Path) -> Result<(), Error> {
        for line in sessions::lines(path)? {
            self.add(format!("session token {} of phase {}", line.n, line.guest), &line.value);
        }
        Ok(())
    }

    /// How many values are looked for.
    pub fn values(&self) -> usize {
        self.values
    }

    fn add(&mut self, what: String, value: &str) {
        if value.len() >= SHORTEST {
            self.values += 1;
            self.finder.add(vec![Hidden { value: value.to_owned(), placeholder: what }]);
        }
    }

    /// The first value that stands in some bytes, in whichever encoding.
    pub fn find(&self, bytes: &[u8]) -> Option<Leak> {
        let found = self.finder.scrub(bytes)?.replaced.into_iter().next()?;
        Some(Leak { what: found.placeholder, encoding: found.encoding })
    }
}
