//! The identities of the users of a load.

use std::sync::Arc;

use holdpoint_model::Timestamp;

use crate::{Error, listed, minted::Minted};

/// Where identities come from. Cheap to clone.
#[derive(Clone)]
pub struct Identities(Arc<Kind>);

enum Kind {
    Minted(Box<Minted>),
    Listed(Vec<Box<str>>),
}

impl Identities {
    /// As many as are asked for, signed with a key (HS256).
    pub fn mint(key: &str) -> Result<Self, Error> {
        Minted::new(key).map(|minted| Self(Arc::new(Kind::Minted(Box::new(minted)))))
    }

    /// Those of a file: one JSON value a line, the token as a text or as the field `token` of an object.
    pub fn listed(text: &str) -> Result<Self, Error> {
        listed::read(text).map(|tokens| Self(Arc::new(Kind::Listed(tokens))))
    }

    /// Those that servers have handed out.
    pub fn handed(tokens: impl IntoIterator<Item = String>) -> Result<Self, Error> {
        listed::handed(tokens).map(|tokens| Self(Arc::new(Kind::Listed(tokens))))
    }

    /// Whether so many users can have one each.
    pub fn suffice(&self, users: u32) -> Result<(), Error> {
        match &*self.0 {
            Kind::Listed(tokens) if tokens.len() < users as usize => {
                Err(Error::TooFew { users, identities: tokens.len() })
            }
            Kind::Listed(_) | Kind::Minted(_) => Ok(()),
        }
    }

    /// The token of a user.
    pub fn token(&self, user: u32, canary: &str, now: Timestamp) -> Result<String, Error> {
        match &*self.0 {
            Kind::Minted(minted) => Ok(minted.token(user, canary, now)),
            Kind::Listed(tokens) => match tokens.get(user as usize) {
                Some(token) => Ok(token.to_string()),
                None => Err(Error::TooFew { users: user.saturating_add(1), identities: tokens.len() }),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_identities_than_users_are_refused_with_both_numbers() {
        let listed = Identities::listed("\"token-one\"\n\"token-two\"").unwrap();
        assert_eq!(listed.suffice(2), Ok(()));
        assert_eq!(listed.suffice(3), Err(Error::TooFew { users: 3, identities: 2 }));
        let token = |user| listed.token(user, "canary", Timestamp(0.0));
        assert_eq!((token(0).unwrap(), token(1).unwrap()), ("token-one".into(), "token-two".into()));
        assert_eq!(token(2), Err(Error::TooFew { users: 3, identities: 2 }));
        assert_eq!(Identities::mint("0123456789abcdef").unwrap().suffice(u32::MAX), Ok(()));
    }

    #[test]
    fn every_user_has_its_own() {
        let minted = Identities::mint("0123456789abcdef").unwrap();
        assert_ne!(minted.token(1, "a", Timestamp(0.0)), minted.token(2, "a", Timestamp(0.0)));
    }
}
