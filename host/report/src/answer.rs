//! Reads the little that a report needs from the JSON of an answer: why there is none, and how long it took.
//!
//! An answer that says neither, or is no JSON at all, is no error here: the report then knows less.

use holdpoint_model::Denial;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ErrorText {
    Denied { wanted: String, reason: String, remedy: String },
    Timeout(u32),
    Failed(String),
    InDoubt(String),
    Interrupted(String),
    Exhausted(String),
}

#[derive(Deserialize)]
struct Timed {
    timings: Timings,
}

#[derive(Deserialize)]
struct Timings {
    total: f64,
}

/// The denial that an answer is.
pub(crate) fn denial_in(answer: &str) -> Option<Denial> {
    match serde_json::from_str(answer).ok()? {
        ErrorText::Denied { wanted, reason, remedy } => Some(Denial { wanted, reason, remedy }),
        _ => None,
    }
}

/// Why there was no answer, in one line; empty if the answer does not say.
pub(crate) fn reason_in(answer: &str) -> String {
    match serde_json::from_str(answer) {
        Ok(ErrorText::Denied { reason, .. }) => reason,
        Ok(ErrorText::Timeout(limit)) => format!("no answer within {limit} ms"),
        Ok(
            ErrorText::Failed(text)
            | ErrorText::InDoubt(text)
            | ErrorText::Interrupted(text)
            | ErrorText::Exhausted(text),
        ) => text,
        Err(_) => String::new(),
    }
}

/// How long the exchange took in milliseconds, if the answer measured it.
pub(crate) fn duration_in(answer: &str) -> Option<f64> {
    // Most answers measure nothing; looking is cheaper than parsing.
    if !answer.contains("\"timings\"") {
        return None;
    }
    serde_json::from_str::<Timed>(answer).ok().map(|timed| timed.timings.total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_why_there_is_no_answer() {
        assert_eq!(reason_in(r#"{"timeout":2000}"#), "no answer within 2000 ms");
        assert_eq!(reason_in(r#"{"in-doubt":"reset"}"#), "reset");
        assert_eq!(reason_in(r#"{"other":1}"#), "");
        let denial = denial_in(r#"{"denied":{"wanted":"w","reason":"r","remedy":"m"}}"#);
        assert_eq!(denial, Some(Denial { wanted: "w".into(), reason: "r".into(), remedy: "m".into() }));
        assert_eq!(denial_in(r#"{"failed":"x"}"#), None);
    }

    #[test]
    fn reads_how_long_it_took() {
        assert_eq!(duration_in(r#"{"status":200,"timings":{"dns":null,"total":12.5}}"#), Some(12.5));
        assert_eq!(duration_in(r#"{"timings":"no"}"#), None);
    }
}
