//! Whom commands of gcloud act as, as far as the host knows.

use std::fmt;

use crate::{Evidence, Time};

/// How whoever acts has shown who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityKind {
    /// A person who has logged in.
    User,
    /// By its key, or because somebody may act as it.
    ServiceAccount,
    /// Another identity provider vouches for it, as for a pipeline.
    WorkloadIdentity,
    /// The account of the machine in the cloud that the host runs on.
    Metadata,
    /// A token that something else renews. Nobody tells whose it is, or when it ends.
    Token,
    /// None of these.
    Other,
}

impl fmt::Display for IdentityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::ServiceAccount => "service-account",
            Self::WorkloadIdentity => "workload-identity",
            Self::Metadata => "metadata",
            Self::Token => "token",
            Self::Other => "other",
        })
    }
}

/// Whom commands act as, and where.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Identity {
    #[serde(skip)]
    pub(crate) seq: u32,
    pub(crate) principal: Option<String>,
    pub(crate) kind: IdentityKind,
    pub(crate) ends: Option<f64>,
    pub(crate) project: String,
    pub(crate) region: Option<String>,
    pub(crate) own_project: Option<String>,
}

impl Identity {
    /// An address, or the name that another identity provider gives; none if nobody tells.
    pub fn principal(&self) -> Option<&str> {
        self.principal.as_deref()
    }

    /// How it has shown who it is.
    pub fn kind(&self) -> IdentityKind {
        self.kind
    }

    /// When the token ends that commands have now; none if nobody tells.
    pub fn ends(&self) -> Option<Time> {
        self.ends.map(Time)
    }

    /// The project that commands act in.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The region that they act in.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The project that the operator's own gcloud is set to.
    pub fn own_project(&self) -> Option<&str> {
        self.own_project.as_deref()
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.principal().unwrap_or("somebody unnamed"), self.kind)
    }
}

impl Evidence for Identity {
    fn calls(&self) -> Vec<u32> {
        vec![self.seq]
    }
}
