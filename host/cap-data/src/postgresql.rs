//! PostgreSQL. What reads is run in a transaction that can't write tables, and the server ends what takes too long.

mod cell;
mod tls;

use std::{pin::pin, sync::OnceLock};

use futures::TryStreamExt as _;
use holdpoint_cap_http::Dialer;
use tokio::time::Instant;
use tokio_postgres::{Client, Config, Error, Row, Statement, config::SslMode};

use crate::{
    Act, Facts, Kind, Response, TroubleKind,
    backend::Call,
    link::{Bounded, Driver},
    postgresql::{
        cell::{Cell, Parameter},
        tls::{Securing, Untrusted},
    },
    rows::{self, Reading},
    stop::Stop,
};

/// What shows how it is. Who counts connections by `pg_stat_activity` sees only those of its own user.
const LOOK: &str = "select pg_is_in_recovery() or current_setting('default_transaction_read_only')::bool, \
    (select coalesce(sum(numbackends), 0)::int4 from pg_stat_database), \
    current_setting('max_connections')::int4 - current_setting('superuser_reserved_connections')::int4 \
    - coalesce(current_setting('reserved_connections', true), '0')::int4";

/// A connection of one call. What is not committed when it is dropped has not happened.
struct Session {
    client: Client,
    version: String,
    tls: Option<String>,
    /// Milliseconds.
    connected: f64,
    driver: Driver,
}

pub(crate) async fn act(dialer: &Dialer, call: &Call<'_>, act: &Act) -> Result<Response, Stop> {
    let session = Session::open(dialer, call).await?;
    let outcome = session.act(call, act).await;
    session.driver.end().await;
    outcome
}

impl Session {
    async fn open(dialer: &Dialer, call: &Call<'_>) -> Result<Self, Stop> {
        let (start, store) = (Instant::now(), call.store);
        let stream = dialer.connect(&store.address, &call.wanted).await?;
        let mut config = Config::new();
        config.user(store.user.as_deref().unwrap_or("postgres"));
        config.application_name("holdpoint");
        config.ssl_mode(if store.tls { SslMode::Require } else { SslMode::Disable });
        if let Some(database) = &store.database {
            config.dbname(database);
        }
        if let Some(password) = &store.password {
            config.password(password.as_str());
        }
        let agreed = OnceLock::new();
        let securing = Securing { dialer, to: &store.address, agreed: &agreed };
        let (client, connection) =
            config.connect_raw(Bounded::new(stream, &call.heard), securing).await.map_err(stop)?;
        let version = connection.parameter("server_version").unwrap_or("unknown").to_owned();
        // Errors of a connection reach whoever waits for an answer.
        let driver = Driver::of(async move { drop(connection.await) });
        let connected = millis(start);
        Ok(Self { client, version, tls: agreed.into_inner(), connected, driver })
    }

    async fn act(&self, call: &Call<'_>, act: &Act) -> Result<Response, Stop> {
        match act {
            Act::Look => self.look(call).await,
            Act::Query { sql, parameters } => self.query(call, sql, parameters).await,
            Act::Get { place, key } => {
                self.begin(call, false).await?;
                let sql = format!("select coalesce(value::text, '') from {} where key = $1 limit 1", quoted(place));
                let found = self.client.query_opt(sql.as_str(), &[&Parameter::of(key)]).await.map_err(stop)?;
                rows::value(found.map(|row| row.try_get::<_, String>(0)).transpose().map_err(stop)?)
            }
            Act::Put { place, key, value } => {
                let sql = format!(
                    "insert into {} (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value",
                    quoted(place)
                );
                self.change(call, &sql, vec![Parameter::of(key), Parameter::of(value)]).await
            }
            Act::Remove { place, key } => {
                let sql = format!("delete from {} where key = $1", quoted(place));
                self.change(call, &sql, vec![Parameter::of(key)]).await
            }
        }
    }

    /// Begins a transaction. One that writes is as the server has them, so a replica and a user that only reads are seen.
    async fn begin(&self, call: &Call<'_>, writes: bool) -> Result<(), Stop> {
        let (mode, limit) = (if writes { "" } else { " read only" }, call.limit);
        let begin = format!("begin{mode}; set local statement_timeout = {limit}; set local lock_timeout = {limit}");
        self.client.batch_execute(&begin).await.map_err(stop)
    }

    async fn commit(&self) -> Result<(), Stop> {
        self.client.batch_execute("commit").await.map_err(unsure)
    }

    async fn look(&self, call: &Call<'_>) -> Result<Response, Stop> {
        self.begin(call, false).await?;
        let start = Instant::now();
        let row = self.client.query_one(LOOK, &[]).await.map_err(stop)?;
        let answered = millis(start);
        let count = |at: usize| -> Result<Option<u32>, Stop> {
            Ok(u32::try_from(row.try_get::<_, i32>(at).map_err(stop)?).ok())
        };
        Ok(Response::Facts(Facts {
            tls: self.tls.clone(),
            connected: self.connected,
            answered,
            read_only: row.try_get(0).map_err(stop)?,
            connections: count(1)?,
            most_connections: count(2)?,
            ..Facts::of(Kind::PostgreSql, &self.version)
        }))
    }

