//! `.env` files: `KEY=value` by line, with `export`, quotes (also over several lines) and comments. Variables are not filled in.

use crate::scalar::{MOST_VALUES, Position, Scalar, Unreadable};

pub(crate) fn scalars(text: &str) -> Result<Vec<Scalar>, Unreadable> {
    let mut found = Vec::new();
    let mut lines = text.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let at = |column| Position { line: number, column };
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        let Some((key, rest)) = line.split_once('=') else {
            // `export KEY` hands on what was set before.
            if trimmed.strip_prefix("export ").is_some_and(|keys| keys.split_whitespace().all(is_key)) {
                continue;
            }
            return Err(Unreadable::new(at(indent + 1), "a line without `=`"));
        };
        let name = key.trim();
        let name = name.strip_prefix("export ").unwrap_or(name).trim();
        if !is_key(name) {
            return Err(Unreadable::new(at(indent + 1), "no name of a variable before `=`"));
        }
        if found.len() >= MOST_VALUES {
            return Err(Unreadable::new(at(1), format!("more than {MOST_VALUES} values")));
        }
        let blanks = rest.chars().take_while(|c| c.is_whitespace()).count();
        let start = at(key.chars().count() + 2 + blanks);
        let rest = rest.trim_start();
        let value = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let mut raw = rest[1..].to_owned();
                loop {
                    if let Some(value) = quoted(&raw, quote) {
                        break value;
                    }
                    let Some((line, _)) = lines.next() else {
                        return Err(Unreadable::new(start, format!("a quote {quote} that is not closed")));
                    };
                    raw.push('\n');
                    raw.push_str(line);
                }
            }
            _ => bare(rest),
        };
        found.push(Scalar { path: vec![name.to_owned()], at: start, value, before: None });
    }
    Ok(found)
}

fn is_key(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// The text up to the closing quote, if there is one. What follows it is a comment or joined by a shell; it is kept unless a comment.
fn quoted(raw: &str, quote: char) -> Option<String> {
    let mut value = String::new();
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => {
                value.push_str(&bare(chars.as_str()));
                return Some(value);
            }
            '\\' if quote == '"' => match chars.next()? {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                other => value.push(other),
            },
            c => value.push(c),
        }
    }
    None
}

/// A comment begins with `#` at the start or after a blank.
fn bare(rest: &str) -> String {
    let comment =
        rest.char_indices().find(|&(at, c)| c == '#' && (at == 0 || rest[..at].ends_with(char::is_whitespace)));
    rest[..comment.map_or(rest.len(), |(at, _)| at)].trim().to_owned()
}
