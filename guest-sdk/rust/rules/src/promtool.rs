//! Series as `promtool test rules` writes them: `requests{route="GET /"}` and `0+10x30 _x3 stale`. For tests: what is judged comes from elsewhere.
//!
//! Source: the documentation of Prometheus 2.42, "Unit testing for rules", `series`. Native histograms are not read.
//!
//! ```
//! use holdpoint_rules::promtool::series;
//! use holdpoint_rules::{Span, Time};
//!
//! let up = series(r#"up{service="auth"}"#, "1x2 _ 0", Time(0), Span::seconds(30)).unwrap();
//! let seen: Vec<(i64, f64)> = up.samples().iter().map(|sample| (sample.at.0, sample.value)).collect();
//! assert_eq!(seen, [(0, 1.0), (30_000, 1.0), (60_000, 1.0), (120_000, 0.0)]);
//! ```

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{Error, LONGEST_NAME, Labels, MOST_LABELS, MOST_SAMPLES, Series, Span, Time};

/// Why a text is no series.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Mistake {
    /// A word that is none of the notation; what would be one.
    #[error("`{word}` is no {what}; write {remedy}")]
    Word {
        /// As it stands there, or its beginning.
        word: String,
        /// What it should be.
        what: &'static str,
        /// What would do.
        remedy: &'static str,
    },
    /// A series can't be so.
    #[error(transparent)]
    Series(#[from] Error),
}

/// One place of the notation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Value(f64),
    Nothing,
    Gone,
}

/// The series of a name with labels and of values, the first of them at `start` and each `step` after the one before.
///
/// # Errors
/// With the word that is not understood, or the bound that is exceeded.
pub fn series(name: &str, values: &str, start: Time, step: Span) -> Result<Series, Mistake> {
    let (metric, labels) = named(name)?;
    let mut series = Series::new(&metric, labels);
    let mut at = start;
    for place in places(values)? {
        match place {
            Place::Value(value) => series.push(at, value)?,
            Place::Gone => series.end(at)?,
            Place::Nothing => {}
        }
        at = at + step;
    }
    Ok(series)
}

/// `name{label="value",…}`, or a name alone.
///
/// # Errors
/// As [`series`].
pub fn named(text: &str) -> Result<(String, Labels), Mistake> {
    let text = text.trim();
    let wrong = |word: &str| mistake(word, "series", "a name with its labels, as in `up{service=\"auth\"}`");
    let (name, within) = match text.split_once('{') {
        None => (text, ""),
        Some((name, rest)) => (name, rest.strip_suffix('}').ok_or_else(|| wrong(text))?),
    };
    let name = name.trim();
    let is_name = |text: &str| {
        text.chars().all(|c| c.is_ascii_alphanumeric() || "_:.".contains(c))
            && text.starts_with(|c: char| !c.is_ascii_digit())
            && text.len() <= LONGEST_NAME
    };
    if !is_name(name) {
        return Err(wrong(text));
    }
    let (mut pairs, mut left) = (Vec::new(), within.trim());
    while !left.is_empty() {
        let (label, rest) = left.split_once('=').ok_or_else(|| wrong(left))?;
        let (value, rest) = quoted(rest.trim_start()).ok_or_else(|| wrong(left))?;
        if !is_name(label.trim()) || pairs.len() == MOST_LABELS {
            return Err(wrong(left));
        }
        pairs.push((label.trim().to_owned(), value));
        let rest = rest.trim_start();
        left = match rest.strip_prefix(',') {
            Some(rest) => rest.trim_start(),
            None if rest.is_empty() => rest,
            None => return Err(wrong(rest)),
        };
    }
    let labels = Labels::new(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))?;
    Ok((name.to_owned(), labels))
}

/// A text in quotation marks, and what stands behind it.
pub(crate) fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut value, mut chars) = (String::new(), text.strip_prefix('"')?.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 2..])),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                c @ ('"' | '\\') => c,
                _ => return None,
            }),
            c => value.push(c),
        }
    }
    None
}

