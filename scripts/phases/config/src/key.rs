//! What the key of a value says about an address in it: is it one to listen on, or one to go to?

/// The part that a value plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Surely an address to listen on, also with a port: `bind`, `listen`, `ports`.
    Listen,
    /// An address of its own if it stands alone: `host`, `addr`.
    Own,
    /// An address to go to: `redis.host`, `DATABASE_URL`.
    Destination,
    Other,
}

/// Words of a key that is surely listened on.
const LISTEN: [&str; 6] = ["bind", "binds", "listen", "listener", "port", "ports"];

/// Words for a thing that one connects to, so that a `host` below it is not one's own.
const REMOTE: [&str; 34] = [
    "database",
    "db",
    "postgres",
    "postgresql",
    "pg",
    "mysql",
    "mariadb",
    "mongo",
    "mongodb",
    "redis",
    "valkey",
    "memcached",
    "clickhouse",
    "elasticsearch",
    "opensearch",
    "kafka",
    "rabbitmq",
    "amqp",
    "nats",
    "smtp",
    "mail",
    "upstream",
    "upstreams",
    "backend",
    "remote",
    "client",
    "proxy",
    "broker",
    "brokers",
    "cache",
    "queue",
    "target",
    "peer",
    "vault",
];

/// Words for an address.
const ADDRESS: [&str; 20] = [
    "host",
    "hosts",
    "hostname",
    "hostaddr",
    "addr",
    "address",
    "addresses",
    "server",
    "servers",
    "endpoint",
    "endpoints",
    "url",
    "urls",
    "uri",
    "dsn",
    "origin",
    "origins",
    "nodes",
    "node",
    "site",
];

/// The part that the value at a key plays, given the configured keys to listen on.
pub(crate) fn role(path: &[String], listen_keys: &[String]) -> Role {
    let dotted = path.join(".");
    if listen_keys.iter().any(|key| key.contains('.') && *key == dotted) {
        return Role::Listen;
    }
    // Elements of a list play the part of the list.
    let mut named = path.iter().rev().filter(|segment| !segment.starts_with('['));
    let Some(last) = named.next() else { return Role::Other };
    let own = words(last);
    if own.iter().any(|word| LISTEN.contains(&word.as_str())) {
        return Role::Listen;
    }
    let remote = is_remote(last) || named.any(|segment| is_remote(segment));
    if !remote && listen_keys.iter().any(|key| words(key) == own) {
        return Role::Own;
    }
    if is_address(&own) { Role::Destination } else { Role::Other }
}

/// Whether a word before `=` or `:` inside of a value announces a host: `host=…`, `Data Source=…`.
pub(crate) fn announces_host(word: &str) -> bool {
    let words = words(word);
    is_address(&words) || words.iter().any(|word| word == "source")
}

/// Whether a word names a thing that one connects to: the `redis` of `--redis-host`.
pub(crate) fn is_remote(word: &str) -> bool {
    words(word).iter().any(|word| REMOTE.contains(&word.as_str()))
}

fn is_address(words: &[String]) -> bool {
    words.iter().any(|word| ADDRESS.contains(&word.as_str()))
}

/// `redisHost`, `REDIS_HOST` and `redis-host` are the same two words.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower_before = false;
    for c in key.chars() {
        let starts = !c.is_alphanumeric() || (lower_before && c.is_uppercase());
        if starts && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        lower_before = c.is_lowercase() || c.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_an_own_address_from_a_destination() {
        let listen_keys = ["host".to_owned(), "server_host".to_owned(), "odd.place".to_owned()];
        for (path, expected) in [
            ("host", Role::Own),
            ("HOST", Role::Own),
            ("server.host", Role::Own),
            ("SERVER_HOST", Role::Own),
            ("serverHost", Role::Own),
            ("redis.host", Role::Destination),
            ("REDIS_HOST", Role::Destination),
            ("services.db.options.host", Role::Destination),
            ("DATABASE_URL", Role::Destination),
            ("bind", Role::Listen),
            ("gunicorn.bindAddress", Role::Listen),
            ("services.web.ports.[0]", Role::Listen),
            ("odd.place", Role::Listen),
            ("allowed.cidr", Role::Other),
            ("args.[1]", Role::Other),
        ] {
            let path: Vec<String> = path.split('.').map(String::from).collect();
            assert_eq!(role(&path, &listen_keys), expected, "{path:?}");
        }
    }
}
