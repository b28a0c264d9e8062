//! The handshake: the headers that the host writes, and whether an answer with status 101 is one. Pure, but for the key.

use holdpoint_gate::BackendError;
use http::{HeaderName, HeaderValue, header};
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};

use crate::Header;

const NOT_OFFERED: &str = "the server chose a subprotocol that was not offered";

/// What was sent, for judging the answer.
pub(crate) struct Offer {
    key: String,
    subprotocols: Vec<String>,
}

impl Offer {
    /// An offer with a new key. Subprotocols are as the guest has written them, and as it is told which one the server has chosen.
    pub(crate) fn new(subprotocols: &[String]) -> Self {
        Self { key: generate_key(), subprotocols: subprotocols.to_vec() }
    }

    /// The headers that it is made with, given the subprotocols with the values of their placeholders. The error says that one is no header's
    /// value.
    pub(crate) fn headers(&self, subprotocols: &[String]) -> Result<Vec<(HeaderName, HeaderValue)>, BackendError> {
        let value = |text: &str| {
            HeaderValue::try_from(text).map_err(|_| BackendError::NotSent("a subprotocol can't be sent".into()))
        };
        let mut headers = vec![
            (header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
            (header::SEC_WEBSOCKET_KEY, value(&self.key)?),
        ];
        if !subprotocols.is_empty() {
            headers.push((header::SEC_WEBSOCKET_PROTOCOL, value(&subprotocols.join(", "))?));
        }
        Ok(headers)
    }

    /// Which of the subprotocols the answer of a peer has chosen that changes over.
    pub(crate) fn chosen(&self, headers: &[Header], peer: &str) -> Result<Option<usize>, BackendError> {
        self.accept(headers).map_err(|why| BackendError::Unknown(format!("{peer} made no handshake: {why}")))
    }

    /// The subprotocol of an answer that changes over, or why it is no handshake.
    fn accept(&self, headers: &[Header]) -> Result<Option<usize>, String> {
        let all = |name: &'static str| headers.iter().filter(move |h| h.name == name).map(|h| h.value.as_str());
        let lists = |name: &'static str, word: &str| {
            all(name).flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
        };
        if !lists("upgrade", "websocket") {
            return Err("the header upgrade does not say websocket".into());
        }
        if !lists("connection", "upgrade") {
            return Err("the header connection does not say upgrade".into());
        }
        if all("sec-websocket-accept").ne([derive_accept_key(self.key.as_bytes()).as_str()]) {
            return Err("sec-websocket-accept does not answer the key that was sent".into());
        }
        if all("sec-websocket-extensions").next().is_some() {
            return Err("the server uses an extension that was not offered".into());
        }
        let mut chosen = all("sec-websocket-protocol");
        match (chosen.next(), chosen.next()) {
            (None, _) => Ok(None),
            (Some(one), None) => {
                let chosen = self.subprotocols.iter().position(|offered| offered == one);
                chosen.map(Some).ok_or_else(|| NOT_OFFERED.into())
            }
            (Some(_), Some(_)) => Err(NOT_OFFERED.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6455.
    fn offer(subprotocols: &[&str]) -> Offer {
        let subprotocols = subprotocols.iter().map(|name| (*name).to_owned()).collect();
        Offer { key: "dGhlIHNhbXBsZSBub25jZQ==".into(), subprotocols }
    }

    fn answer(more: &[(&str, &str)]) -> Vec<Header> {
        let fine = [
            ("upgrade", "WebSocket"),
            ("connection", "keep-alive, Upgrade"),
            ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ];
        // What is said again takes the place of what was said before.
        let fine = fine.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
        fine.chain(more)
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| Header::new(*name, *value))
            .collect()
    }

    #[test]
    fn takes_the_handshake_of_the_standard() {
        assert_eq!(offer(&[]).accept(&answer(&[])), Ok(None));
        assert_eq!(offer(&["chat", "superchat"]).accept(&answer(&[])), Ok(None));
        let chosen = answer(&[("sec-websocket-protocol", "chat")]);
        assert_eq!(offer(&["chat", "superchat"]).accept(&chosen), Ok(Some(0)));
        let sent = offer(&[]).headers(&["chat".into(), "superchat".into()]).unwrap();
        assert!(sent.contains(&(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("chat, superchat"))));
        assert_eq!(offer(&[]).headers(&[]).unwrap().len(), 2);
    }

    #[test]
    fn refuses_every_other() {
        for (wrong, word) in [
            (&[("upgrade", "h2c")][..], "upgrade"),
            (&[("upgrade", "")], "upgrade"),
            (&[("connection", "close")], "connection"),
            (&[("sec-websocket-accept", "")], "accept"),
            (&[("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOp=")], "accept"),
            (&[("sec-websocket-extensions", "permessage-deflate")], "extension"),
            (&[("sec-websocket-protocol", "other")], "subprotocol"),
            (&[("sec-websocket-protocol", "chat, superchat")], "subprotocol"),
            (&[("sec-websocket-protocol", "chat"), ("sec-websocket-protocol", "superchat")], "subprotocol"),
        ] {
            let why = offer(&["chat", "superchat"]).accept(&answer(wrong)).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
        let unasked = offer(&[]).accept(&answer(&[("sec-websocket-protocol", "chat")]));
        assert!(unasked.unwrap_err().contains("not offered"));
    }
}
