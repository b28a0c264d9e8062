//! What a phase may do: data, and pure decisions over it.
//!
//! A phase can do what one of its grants covers and nothing else, and its grants must be [`contained`] in the operator's
//! [`Ceiling`]. An empty list grants nothing. Nothing here is narrowed silently and nothing reaches outside: a name is not resolved,
//! a path is not opened.

mod auth;
mod ceiling;
mod class;
mod data;
mod exec;
mod gcloud;
mod gcloud_ask;
mod grants;
mod host;
mod http;
mod json_path;
mod limits;
mod load;
mod method;
mod metrics;
mod names;
mod path;
#[cfg(test)]
mod properties;
mod sql;
mod units;
mod url_pattern;
mod websocket;

pub use auth::HttpAuth;
pub use ceiling::{Ceiling, Missing, ServiceAsk, contained, limits_contained, services_contained};
pub use class::effective_class;
pub use data::{DataAsk, DataGrant, DataPiece, StoreKind};
pub use exec::ExecGrant;
pub use gcloud::{CommandGrant, FlagGrant, GcloudGrant, GcloudTerms, ProjectId, Region};
pub use gcloud_ask::{CommandWords, FlagName, GcloudAsk, ValuePattern};
pub use grants::{FilesGrant, Grants, HttpTerms, SecretsGrant};
pub use host::{HostPattern, HostPort};
pub use http::{Destination, HttpAsk, HttpGrant, ReadBack};
pub use json_path::JsonPath;
pub use limits::{LimitCeiling, Limits};
pub use load::{LoadAsk, LoadGrant};
pub use method::Method;
pub use metrics::{MetricsAsk, MetricsGrant, MetricsPiece};
pub use names::{DirectoryName, SecretName, StoreName, ToolName};
pub use path::{PathPrefix, RequestPath};
pub use sql::{Place, Sql};
pub use units::{format_duration, format_size, parse_duration, parse_size};
pub use url_pattern::UrlPattern;
pub use websocket::{WebsocketAsk, WebsocketGrant};

/// Text of a bundle or an operator's file that is not what its place wants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}: {why}")]
pub struct GrantError {
    text: String,
    wanted: &'static str,
    why: String,
}

impl GrantError {
    pub(crate) fn new(text: &str, wanted: &'static str, why: impl Into<String>) -> Self {
        Self { text: text.chars().take(120).collect(), wanted, why: why.into() }
    }
}
