//! How the host proves to a service that it may ask.

use super::GrantError;

/// A credential that the host puts into requests. The guest never holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HttpAuth {
    /// An ID token in the header `authorization`, made for the URL of the service that is asked.
    IdToken,
}

impl HttpAuth {
    /// The field of the table `auth` that asks for it.
    pub const ID_TOKEN: &str = "id-token";

    /// Reads what an ID token is made for: `service` is all that is known.
    pub fn id_token(audience: &str) -> Result<Self, GrantError> {
        if audience == "service" {
            return Ok(Self::IdToken);
        }
        let why = "write \"service\": a token is made for the URL of the service that is asked";
        Err(GrantError::new(audience, "what an ID token is made for", why))
    }

    /// What it is made for, as [`HttpAuth::id_token`] reads it.
    pub fn audience(self) -> &'static str {
        match self {
            Self::IdToken => "service",
        }
    }

    /// The credential as an inline table of TOML.
    pub fn to_toml(self) -> String {
        format!("{{ {} = \"{}\" }}", Self::ID_TOKEN, self.audience())
    }

    /// In words, after what is sent.
    pub fn words(self) -> &'static str {
        match self {
            Self::IdToken => "with an ID token of this machine",
        }
    }
}
