//! The bodies of a row as one blob: small ones inline, large ones by digest. Everything is bounded before it is allocated.

use std::collections::{BTreeMap, btree_map::Entry};

use holdpoint_model::{Body, Digest};

use crate::Error;

/// Bodies longer than this are stored once in a table of their own.
pub(crate) const INLINE: usize = 4_096;

const OF_REQUEST: u8 = 0;
const OF_ANSWER: u8 = 1;
const IS_INLINE: u8 = 0;
const IS_STORED: u8 = 1;

/// The blob, and the bodies that it only names.
pub(crate) fn encode(request: &[Body], answer: &[Body]) -> (Vec<u8>, Vec<(Digest, Body)>) {
    let mut blob = Vec::new();
    let mut stored = Vec::new();
    let all = request.iter().map(|body| (OF_REQUEST, body)).chain(answer.iter().map(|body| (OF_ANSWER, body)));
    for (owner, body) in all {
        blob.push(owner);
        if body.len() <= INLINE {
            blob.push(IS_INLINE);
            blob.extend((body.len() as u32).to_le_bytes());
            blob.extend(body.bytes());
        } else {
            let digest = Digest::of(body.bytes());
            blob.push(IS_STORED);
            blob.extend(digest.0);
            stored.push((digest, body.clone()));
        }
    }
    (blob, stored)
}

/// Reads a blob back; `fetch` finds the bodies that it only names.
pub(crate) fn decode(
    blob: &[u8],
    position: u64,
    mut fetch: impl FnMut(Digest) -> Result<Body, Error>,
) -> Result<(Vec<Body>, Vec<Body>), Error> {
    let damaged = || Error::Damaged { position, what: "its bodies can't be read".into() };
    let (mut request, mut answer) = (Vec::new(), Vec::new());
    // A body that is named again and again is held once, so a row is never larger than its file.
    let mut fetched: BTreeMap<Digest, Body> = BTreeMap::new();
    let mut rest = blob;
    while let Some(([owner, form], after)) = rest.split_first_chunk() {
        let (body, after) = match *form {
            IS_INLINE => {
                let (length, after) = after.split_first_chunk().ok_or_else(damaged)?;
                let (bytes, after) =
                    after.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(damaged)?;
                (Body::from(bytes), after)
            }
            IS_STORED => {
                let (digest, after) = after.split_first_chunk().ok_or_else(damaged)?;
                let body = match fetched.entry(Digest(*digest)) {
                    Entry::Occupied(known) => known.get().clone(),
                    Entry::Vacant(new) => new.insert(fetch(Digest(*digest))?).clone(),
                };
                (body, after)
            }
            _ => return Err(damaged()),
        };
        match *owner {
            OF_REQUEST => request.push(body),
            OF_ANSWER => answer.push(body),
            _ => return Err(damaged()),
        }
        rest = after;
    }
    if rest.is_empty() { Ok((request, answer)) } else { Err(damaged()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_bodies_stand_inline_and_large_ones_apart() {
        let (small, large) = (Body::from(vec![1; 10]), Body::from(vec![2; INLINE + 1]));
        let (blob, stored) = encode(std::slice::from_ref(&small), &[large.clone(), small.clone()]);
        assert_eq!(stored, [(Digest::of(large.bytes()), large.clone())]);
        let (request, answer) = decode(&blob, 1, |digest| {
            assert_eq!(digest, Digest::of(large.bytes()));
            Ok(large.clone())
        })
        .unwrap();
        assert_eq!((request, answer), (vec![small.clone()], vec![large.clone(), small]));
    }

    #[test]
    fn a_body_that_is_named_often_is_fetched_once() {
        let large = Body::from(vec![2; INLINE + 1]);
        let (blob, _) = encode(&vec![large.clone(); 1_000], &[]);
        let mut fetched = 0;
        let (request, _) = decode(&blob, 1, |_| {
            fetched += 1;
            Ok(large.clone())
        })
        .unwrap();
        assert_eq!((request.len(), fetched), (1_000, 1));
    }

    #[test]
    fn a_cut_blob_is_damage_and_no_panic() {
        let (blob, _) = encode(&[Body::from(vec![1; 10])], &[]);
        for end in 1..blob.len() {
            assert!(decode(&blob[..end], 1, |_| Ok(Body::default())).is_err(), "cut at {end}");
        }
    }
}