    async fn query(&self, call: &Call<'_>, sql: &str, parameters: &[Option<String>]) -> Result<Response, Stop> {
        let writes = holdpoint_model::grant::Sql::parse(sql).is_ok_and(|sql| sql.writes());
        self.begin(call, writes).await?;
        let statement = self.client.prepare(sql).await.map_err(stop)?;
        let mut reading = Reading::default();
        reading.columns(columns(&statement)?)?;
        let parameters: Vec<Parameter> = parameters.iter().cloned().map(Parameter).collect();
        let failed: fn(Error) -> Stop = if writes { unsure } else { stop };
        if writes {
            call.sent.note();
        }
        let mut stream = pin!(self.client.query_raw(&statement, parameters).await.map_err(failed)?);
        while let Some(row) = stream.try_next().await.map_err(failed)? {
            if let Err(stop) = cells(&row).and_then(|cells| reading.row(cells)) {
                // It is not committed, so it ends with the connection.
                call.sent.take_back();
                return Err(stop);
            }
        }
        let changed = stream.rows_affected();
        self.commit().await?;
        Ok(Response::Rows(reading.whole(changed.filter(|_| writes))))
    }

    async fn change(&self, call: &Call<'_>, sql: &str, parameters: Vec<Parameter>) -> Result<Response, Stop> {
        self.begin(call, true).await?;
        call.sent.note();
        self.client.execute_raw(sql, parameters).await.map_err(unsure)?;
        self.commit().await?;
        Ok(Response::Done)
    }
}

/// The name of a place as PostgreSQL reads it. It has neither quotes nor capitals.
fn quoted(place: &str) -> String {
    place.split('.').map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(".")
}

/// The names of the columns, each of a type that can be read.
fn columns(statement: &Statement) -> Result<Vec<String>, Stop> {
    let unread = statement.columns().iter().find(|column| !Cell::reads(column.type_()));
    if let Some(column) = unread {
        let (name, kind) = (column.name(), column.type_().name());
        return Err(Stop::trouble(
            TroubleKind::Wrong,
            format!("the column {name} has the type {kind}, which is not read: select it as text, with ::text"),
        ));
    }
    Ok(statement.columns().iter().map(|column| column.name().to_owned()).collect())
}

fn cells(row: &Row) -> Result<Vec<Option<String>>, Stop> {
    let cell = |at| row.try_get::<_, Option<Cell>>(at).map(|cell| cell.map(|Cell(text)| text)).map_err(stop);
    (0..row.len()).map(cell).collect()
}

fn millis(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1_000.0
}

fn stop(error: Error) -> Stop {
    use std::error::Error as _;
    if let Some(said) = error.as_db_error() {
        let detail = said.detail().map_or_else(String::new, |detail| format!(" ({detail})"));
        return Stop::trouble(kind(said.code().code()), format!("{}{detail}", said.message()));
    }
    if let Some(Untrusted(undialed)) = error.source().and_then(|source| source.downcast_ref::<Untrusted>()) {
        return Stop::from(undialed.clone());
    }
    let said = whole(&error);
    match error.to_string().as_str() {
        "error communicating with the server" | "connection closed" => Stop::Lost(said),
        "error performing TLS handshake" => Stop::trouble(TroubleKind::Tls, said),
        "authentication error" | "invalid configuration" => Stop::trouble(TroubleKind::Credentials, said),
        _ => Stop::trouble(TroubleKind::Wrong, said),
    }
}

/// Why something failed that was sent and writes: what loses the connection or is no answer may come after it was done.
fn unsure(error: Error) -> Stop {
    let lost = match error.code() {
        Some(code) => loses(code.code()),
        None => matches!(
            error.to_string().as_str(),
            "unexpected message from server" | "error parsing response from server"
        ),
    };
    if lost { Stop::Lost(whole(&error)) } else { stop(error) }
}

/// Whether a code says that nobody knows what has become of it: the class of connections, and `statement_completion_unknown`.
fn loses(code: &str) -> bool {
    code.starts_with("08") || code == "40003"
}

/// What the library says, with its cause.
fn whole(error: &Error) -> String {
    use std::error::Error as _;
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// What a code of the server means (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn kind(code: &str) -> TroubleKind {
    match code {
        "28P01" | "28000" => TroubleKind::Credentials,
        "42501" => TroubleKind::Forbidden,
        "25006" => TroubleKind::ReadOnly,
        "57014" | "55P03" | "40P01" => TroubleKind::Late,
        "57P01" | "57P02" | "57P03" => TroubleKind::Starting,
        "3D000" | "3F000" | "42P01" | "42703" => TroubleKind::Missing,
        _ if code.starts_with("53") => TroubleKind::Full,
        _ => TroubleKind::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart() {
        for (code, expected) in [
            ("28P01", TroubleKind::Credentials),
            ("42501", TroubleKind::Forbidden),
            ("25006", TroubleKind::ReadOnly),
            ("53300", TroubleKind::Full),
            ("53100", TroubleKind::Full),
            ("57014", TroubleKind::Late),
            ("57P03", TroubleKind::Starting),
            ("42P01", TroubleKind::Missing),
            ("42601", TroubleKind::Wrong),
        ] {
            assert_eq!(kind(code), expected, "{code}");
        }
    }

    #[test]
    fn a_code_may_say_that_nobody_knows() {
        for code in ["08000", "08006", "08P01", "40003"] {
            assert!(loses(code), "{code}");
        }
        for code in ["40001", "23505", "57014", "53100", "25006"] {
            assert!(!loses(code), "{code}");
        }
    }

    #[test]
    fn a_place_is_one_name() {
        assert_eq!(quoted("public.user"), "\"public\".\"user\"");
    }
}
