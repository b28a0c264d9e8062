//! Numbers as people read them.

use crate::rules::alerts::Unit;

/// A value in its unit, with at most four digits that count: `2.1 %`, `1.25 s`, `5 % per hour`.
pub fn said(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Number => short(value),
        Unit::Share => format!("{} %", short(value * 100.0)),
        Unit::Seconds => format!("{} s", short(value)),
        Unit::SharePerHour => format!("{} % per hour", short(value * 100.0)),
    }
}

/// Four digits that count, and no more zeros than needed. A number is never said to be nothing unless it is.
fn short(value: f64) -> String {
    if !value.is_finite() || value == 0.0 {
        return if value == 0.0 { "0".to_owned() } else { value.to_string() };
    }
    // The places before the point, by the digits that are written: no logarithm is needed.
    let whole = format!("{:.0}", value.abs().trunc()).len();
    let places = if value.abs() >= 1.0 { 4_usize.saturating_sub(whole) } else { 4 };
    let text = format!("{value:.places$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text };
    if text == "0" || text == "-0" { format!("{value:.1e}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_say_their_unit() {
        for (value, unit, text) in [
            (0.02, Unit::Share, "2 %"),
            (0.021, Unit::Share, "2.1 %"),
            (0.9991, Unit::Share, "99.91 %"),
            (1.0 / 3.0, Unit::Share, "33.33 %"),
            (1.0, Unit::Share, "100 %"),
            (0.0, Unit::Share, "0 %"),
            (1e-9, Unit::Share, "1.0e-7 %"),
            (3.25, Unit::Seconds, "3.25 s"),
            (f64::INFINITY, Unit::Seconds, "inf s"),
            (0.05, Unit::SharePerHour, "5 % per hour"),
            (123_456.7, Unit::Number, "123457"),
            (-2.5, Unit::Number, "-2.5"),
        ] {
            assert_eq!(said(value, unit), text, "{value}");
        }
    }
}
