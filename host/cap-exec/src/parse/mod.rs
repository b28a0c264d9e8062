//! What test runners report, read into one form: JUnit, TAP, and the lines of JSON that Go and Rust write.
//!
//! Pure functions over bytes that nobody trusts. A report that is cut off, contradicts itself or is larger than its bounds is an error
//! and never a shorter report. Whether any cases, or which, make a pass is not decided here; no cases are no pass.

mod json;
mod junit;
mod report;
mod tap;
#[cfg(test)]
mod tests;

pub use report::{Format, Outcome, ParseError, TestCase, TestReport};

/// Bytes of a report.
const LARGEST: usize = 8 << 20;

/// Reads a report.
pub fn parse(format: Format, bytes: &[u8]) -> Result<TestReport, ParseError> {
    if bytes.len() > LARGEST {
        return Err(ParseError::TooLarge(format!("it has more than {LARGEST} bytes")));
    }
    let text = std::str::from_utf8(bytes);
    let text = text.map_err(|error| ParseError::Malformed(format!("byte {} is not UTF-8", error.valid_up_to())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        Format::Junit => junit::parse(text),
        Format::Tap => tap::parse(text),
        Format::Json => json::parse(text),
    }
}