fn places(text: &str) -> Result<Vec<Place>, Mistake> {
    let mut places = Vec::new();
    for word in text.split_whitespace() {
        let wrong = || mistake(word, "value", "`1`, `1x4`, `0+10x30`, `_`, `_x3` or `stale`");
        let (first, step, more) = expanded(word).ok_or_else(wrong)?;
        if places.len().saturating_add(more) >= MOST_SAMPLES {
            return Err(Error::TooMany { what: "samples of a series", most: MOST_SAMPLES }.into());
        }
        match first {
            Place::Value(first) => {
                // Added up one by one, as Prometheus does it.
                let mut value = first;
                places.push(Place::Value(value));
                for _ in 0..more {
                    value += step;
                    places.push(Place::Value(value));
                }
            }
            other => places.extend(core::iter::repeat_n(other, more)),
        }
    }
    Ok(places)
}

/// A word as its first place, what is added each time, and how often: of values beside the first one, of others in all.
fn expanded(word: &str) -> Option<(Place, f64, usize)> {
    let (body, times) = match word.rsplit_once('x') {
        Some((body, times)) if times.bytes().all(|byte| byte.is_ascii_digit()) => (body, Some(times.parse().ok()?)),
        _ => (word, None),
    };
    if body == "_" {
        return Some((Place::Nothing, 0.0, times.unwrap_or(1)));
    }
    if word == "stale" {
        return Some((Place::Gone, 0.0, 1));
    }
    // A sign that is not the first character and stands behind no exponent divides value and step.
    let sign = body.char_indices().skip(1).find(|(at, c)| "+-".contains(*c) && !body[..*at].ends_with(['e', 'E']));
    let number = |text: &str| {
        let is_number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.iI".contains(c));
        text.parse::<f64>().ok().filter(|number| is_number && !number.is_nan())
    };
    match (sign, times) {
        (Some((at, _)), Some(times)) => Some((Place::Value(number(&body[..at])?), number(&body[at..])?, times)),
        (None, times) => Some((Place::Value(number(body)?), 0.0, times.unwrap_or(0))),
        (Some(_), None) => None,
    }
}

fn mistake(word: &str, what: &'static str, remedy: &'static str) -> Mistake {
    Mistake::Word { word: word.chars().take(40).collect(), what, remedy }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    fn shown(text: &str) -> String {
        let one = |place: &Place| match place {
            Place::Value(value) => value.to_string(),
            Place::Nothing => "_".to_owned(),
            Place::Gone => "stale".to_owned(),
        };
        places(text).unwrap().iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn values_are_expanded_as_promtool_expands_them() {
        for (text, places) in [
            ("1 2.5 -3", "1 2.5 -3"),
            ("1x4", "1 1 1 1 1"),
            ("-2+4x3", "-2 2 6 10"),
            (" 1-2x4", "1 -1 -3 -5 -7"),
            ("1 _x3 stale", "1 _ _ _ stale"),
            ("_", "_"),
            ("1e3+1e-1x1", "1000 1000.1"),
            ("0x0", "0"),
            ("inf", "inf"),
            ("", ""),
        ] {
            assert_eq!(shown(text), places, "{text}");
        }
    }

    #[test]
    fn what_is_no_value_is_named() {
        for word in ["x3", "1+2", "1x", "1x-1", "1++2x3", "a", "_x", "NaN", "nanx3", "1,2", "{{schema:0}}"] {
            let said = places(word).unwrap_err().to_string();
            assert!(said.starts_with(&format!("`{word}` is no value; write ")), "{word}: {said}");
        }
        let many = places("0x499999").map(|places| places.len());
        assert_eq!(many, Ok(MOST_SAMPLES));
        let full = Err(Mistake::Series(Error::TooMany { what: "samples of a series", most: MOST_SAMPLES }));
        assert_eq!(places("0x500000").map(|places| places.len()), full);
        assert_eq!(places("_x99999999999").map(|places| places.len()), full);
    }

    #[test]
    fn names_have_labels_in_quotation_marks() {
        let shown = |text: &str| named(text).map(|(name, labels)| format!("{name}{labels}"));
        for (text, read) in [
            ("up", "up{}"),
            ("up{}", "up{}"),
            (r#" up { b = "x" , a="GET \"/\" {}\\," } "#, r#"up{a="GET \"/\" {}\\,",b="x"}"#),
        ] {
            assert_eq!(shown(text).unwrap(), read, "{text}");
        }
        for text in ["", "1up", "up{a}", "up{a=b}", r#"up{a="b"#, r#"up{a="b"} x"#, r#"up{a="b" c="d"}"#, r#"up{="b"}"#]
        {
            assert!(shown(text).is_err(), "{text}");
        }
        assert!(shown(r#"up{a="b",a="c"}"#).is_err());
    }
}
