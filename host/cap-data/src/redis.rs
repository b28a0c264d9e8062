//! Redis, and what speaks as it does.

use ::redis::{
    AsyncConnectionConfig, ErrorKind, RedisConnectionInfo, RedisError, ServerErrorKind, aio::MultiplexedConnection, cmd,
};
use holdpoint_cap_http::{Dialer, Stream};
use tokio::time::Instant;

use crate::{
    Act, Facts, Kind, Response, TroubleKind,
    backend::Call,
    bounds::LIFETIME_SECONDS,
    link::{Bounded, Driver},
    rows,
    stop::Stop,
};

/// A connection of one call.
struct Session {
    connection: MultiplexedConnection,
    tls: Option<String>,
    /// Milliseconds.
    connected: f64,
    _driver: Driver,
}

pub(crate) async fn act(dialer: &Dialer, call: &Call<'_>, act: &Act) -> Result<Response, Stop> {
    // Said to whoever connects, before anything is asked; to a library it looks like a failed login, or like an end.
    let greeting = |stop: Stop| {
        if call.heard.begins_with("-ERR max number of clients") {
            Stop::trouble(TroubleKind::Full, "max number of clients reached")
        } else if call.heard.begins_with("-DENIED") {
            Stop::trouble(TroubleKind::Forbidden, "it is in protected mode, and is asked from its own machine only")
        } else {
            stop
        }
    };
    tried(dialer, call, act).await.map_err(greeting)
}

async fn tried(dialer: &Dialer, call: &Call<'_>, act: &Act) -> Result<Response, Stop> {
    let Session { mut connection, tls, connected, _driver } = Session::open(dialer, call).await?;
    match act {
        Act::Look => {
            let start = Instant::now();
            let told: String = cmd("INFO").query_async(&mut connection).await.map_err(stop)?;
            let facts = facts(&told).ok_or_else(|| {
                Stop::trouble(TroubleKind::Wrong, "it answers INFO without a version, so it is no Redis")
            })?;
            Ok(Response::Facts(Facts { tls, connected, answered: millis(start), ..facts }))
        }
        Act::Query { .. } => Err(Stop::trouble(TroubleKind::Wrong, "a Redis takes no SQL")),
        Act::Get { place, key } => {
            let found: Option<String> =
                cmd("GET").arg(named(place, key)).query_async(&mut connection).await.map_err(stop)?;
            rows::value(found)
        }
        Act::Put { place, key, value } => {
            let mut set = cmd("SET");
            set.arg(named(place, key)).arg(value.as_str()).arg("EX").arg(LIFETIME_SECONDS);
            call.sent.note();
            set.query_async::<()>(&mut connection).await.map_err(unsure)?;
            Ok(Response::Done)
        }
        Act::Remove { place, key } => {
            call.sent.note();
            cmd("DEL").arg(named(place, key)).query_async::<()>(&mut connection).await.map_err(unsure)?;
            Ok(Response::Done)
        }
    }
}

impl Session {
    async fn open(dialer: &Dialer, call: &Call<'_>) -> Result<Self, Stop> {
        let (start, store) = (Instant::now(), call.store);
        let mut info = RedisConnectionInfo::default().set_skip_set_lib_name();
        if let Some(database) = &store.database {
            let number: i64 = database.parse().map_err(|_| {
                Stop::trouble(TroubleKind::Missing, format!("`{database}` is no number, and databases of a Redis are"))
            })?;
            info = info.set_db(number);
        }
        if let Some(password) = &store.password {
            info = info.set_password(password.as_str());
            if let Some(user) = &store.user {
                info = info.set_username(user);
            }
        }
        let stream = dialer.connect(&store.address, &call.wanted).await?;
        let (mut stream, mut tls): (Box<dyn Stream>, _) = (Box::new(stream), None);
        if store.tls {
            let (secured, facts) = dialer.secure(&store.address, stream).await?;
            (stream, tls) = (secured, Some(facts.version));
        }
        // The limit is that of the whole call.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let stream = Bounded::new(stream, &call.heard);
        let (connection, driving) =
            MultiplexedConnection::new_with_config(&info, stream, config).await.map_err(stop)?;
        Ok(Self { connection, tls, connected: millis(start), _driver: Driver::of(driving) })
    }
}

/// The key of an entry.
fn named(place: &str, key: &str) -> String {
    format!("{place}:{key}")
}

