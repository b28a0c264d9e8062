//! Foreign text made fit for a terminal, a log line, or another program's parser.
//!
//! Nothing here interprets escape sequences: every character that could begin one is replaced by a visible sign.

use std::fmt::Write as _;

use holdpoint_model::Timestamp;

/// Most lines that a block of foreign text may have.
const BLOCK_LINES: usize = 20;
/// Most characters of a line in a block.
const BLOCK_WIDTH: usize = 500;

/// Whether a character acts on a terminal, or on the order or the visibility of what stands beside it, instead of being seen.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e007f}')
}

/// The visible sign for a character: `␛` for an escape, U+FFFD for what has no sign of its own.
fn visible(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' => ' ',
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        c if is_hidden(c) => '\u{fffd}',
        c => c,
    }
}

/// One line: what is not visible is replaced, line breaks are spaces.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// One line of at most so many characters; a longer one ends in `…`.
pub(crate) fn short(text: &str, width: usize) -> String {
    clip(line(text.trim()), width)
}

/// Cuts a text to so many characters, the `…` counted.
pub(crate) fn clip(mut text: String, width: usize) -> String {
    if let Some((cut, _)) = text.char_indices().nth(width) {
        let last = text[..cut].char_indices().next_back().map_or(0, |(at, _)| at);
        text.truncate(last);
        text.push('…');
    }
    text
}

/// The lines of a text, cleaned, without blank ones at its ends. What is above the bounds is left out and said so.
pub(crate) fn block(text: &str) -> Vec<String> {
    bounded_block(text, BLOCK_LINES, BLOCK_WIDTH)
}

/// As [`block`], with other bounds.
pub(crate) fn bounded_block(text: &str, lines: usize, width: usize) -> Vec<String> {
    let all = || text.trim_end().trim_start_matches(['\n', '\r']).lines();
    let mut block: Vec<String> = all().take(lines).map(|text| clip(line(text.trim_end()), width)).collect();
    let more = all().skip(lines).count();
    if more > 0 {
        block.push(format!("… {} more lines", grouped(more as u64)));
    }
    block
}

/// JSON in which what is hidden is escaped. Outside of strings JSON holds no such character but the line breaks of pretty printing.
pub(crate) fn json_escaped(json: String) -> String {
    if !json.chars().any(|c| c != '\n' && is_hidden(c)) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if c != '\n' && is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(escaped, "\\u{unit:04x}").expect("a string takes every character");
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// `92114` as `92,114`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 check`, `12 checks`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number as u64))
}

/// `once`, `12 times`.
pub(crate) fn times(number: u64) -> String {
    if number == 1 { "once".into() } else { format!("{} times", grouped(number)) }
}

/// Milliseconds as a person says them: `0.4 s`, `3 min 05 s`, `17 h 21 m`.
pub(crate) fn duration(milliseconds: f64) -> String {
    let seconds = milliseconds.max(0.0) / 1_000.0;
    if seconds < 119.95 {
        return format!("{seconds:.1} s");
    }
    // Saturates for absurd values, which can only come from a damaged record.
    let whole = seconds.round() as u64;
    if whole < 7_200 {
        format!("{} min {:02} s", whole / 60, whole % 60)
    } else {
        format!("{} h {:02} m", grouped(whole / 3_600), whole / 60 % 60)
    }
}

/// A moment as a person says it, in UTC: `2026-12-01`, `2026-12-01 14:05`.
pub(crate) fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    match time.get(..5) {
        None | Some("00:00") => day.to_owned(),
        Some(minute) => format!("{day} {minute}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_is_seen_and_does_not_act() {
        assert_eq!(line("a\u{1b}[31mred\u{9b}2J\r\nb\u{7f}\u{202e}"), "a␛[31mred\u{fffd}2J  b␡\u{fffd}");
    }

    #[test]
    fn long_lines_end_in_an_ellipsis() {
        assert_eq!(clip("äöü".into(), 3), "äöü");
        assert_eq!(clip("äöüx".into(), 3), "äö…");
        assert_eq!(clip("äö".into(), 0), "…");
    }

    #[test]
    fn a_block_says_how_much_it_leaves_out() {
        assert_eq!(bounded_block("\na\n  b \nc\nd\n", 2, 10), ["a", "  b", "… 2 more lines"]);
    }

    #[test]
    fn json_stays_json_without_hidden_characters() {
        let json = serde_json::to_string("\u{9b}\u{7f}\u{e0001}é").unwrap();
        let escaped = json_escaped(json.clone());
        assert_eq!(escaped, r#""\u009b\u007f\udb40\udc01é""#);
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), serde_json::from_str::<String>(&json).unwrap());
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            (grouped(7), grouped(92_114), grouped(1_000_000)),
            ("7".into(), "92,114".into(), "1,000,000".into())
        );
        for (ms, text) in [
            (-1.0, "0.0 s"),
            (f64::NAN, "0.0 s"),
            (412.0, "0.4 s"),
            (61_000.0, "61.0 s"),
            (119_960.0, "2 min 00 s"),
            (185_000.0, "3 min 05 s"),
            (62_460_000.0, "17 h 21 m"),
        ] {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn moments_read_well() {
        assert_eq!(moment(Timestamp(951_782_400_000.0)), "2000-02-29");
        assert_eq!(moment(Timestamp(951_782_400_000.0 + 3_900_000.0)), "2000-02-29 01:05");
    }
}
