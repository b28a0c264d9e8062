//! What a guest may ask about secrets: whether there is one, and its placeholder. Never its value.

use holdpoint_gate::{Capability, Message};
use holdpoint_model::{Class, Denial, grant::Grants};
use serde::{Deserialize, Serialize};

/// The capability `secrets`.
pub enum Secrets {}

/// A question about a secret, version 1 of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// What can be known without the value.
    Available { name: String },
    /// The placeholder.
    Reference { name: String },
    /// Who has the same value in another environment.
    Elsewhere { name: String },
}

/// An answer, version 1 of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Response {
    Facts {
        /// This machine has a value.
        present: bool,
        /// The value is an obvious stand-in.
        stand_in: bool,
        /// Bytes of the value.
        length: u32,
    },
    Reference {
        placeholder: String,
    },
    Elsewhere {
        secrets: Vec<Counterpart>,
    },
}

/// A secret of another environment beside one of this, version 1 of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Counterpart {
    /// Whose it is.
    pub environment: String,
    /// Its name there.
    pub name: String,
    /// Whether it has the same value; none where there is no value of one of the two.
    pub alike: Option<bool>,
}

impl Message for Request {}

/// A placeholder is no secret, and neither are the facts.
impl Message for Response {}

impl Request {
    fn name(&self) -> &str {
        match self {
            Self::Available { name } | Self::Reference { name } | Self::Elsewhere { name } => name,
        }
    }
}

impl Capability for Secrets {
    const NAME: &'static str = "secrets";
    const VERSION: u32 = 1;
    type Request = Request;
    type Response = Response;
    type Grants = Grants;

    fn authorize(grants: &Grants, request: &Request) -> Result<Class, Denial> {
        // A name that is no name would fill the text of its own denial.
        let name: String = request.name().chars().take(80).collect();
        grants.secret(&name).map(|_| Class::Read)
    }

    fn summary(request: &Request) -> String {
        let verb = match request {
            Request::Available { .. } => "available",
            Request::Reference { .. } => "reference",
            Request::Elsewhere { .. } => "elsewhere",
        };
        let name: String =
            request.name().chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        format!("{verb} {name}")
    }
}
