//! What a request asks, checked as far as that needs no grant. Pure.

use holdpoint_model::grant::{DataAsk, DataPiece, Place, Sql, StoreName};

use crate::{
    Act, Request,
    bounds::{KEY_BYTES, LONGEST_TIMEOUT, MOST_PARAMETERS, PARAMETER_BYTES, VALUE_BYTES},
};

/// Why a request has no shape, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misshapen {
    pub(crate) reason: String,
    pub(crate) remedy: &'static str,
}

type Asked<T> = Result<T, Misshapen>;

fn misshapen<T>(reason: impl Into<String>, remedy: &'static str) -> Asked<T> {
    Err(Misshapen { reason: reason.into(), remedy })
}

/// What is to be judged by the grants.
pub(crate) fn check(request: &Request) -> Asked<DataAsk> {
    let Ok(store) = StoreName::parse(&request.store) else {
        return misshapen("the store has no name", "name a store of the bundle, e.g. database");
    };
    if !(1..=LONGEST_TIMEOUT).contains(&request.timeout_ms) {
        return misshapen(
            format!("a time-out of {} ms is not between 1 and 60,000", request.timeout_ms),
            "choose another time-out",
        );
    }
    let piece = match &request.act {
        Act::Look => DataPiece::Facts,
        Act::Query { sql, parameters } => {
            check_parameters(parameters)?;
            match Sql::parse(sql) {
                Ok(sql) => DataPiece::Sql(sql),
                Err(error) => return misshapen(error.to_string(), "ask by a text of SQL that the grant has"),
            }
        }
        Act::Get { place, key } | Act::Remove { place, key } => {
            entry(place, key, matches!(request.act, Act::Remove { .. }))?
        }
        Act::Put { place, key, value } => {
            if value.len() > VALUE_BYTES || value.contains('\0') {
                return misshapen("the value is larger than 64 KiB, or has a zero byte", "write less");
            }
            entry(place, key, true)?
        }
    };
    Ok(DataAsk { store, piece })
}

fn entry(place: &str, key: &str, write: bool) -> Asked<DataPiece> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    if key.is_empty() || key.len() > KEY_BYTES || !key.bytes().all(plain) {
        return misshapen(
            "the key is none of an entry",
            "write 1 to 128 of the characters A-Z, a-z, 0-9, _, ., : and -",
        );
    }
    match Place::parse(place) {
        Ok(place) => Ok(DataPiece::Entry { place, write }),
        Err(error) => misshapen(error.to_string(), "name a place that the grant has"),
    }
}

fn check_parameters(parameters: &[Option<String>]) -> Asked<()> {
    if parameters.len() > MOST_PARAMETERS {
        return misshapen(format!("there are more than {MOST_PARAMETERS} parameters"), "ask by fewer");
    }
    if parameters.iter().flatten().any(|text| text.len() > PARAMETER_BYTES || text.contains('\0')) {
        return misshapen("a parameter is larger than 4 KiB, or has a zero byte", "ask by less");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(act: Act) -> String {
        check(&Request { store: "database".into(), timeout_ms: 5, act }).unwrap_err().reason
    }

    fn get(place: &str, key: &str) -> Act {
        Act::Get { place: place.into(), key: key.into() }
    }

    fn put(value: String) -> Act {
        Act::Put { place: "holdpoint".into(), key: "a".into(), value }
    }

    fn query(sql: &str, parameters: Vec<Option<String>>) -> Act {
        Act::Query { sql: sql.into(), parameters }
    }

    #[test]
    fn refuses_what_is_too_large() {
        let ok = |act| check(&Request { store: "database".into(), timeout_ms: 5, act }).is_ok();
        assert!(ok(put("x".repeat(VALUE_BYTES))));
        assert!(reason(put("x".repeat(VALUE_BYTES + 1))).contains("64 KiB"));
        assert!(ok(get("holdpoint", &"k".repeat(KEY_BYTES))));
        assert!(reason(get("holdpoint", &"k".repeat(KEY_BYTES + 1))).contains("key"));
        assert!(ok(query("select $1", vec![Some("x".repeat(PARAMETER_BYTES)); MOST_PARAMETERS])));
        assert!(reason(query("select $1", vec![None; MOST_PARAMETERS + 1])).contains("more than 32"));
        assert!(reason(query("select $1", vec![Some("x".repeat(PARAMETER_BYTES + 1))])).contains("4 KiB"));
        assert!(reason(query(&format!("select {}", "1".repeat(5_000)), vec![])).contains("4 KiB"));
        for timeout_ms in [0, LONGEST_TIMEOUT + 1] {
            let request = Request { store: "database".into(), timeout_ms, act: Act::Look };
            assert!(check(&request).unwrap_err().reason.contains("time-out"));
        }
    }

    #[test]
    fn refuses_what_could_be_read_as_something_else() {
        for key in ["", "a b", "a'b", "a\"b", "a\nb", "a*", "é", "a\0"] {
            assert!(reason(get("holdpoint", key)).contains("key"), "{key:?}");
        }
        for place in ["", "a b", "a;b", "a\"", "A", "a.b.c", "*"] {
            assert!(reason(get(place, "a")).contains("place"), "{place:?}");
        }
        assert!(reason(put("\0".into())).contains("zero byte"));
        assert!(reason(query("select $1", vec![Some("\0".into())])).contains("zero byte"));
        for sql in ["drop table users", "select 1; delete from users"] {
            assert!(reason(query(sql, vec![])).contains("SQL"), "{sql}");
        }
        let request = Request { store: "a/b".into(), timeout_ms: 5, act: Act::Look };
        assert!(check(&request).unwrap_err().reason.contains("no name"));
    }
}
