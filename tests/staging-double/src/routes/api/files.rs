//! Files: uploaded as a body with `?name=`, read back whole or in part, with the hash of the whole, and removed.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Caller, Shared, failure, full, no_room, not_found};
use crate::api::{File, MOST_FILES};
use crate::change::{Change, FileFault};

/// Bytes of a file.
const LARGEST: usize = 1024 * 1024;
/// Bytes of a body that are read at all, so that whoever sends too much is told.
pub(super) const MOST_READ: usize = 4 * LARGEST;
const LONGEST_NAME: usize = 200;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    name: String,
}

pub(super) async fn write(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    named: Result<Query<Named>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Response<Body> {
    let name = match named {
        Ok(Query(Named { name })) if is_name(&name) => name,
        _ => return failure(StatusCode::BAD_REQUEST, "the query takes name=, 1 to 200 characters of plain text"),
    };
    let content = match body {
        Ok(content) => content,
        Err(rejection) => return failure(rejection.status(), "the file could not be read or is above 1 MiB"),
    };
    if content.len() > LARGEST && !caller.has(|change| *change == Change::File(FileFault::NoLimit)) {
        return failure(StatusCode::PAYLOAD_TOO_LARGE, "the file is above 1 MiB");
    }
    let mut hash = String::with_capacity(64);
    for byte in Sha256::digest(&content) {
        let _ = write!(hash, "{byte:02x}");
    }
    let id = shared.users.fresh_id();
    let answer = json!({ "id": id.to_string(), "name": name, "size": content.len(), "sha256": hash });
    let text = name.clone();
    // The body may be part of a larger buffer, which would be kept with it.
    let content = Bytes::copy_from_slice(&content);
    let written = shared.users.with(&caller.person.id, |shelf| {
        let oldest =
            if shelf.files.len() >= MOST_FILES { shelf.files.front().map_or(0, |f| f.content.len()) } else { 0 };
        let is_taken = shared.users.budget.take(content.len(), oldest);
        if is_taken {
            if shelf.files.len() >= MOST_FILES {
                shelf.files.pop_front();
            }
            shelf.files.push_back(File { id, name, content, hash });
        }
        is_taken
    });
    match written {
        Ok(true) => caller.answers(StatusCode::CREATED, &answer, &text),
        Ok(false) => full(),
        Err(refused) => *no_room(refused),
    }
}

pub(super) async fn read(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    caller: Caller,
    headers: HeaderMap,
) -> Response<Body> {
    let number: Option<u64> = id.parse().ok();
    let found =
        shared.users.with(&caller.person.id, |shelf| shelf.files.iter().find(|file| Some(file.id) == number).cloned());
    let file = match found {
        Ok(Some(file)) => file,
        Ok(None) => return not_found(),
        Err(refused) => return *no_room(refused),
    };
    let size = file.content.len();
    let range = headers.get(RANGE).and_then(|value| value.to_str().ok()).map(|value| part(value, size));
    let (status, content, place) = match range {
        None | Some(Wanted::Everything) => (StatusCode::OK, file.content, None),
        Some(Wanted::Part(from, to)) => {
            let shift = usize::from(caller.has(|change| *change == Change::File(FileFault::Shifted)));
            let begin = (from + shift).min(to);
            (StatusCode::PARTIAL_CONTENT, file.content.slice(begin..=to), Some(format!("bytes {from}-{to}/{size}")))
        }
        Some(Wanted::Nothing) => (StatusCode::RANGE_NOT_SATISFIABLE, Bytes::new(), Some(format!("bytes */{size}"))),
    };
    let content = corrupted(content, &caller.changes);
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
    ];
    let place = place.map(|place| [(CONTENT_RANGE, place)]);
    let hash = [("x-content-sha256", file.hash)];
    caller.owns((status, headers, hash, place.map(axum::response::AppendHeaders), content).into_response(), &file.name)
}

pub(super) async fn remove(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Response<Body> {
    let number: Option<u64> = id.parse().ok();
    let removed = shared.users.with(&caller.person.id, |shelf| {
        let place = shelf.files.iter().position(|file| Some(file.id) == number)?;
        shelf.files.remove(place)
    });
    match removed {
        Ok(Some(file)) => {
            shared.users.budget.give(file.content.len());
            caller.answers(StatusCode::OK, &json!({ "id": id, "removed": true }), "")
        }
        Ok(None) => not_found(),
        Err(refused) => *no_room(refused),
    }
}

/// The content as a fault has it.
fn corrupted(content: Bytes, changes: &[Change]) -> Bytes {
    let percent = changes.iter().find_map(|change| match change {
        Change::File(FileFault::Corrupted(percent)) => Some(usize::from(*percent)),
        _ => None,
    });
    let Some(percent) = percent.filter(|_| !content.is_empty()) else { return content };
    let mut content = content.to_vec();
    let at = (content.len() * percent / 100).min(content.len() - 1);
    content[at] ^= 1;
    content.into()
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Everything,
    /// From and to, both included.
    Part(usize, usize),
    Nothing,
}

/// One range, as RFC 9110 has it; several, or another unit, are as good as none.
fn part(value: &str, size: usize) -> Wanted {
    let Some((from, to)) = value.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Wanted::Everything;
    };
    match (from.parse::<usize>(), to.parse::<usize>()) {
        (Ok(from), Ok(to)) if from > to => Wanted::Everything,
        (Ok(from), Ok(to)) if from < size => Wanted::Part(from, to.min(size - 1)),
        (Ok(from), Err(_)) if to.is_empty() && from < size => Wanted::Part(from, size - 1),
        (Ok(_), Ok(_)) => Wanted::Nothing,
        (Ok(_), Err(_)) if to.is_empty() => Wanted::Nothing,
        (Err(_), Ok(last)) if from.is_empty() && last > 0 && size > 0 => {
            Wanted::Part(size.saturating_sub(last), size - 1)
        }
        (Err(_), Ok(_)) if from.is_empty() => Wanted::Nothing,
        _ => Wanted::Everything,
    }
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Change, FileFault, Wanted, corrupted, part};

    #[test]
    fn one_byte_is_another_wherever_it_is() {
        for percent in [0, 50, 100] {
            let corrupted = corrupted(Bytes::from("abc"), &[Change::File(FileFault::Corrupted(percent))]);
            let differing = corrupted.iter().zip(b"abc").filter(|(one, other)| one != other).count();
            assert_eq!(differing, 1, "{percent}: {corrupted:?}");
        }
        assert_eq!(corrupted(Bytes::new(), &[Change::File(FileFault::Corrupted(9))]), "");
        assert_eq!(corrupted(Bytes::from("abc"), &[]), "abc");
    }

    #[test]
    fn reads_ranges_as_the_standard_has_them() {
        for (value, expected) in [
            ("bytes=0-3", Wanted::Part(0, 3)),
            ("bytes=4-", Wanted::Part(4, 9)),
            ("bytes=-2", Wanted::Part(8, 9)),
            ("bytes=-20", Wanted::Part(0, 9)),
            ("bytes=8-20", Wanted::Part(8, 9)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=10-12", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=3-1", Wanted::Everything),
            ("lines=0-1", Wanted::Everything),
            ("bytes=0-1,3-4", Wanted::Everything),
        ] {
            assert_eq!(part(value, 10), expected, "{value}");
        }
        assert_eq!(part("bytes=0-", 0), Wanted::Nothing);
    }
}
