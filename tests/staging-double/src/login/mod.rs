//! Logging in: what the auth service keeps of logins and sessions, and the issuer that stands beside
//! it for a test account. Knows no routes.

mod accounts;
mod bearer;
mod id_token;
mod issuer;
mod tokens;

pub use accounts::GOOGLE_CLIENT;
pub(crate) use accounts::{Accounts, Begun, Pair, Provider};
pub(crate) use bearer::{Minted, Person};
pub use bearer::{TEST_SIGNING_KEY, minted};
pub use issuer::REDIRECT_URI;
pub(crate) use issuer::{Authorization, Issuer, Redemption, Refusal, TEST_CLIENT};
pub(crate) use tokens::{challenge, fresh};
