//! Undoing a content encoding that nobody asked for. Secrets are looked for in what is readable, so what can't be read is refused.

use std::io::{self, Read as _};

use flate2::read::MultiGzDecoder;

use crate::exchange::BODY_BYTES;

/// The decoded body, and whether it was cut. `cut` says that the encoded one already was.
pub(crate) fn decode(encoding: &str, body: Vec<u8>, cut: bool) -> Result<(Vec<u8>, bool), String> {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok((body, cut)),
        _ if body.is_empty() => Ok((body, cut)),
        "gzip" | "x-gzip" => gunzip(&body, cut),
        other => {
            let other: String = other.chars().take(40).collect();
            Err(format!(
                "the answer has the content-encoding {other}, which isn't read; ask with accept-encoding: identity"
            ))
        }
    }
}

fn gunzip(body: &[u8], cut: bool) -> Result<(Vec<u8>, bool), String> {
    let mut decoded = Vec::new();
    let read = MultiGzDecoder::new(body).take(BODY_BYTES as u64 + 1).read_to_end(&mut decoded);
    match read {
        Ok(_) => {}
        // What was cut ends early.
        Err(error) if cut && error.kind() == io::ErrorKind::UnexpectedEof => {}
        Err(error) => return Err(format!("the answer's gzip encoding is broken: {error}")),
    }
    let more = decoded.len() > BODY_BYTES;
    decoded.truncate(BODY_BYTES);
    Ok((decoded, cut || more))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn reads_gzip_and_nothing_else() {
        assert_eq!(decode("GZIP", gzip(b"hello"), false), Ok((b"hello".to_vec(), false)));
        assert_eq!(decode("identity", b"x".to_vec(), true), Ok((b"x".to_vec(), true)));
        assert_eq!(decode("br", vec![], false), Ok((vec![], false)));
        for encoding in ["br", "deflate", "gzip, gzip"] {
            assert!(decode(encoding, b"x".to_vec(), false).is_err(), "{encoding}");
        }
        assert!(decode("gzip", gzip(b"hello")[..12].to_vec(), false).is_err());
        assert!(decode("gzip", gzip(b"hello")[..12].to_vec(), true).is_ok_and(|(_, cut)| cut));
    }

    #[test]
    fn a_bomb_is_cut() {
        let (decoded, cut) = decode("gzip", gzip(&vec![0; 64 << 20]), false).unwrap();
        assert_eq!((decoded.len(), cut), (BODY_BYTES, true));
    }
}
