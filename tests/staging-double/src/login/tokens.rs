//! Random texts, and a place for what they stand for.

use std::collections::{HashMap, VecDeque};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};

/// The most texts that one place keeps; the oldest is forgotten first.
const KEPT: usize = 10_000;

/// 32 random bytes, safe in a URL.
pub(crate) fn fresh() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system gives no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What proves a verifier without showing it: the method S256 of RFC 7636.
pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// What random texts stand for.
#[derive(Debug)]
pub(super) struct Tokens<T> {
    meant: HashMap<String, T>,
    order: VecDeque<String>,
}

impl<T> Default for Tokens<T> {
    fn default() -> Self {
        Tokens { meant: HashMap::new(), order: VecDeque::new() }
    }
}

impl<T> Tokens<T> {
    pub(super) fn keep(&mut self, token: String, meaning: T) {
        if self.order.len() == KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.meant.remove(&oldest);
        }
        self.order.push_back(token.clone());
        self.meant.insert(token, meaning);
    }

    pub(super) fn get(&self, token: &str) -> Option<&T> {
        self.meant.get(token)
    }

    /// Gives the meaning and forgets it: what is good once.
    pub(super) fn take(&mut self, token: &str) -> Option<T> {
        let meaning = self.meant.remove(token)?;
        self.order.retain(|kept| kept != token);
        Some(meaning)
    }

    pub(super) fn find(&self, is_wanted: impl Fn(&T) -> bool) -> Option<String> {
        self.meant.iter().find(|(_, meaning)| is_wanted(meaning)).map(|(token, _)| token.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Tokens, challenge};

    #[test]
    fn proves_a_verifier_as_the_standard_shows() {
        // RFC 7636, appendix B.
        let challenge = challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn forgets_the_oldest_and_what_was_taken() {
        let mut tokens = Tokens::default();
        for number in 0..=KEPT {
            tokens.keep(number.to_string(), number);
        }
        assert_eq!((tokens.get("0"), tokens.get("1")), (None, Some(&1)));
        assert_eq!((tokens.take("1"), tokens.take("1")), (Some(1), None));
        assert_eq!(tokens.find(|number| *number == 7), Some("7".to_owned()));
    }
}
