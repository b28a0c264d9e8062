//! Identities of virtual users: tokens that are minted with a signing key, taken from a file, or handed out at a login.
//!
//! ```
//! use holdpoint_identity::Identities;
//! use holdpoint_model::Timestamp;
//!
//! let identities = Identities::mint("a-signing-key-of-the-test-system")?;
//! identities.suffice(10_000)?;
//! let token = identities.token(117, "jtp0n89fk9hvyeew1znytnn9sxwxcrfq", Timestamp(1.7e12))?;
//! assert_eq!(token.split('.').count(), 3);
//!
//! let few = Identities::listed("{\"token\": \"first-token\"}\n\"second-token\"\n")?;
//! assert_eq!(few.suffice(3).unwrap_err().to_string(), "3 users and 2 identities; each user needs one of its own");
//! # Ok::<(), holdpoint_identity::Error>(())
//! ```
//!
//! Two users never have one identity: what one of them is shown could be the other's with every right. A token goes to the client of its
//! user and nowhere else; nothing here prints one, and no error repeats the text it complains of.

mod error;
mod identities;
mod listed;
mod minted;

pub use error::Error;
pub use identities::Identities;
