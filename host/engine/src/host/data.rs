//! `holdpoint:data`.

use holdpoint_cap_data::{Act, DEFAULT_TIMEOUT_MS, Data, Facts, Kind, Request, Response, Rows, Trouble, TroubleKind};

use crate::{
    bindings::holdpoint::data::data::{self, DataError, Entry, Target},
    state::{PhaseState, halted},
};

type Answered<T> = wasmtime::Result<Result<T, DataError>>;

impl PhaseState {
    /// Asks a store, and gives back the number of the call with its answer.
    async fn ask_store(&mut self, target: Target, act: Act) -> Answered<(u32, Response)> {
        self.flush(false).await?;
        let (backend, call) = (self.backends.data.clone(), self.guest.calls());
        let Target { store, timeout } = target;
        let request = Request { store, timeout_ms: timeout.unwrap_or(DEFAULT_TIMEOUT_MS), act };
        let answer = self.guest.call::<Data, _>(&backend, &self.setup.grants, request).await.map_err(halted)?;
        Ok(match answer {
            Ok(Response::Trouble(trouble)) => Err(DataError::Store(told(call, trouble))),
            Ok(response) => Ok((call, response)),
            Err(error) => Err(DataError::Call(error.into())),
        })
    }
}

/// A backend that answers another question than it was asked is a mistake of ours; the guest is told so.
fn mismatched<T>() -> Result<T, DataError> {
    Err(DataError::Call(holdpoint_model::CallError::Failed("the answer is to another question".into()).into()))
}

impl data::Host for PhaseState {
    async fn look(&mut self, target: Target) -> Answered<data::Facts> {
        Ok(match self.ask_store(target, Act::Look).await? {
            Ok((call, Response::Facts(facts))) => Ok(seen(call, facts)),
            Ok(_) => mismatched(),
            Err(error) => Err(error),
        })
    }

    async fn query(&mut self, target: Target, sql: String, parameters: Vec<Option<String>>) -> Answered<data::Rows> {
        Ok(match self.ask_store(target, Act::Query { sql, parameters }).await? {
            Ok((call, Response::Rows(Rows { columns, rows, changed }))) => {
                Ok(data::Rows { call, columns, rows, changed })
            }
            Ok(_) => mismatched(),
            Err(error) => Err(error),
        })
    }

    async fn get(&mut self, target: Target, entry: Entry) -> Answered<data::Found> {
        let Entry { place, key } = entry;
        Ok(match self.ask_store(target, Act::Get { place, key }).await? {
            Ok((call, Response::Value(value))) => Ok(data::Found { call, value }),
            Ok(_) => mismatched(),
            Err(error) => Err(error),
        })
    }

    async fn put(&mut self, target: Target, entry: Entry, value: String) -> Answered<u32> {
        let Entry { place, key } = entry;
        Ok(done(self.ask_store(target, Act::Put { place, key, value }).await?))
    }

    async fn remove(&mut self, target: Target, entry: Entry) -> Answered<u32> {
        let Entry { place, key } = entry;
        Ok(done(self.ask_store(target, Act::Remove { place, key }).await?))
    }
}

fn done(answer: Result<(u32, Response), DataError>) -> Result<u32, DataError> {
    match answer {
        Ok((call, Response::Done)) => Ok(call),
        Ok(_) => mismatched(),
        Err(error) => Err(error),
    }
}

fn seen(call: u32, facts: Facts) -> data::Facts {
    let kind = match facts.kind {
        Kind::PostgreSql => data::StoreKind::Postgresql,
        Kind::Redis => data::StoreKind::Redis,
        Kind::ClickHouse => data::StoreKind::Clickhouse,
    };
    data::Facts {
        call,
        kind,
        version: facts.version,
        tls: facts.tls,
        connected: facts.connected,
        answered: facts.answered,
        read_only: facts.read_only,
        connections: facts.connections,
        most_connections: facts.most_connections,
        memory: facts.memory,
        most_memory: facts.most_memory,
    }
}

fn told(call: u32, trouble: Trouble) -> data::Trouble {
    let kind = match trouble.kind {
        TroubleKind::Refused => data::TroubleKind::Refused,
        TroubleKind::Tls => data::TroubleKind::Tls,
        TroubleKind::Credentials => data::TroubleKind::Credentials,
        TroubleKind::Forbidden => data::TroubleKind::Forbidden,
        TroubleKind::ReadOnly => data::TroubleKind::ReadOnly,
        TroubleKind::Full => data::TroubleKind::Full,
        TroubleKind::Late => data::TroubleKind::Late,
        TroubleKind::Starting => data::TroubleKind::Starting,
        TroubleKind::Missing => data::TroubleKind::Missing,
        TroubleKind::Broken => data::TroubleKind::Broken,
        TroubleKind::Wrong => data::TroubleKind::Wrong,
    };
    data::Trouble { call, kind, said: trouble.said, remedy: trouble.kind.remedy().to_owned() }
}
