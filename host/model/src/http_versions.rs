//! Which versions of HTTP are offered to a server that speaks TLS. In the clear it is always HTTP/1.1.

/// What a server can choose from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HttpVersions {
    /// HTTP/2 and HTTP/1.1.
    #[default]
    Any,
    Http11,
}

/// A text that is no version to be held to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("HTTP can be held to version \"1.1\"; without a version the server chooses between HTTP/2 and HTTP/1.1")]
pub struct VersionError;

impl HttpVersions {
    /// The one version that is named.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        if text == "1.1" { Ok(Self::Http11) } else { Err(VersionError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_version_can_be_demanded() {
        assert_eq!(HttpVersions::parse("1.1"), Ok(HttpVersions::Http11));
        for other in ["", "1", "1.0", "2", "2.0", "HTTP/1.1"] {
            assert_eq!(HttpVersions::parse(other), Err(VersionError), "{other}");
        }
    }
}
