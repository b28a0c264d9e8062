//! Redis: whether it lets somebody in, and answers.

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, RedisConnectionInfo, cmd};
use anyhow::Result;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::Store;

pub(super) async fn ask(store: &Store) -> Result<()> {
    let stream = TcpStream::connect(store.address.as_str()).await?;
    let info = RedisConnectionInfo::default().set_skip_set_lib_name();
    let info = info.set_username(store.user.as_str()).set_password(store.password.as_str());
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let (mut connection, driving) = MultiplexedConnection::new_with_config(&info, stream, config).await?;
    // Dropped, it ends, and the connection with it.
    let mut driver = JoinSet::new();
    driver.spawn(driving);
    cmd("PING").query_async::<()>(&mut connection).await?;
    Ok(())
}
