//! The fixed ports of the demonstration. They are fixed because the operator's file names them, and that file is the same for every
//! run.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, bail};
use holdpoint_staging_double::{PerService, Service};

/// Where the services of the double listen on 127.0.0.1.
pub(crate) const PORTS: PerService<u16> = PerService { backend: 18443, auth: 18444, frontend: 18445, issuer: 18446 };

/// Refuses to start when a port is taken, and says which and what to do.
pub(super) fn ensure_free(ports: &PerService<u16>) -> Result<()> {
    for service in Service::ALL {
        let port = *ports.get(service);
        let taken = |error: std::io::Error| error.kind() == ErrorKind::AddrInUse;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err_and(taken) {
            bail!(
                "listen on 127.0.0.1:{port} for {service}: the port is taken, perhaps by another demonstration; `ss -ltnp 'sport = :{port}'` \
                 shows by whom; end that program and run this again"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_port_that_is_taken() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = ensure_free(&PerService { auth: port, ..PerService::default() }).unwrap_err().to_string();
        assert!(error.starts_with(&format!("listen on 127.0.0.1:{port} for auth: the port is taken")), "{error}");
        drop(taken);
    }

    #[test]
    fn the_operators_file_leads_each_host_to_its_port() {
        let text = include_str!("../../../tests/staging-double/holdpoint.toml");
        for service in Service::ALL {
            let line = format!("\"{}:443\" = \"127.0.0.1:{}\"", service.host(), PORTS.get(service));
            assert!(text.contains(&line), "no {line}");
        }
    }
}
