//! The canaries of one crowd of users, each computed from its number.

use std::fmt;

use crate::code::{self, ALPHABET, GROUPS, Guard, LENGTH};
use crate::key::Key;

/// The canaries of the users of one load in one incarnation of the host. They can all be computed; none has to be stored.
#[derive(Debug, Clone)]
pub struct Canaries {
    key: Key,
    guard: Guard,
}

/// The text that one user carries: 32 lowercase letters and digits, with 128 bits that nobody can guess who has not the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Canary(pub(crate) [u64; GROUPS]);

impl Canaries {
    /// The canaries of a load: other loads of the run, and the same load after the host was started again, have others.
    pub fn new(run: &Key, load: &str, incarnation: u32) -> Self {
        Self { key: run.derive("load", &[load.as_bytes(), &incarnation.to_le_bytes()]), guard: Guard::new(run) }
    }

    /// The canary of a user.
    pub fn canary(&self, user: u32) -> Canary {
        let digest = self.key.digest("user", &[&user.to_le_bytes()]);
        Canary(std::array::from_fn(|group| {
            self.guard.group(u32::from_le_bytes(std::array::from_fn(|byte| digest[group * 4 + byte])))
        }))
    }

    /// The guard of the run, by which a group of any of its canaries is known.
    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }
}

impl Canary {
    /// The text, in lower case.
    pub fn text(&self) -> String {
        (0..LENGTH).map(|place| char::from(ALPHABET[usize::from(code::digit(&self.0, place))])).collect()
    }
}

impl fmt::Display for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

impl fmt::Debug for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Canary({self})")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn run_load_incarnation_and_user_each_make_another() {
        let run = |run| Key::of_run(&[9; 32], run);
        let all = [
            Canaries::new(&run("a"), "chat", 0).canary(1),
            Canaries::new(&run("b"), "chat", 0).canary(1),
            Canaries::new(&run("a"), "chats", 0).canary(1),
            Canaries::new(&run("a"), "chat", 1).canary(1),
            Canaries::new(&run("a"), "chat", 0).canary(2),
        ];
        // Not one group of one is in another.
        let groups: BTreeSet<u64> = all.iter().flat_map(|canary| canary.0).collect();
        assert_eq!(groups.len(), all.len() * GROUPS);
        assert_eq!(all[0], Canaries::new(&run("a"), "chat", 0).canary(1));
    }

    #[test]
    fn a_text_has_32_characters_that_names_and_urls_take() {
        let canaries = Canaries::new(&Key::of_run(&[9; 32], "a"), "chat", 0);
        for user in 0..1_000 {
            let text = canaries.canary(user).text();
            assert_eq!(text.len(), LENGTH);
            assert!(text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()), "{text}");
        }
        // A run that is resumed by a newer host still knows the canaries of the incarnation before.
        assert_eq!(canaries.canary(0).text(), "jtp0n89fk9hvyeew1znytnn9sxwxcrfq");
    }
}
