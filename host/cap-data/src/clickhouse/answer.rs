//! Answers of ClickHouse: rows as JSON, or what it says against the question.

use serde::Deserialize;
use serde_json::Value;

use crate::{TroubleKind, rows::Reading, stop::Stop};

#[derive(Deserialize)]
struct Compact {
    meta: Vec<Column>,
    data: Vec<Vec<Value>>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
}

/// The rows of an answer. One to what writes has none.
pub(super) fn read(body: &[u8]) -> Result<Reading, Stop> {
    let mut reading = Reading::default();
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(reading);
    }
    let Ok(Compact { meta, data }) = serde_json::from_slice(body) else {
        // An error that came up in the middle of an answer stands at its end.
        return Err(refusal(200, body));
    };
    reading.columns(meta.into_iter().map(|column| column.name).collect())?;
    for row in data {
        reading.row(row.into_iter().map(text).collect())?;
    }
    Ok(reading)
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// What an answer says that is none: `Code: 60, e.displayText() = …`, or `Code: 60. DB::Exception: …`.
pub(super) fn refusal(status: u16, body: &[u8]) -> Stop {
    let said = String::from_utf8_lossy(body);
    let code = said.split("Code: ").nth(1).and_then(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    });
    match code {
        // 158 and 396: more rows than may be.
        Some(158 | 396) => Stop::TooLarge("the answer has more than 1000 rows; ask for less".to_owned()),
        Some(code) => {
            let hint = if code == 164 && said.contains("setting") {
                "; its profile is to have readonly = 2, not 1, so that limits can be given"
            } else {
                ""
            };
            Stop::trouble(kind(code), format!("{}{hint}", said.trim()))
        }
        None => Stop::trouble(TroubleKind::Wrong, format!("it is no answer of a ClickHouse (status {status}): {said}")),
    }
}

/// What a code of the server means (<https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp>).
fn kind(code: u32) -> TroubleKind {
    match code {
        192..=194 | 516 => TroubleKind::Credentials,
        497 => TroubleKind::Forbidden,
        164 | 242 => TroubleKind::ReadOnly,
        202 | 203 | 241 | 243 | 252 => TroubleKind::Full,
        159 | 160 | 209 => TroubleKind::Late,
        16 | 47 | 60 | 81 => TroubleKind::Missing,
        _ => TroubleKind::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(status: u16, body: &str) -> (TroubleKind, String) {
        match refusal(status, body.as_bytes()) {
            Stop::Trouble(trouble) => (trouble.kind, trouble.said),
            other => panic!("it should be a trouble: {other:?}"),
        }
    }

    #[test]
    fn rows_are_texts() {
        let body = br#"{"meta":[{"name":"a","type":"UInt64"},{"name":"b","type":"String"}],"data":[["18446744073709551615","x"],[1,null]],"rows":2}"#;
        let rows = read(body).unwrap().whole(None);
        assert_eq!(rows.columns, ["a", "b"]);
        assert_eq!(
            rows.rows,
            [[Some("18446744073709551615".to_owned()), Some("x".to_owned())], [Some("1".to_owned()), None]]
        );
        assert!(read(b"\n").unwrap().whole(None).rows.is_empty());
        assert!(read(b"{\"meta\":[],\"data\":[[1],Code: 241. DB::Exception: Memory limit").is_err());
    }

    #[test]
    fn old_and_new_servers_say_no_by_a_number() {
        for (status, body, expected) in [
            (401, "Code: 193, e.displayText() = DB::Exception: Wrong password for user r2", TroubleKind::Credentials),
            (516, "Code: 516. DB::Exception: default: Authentication failed", TroubleKind::Credentials),
            (404, "Code: 60, e.displayText() = DB::Exception: Table default.nope doesn't exist.", TroubleKind::Missing),
            (500, "Code: 164. DB::Exception: default: Cannot execute query in readonly mode.", TroubleKind::ReadOnly),
            (500, "{\"exception\": \"Code: 241. DB::Exception: Memory limit exceeded\"}", TroubleKind::Full),
            (500, "Code: 243, e.displayText() = DB::Exception: Cannot reserve 1 MiB", TroubleKind::Full),
            (500, "Code: 159, e.displayText() = DB::Exception: Timeout exceeded", TroubleKind::Late),
            (403, "Code: 497. DB::Exception: Not enough privileges", TroubleKind::Forbidden),
            (500, "Code: 115, e.displayText() = DB::Exception: Unknown setting param_p1", TroubleKind::Wrong),
            (502, "<html>bad gateway</html>", TroubleKind::Wrong),
        ] {
            assert_eq!(trouble(status, body).0, expected, "{body}");
        }
        let setting = "Code: 164, e.displayText() = DB::Exception: Cannot override setting (max_execution_time)";
        assert!(trouble(500, setting).1.contains("readonly = 2"));
        assert!(matches!(refusal(500, b"Code: 396. DB::Exception: Limit for result exceeded"), Stop::TooLarge(_)));
    }
}
