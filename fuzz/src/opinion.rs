//! Second opinions: the same questions answered again, plainly and slowly, from the texts alone.

use std::net::{Ipv4Addr, Ipv6Addr};

use holdpoint_model::Class;

/// A grant of HTTP as texts. Each is known to be one that the parsers take.
#[derive(Debug, Clone, Default)]
pub struct Grant {
    pub services: Vec<String>,
    pub hosts: Vec<String>,
    pub methods: Vec<String>,
    pub paths: Option<Vec<String>>,
    pub class: Option<Class>,
}

/// A request as texts.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The service, or host and port.
    pub to: Result<String, (String, u16)>,
    pub method: String,
    /// In its one reading.
    pub path: String,
}

impl Grant {
    /// Whether the request is granted.
    pub fn covers(&self, ask: &Ask) -> bool {
        let to = match &ask.to {
            Ok(service) => self.services.contains(service),
            Err((host, port)) => self.hosts.iter().any(|pattern| host_covers(pattern, host, *port)),
        };
        let path = self.paths.as_ref().is_none_or(|paths| paths.iter().any(|prefix| below(prefix, &ask.path)));
        to && self.methods.contains(&ask.method) && path
    }

    /// Its class for a method.
    pub fn class(&self, method: &str) -> Class {
        let read = ["GET", "HEAD", "OPTIONS"].contains(&method);
        self.class.unwrap_or(if read { Class::Read } else { Class::Effect })
    }
}

/// Whether a pattern of hosts, as it is displayed, covers a host.
pub fn host_covers(pattern: &str, host: &str, port: u16) -> bool {
    let pattern = pattern.replace(['[', ']'], "|");
    let host = host.replace(['[', ']'], "");
    let (name, wanted) = match pattern.strip_prefix('|') {
        // An IPv6 address in brackets, and what follows them.
        Some(rest) => {
            let (name, port) = rest.split_once('|').expect("brackets close");
            (name.to_owned(), port.strip_prefix(':').map(str::to_owned))
        }
        None => match pattern.split_once(':') {
            Some((name, port)) => (name.to_owned(), Some(port.to_owned())),
            None => (pattern.clone(), None),
        },
    };
    let port = wanted.map_or(port == 80 || port == 443, |wanted| wanted == port.to_string());
    let labels = |name: &str| name.split('.').rev().map(str::to_owned).collect::<Vec<_>>();
    port && match name.strip_prefix("*.") {
        None => name == host,
        Some(suffix) => {
            let (suffix, host) = (labels(suffix), labels(&host));
            host.len() > suffix.len() && host.starts_with(&suffix)
        }
    }
}

/// Whether a path lies below a prefix, segment by segment.
pub fn below(prefix: &str, path: &str) -> bool {
    let segments = |path: &str| path.split('/').skip(1).map(str::to_owned).collect::<Vec<_>>();
    prefix == "/" || segments(path).starts_with(&segments(prefix))
}

/// The blocks that the registries of special addresses list, and what clouds put beside them.
const BLOCKS_V4: [([u8; 4], u32); 20] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
    ([255, 255, 255, 255], 32),
    ([168, 63, 129, 16], 32),
    ([169, 254, 169, 254], 32),
    ([100, 100, 100, 200], 32),
    ([192, 0, 0, 192], 32),
];

/// Whether the operator must name an address before it is connected to.
pub fn guarded_v4(address: Ipv4Addr) -> bool {
    let number = u32::from(address);
    BLOCKS_V4.iter().any(|(block, bits)| {
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        number & mask == u32::from(Ipv4Addr::from(*block)) & mask
    })
}

/// The same of IPv6: all but global unicast, what is reserved in there, and IPv4 in whichever clothes.
pub fn guarded_v6(address: Ipv6Addr) -> bool {
    let number = u128::from(address);
    let within = |block: &str, bits: u32| {
        let block = u128::from(block.parse::<Ipv6Addr>().expect("an address"));
        let mask = u128::MAX << (128 - bits);
        number & mask == block & mask
    };
    let v4 = |shift: u32| Ipv4Addr::from((number >> shift) as u32);
    if within("::ffff:0:0", 96) || within("64:ff9b::", 96) {
        return guarded_v4(v4(0));
    }
    if within("2002::", 16) {
        return guarded_v4(v4(80));
    }
    !within("2000::", 3) || within("2001::", 23) || within("2001:db8::", 32) || within("3fff::", 20)
}

/// Reads an address as old C libraries do: one to four parts, each decimal, octal or hexadecimal, the last filling what is left.
pub fn inet_aton(text: &str) -> Option<Ipv4Addr> {
    let part = |text: &str| -> Option<u64> {
        let lower = text.to_ascii_lowercase();
        match lower.strip_prefix("0x") {
            Some("") => Some(0),
            Some(hex) => u64::from_str_radix(hex, 16).ok(),
            None if lower.len() > 1 && lower.starts_with('0') => u64::from_str_radix(&lower, 8).ok(),
            None if lower.bytes().all(|byte| byte.is_ascii_digit()) => lower.parse().ok(),
            None => None,
        }
    };
    let parts = text.split('.').map(part).collect::<Option<Vec<_>>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) || *last >= 1 << (8 * (4 - first.len())) {
        return None;
    }
    let front = first.iter().enumerate().map(|(place, part)| part << (24 - 8 * place)).sum::<u64>();
    u32::try_from(front + last).ok().map(Ipv4Addr::from)
}
