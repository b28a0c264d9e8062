//! Session tokens in an answer: cookies, credentials in headers, and the places in a JSON body that a grant marks.

use holdpoint_model::grant::JsonPath;
use http::{HeaderMap, header};
use serde_json::Value;

/// Shorter ones can't be told from other text.
const SHORTEST: usize = 8;
/// Longer ones are no tokens.
const LONGEST: usize = 16 << 10;
/// Of one answer.
const MOST: usize = 200;

/// Headers of answers that carry credentials.
const CREDENTIALS: [&str; 7] = [
    "authorization",
    "x-access-token",
    "x-auth-token",
    "x-csrf-token",
    "x-id-token",
    "x-refresh-token",
    "x-session-token",
];

/// The tokens of an answer, or why they can't be told.
pub(crate) fn tokens(
    headers: &HeaderMap,
    body: &[u8],
    truncated: bool,
    marked: &[JsonPath],
) -> Result<Vec<String>, String> {
    let mut tokens: Vec<String> =
        headers.get_all(header::SET_COOKIE).iter().filter_map(|value| cookie(value.as_bytes())).collect();
    for name in CREDENTIALS {
        tokens.extend(headers.get_all(name).iter().map(|value| credential(value.as_bytes())));
    }
    if !marked.is_empty() && !body.is_empty() {
        match serde_json::from_slice::<Value>(body) {
            Ok(json) => marked.iter().for_each(|path| strings(&json, path.keys(), &mut tokens)),
            Err(_) if truncated && looks_like_json(body) => {
                return Err(
                    "the answer is larger than 8 MiB, so its session tokens can't be found; ask for less".into()
                );
            }
            // An error page has no tokens.
            Err(_) => {}
        }
    }
    tokens.retain(|token| token.len() >= SHORTEST);
    tokens.sort_unstable();
    tokens.dedup();
    if tokens.len() > MOST || tokens.iter().any(|token| token.len() > LONGEST) {
        return Err(format!("the answer has more than {MOST} session tokens, or one of more than 16 KiB"));
    }
    Ok(tokens)
}

fn looks_like_json(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// The value of a cookie, without name and attributes.
fn cookie(header: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(header);
    let (_, value) = text.split(';').next()?.split_once('=')?;
    Some(value.trim().trim_matches('"').to_owned())
}

/// What follows the scheme, or the whole value where there is none.
fn credential(header: &[u8]) -> String {
    let text = String::from_utf8_lossy(header);
    let text = text.trim();
    text.split_once(' ').map_or(text, |(_, rest)| rest.trim()).to_owned()
}

/// The strings at a path. Arrays on the way are walked through.
fn strings(json: &Value, keys: &[String], found: &mut Vec<String>) {
    match (json, keys) {
        (Value::Array(items), _) => items.iter().for_each(|item| strings(item, keys, found)),
        (Value::Object(object), [key, rest @ ..]) => {
            if let Some(value) = object.get(key) {
                strings(value, rest, found);
            }
        }
        (Value::String(text), []) => found.push(text.clone()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(headers: &[(&'static str, &str)], body: &str, marked: &[&str]) -> Vec<String> {
        let marked: Vec<JsonPath> = marked.iter().map(|path| JsonPath::parse(path).unwrap()).collect();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        tokens(&map, body.as_bytes(), false, &marked).unwrap()
    }

    #[test]
    fn finds_cookies_credentials_and_marked_places() {
        let headers = [
            ("set-cookie", "sid=\"cookie-one-1\"; Path=/; HttpOnly"),
            ("set-cookie", "theme=dark"),
            ("set-cookie", "t=cookie=two=2"),
            ("authorization", "Bearer bearer-token"),
            ("x-auth-token", "plain-token"),
            ("x-other", "not-a-token"),
        ];
        assert_eq!(found(&headers, "", &[]), ["bearer-token", "cookie-one-1", "cookie=two=2", "plain-token"]);
        let body = r#"{"access_token":"json-token-1","data":[{"t":"json-token-2"},{"t":7},{"t":"short"}],"user":"nobody-special"}"#;
        assert_eq!(found(&[], body, &["$.access_token", "$.data.t"]), ["json-token-1", "json-token-2"]);
        assert_eq!(found(&[], "<html>", &["$.access_token"]), [""; 0]);
    }

    #[test]
    fn refuses_what_it_can_not_search() {
        let marked = [JsonPath::parse("$.t").unwrap()];
        assert!(tokens(&HeaderMap::new(), b"{\"t\":\"abcdefghij", true, &marked).is_err());
        assert!(tokens(&HeaderMap::new(), b"{\"t\":\"abcdefghij", true, &[]).is_ok());
        assert!(tokens(&HeaderMap::new(), b"<html>", true, &marked).is_ok());
        let long = format!("{{\"t\":\"{}\"}}", "x".repeat(LONGEST + 1));
        assert!(tokens(&HeaderMap::new(), long.as_bytes(), false, &marked).is_err());
    }
}
