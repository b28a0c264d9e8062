//! Sockets: making one answers access-denied, and the attempt is recorded. Names are not resolved.

use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi::p2::{
    IoError, Network, SocketError, SocketResult, TcpSocket, UdpSocket,
    bindings::sockets::{
        network::{self, ErrorCode, IpAddressFamily},
        tcp_create_socket, udp_create_socket,
    },
};

use crate::state::PhaseState;

pub(crate) fn add_to_linker(linker: &mut Linker<PhaseState>) -> wasmtime::Result<()> {
    tcp_create_socket::add_to_linker::<_, HasSelf<PhaseState>>(linker, |state| state)?;
    udp_create_socket::add_to_linker::<_, HasSelf<PhaseState>>(linker, |state| state)
}

const REFUSED: &str = "denied: a phase opens no sockets; use holdpoint:http, whose grants name the hosts";

impl tcp_create_socket::Host for PhaseState {
    fn create_tcp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        self.note(&format!("wasi:sockets tcp {REFUSED}"));
        Err(ErrorCode::AccessDenied.into())
    }
}

impl udp_create_socket::Host for PhaseState {
    async fn create_udp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<UdpSocket>> {
        self.note(&format!("wasi:sockets udp {REFUSED}"));
        Err(ErrorCode::AccessDenied.into())
    }
}

/// Only what turns our refusals into the error codes of the contract.
impl network::Host for PhaseState {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn network_error_code(&mut self, _: Resource<IoError>) -> wasmtime::Result<Option<ErrorCode>> {
        Ok(None)
    }
}

impl network::HostNetwork for PhaseState {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        self.table.delete(network)?;
        Ok(())
    }
}