/// What INFO says (<https://redis.io/docs/latest/commands/info/>).
fn facts(told: &str) -> Option<Facts> {
    let field = |name: &str| {
        let mut lines = told.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(field, _)| *field == name).map(|(_, value)| value.trim())
    };
    let number = |name: &str| field(name).and_then(|value| value.parse::<f64>().ok());
    Some(Facts {
        read_only: field("role").is_some_and(|role| role == "slave"),
        connections: field("connected_clients").and_then(|value| value.parse().ok()),
        most_connections: field("maxclients").and_then(|value| value.parse().ok()),
        memory: number("used_memory"),
        // 0 is no bound.
        most_memory: number("maxmemory").filter(|most| *most > 0.0),
        ..Facts::of(Kind::Redis, field("redis_version")?)
    })
}

fn millis(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1_000.0
}

fn stop(error: RedisError) -> Stop {
    let said = error.to_string();
    match kind(&error) {
        Some(kind) => Stop::trouble(kind, said),
        None => Stop::Lost(said),
    }
}

/// Why a write failed that was sent. What has no reason of its own may have been done: what is no answer, and `ERR`, by which proxies say that
/// they have lost one.
fn unsure(error: RedisError) -> Stop {
    match kind(&error) {
        None | Some(TroubleKind::Wrong) => Stop::Lost(error.to_string()),
        Some(kind) => Stop::trouble(kind, error.to_string()),
    }
}

/// What an error means; none where the connection has ended.
fn kind(error: &RedisError) -> Option<TroubleKind> {
    Some(match error.kind() {
        ErrorKind::Io => return None,
        ErrorKind::AuthenticationFailed => TroubleKind::Credentials,
        ErrorKind::Server(ServerErrorKind::ReadOnly) => TroubleKind::ReadOnly,
        ErrorKind::Server(ServerErrorKind::NoPerm) => TroubleKind::Forbidden,
        ErrorKind::Server(
            ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown | ServerErrorKind::ClusterDown,
        ) => TroubleKind::Starting,
        _ => code(error.code().unwrap_or_default()),
    })
}

/// What the first word of an error says.
fn code(word: &str) -> TroubleKind {
    match word {
        "WRONGPASS" | "NOAUTH" => TroubleKind::Credentials,
        "NOPERM" | "DENIED" => TroubleKind::Forbidden,
        // NOREPLICAS: it takes no writes while too few replicas have them.
        "READONLY" | "NOREPLICAS" => TroubleKind::ReadOnly,
        // MISCONF: it can't write its data to the disk, so it takes none.
        "OOM" | "MISCONF" => TroubleKind::Full,
        "BUSY" => TroubleKind::Late,
        "LOADING" => TroubleKind::Starting,
        _ => TroubleKind::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_is_read_by_its_fields() {
        let told = "# Server\r\nredis_version:7.0.15\r\n\r\n# Clients\r\nconnected_clients:3\r\nmaxclients:100\r\n\
                    # Memory\r\nused_memory:1048576\r\nmaxmemory:0\r\n# Replication\r\nrole:master\r\n";
        let facts = facts(told).unwrap();
        assert_eq!((facts.version.as_str(), facts.read_only), ("7.0.15", false));
        assert_eq!((facts.connections, facts.most_connections), (Some(3), Some(100)));
        assert_eq!((facts.memory, facts.most_memory), (Some(1_048_576.0), None));
        let replica = super::facts("redis_version:6\r\nrole:slave\r\nmaxmemory:5\r\n").unwrap();
        assert!(replica.read_only);
        assert_eq!((replica.most_memory, replica.connections), (Some(5.0), None));
        assert_eq!(super::facts("HTTP/1.1 400 Bad Request"), None);
    }

    #[test]
    fn words_of_errors_are_told_apart() {
        for (word, expected) in [
            ("WRONGPASS", TroubleKind::Credentials),
            ("NOAUTH", TroubleKind::Credentials),
            ("OOM", TroubleKind::Full),
            ("MISCONF", TroubleKind::Full),
            ("READONLY", TroubleKind::ReadOnly),
            ("NOREPLICAS", TroubleKind::ReadOnly),
            ("NOPERM", TroubleKind::Forbidden),
            ("LOADING", TroubleKind::Starting),
            ("ERR", TroubleKind::Wrong),
        ] {
            assert_eq!(code(word), expected, "{word}");
        }
    }

    #[test]
    fn an_entry_is_below_its_place() {
        assert_eq!(named("holdpoint", "a"), "holdpoint:a");
    }
}
