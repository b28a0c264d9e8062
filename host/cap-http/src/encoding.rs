//! Undoing a content encoding that nobody asked for. Secrets are looked for in what is readable, so what can't be read is refused.

use std::io::{self, Read};

use flate2::{bufread, read::MultiGzDecoder};

use crate::exchange::BODY_BYTES;

/// The decoded body, and whether it was cut. `cut` says that the encoded one already was.
pub(crate) fn decode(encoding: &str, body: Vec<u8>, cut: bool) -> Result<(Vec<u8>, bool), String> {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok((body, cut)),
        _ if body.is_empty() => Ok((body, cut)),
        "gzip" | "x-gzip" => decoded(MultiGzDecoder::new(&*body), cut, "gzip"),
        "deflate" => inflate(&body, cut),
        other => {
            let other: String = other.chars().take(40).collect();
            Err(format!(
                "the answer has the content-encoding {other}, which isn't read; ask with accept-encoding: identity"
            ))
        }
    }
}

/// `deflate` means the format of zlib; some servers leave its frame away.
fn inflate(body: &[u8], cut: bool) -> Result<(Vec<u8>, bool), String> {
    let framed = matches!(*body, [method, flags, ..]
        if method & 0x0f == 8 && u16::from_be_bytes([method, flags]).is_multiple_of(31));
    let mut rest = body;
    let (body, cut) = if framed {
        decoded(bufread::ZlibDecoder::new(&mut rest), cut, "deflate")?
    } else {
        decoded(bufread::DeflateDecoder::new(&mut rest), cut, "deflate")?
    };
    if !cut && !rest.is_empty() {
        return Err("the answer's deflate encoding is broken: it goes on behind its end".into());
    }
    Ok((body, cut))
}

fn decoded(decoder: impl Read, cut: bool, name: &str) -> Result<(Vec<u8>, bool), String> {
    let mut decoded = Vec::new();
    let read = decoder.take(BODY_BYTES as u64 + 1).read_to_end(&mut decoded);
    match read {
        Ok(_) => {}
        // What was cut ends early.
        Err(error) if cut && error.kind() == io::ErrorKind::UnexpectedEof => {}
        Err(error) => return Err(format!("the answer's {name} encoding is broken: {error}")),
    }
    let more = decoded.len() > BODY_BYTES;
    decoded.truncate(BODY_BYTES);
    Ok((decoded, cut || more))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

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
        for encoding in ["br", "zstd", "gzip, gzip", "deflate, gzip"] {
            assert!(decode(encoding, b"x".to_vec(), false).is_err(), "{encoding}");
        }
        assert!(decode("gzip", gzip(b"hello")[..12].to_vec(), false).is_err());
        assert!(decode("gzip", gzip(b"hello")[..12].to_vec(), true).is_ok_and(|(_, cut)| cut));
    }

    #[test]
    fn reads_deflate_with_its_frame_and_without() {
        let (mut framed, mut bare) =
            (ZlibEncoder::new(vec![], Compression::fast()), DeflateEncoder::new(vec![], Compression::fast()));
        framed.write_all(b"hello").unwrap();
        bare.write_all(b"hello").unwrap();
        for body in [framed.finish().unwrap(), bare.finish().unwrap()] {
            assert_eq!(decode("Deflate", body.clone(), false), Ok((b"hello".to_vec(), false)));
            assert!(decode("deflate", body[..body.len() - 1].to_vec(), false).is_err());
            assert!(decode("deflate", body[..body.len() - 1].to_vec(), true).is_ok_and(|(_, cut)| cut));
            assert!(
                decode("deflate", [body, b"more".to_vec()].concat(), false)
                    .is_err_and(|e| e.contains("behind its end"))
            );
        }
    }

    #[test]
    fn a_bomb_is_cut() {
        let zeros = vec![0; 64 << 20];
        let mut deflated = ZlibEncoder::new(vec![], Compression::fast());
        deflated.write_all(&zeros).unwrap();
        for (encoding, body) in [("gzip", gzip(&zeros)), ("deflate", deflated.finish().unwrap())] {
            let (decoded, cut) = decode(encoding, body, false).unwrap();
            assert_eq!((decoded.len(), cut), (BODY_BYTES, true), "{encoding}");
        }
    }
}
