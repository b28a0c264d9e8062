//! One line of a page. Nothing is known of the lines around it.

use super::{Exposed, Format, Kind};
use crate::bounds::MOST_LABELS;

/// What a line says.
#[derive(Debug, PartialEq)]
pub(super) enum Line<'a> {
    Nothing,
    /// `# EOF`.
    End,
    /// Something about the metric of this name.
    About(&'a str, About),
    Sample(Exposed),
}

/// What a line says about a metric.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum About {
    Help(String),
    Kind(Kind),
    Unit(String),
}

type Read<T> = Result<T, &'static str>;

/// Reads a line, without the character that ends it.
pub(super) fn read(line: &str, format: Format) -> Read<Line<'_>> {
    let text = match format {
        Format::Text => line.trim_matches([' ', '\t']),
        Format::OpenMetrics => line,
    };
    if text.is_empty() {
        return match format {
            Format::Text => Ok(Line::Nothing),
            Format::OpenMetrics => Err("it is empty"),
        };
    }
    match text.strip_prefix('#') {
        Some(rest) => comment(rest, format),
        None => sample(text, format).map(Line::Sample),
    }
}

fn comment(rest: &str, format: Format) -> Read<Line<'_>> {
    let other = match format {
        Format::Text => Ok(Line::Nothing),
        Format::OpenMetrics => Err("it is none of HELP, TYPE, UNIT and EOF"),
    };
    if format == Format::OpenMetrics && rest == " EOF" {
        return Ok(Line::End);
    }
    let Some((word, rest)) = word(rest) else { return other };
    if !(word == "HELP" || word == "TYPE" || (word == "UNIT" && format == Format::OpenMetrics)) {
        return other;
    }
    let (name, rest) = self::word(rest).ok_or("it names no metric")?;
    if !is_name(name, true) {
        return Err("what it is about is no name of a metric");
    }
    let rest = rest.trim_start_matches([' ', '\t']);
    let about = match word {
        "HELP" => About::Help(unescaped(rest, format == Format::OpenMetrics)?),
        "TYPE" => About::Kind(kind(rest, format)?),
        _ => About::Unit(rest.to_owned()),
    };
    Ok(Line::About(name, about))
}

/// The next word, and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches([' ', '\t']);
    let end = text.find([' ', '\t']).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn kind(text: &str, format: Format) -> Read<Kind> {
    Ok(match (text, format) {
        ("counter", _) => Kind::Counter,
        ("gauge", _) => Kind::Gauge,
        ("histogram", _) => Kind::Histogram,
        ("summary", _) => Kind::Summary,
        ("untyped", Format::Text) | ("unknown", Format::OpenMetrics) => Kind::Unknown,
        ("gaugehistogram", Format::OpenMetrics) => Kind::GaugeHistogram,
        ("info", Format::OpenMetrics) => Kind::Info,
        ("stateset", Format::OpenMetrics) => Kind::StateSet,
        _ => return Err("it names no type of a metric"),
    })
}

/// Whether it is a name: of a metric, which may have colons, or of a label.
fn is_name(text: &str, colons: bool) -> bool {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || (colons && byte == b':');
    !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(part)
}

fn sample(text: &str, format: Format) -> Read<Exposed> {
    let end = text.find(['{', ' ', '\t']).ok_or("it is no sample")?;
    let (name, rest) = text.split_at(end);
    if !is_name(name, true) {
        return Err("it does not begin with the name of a metric");
    }
    let (labels, rest) = labels(rest)?;
    let (value, rest) = word(rest).ok_or("it has no value")?;
    let value = number(value)?;
    let (at, rest) = match word(rest) {
        Some((text, rest)) if text != "#" => (Some(time(text, format)?), rest),
        _ => (None, rest),
    };
    exemplar(rest, format)?;
    Ok(Exposed { name: name.to_owned(), labels, value, at })
}

/// What may stand behind a sample of OpenMetrics: `# {trace_id="x"} 0.5 1700000000`.
fn exemplar(rest: &str, format: Format) -> Read<()> {
    let Some((mark, rest)) = word(rest) else { return Ok(()) };
    if mark != "#" || format == Format::Text {
        return Err("more stands there than a sample has");
    }
    let rest = rest.trim_start_matches(' ');
    if !rest.starts_with('{') {
        return Err("its exemplar has no labels");
    }
    let (_, rest) = labels(rest)?;
    let (value, rest) = word(rest).ok_or("its exemplar has no value")?;
    number(value)?;
    let Some((at, rest)) = word(rest) else { return Ok(()) };
    time(at, format)?;
    word(rest).map_or(Ok(()), |_| Err("more stands there than an exemplar has"))
}

/// Go and Rust read the same numbers here, but for those in base 16.
fn number(text: &str) -> Read<f64> {
    text.parse().map_err(|_| "its value is no number")
}

/// Milliseconds since 1970.
fn time(text: &str, format: Format) -> Read<f64> {
    let wrong = "its time is no number";
    let at = match format {
        Format::Text => text.parse::<i64>().map_err(|_| wrong)? as f64,
        Format::OpenMetrics => (number(text).map_err(|_| wrong)? * 1_000.0).round(),
    };
    if at.is_finite() { Ok(at) } else { Err(wrong) }
}

type Labels = Vec<(String, String)>;

/// The labels, if there are any, and what follows them.
fn labels(text: &str) -> Read<(Labels, &str)> {
    let mut labels: Labels = Vec::new();
    let Some(mut rest) = text.trim_start_matches([' ', '\t']).strip_prefix('{') else { return Ok((labels, text)) };
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if let Some(rest) = rest.strip_prefix('}') {
            return Ok((labels, rest));
        }
        let (name, after) = rest.split_once('=').ok_or("its labels do not end")?;
        let name = name.trim_end_matches([' ', '\t']);
        if !is_name(name, false) {
            return Err("a label has no name");
        }
        if labels.iter().any(|(known, _)| known == name) {
            return Err("a label stands there twice");
        }
        if labels.len() == MOST_LABELS {
            return Err("it has more than 64 labels");
        }
        let after = after.trim_start_matches([' ', '\t']).strip_prefix('"').ok_or("a label has no value")?;
        let end = closing(after).ok_or("the value of a label does not end")?;
        labels.push((name.to_owned(), unescaped(&after[..end], true)?));
        rest = after[end + 1..].trim_start_matches([' ', '\t']);
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None if rest.starts_with('}') => {}
            None => return Err("its labels are not divided by commas"),
        }
    }
}

/// Where the quotation mark is that ends a value.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

fn unescaped(text: &str, quotes: bool) -> Read<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        out.push(match next {
            '\\' => match rest.next() {
                Some('\\') => '\\',
                Some('n') => '\n',
                Some('"') if quotes => '"',
                _ => return Err("a text has an escape that there is not"),
            },
            other => other,
        });
    }
    Ok(out)
}
