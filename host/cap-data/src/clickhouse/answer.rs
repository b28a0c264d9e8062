//! Answers of ClickHouse: rows as JSON, or what it says against the question.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{TroubleKind, rows::Reading, stop::Stop};

#[derive(Deserialize)]
struct Compact<'a> {
    meta: Vec<Column>,
    /// As they are written: a number that is read and written again is another one.
    #[serde(borrow)]
    data: Vec<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
}

/// The rows of an answer. One to what writes has none.
pub(super) fn read(body: &[u8], writes: bool) -> Result<Reading, Stop> {
    let mut reading = Reading::default();
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(reading);
    }
    let Ok(Compact { meta, data }) = serde_json::from_slice(body) else {
        // An error that came up in the middle of an answer stands at its end.
        return Err(refusal(200, body, writes));
    };
    reading.columns(meta.into_iter().map(|column| column.name).collect())?;
    for row in data {
        let Ok(cells) = row.into_iter().map(text).collect::<Result<Vec<_>, _>>() else {
            return Err(refusal(200, body, writes));
        };
        reading.row(cells)?;
    }
    Ok(reading)
}

/// A string without its quotes, whatever else is a value as it is written, and nothing for NULL.
fn text(value: &RawValue) -> Result<Option<String>, serde_json::Error> {
    match value.get() {
        "null" => Ok(None),
        string if string.starts_with('"') => serde_json::from_str(string).map(Some),
        other => Ok(Some(other.to_owned())),
    }
}

/// What an answer says that is none: `Code: 60, e.displayText() = …`, or `Code: 60. DB::Exception: …`. Of what writes, only a server that says so
/// by its number has surely done nothing.
pub(super) fn refusal(status: u16, body: &[u8], writes: bool) -> Stop {
    let said = String::from_utf8_lossy(body);
    let code = said.split("Code: ").nth(1).and_then(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    });
    match code {
        // 158 and 396: more rows than may be.
        Some(158 | 396) => Stop::TooLarge("the answer has more than 1000 rows; ask for less".to_owned()),
        Some(code) if writes && (status == 200 || !is_before(code)) => Stop::Lost(said.trim().to_owned()),
        Some(code) => {
            let hint = if code == 164 && said.contains("setting") {
                "; its profile is to have readonly = 2, not 1, so that limits can be given"
            } else {
                ""
            };
            Stop::trouble(kind(code), format!("{}{hint}", said.trim()))
        }
        None => {
            let said = format!("it is no answer of a ClickHouse (status {status}): {said}");
            if writes { Stop::Lost(said) } else { Stop::trouble(TroubleKind::Wrong, said) }
        }
    }
}

/// Whether it is said before anything is written. Whatever fails later may have left a part, or only its answer.
fn is_before(code: u32) -> bool {
    // 62: a mistake in the SQL. 115: a setting that it does not know. 202: too many queries. 252: too many parts.
    matches!(code, 62 | 115 | 202 | 252)
        || matches!(
            kind(code),
            TroubleKind::Credentials | TroubleKind::Forbidden | TroubleKind::ReadOnly | TroubleKind::Missing
        )
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
        match refusal(status, body.as_bytes(), false) {
            Stop::Trouble(trouble) => (trouble.kind, trouble.said),
            other => panic!("it should be a trouble: {other:?}"),
        }
    }

    #[test]
    fn rows_are_texts() {
        let body = br#"{"meta":[{"name":"a","type":"UInt64"},{"name":"b","type":"String"}],"data":[["18446744073709551615","x"],[1,null]],"rows":2}"#;
        let rows = read(body, false).unwrap().whole(None);
        assert_eq!(rows.columns, ["a", "b"]);
        assert_eq!(
            rows.rows,
            [[Some("18446744073709551615".to_owned()), Some("x".to_owned())], [Some("1".to_owned()), None]]
        );
        assert!(read(b"\n", true).unwrap().whole(None).rows.is_empty());
        for failed in [
            "{\"meta\":[],\"data\":[[1],Code: 241. DB::Exception: Memory limit",
            "{\"meta\":[],\"data\":[[\"\\ud800\"]]}",
        ] {
            assert!(matches!(read(failed.as_bytes(), false), Err(Stop::Trouble(_))), "{failed}");
            assert!(matches!(read(failed.as_bytes(), true), Err(Stop::Lost(_))), "{failed}");
        }
    }

    #[test]
    fn what_is_no_string_is_given_as_it_is_written() {
        for cell in
            ["1.10", "12345678901234567890123", "0.1000000000000000055511151231257827", "1e400", "true", "[1, 2]"]
        {
            let body = format!("{{\"meta\":[{{\"name\":\"a\"}}],\"data\":[[ {cell} ]]}}");
            assert_eq!(read(body.as_bytes(), false).unwrap().whole(None).rows, [[Some(cell.to_owned())]]);
        }
        let body = br#"{"meta":[{"name":"a"}],"data":[["null"],["\"\u00e9\n"],[null]]}"#;
        let rows = read(body, false).unwrap().whole(None).rows;
        assert_eq!(rows, [[Some("null".to_owned())], [Some("\"é\n".to_owned())], [None]]);
    }

    #[test]
    fn of_a_write_nothing_is_sure_but_what_is_said_before_it() {
        let said = |status: u16, code: u32, writes| {
            refusal(status, format!("Code: {code}. DB::Exception: no").as_bytes(), writes)
        };
        for code in [159, 160, 209, 210, 241, 243, 319, 49, 1_000] {
            assert!(matches!(said(500, code, true), Stop::Lost(_)), "{code}");
            assert!(matches!(said(500, code, false), Stop::Trouble(_)), "{code}");
        }
        for code in [60, 62, 115, 164, 193, 202, 242, 252, 497] {
            assert!(matches!(said(500, code, true), Stop::Trouble(_)), "{code}");
        }
        assert!(matches!(said(200, 60, true), Stop::Lost(_)), "it had begun");
        for status in [200, 502, 504] {
            assert!(matches!(refusal(status, b"<html>bad gateway</html>", true), Stop::Lost(_)), "{status}");
        }
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
        assert!(matches!(
            refusal(500, b"Code: 396. DB::Exception: Limit for result exceeded", false),
            Stop::TooLarge(_)
        ));
    }
}
