//! The cookies of one user: what servers set, and what goes back to them. A cookie goes to the host and port that set it and nowhere else,
//! whatever its attribute Domain says.

use http::{HeaderMap, HeaderValue, header};

use crate::route::Origin;

/// Cookies of a user, and bytes of one.
const MOST: usize = 50;
const LARGEST: usize = 4 << 10;

/// A jar.
#[derive(Debug, Default)]
pub(super) struct Cookies(Vec<Cookie>);

#[derive(Debug)]
struct Cookie {
    host: String,
    port: u16,
    secure: bool,
    path: String,
    name: String,
    value: String,
}

impl Cookies {
    /// Takes in what an answer sets.
    pub(super) fn set(&mut self, origin: &Origin, path: &str, headers: &HeaderMap) {
        for value in headers.get_all(header::SET_COOKIE) {
            if let Some((cookie, gone)) = value.to_str().ok().and_then(|text| read(text, origin, path)) {
                self.0.retain(|old| {
                    (&old.host, old.port, &old.path, &old.name)
                        != (&cookie.host, cookie.port, &cookie.path, &cookie.name)
                });
                if !gone && self.0.len() < MOST {
                    self.0.push(cookie);
                }
            }
        }
    }

    /// The header of a request, if any cookie goes with it.
    pub(super) fn header(&self, origin: &Origin, path: &str) -> Option<HeaderValue> {
        let mut text = String::new();
        for cookie in self.0.iter().filter(|cookie| cookie.goes_to(origin, path)) {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(&cookie.name);
            text.push('=');
            text.push_str(&cookie.value);
        }
        if text.is_empty() {
            return None;
        }
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl Cookie {
    fn goes_to(&self, origin: &Origin, path: &str) -> bool {
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        let below = path
            .strip_prefix(self.path.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'));
        self.host == origin.host && self.port == origin.port && (origin.https || !self.secure) && below
    }
}

/// A cookie, and whether it is taken away by this.
fn read(text: &str, origin: &Origin, path: &str) -> Option<(Cookie, bool)> {
    let mut parts = text.split(';').map(str::trim);
    let (name, value) = parts.next()?.split_once('=')?;
    if name.is_empty() || name.len() + value.len() > LARGEST {
        return None;
    }
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let above = path.rsplit_once('/').map_or("/", |(above, _)| if above.is_empty() { "/" } else { above });
    let mut cookie = Cookie {
        host: origin.host.clone(),
        port: origin.port,
        secure: false,
        path: above.to_owned(),
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let mut gone = false;
    for part in parts {
        let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
        match attribute.to_ascii_lowercase().as_str() {
            "secure" => cookie.secure = true,
            "path" if value.starts_with('/') && value.len() <= 1_024 => value.clone_into(&mut cookie.path),
            "max-age" => gone = value.parse::<i64>().is_ok_and(|seconds| seconds <= 0),
            // A load does not outlive other dates; this one is how servers take a cookie away.
            "expires" => gone |= value.contains("1970"),
            _ => {}
        }
    }
    Some((cookie, gone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(host: &str, https: bool) -> Origin {
        Origin { https, host: host.into(), port: 80 }
    }

    fn set(cookies: &mut Cookies, path: &str, texts: &[&'static str]) {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append(header::SET_COOKIE, HeaderValue::from_static(text));
        }
        cookies.set(&origin("a", false), path, &headers);
    }

    fn sent(cookies: &Cookies, host: &str, https: bool, path: &str) -> String {
        cookies.header(&origin(host, https), path).map_or(String::new(), |value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn cookies_go_back_to_where_they_came_from() {
        let mut cookies = Cookies::default();
        set(&mut cookies, "/login/start?x=/y", &["sid=1; Path=/; HttpOnly", "b=2", "c=3; Secure; Path=/"]);
        assert_eq!(sent(&cookies, "a", false, "/api?x"), "sid=1");
        assert_eq!(sent(&cookies, "a", true, "/login/x"), "sid=1; b=2; c=3");
        assert_eq!(sent(&cookies, "a", false, "/logins"), "sid=1");
        assert_eq!(sent(&cookies, "b", true, "/"), "");
        set(&mut cookies, "/", &["sid=4; Path=/"]);
        assert_eq!(sent(&cookies, "a", false, "/"), "sid=4");
        set(&mut cookies, "/", &["sid=; Path=/; Max-Age=0"]);
        assert_eq!(sent(&cookies, "a", false, "/"), "");
    }

    #[test]
    fn a_jar_is_no_larger_than_its_bounds() {
        let mut cookies = Cookies::default();
        for n in 0..100 {
            let mut headers = HeaderMap::new();
            headers.append(header::SET_COOKIE, HeaderValue::try_from(format!("c{n}=x")).unwrap());
            cookies.set(&origin("a", false), "/", &headers);
        }
        assert_eq!(cookies.0.len(), MOST);
        let large = format!("d={}", "x".repeat(LARGEST));
        assert!(read(&large, &origin("a", false), "/").is_none());
        assert!(read("=x", &origin("a", false), "/").is_none() && read("x", &origin("a", false), "/").is_none());
    }
}
