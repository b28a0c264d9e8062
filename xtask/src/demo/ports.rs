//! The fixed ports of the demonstration. They are fixed because the operator's file names them, and that file is the same for every
//! run of a lane.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, bail};

/// Where the emulated cloud listens on 127.0.0.1; 0 takes a free port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    /// The front of all services, by the name that a client asks for in TLS.
    pub(crate) front: u16,
    /// The proxy through which gcloud finds Google.
    pub(crate) proxy: u16,
    /// Where whoever comes without TLS is led to it: backend, auth and frontend.
    pub(crate) plain: [u16; 3],
    pub(crate) stores: StorePorts,
}

/// Where stores listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StorePorts {
    pub(crate) database: u16,
    pub(crate) cache: u16,
    pub(crate) analytics: u16,
}

pub(crate) const PORTS: Ports = Ports {
    front: 18443,
    proxy: 18444,
    plain: [18445, 18446, 18447],
    stores: StorePorts { database: 18448, cache: 18449, analytics: 18450 },
};

impl Ports {
    /// Each of them, in an order that is always the same.
    pub(super) fn all(self) -> [u16; 8] {
        let Ports { front, proxy, plain: [backend, auth, frontend], stores } = self;
        [front, proxy, backend, auth, frontend, stores.database, stores.cache, stores.analytics]
    }

    /// Each of them by so many higher.
    pub(super) fn shifted(self, by: u16) -> Self {
        let Ports { front, proxy, plain, stores: StorePorts { database, cache, analytics } } = self;
        let stores = StorePorts { database: database + by, cache: cache + by, analytics: analytics + by };
        Ports { front: front + by, proxy: proxy + by, plain: plain.map(|port| port + by), stores }
    }
}

/// Free ones, for tests.
#[cfg(test)]
pub(super) const FREE: Ports =
    Ports { front: 0, proxy: 0, plain: [0; 3], stores: StorePorts { database: 0, cache: 0, analytics: 0 } };

/// Refuses to start when a port is taken, and says which and what to do.
pub(super) fn ensure_free(ports: Ports) -> Result<()> {
    let Ports { front, proxy, plain: [backend, auth, frontend], stores } = ports;
    for (port, what) in [
        (front, "the services"),
        (proxy, "the emulated cloud"),
        (backend, "the backend without TLS"),
        (auth, "the auth service without TLS"),
        (frontend, "the frontend without TLS"),
        (stores.database, "the database"),
        (stores.cache, "the cache"),
        (stores.analytics, "the analytics store"),
    ] {
        let taken = |error: std::io::Error| error.kind() == ErrorKind::AddrInUse;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err_and(taken) {
            bail!(
                "listen on 127.0.0.1:{port} for {what}: the port is taken, perhaps by another demonstration; `ss -ltnp 'sport = :{port}'` \
                 shows by whom; end that program and run this again"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use holdpoint_staging_double::Service;

    use super::*;

    #[test]
    fn names_the_port_that_is_taken() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = ensure_free(Ports { proxy: port, ..FREE }).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("listen on 127.0.0.1:{port} for the emulated cloud: the port is taken")),
            "{error}"
        );
        drop(taken);
    }

    #[test]
    fn the_operators_file_leads_to_the_ports() {
        let text = include_str!("../../../tests/staging-double/holdpoint.toml");
        for service in Service::ALL {
            let line = format!("\"{}:443\" = \"127.0.0.1:{}\"", service.host(), PORTS.front);
            assert!(text.contains(&line), "no {line}");
        }
        for (service, port) in Service::RELEASED.into_iter().zip(PORTS.plain) {
            let line = format!("\"{}:80\" = \"127.0.0.1:{port}\"", service.host());
            assert!(text.contains(&line), "no {line}");
        }
        let StorePorts { database, cache, analytics } = PORTS.stores;
        for port in [database, cache, analytics] {
            assert!(text.contains(&format!("address = \"127.0.0.1:{port}\"")), "no store at {port}");
        }
        let line = format!("CLOUDSDK_PROXY_PORT = \"{}\"", PORTS.proxy);
        assert!(text.contains(&line), "no {line}");
    }
}
