//! PostgreSQL: whether it lets somebody in, and answers.

use anyhow::Result;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_postgres::{Config, NoTls};

use super::Store;

pub(super) async fn ask(store: &Store) -> Result<()> {
    let stream = TcpStream::connect(store.address.as_str()).await?;
    let mut config = Config::new();
    config.user(store.user.as_str()).password(store.password.as_str()).application_name("staging-double");
    let (client, connection) = config.connect_raw(stream, NoTls).await?;
    // Dropped, it ends, and the connection with it.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    client.batch_execute("select 1").await?;
    Ok(())
}
