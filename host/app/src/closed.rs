//! Services at addresses that requests only go to where the operator's `connect-to` leads there. Said while a bundle is looked at, for a run would be
//! denied each of their requests.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use holdpoint_bundle::Verified;
use holdpoint_model::{ServiceName, grant::HostPort};
use url::{Host, Url};

use crate::Machine;

/// Of each service that no request would reach: where it is, and the line of the operator's file that would change it.
pub fn closed_services(verified: &Verified, machine: &Machine) -> Vec<String> {
    let file = machine.operator_path().display().to_string();
    let services = verified.services.iter();
    services.filter_map(|service| closed(&service.name, &service.base, &verified.connect_to, &file)).collect()
}

/// The same of one. Whether a name leads to such an address is only known when it is looked up, but for `localhost`.
pub(crate) fn closed(
    service: &ServiceName,
    base: &Url,
    connect_to: &BTreeMap<HostPort, SocketAddr>,
    file: &str,
) -> Option<String> {
    let address = match base.host()? {
        Host::Ipv4(address) => IpAddr::V4(address),
        Host::Ipv6(address) => IpAddr::V6(address),
        Host::Domain(name) if name == "localhost" || name.ends_with(".localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Host::Domain(_) => return None,
    };
    let kind = holdpoint_cap_http::guarded(address)?;
    let (host, port) = (base.host_str()?, base.port_or_known_default()?);
    if connect_to.contains_key(&HostPort::parse(host, port).ok()?) {
        return None;
    }
    let to = SocketAddr::new(address, port);
    Some(format!(
        "service {service} is at {host}:{port}, {kind}, where no request goes unless you say so; to allow it, add below [connect-to] in {file}:\n    \"{host}:{port}\" = \"{to}\""
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(base: &str, led: Option<(&str, u16)>) -> Option<String> {
        let place = SocketAddr::from(([127, 0, 0, 1], 1));
        let connect_to: BTreeMap<HostPort, SocketAddr> =
            led.map(|(host, port)| (HostPort::parse(host, port).unwrap(), place)).into_iter().collect();
        closed(&ServiceName::parse("kinto").unwrap(), &Url::parse(base).unwrap(), &connect_to, "/etc/ours.toml")
    }

    #[test]
    fn an_address_that_nothing_leads_to_is_told_with_the_line_that_would() {
        for (base, kind, line) in [
            ("http://127.0.0.1:8888", "a loopback address", r#""127.0.0.1:8888" = "127.0.0.1:8888""#),
            ("http://localhost:8888/v1", "a loopback address", r#""localhost:8888" = "127.0.0.1:8888""#),
            ("https://10.0.0.3", "a private address", r#""10.0.0.3:443" = "10.0.0.3:443""#),
            ("http://[::1]:80", "a loopback address", r#""[::1]:80" = "[::1]:80""#),
        ] {
            let told = told(base, None).unwrap();
            assert!(told.contains(kind) && told.contains(line), "{told}");
            assert!(told.contains("below [connect-to] in /etc/ours.toml"), "{told}");
        }
    }

    #[test]
    fn what_is_led_to_and_what_is_public_is_not_told() {
        assert_eq!(told("http://127.0.0.1:8888", Some(("127.0.0.1", 8888))), None);
        assert_eq!(told("http://localhost:8888", Some(("localhost", 8888))), None);
        assert!(told("http://127.0.0.1:8888", Some(("127.0.0.1", 8889))).is_some(), "another port is another place");
        assert_eq!(told("https://kinto.example.com", None), None);
        assert_eq!(told("https://1.1.1.1", None), None);
    }
}
