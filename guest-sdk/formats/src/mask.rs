//! A value as it may be shown: without the passwords in it, and short.

/// Words before `=` or `:` whose value is not shown.
const SECRET: [&str; 9] = ["password", "passwd", "pwd", "pass", "secret", "token", "apikey", "api_key", "access_key"];

const LENGTH: usize = 160;

/// `postgres://app:***@localhost/netra`, `Password=***;Server=localhost`.
pub fn masked(value: &str) -> String {
    let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let masked = assigned(&user_info(&line));
    match masked.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &masked[..end]),
        None => masked,
    }
}

/// Masks what stands between a `:` and the last `@` of every word that has one.
fn user_info(text: &str) -> String {
    let mut shown = String::new();
    for word in text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')) {
        let start = word.find("://").map_or(0, |at| at + 3);
        let password = word.rfind('@').and_then(|end| Some((start + word.get(start..end)?.find(':')?, end)));
        match password {
            Some((colon, at)) => shown.extend([&word[..=colon], "***", &word[at..]]),
            None => shown.push_str(word),
        }
    }
    shown
}

fn assigned(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['=', ':']) {
        let (head, tail) = rest.split_at(at + 1);
        shown.push_str(head);
        let word = head[..at].trim_end_matches(['"', '\'', '\\', ' ']).to_ascii_lowercase();
        rest = tail;
        if SECRET.iter().any(|secret| word.ends_with(secret)) {
            let blank = tail.len() - tail.trim_start_matches([' ', '"', '\'', '\\']).len();
            let (quotes, secret) = tail.split_at(blank);
            let end = secret.find([';', '&', ' ', '"', '\'', ',', '\\']).unwrap_or(secret.len());
            shown.push_str(quotes);
            shown.push_str("***");
            rest = &secret[end..];
        }
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn hides_passwords_and_nothing_else() {
        for (value, shown) in [
            ("http://localhost:3000/x", "http://localhost:3000/x"),
            ("postgres://app:s3cret@localhost:5432/netra", "postgres://app:***@localhost:5432/netra"),
            ("postgres://app:s3/cr@t#@localhost:5432/netra", "postgres://app:***@localhost:5432/netra"),
            ("redis://:pw@127.0.0.1", "redis://:***@127.0.0.1"),
            ("app:pw@tcp(127.0.0.1:3306)/x", "app:***@tcp(127.0.0.1:3306)/x"),
            ("Server=localhost;Password=s3cret;Database=x", "Server=localhost;Password=***;Database=x"),
            ("host=localhost password='s3 cret' x=1", "host=localhost password='*** cret' x=1"),
            (r#"{"url": "http://localhost", "token": "abc"}"#, r#"{"url": "http://localhost", "token": "***"}"#),
            ("http://localhost/?access_token=abc&x=1", "http://localhost/?access_token=***&x=1"),
            ("a\n  b", "a b"),
        ] {
            assert_eq!(masked(value), shown, "{value}");
        }
    }

    #[test]
    fn keeps_it_short() {
        assert_eq!(masked(&"ü".repeat(500)).chars().count(), 161);
    }
}
