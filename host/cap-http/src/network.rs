//! The two ways in which this crate touches the network: looking a name up, and connecting to an address. A trait, so that a test can
//! say what a name leads to; whatever it leads to is checked before it is connected to.

use std::{io, net::SocketAddr};

use holdpoint_gate::Boxed;
use tokio::net::TcpStream;

/// A network.
pub trait Network: Send + Sync + 'static {
    /// The addresses of a name.
    fn resolve<'a>(&'a self, name: &'a str, port: u16) -> Boxed<'a, io::Result<Vec<SocketAddr>>>;

    /// A connection to an address that was checked.
    fn connect(&self, address: SocketAddr) -> Boxed<'_, io::Result<TcpStream>>;
}

/// The network of this machine, with the resolver of its system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNetwork;

impl Network for SystemNetwork {
    fn resolve<'a>(&'a self, name: &'a str, port: u16) -> Boxed<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, port)).await?.collect()) })
    }

    fn connect(&self, address: SocketAddr) -> Boxed<'_, io::Result<TcpStream>> {
        Box::pin(TcpStream::connect(address))
    }
}
