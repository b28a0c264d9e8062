//! What is said to stores: texts of SQL that are granted as they stand, and places of entries. Nothing of either comes from a guest.

use std::fmt;

use super::GrantError;

/// Bytes of a text of SQL.
const LONGEST: usize = 4 << 10;
/// What a text may begin with, and whether it writes. Nothing else is run: no definition, no grant, no procedure.
const KINDS: [(&str, bool); 6] =
    [("select", false), ("with", false), ("show", false), ("insert", true), ("update", true), ("delete", true)];

/// A text of SQL, one statement of a kind that is run. It is compared as it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sql {
    text: String,
    writes: bool,
}

impl Sql {
    /// Checks its length, its characters and its first word, and that it reads the same in one line. What it means is the server's to say.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let refuse = |why: &str| Err(GrantError::new(text, "a text of SQL", why));
        if text.len() > LONGEST {
            return refuse("it has at most 4 KiB");
        }
        if text.contains(';') || text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return refuse("write one statement, without a semicolon and without control characters");
        }
        if text.chars().any(is_hidden) {
            return refuse("write it without characters that are not seen or that turn the order of others");
        }
        if has_comment(text) {
            return refuse("write it without comments (--, /*, or # beside a blank), also within quotes");
        }
        if has_name(text) {
            return refuse("a parameter is a value, and no name: write the name in place of {…:Identifier}");
        }
        let word = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        match KINDS.iter().find(|(kind, _)| word.eq_ignore_ascii_case(kind)) {
            Some((_, writes)) => Ok(Self { text: text.to_owned(), writes: *writes }),
            None => refuse("it begins with select, with, show, insert, update or delete"),
        }
    }

    /// The text as it is sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is run where it can write tables. What only begins as if it read is run where it can't.
    pub fn writes(&self) -> bool {
        self.writes
    }

    /// The text for a line that people read.
    pub fn in_one_line(&self) -> String {
        self.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The text as a string of TOML.
    pub(super) fn to_toml(&self) -> String {
        let escaped = self.text.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{}\"", escaped.replace('\n', "\\n").replace('\t', "\\t"))
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether a character is not seen, or turns the order of those that are.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether some server may read a comment in it. In one line, what follows a comment looks like a part of it; and what is quoted, each server
/// says by rules of its own.
fn has_comment(text: &str) -> bool {
    let apart = |(at, sign): (usize, &str)| {
        let (before, behind) = (text[..at].chars().next_back(), text[at + sign.len()..].chars().next());
        before.is_none_or(char::is_whitespace) || behind.is_none_or(|c| c.is_whitespace() || c == '!')
    };
    text.contains("--") || text.contains("/*") || text.match_indices('#').any(apart)
}

/// Whether a parameter stands where ClickHouse reads the name of a table or a column: `{p1:Identifier}`.
fn has_name(text: &str) -> bool {
    let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    dense.to_ascii_lowercase().contains(":identifier}")
}

/// Where entries lie: a table with the columns `key` and `value`, with or without its schema, or in Redis all keys that begin with the name and a
/// colon.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(String);

impl Place {
    /// Reads `holdpoint` or `public.holdpoint`. Such a name needs no quotes anywhere.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let part = |part: &str| {
            (1..=63).contains(&part.len())
                && part.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let parts: Vec<&str> = text.split('.').collect();
        if parts.len() <= 2 && parts.into_iter().all(part) {
            return Ok(Self(text.to_owned()));
        }
        let why = "write the name of a table in lower case, as in holdpoint or public.holdpoint";
        Err(GrantError::new(text, "a place of entries", why))
    }

    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_sql_is_one_statement_of_a_known_kind() {
        for (text, writes) in [
            ("select 1", false),
            ("SELECT\n\tcount(*) from users where name = $1", false),
            ("with a as (select 1) select * from a", false),
            ("show max_connections", false),
            ("insert into t (a) values ($1)", true),
            ("Update t set a = $1", true),
            ("delete from t", true),
        ] {
            assert_eq!(Sql::parse(text).unwrap().writes(), writes, "{text}");
        }
        for bad in [
            "",
            " select 1",
            "selects 1",
            "select 1;",
            "select 1; drop table t",
            "drop table t",
            "create table t (a int)",
            "grant all on t to public",
            "call f()",
            "do $$ begin end $$",
            "copy t to program 'sh'",
            "set role postgres",
            "truncate t",
            "-- select 1",
            "select 1\0",
            "select '\u{1b}[2J'",
        ] {
            assert!(Sql::parse(bad).is_err(), "{bad:?} should be refused");
        }
    }

    #[track_caller]
    fn refused(text: &str, why: &str) {
        let error = Sql::parse(text).expect_err(text).to_string();
        assert!(error.contains(why), "{text:?}: {error}");
    }

    #[test]
    fn a_text_reads_the_same_in_one_line() {
        for text in [
            "select a from t -- where true\nor true",
            "select a--b",
            "select '--'",
            "select /* a */ 1",
            "select 1 # one\nor true",
            "select 1\n#one",
            "select 1# one",
            "select 1#!one",
            "select 1#",
        ] {
            refused(text, "without comments");
        }
        for text in ["select a - -1 from t", "select a#>'{b}' from t", "select a / b * c", "select 'a#1'"] {
            assert!(Sql::parse(text).is_ok(), "{text}");
        }
        for hidden in
            ['\u{200b}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2060}', '\u{2066}', '\u{2069}', '\u{feff}', '\u{2028}']
        {
            refused(&format!("select 'a{hidden}b'"), "not seen");
        }
        assert!(Sql::parse("select 'né, 日本'").is_ok());
    }

    #[test]
    fn a_parameter_is_no_name() {
        for text in [
            "select * from {p1:Identifier}",
            "select {p1: identifier }",
            "select {p1\n:\tIDENTIFIER\n}",
            "insert into {p1 :Identifier} values (1)",
        ] {
            refused(text, "a value, and no name");
        }
        for text in ["select {p1:String}, {p2:Array(UInt8)}", "select identifier from t"] {
            assert!(Sql::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_text_has_a_bound() {
        let text = |bytes: usize| format!("select {}", "1".repeat(bytes - "select ".len()));
        assert!(Sql::parse(&text(LONGEST)).is_ok());
        assert!(Sql::parse(&text(LONGEST + 1)).is_err());
    }

    #[test]
    fn a_place_needs_no_quotes() {
        for good in ["holdpoint", "public.holdpoint_1", "_t"] {
            assert_eq!(Place::parse(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(64);
        for bad in ["", ".", "a.", ".a", "a.b.c", "A", "a b", "a-b", "a\"b", "a;b", "1a", "é", "a\n", long.as_str()] {
            assert!(Place::parse(bad).is_err(), "{bad:?} should be refused");
        }
    }

    #[test]
    fn a_text_is_written_as_toml_has_it() {
        let sql = Sql::parse("select \"a\\b\",\n\t'c' from t").unwrap();
        assert_eq!(sql.to_toml(), r#""select \"a\\b\",\n\t'c' from t""#);
        assert_eq!(sql.in_one_line(), "select \"a\\b\", 'c' from t");
    }
}
