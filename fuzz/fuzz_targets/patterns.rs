//! Patterns as texts: hosts, URLs, paths, read-backs, places in JSON, durations and sizes.
//!
//! The input is lines: two patterns and something concrete. For each kind that the parsers take:
//! - a pattern that is written as it displays itself is the same pattern;
//! - what one pattern contains covers nothing that the other does not;
//! - a path has one reading: what was read is read as itself again;
//! - a read-back stays the path that it is whatever key is put in: nothing in a key can end a part of it.
#![no_main]

use holdpoint_fuzz::opinion;
use holdpoint_model::grant::{
    HostPattern, HostPort, JsonPath, PathPrefix, ReadBack, RequestPath, UrlPattern, format_duration, format_size,
    parse_duration, parse_size,
};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let [one, two, concrete] = std::array::from_fn(|_| lines.next().unwrap_or_default());
    hosts(one, two, concrete);
    urls(one, two, concrete);
    paths(one, two, concrete);
    if let Ok(read_back) = ReadBack::parse(one) {
        let path = read_back.path(two);
        let (before, after) = read_back.as_str().split_once("{key}").expect("it has the place");
        let key = path.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).expect("the rest stays");
        assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)), "{path}");
    }
    if let Ok(place) = JsonPath::parse(one) {
        assert_eq!(JsonPath::parse(&place.to_string()), Ok(place));
    }
    if let Ok(time) = parse_duration(one) {
        assert_eq!(parse_duration(&format_duration(time)), Ok(time));
    }
    if let Ok(size) = parse_size(one) {
        assert_eq!(parse_size(&format_size(size)), Ok(size));
    }
});

fn hosts(one: &str, two: &str, concrete: &str) {
    let Ok(one) = HostPattern::parse(one) else { return };
    assert_eq!(HostPattern::parse(&one.to_string()).as_ref(), Ok(&one));
    for port in [80, 443, 8443] {
        let Ok(to) = HostPort::parse(concrete, port) else { break };
        assert_eq!(one.covers(&to), opinion::host_covers(&one.to_string(), &to.host(), port), "{one} {to}");
        assert!(HostPattern::exactly(&to).covers(&to), "{to}");
        if let Ok(two) = HostPattern::parse(two) {
            assert!(
                !(one.contains(&two) && two.covers(&to)) || one.covers(&to),
                "{one} contains {two}, which covers {to}"
            );
        }
    }
}

fn urls(one: &str, two: &str, concrete: &str) {
    let Ok(one) = UrlPattern::parse(one) else { return };
    assert_eq!(UrlPattern::parse(&one.to_string()).as_ref(), Ok(&one));
    assert!(one.contains(&one));
    let Ok(url) = Url::parse(concrete) else { return };
    if one.covers(&url) {
        // What a star stands for is within one label of a host that is no address.
        assert!(
            matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.query().is_none(),
            "{url}"
        );
        if one.to_string().trim_end_matches(":*").contains('*') {
            assert!(url.domain().is_some(), "{one} covers {url}");
            let pattern = one.to_string();
            let labels = pattern.split("://").nth(1).expect("a host follows").split('.').count();
            assert_eq!(url.domain().expect("a name").split('.').count(), labels, "{one} {url}");
        }
    }
    if let Ok(two) = UrlPattern::parse(two) {
        assert!(
            !(one.contains(&two) && two.covers(&url)) || one.covers(&url),
            "{one} contains {two}, which covers {url}"
        );
    }
}

fn paths(one: &str, two: &str, concrete: &str) {
    let path = RequestPath::parse(concrete);
    if let Ok(path) = &path {
        assert_eq!(RequestPath::parse(path.as_str()).as_ref(), Ok(path), "a path has one reading");
        let decoded = path.as_str().replace("%2E", ".");
        assert!(!decoded.split('/').any(|segment| segment == ".."), "{path}");
    }
    let Ok(one) = PathPrefix::parse(one) else { return };
    assert_eq!(PathPrefix::parse(one.as_str()).as_ref(), Ok(&one));
    let Ok(path) = path else { return };
    assert_eq!(one.covers(&path), opinion::below(one.as_str(), path.as_str()), "{one} {path}");
    if let Ok(two) = PathPrefix::parse(two) {
        assert!(
            !(one.contains(&two) && two.covers(&path)) || one.covers(&path),
            "{one} contains {two}, which covers {path}"
        );
    }
}
