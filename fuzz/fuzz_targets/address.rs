//! Addresses: nothing that is guarded comes out as public, in whichever clothes it comes.
//!
//! - what kind of place an address is, is what the registries' blocks say, put down a second time;
//! - an IPv4 address that is guarded is guarded mapped, compatible, translated (NAT64) and within 6to4, and as whatever a URL reads
//!   out of decimal, octal, hexadecimal, short, long, padded and percent-encoded forms;
//! - `std::net` agrees on what is private, loopback, link-local and so on.
#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use arbitrary::Arbitrary;
use holdpoint_cap_http::{
    Request, Target,
    fuzzing::{guarded, place},
};
use holdpoint_fuzz::opinion;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Input {
    v6: [u8; 16],
    v4: [u8; 4],
    forms: [u8; 4],
    parts: u8,
    escaped: u8,
}

fuzz_target!(|input: Input| {
    let v6 = Ipv6Addr::from(input.v6);
    assert_eq!(guarded(v6.into()).is_some(), opinion::guarded_v6(v6), "{v6}");
    let plain = v6.is_loopback()
        || v6.is_unspecified()
        || v6.is_multicast()
        || v6.is_unique_local()
        || v6.is_unicast_link_local();
    assert!(!plain || guarded(v6.into()).is_some(), "{v6}");

    let v4 = Ipv4Addr::from(input.v4);
    let kind = guarded(v4.into());
    assert_eq!(kind.is_some(), opinion::guarded_v4(v4), "{v4}");
    let plain = v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_broadcast()
        || v4.is_documentation()
        || v4.is_multicast()
        || v4.is_unspecified();
    assert!(!plain || kind.is_some(), "{v4}");
    let [a, b, c, d] = v4.octets();
    let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    assert!(guarded(v4.to_ipv6_compatible().into()).is_some());
    for dressed in [
        v4.to_ipv6_mapped(),
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
        Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
    ] {
        assert_eq!(guarded(dressed.into()), kind, "{dressed}");
        text(&format!("[{dressed}]"), kind);
    }
    text(&written(&input), kind);
});

/// The address in one of its many forms.
fn written(input: &Input) -> String {
    let number = u32::from(Ipv4Addr::from(input.v4));
    let parts = usize::from(input.parts % 4);
    let mut numbers: Vec<u32> = input.v4.iter().take(parts).map(|part| u32::from(*part)).collect();
    numbers.push(if parts == 0 { number } else { number & (u32::MAX >> (8 * parts)) });
    let form = |(number, form): (&u32, &u8)| match form % 5 {
        0 => number.to_string(),
        1 => format!("0x{number:x}"),
        2 => format!("0{number:o}"),
        3 => format!("0X{number:08X}"),
        _ => format!("0000{number:o}"),
    };
    let text = numbers.iter().zip(&input.forms).map(form).collect::<Vec<_>>().join(".");
    // Some of its characters with a percent sign.
    let escape = |(place, c): (usize, char)| match input.escaped >> (place % 8) & 1 {
        1 => format!("%{:02x}", c as u32),
        _ => c.to_string(),
    };
    text.chars().enumerate().map(escape).collect()
}

/// A URL with this host must lead to an address of that kind, or nowhere.
fn text(host: &str, kind: Option<&'static str>) {
    let Ok(place) = place(&[].into(), &Request::get(Target::Url(format!("http://{host}/")))) else { return };
    match place.host.parse::<IpAddr>() {
        Ok(address) => assert_eq!(guarded(address), kind, "{host} leads to {address}"),
        Err(_) => panic!("{host} is taken for the name {}", place.host),
    }
}
