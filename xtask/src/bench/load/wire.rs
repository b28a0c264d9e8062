//! How everybody speaks with the server: each a port of it, which offers nothing else.

use clap::ValueEnum;

/// What is measured apart, because it costs otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Wire {
    /// HTTP/1.1 in the clear.
    Plain,
    /// HTTP/1.1 over TLS.
    Tls,
    /// HTTP/2 over TLS.
    H2,
}

impl Wire {
    pub(crate) const ALL: [Self; 3] = [Self::Plain, Self::Tls, Self::H2];

    /// A metric's name with what tells it from that in the clear.
    pub(super) fn metric(self, name: &str, users: u32) -> String {
        match self {
            Self::Plain => format!("{name}-{users}"),
            Self::Tls => format!("{name}-tls-{users}"),
            Self::H2 => format!("{name}-h2-{users}"),
        }
    }

    pub(super) fn is_safe(self) -> bool {
        self != Self::Plain
    }

    /// As people read it.
    pub(super) fn shown(self) -> &'static str {
        match self {
            Self::Plain => "in the clear",
            Self::Tls => "over TLS",
            Self::H2 => "over HTTP/2",
        }
    }
}
