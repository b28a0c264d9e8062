//! What an address means for a service that runs somewhere else. Pure: text in, meaning out; whether it stands where an address is
//! meant is the question of `value`.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// This machine.
    Loopback,
    /// The machine below the container.
    DockerHost,
    /// Every address of this machine: right to bind to, wrong to connect to.
    Unspecified,
    /// A private or link-local network: right for a managed database, worth knowing.
    Private,
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "loopback",
            Self::DockerHost => "the container's host",
            Self::Unspecified => "no destination",
            Self::Private => "private",
        })
    }
}

/// What a host name means.
pub(crate) fn name(name: &str) -> Option<Meaning> {
    let name = name.to_ascii_lowercase();
    match name.strip_suffix('.').unwrap_or(&name) {
        "localhost" | "localhost.localdomain" | "localhost4" | "localhost6" | "ip6-localhost" | "ip6-loopback" => {
            Some(Meaning::Loopback)
        }
        "host.docker.internal"
        | "gateway.docker.internal"
        | "docker.for.mac.localhost"
        | "docker.for.mac.host.internal" => Some(Meaning::DockerHost),
        name if name.ends_with(".localhost") => Some(Meaning::Loopback),
        _ => None,
    }
}

pub(crate) fn v4(address: Ipv4Addr) -> Option<Meaning> {
    if address.is_loopback() {
        Some(Meaning::Loopback)
    } else if address.is_unspecified() {
        Some(Meaning::Unspecified)
    } else if address.is_private() || address.is_link_local() {
        Some(Meaning::Private)
    } else {
        None
    }
}

pub(crate) fn v6(address: Ipv6Addr) -> Option<Meaning> {
    if address.is_loopback() {
        return Some(Meaning::Loopback);
    }
    if address.is_unspecified() {
        return Some(Meaning::Unspecified);
    }
    if let Some(inner) = embedded(address) {
        return v4(inner);
    }
    (address.is_unique_local() || address.is_unicast_link_local()).then_some(Meaning::Private)
}

/// The IPv4 address inside of a mapped (`::ffff:…`), compatible (`::…`) or NAT64 (`64:ff9b::…`) address.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., a, b, c, d] = address.octets();
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _] => Some(Ipv4Addr::new(a, b, c, d)),
        _ => None,
    }
}

/// An IPv4 address in every form that resolvers take: one to four parts, decimal, octal or hexadecimal, the last one filling up
/// (`127.1`, `2130706433`, `0x7f000001`, `0177.0.0.1`).
pub(crate) fn any_form_of_v4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text.strip_suffix('.').unwrap_or(text).split('.').map(number).collect::<Option<_>>()?;
    let (&last, first) = parts.split_last()?;
    if first.len() > 3 {
        return None;
    }
    let mut address = 0_u32;
    for (part, shift) in first.iter().zip([24, 16, 8]) {
        address |= u32::from(u8::try_from(*part).ok()?) << shift;
    }
    let room = 8 * (4 - u32::try_from(first.len()).ok()?);
    if room < 32 && last >> room != 0 {
        return None;
    }
    Some(Ipv4Addr::from(address | last))
}

fn number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    // from_str_radix takes a sign, an address does not.
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_names() {
        use Meaning::{DockerHost, Loopback};
        for (text, meaning) in [
            ("localhost", Some(Loopback)),
            ("LocalHost", Some(Loopback)),
            ("localhost.", Some(Loopback)),
            ("api.localhost", Some(Loopback)),
            ("localhost.localdomain", Some(Loopback)),
            ("ip6-localhost", Some(Loopback)),
            ("host.docker.internal", Some(DockerHost)),
            ("Host.Docker.Internal.", Some(DockerHost)),
            ("gateway.docker.internal", Some(DockerHost)),
            ("localhost.example.com", None),
            ("mylocalhost", None),
            ("localhost-dev", None),
            ("example.com", None),
        ] {
            assert_eq!(name(text), meaning, "{text}");
        }
    }

    #[test]
    fn knows_every_form_of_an_ipv4_address() {
        use Meaning::{Loopback, Private, Unspecified};
        for (text, meaning) in [
            ("127.0.0.1", Some(Loopback)),
            ("127.255.255.254", Some(Loopback)),
            ("127.1", Some(Loopback)),
            ("127.0.1", Some(Loopback)),
            ("2130706433", Some(Loopback)),
            ("0x7f000001", Some(Loopback)),
            ("0x7F.1", Some(Loopback)),
            ("017700000001", Some(Loopback)),
            ("0177.0.0.01", Some(Loopback)),
            ("0.0.0.0", Some(Unspecified)),
            ("0", Some(Unspecified)),
            ("10.1.2.3", Some(Private)),
            ("172.16.0.1", Some(Private)),
            ("172.31.255.255", Some(Private)),
            ("192.168.1.1", Some(Private)),
            ("169.254.169.254", Some(Private)),
            ("172.32.0.1", None),
            ("128.0.0.1", None),
            ("8.8.8.8", None),
        ] {
            assert_eq!(any_form_of_v4(text).and_then(v4), meaning, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_ipv4_address() {
        for text in [
            "",
            ".",
            "1.2.3.4.5",
            "256.0.0.1",
            "127.0.0.256",
            "127.x",
            "0x",
            "+127.1",
            "4294967296",
            "127.0.0.1.nip.io",
            "089",
        ] {
            assert_eq!(any_form_of_v4(text), None, "{text}");
        }
    }

    #[test]
    fn knows_ipv6_addresses() {
        use Meaning::{Loopback, Private, Unspecified};
        for (text, meaning) in [
            ("::1", Some(Loopback)),
            ("0:0:0:0:0:0:0:1", Some(Loopback)),
            ("::ffff:127.0.0.1", Some(Loopback)),
            ("::ffff:7f00:1", Some(Loopback)),
            ("::127.0.0.1", Some(Loopback)),
            ("64:ff9b::127.0.0.1", Some(Loopback)),
            ("::", Some(Unspecified)),
            ("::ffff:0.0.0.0", Some(Unspecified)),
            ("fd00::1", Some(Private)),
            ("fe80::1", Some(Private)),
            ("::ffff:10.0.0.1", Some(Private)),
            ("2001:db8::1", None),
        ] {
            assert_eq!(v6(text.parse().expect(text)), meaning, "{text}");
        }
    }
}
