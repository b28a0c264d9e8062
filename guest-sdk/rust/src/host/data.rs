//! What a component asks of stores.

use super::component::cause;
use crate::bindings::holdpoint::data::data as wit;
use crate::data::{Facts, Found, Lost, Rows, StoreKind, Target, Trouble, TroubleKind};

type Outcome<T> = Result<T, Lost>;

pub(crate) fn look(of: &Target) -> Outcome<Facts> {
    let facts = wit::look(&target(of)).map_err(lost)?;
    Ok(Facts {
        call: facts.call,
        kind: match facts.kind {
            wit::StoreKind::Postgresql => StoreKind::Postgresql,
            wit::StoreKind::Redis => StoreKind::Redis,
            wit::StoreKind::Clickhouse => StoreKind::Clickhouse,
        },
        version: facts.version,
        tls: facts.tls,
        connected: facts.connected,
        answered: facts.answered,
        read_only: facts.read_only,
        connections: facts.connections,
        most_connections: facts.most_connections,
        memory: facts.memory,
        most_memory: facts.most_memory,
    })
}

pub(crate) fn query_store(of: &Target, sql: &str, parameters: &[Option<&str>]) -> Outcome<Rows> {
    let parameters: Vec<Option<String>> = parameters.iter().map(|text| text.map(str::to_owned)).collect();
    let rows = wit::query(&target(of), sql, &parameters).map_err(lost)?;
    Ok(Rows { call: rows.call, columns: rows.columns, rows: rows.rows, changed: rows.changed })
}

pub(crate) fn get_entry(of: &Target, place: &str, key: &str) -> Outcome<Found> {
    let found = wit::get(&target(of), &entry(place, key)).map_err(lost)?;
    Ok(Found { call: found.call, value: found.value })
}

pub(crate) fn put_entry(of: &Target, place: &str, key: &str, value: &str) -> Outcome<u32> {
    wit::put(&target(of), &entry(place, key), value).map_err(lost)
}

pub(crate) fn remove_entry(of: &Target, place: &str, key: &str) -> Outcome<u32> {
    wit::remove(&target(of), &entry(place, key)).map_err(lost)
}

fn target(of: &Target) -> wit::Target {
    wit::Target { store: of.store.clone(), timeout: of.timeout.map(|limit| limit.0) }
}

fn entry(place: &str, key: &str) -> wit::Entry {
    wit::Entry { place: place.to_owned(), key: key.to_owned() }
}

fn lost(error: wit::DataError) -> Lost {
    let trouble = match error {
        wit::DataError::Call(error) => return Lost::Call(cause(error)),
        wit::DataError::Store(trouble) => trouble,
    };
    let kind = match trouble.kind {
        wit::TroubleKind::Refused => TroubleKind::Refused,
        wit::TroubleKind::Tls => TroubleKind::Tls,
        wit::TroubleKind::Credentials => TroubleKind::Credentials,
        wit::TroubleKind::Forbidden => TroubleKind::Forbidden,
        wit::TroubleKind::ReadOnly => TroubleKind::ReadOnly,
        wit::TroubleKind::Full => TroubleKind::Full,
        wit::TroubleKind::Late => TroubleKind::Late,
        wit::TroubleKind::Starting => TroubleKind::Starting,
        wit::TroubleKind::Missing => TroubleKind::Missing,
        wit::TroubleKind::Broken => TroubleKind::Broken,
        wit::TroubleKind::Wrong => TroubleKind::Wrong,
    };
    Lost::Store(Trouble { call: trouble.call, kind, said: trouble.said, remedy: trouble.remedy })
}
