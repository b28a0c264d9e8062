//! A picture in PNG at the beginning of what the browser wrote: where it ends. Nothing of it is decoded. Pure.

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The picture, if there is a whole one, and what follows it.
pub(crate) fn first(bytes: &[u8]) -> (Option<&[u8]>, &[u8]) {
    match end(bytes) {
        Some(end) => (Some(&bytes[..end]), &bytes[end..]),
        None => (None, bytes),
    }
}

/// Behind the chunk that ends it. A chunk is its length, its kind, so many bytes, and a sum.
fn end(bytes: &[u8]) -> Option<usize> {
    let mut at = bytes.starts_with(SIGNATURE).then_some(SIGNATURE.len())?;
    loop {
        let head = bytes.get(at..at.checked_add(8)?)?;
        let (length, kind) = head.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        at = at.checked_add(12)?.checked_add(length)?;
        if at > bytes.len() {
            return None;
        }
        if kind == b"IEND" {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8], bytes: &[u8]) -> Vec<u8> {
        let length = u32::try_from(bytes.len()).unwrap();
        [&length.to_be_bytes()[..], kind, bytes, b"sum."].concat()
    }

    fn picture() -> Vec<u8> {
        [SIGNATURE, &chunk(b"IHDR", &[0; 13]), &chunk(b"IDAT", b"{\"traceEvents\""), &chunk(b"IEND", b"")].concat()
    }

    #[test]
    fn a_picture_ends_where_its_last_chunk_does() {
        let picture = picture();
        let all = [picture.as_slice(), b"{}<html>"].concat();
        assert_eq!(first(&all), (Some(picture.as_slice()), b"{}<html>".as_slice()));
        assert_eq!(first(b"{}<html>"), (None, b"{}<html>".as_slice()));
    }

    #[test]
    fn a_picture_that_is_cut_anywhere_is_none() {
        let picture = picture();
        for end in 0..picture.len() {
            assert_eq!(first(&picture[..end]), (None, &picture[..end]), "{end}");
        }
        let endless = [SIGNATURE, &u32::MAX.to_be_bytes(), b"IDATx"].concat();
        assert_eq!(first(&endless).0, None);
    }
}
