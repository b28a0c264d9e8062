//! Which stores are down: they are asked side by side, a second each, and what says nothing until then is.

use std::time::Duration;

use anyhow::anyhow;
use futures::future::join_all;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{Stores, clickhouse, postgres, redis};

/// How long a store may take to say that it is up.
const PATIENCE: Duration = Duration::from_secs(1);
/// Answers that are made at one time. Those beyond wait, so that who asks often does not take a store's last connection.
const MOST_ASKING: usize = 8;
/// Which dependencies are stores.
const STORES: [&str; 3] = ["postgres", "redis", "clickhouse"];

/// What asks them.
#[derive(Debug)]
pub(crate) struct Asking {
    stores: Option<Stores>,
    places: Semaphore,
}

impl Asking {
    pub(crate) fn new(stores: Option<Stores>) -> Self {
        Self { stores, places: Semaphore::new(MOST_ASKING) }
    }

    /// Which of these dependencies are down. What is no store is not asked, and without real stores nothing is.
    pub(crate) async fn down(&self, dependencies: &'static [&'static str]) -> Vec<&'static str> {
        let Some(stores) = &self.stores else { return Vec::new() };
        let dependencies: Vec<&'static str> =
            dependencies.iter().copied().filter(|name| STORES.contains(name)).collect();
        if dependencies.is_empty() {
            return dependencies;
        }
        // Nobody ever closes it.
        let _place = self.places.acquire().await;
        let looks: Vec<_> = dependencies.iter().copied().map(|name| is_up(stores, name)).collect();
        let up = join_all(looks).await;
        dependencies.into_iter().zip(up).filter(|(_, up)| !up).map(|(name, _)| name).collect()
    }
}

async fn is_up(stores: &Stores, name: &'static str) -> bool {
    let asked = async {
        match name {
            "postgres" => postgres::ask(&stores.postgres).await,
            "redis" => redis::ask(&stores.redis).await,
            "clickhouse" => clickhouse::ask(&stores.clickhouse).await,
            other => Err(anyhow!("{other} is no store")),
        }
    };
    matches!(timeout(PATIENCE, asked).await, Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::time::Instant;

    use super::*;
    use crate::service::Service;
    use crate::stores::Store;

    fn at(address: &str) -> Stores {
        let store =
            Store { address: address.to_owned(), user: "somebody".to_owned(), password: "a-password".to_owned() };
        Stores { postgres: store.clone(), redis: store.clone(), clickhouse: store }
    }

    async fn down(address: &str, service: Service) -> Vec<&'static str> {
        Asking::new(Some(at(address))).down(service.dependencies()).await
    }

    fn listener() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        (listener, address)
    }

    #[tokio::test]
    async fn without_real_stores_nothing_is_down() {
        for service in Service::ALL {
            assert_eq!(Asking::new(None).down(service.dependencies()).await, [""; 0]);
        }
    }

    #[tokio::test]
    async fn where_nobody_listens_every_store_is_down_and_no_service_is() {
        let (held, address) = listener();
        drop(held);
        assert_eq!(down(&address, Service::Backend).await, ["postgres", "redis", "clickhouse"]);
        assert_eq!(down(&address, Service::Auth).await, ["postgres", "redis"]);
        assert_eq!(down(&address, Service::Frontend).await, [""; 0]);
    }

    #[tokio::test]
    async fn who_takes_connections_and_says_nothing_is_down_after_a_second() {
        let (_held, address) = listener();
        let begun = Instant::now();
        assert_eq!(down(&address, Service::Backend).await.len(), 3);
        let took = begun.elapsed();
        assert!(took >= PATIENCE && took < 2 * PATIENCE, "they are asked side by side: {took:?}");
    }

    #[tokio::test]
    async fn who_says_something_else_is_down() {
        let (listener, address) = listener();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let _ = stream.read(&mut [0; 4_096]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno");
            }
        });
        assert_eq!(down(&address, Service::Backend).await.len(), 3);
    }
}
