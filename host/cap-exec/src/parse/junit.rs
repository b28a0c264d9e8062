//! JUnit's XML. No document types, so no entities beyond those of XML itself, and nothing is fetched.

use quick_xml::{
    Reader,
    events::{BytesRef, BytesStart, Event, attributes::Attribute},
};

use super::report::{Outcome, ParseError, TestCase, TestReport, append};

/// Elements within elements.
const DEEPEST: usize = 32;
/// Attributes of an element.
const MOST_ATTRIBUTES: usize = 64;

pub(super) fn parse(text: &str) -> Result<TestReport, ParseError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut junit = Junit::default();
    let mut seen_root = false;
    loop {
        let at = reader.buffer_position();
        let event = reader.read_event();
        match event.map_err(|error| malformed(at, &error.to_string()))? {
            Event::Start(element) => {
                if !std::mem::replace(&mut seen_root, true)
                    && !matches!(name(&element).as_str(), "testsuites" | "testsuite")
                {
                    return Err(malformed(at, "it begins with neither `testsuites` nor `testsuite`"));
                }
                junit.open(&element).map_err(|error| error.at(at))?;
            }
            Event::End(_) => junit.close().map_err(|error| error.at(at))?,
            Event::Text(text) => junit.text(&text.decode().map_err(|error| malformed(at, &error.to_string()))?),
            Event::CData(text) => junit.text(&text.decode().map_err(|error| malformed(at, &error.to_string()))?),
            Event::GeneralRef(reference) => {
                let c = resolve(&reference).ok_or_else(|| malformed(at, "an entity is not one of XML's own"))?;
                junit.text(c.encode_utf8(&mut [0; 4]));
            }
            Event::DocType(_) => return Err(malformed(at, "a document type is not taken")),
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if !seen_root || !junit.path.is_empty() {
        return Err(ParseError::Incomplete("it ends before its root does".into()));
    }
    if junit.declared > junit.failing {
        let Junit { declared, failing, .. } = junit;
        return Err(ParseError::Incomplete(format!(
            "its suites declare {declared} failures and errors and hold {failing}"
        )));
    }
    Ok(junit.report)
}

/// What an element means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Suites,
    Suite,
    Case,
    /// How the case ended, or began to.
    Verdict(Outcome),
    /// Anything else; its text is nobody's.
    Other,
}

#[derive(Default)]
struct Junit {
    path: Vec<Element>,
    suites: Vec<String>,
    case: Option<TestCase>,
    /// Text of the verdict that is open.
    message: String,
    /// Failures and errors that the suites say they have, and those that were there.
    declared: u64,
    failing: u64,
    report: TestReport,
}

/// What is wrong, before it is known where.
enum Wrong {
    Here(String),
    Whole(ParseError),
}

impl Wrong {
    fn at(self, position: u64) -> ParseError {
        match self {
            Self::Here(why) => malformed(position, &why),
            Self::Whole(error) => error,
        }
    }
}

impl Junit {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), Wrong> {
        if self.path.len() == DEEPEST {
            return Err(Wrong::Here(format!("its elements lie deeper than {DEEPEST}")));
        }
        let attributes = attributes(start).map_err(Wrong::Here)?;
        let value = |key: &str| attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
        let within = self.path.last().copied();
        let element = match (name(start).as_str(), within) {
            ("testsuites", None) => Element::Suites,
            ("testsuite", None | Some(Element::Suites | Element::Suite)) => Element::Suite,
            ("testcase", Some(Element::Suites | Element::Suite)) => Element::Case,
            ("failure", Some(Element::Case)) => Element::Verdict(Outcome::Fail),
            ("error", Some(Element::Case | Element::Suite)) => Element::Verdict(Outcome::Error),
            ("skipped", Some(Element::Case)) => Element::Verdict(Outcome::Skipped),
            ("flakyFailure" | "flakyError", Some(Element::Case)) => Element::Verdict(Outcome::Pass),
            ("testsuites" | "testsuite" | "testcase", _) => {
                return Err(Wrong::Here("a suite or a case stands where none may".into()));
            }
            _ => Element::Other,
        };
        match element {
            Element::Suite => {
                // A suite within another is part of its sum.
                if !self.path.contains(&Element::Suite) {
                    let number = |key| value(key).and_then(|text| text.trim().parse::<u32>().ok()).map_or(0, u64::from);
                    self.declared += number("failures") + number("errors");
                }
                self.suites.push(value("name").unwrap_or_default());
            }
            Element::Case => {
                let suite = value("classname").filter(|class| !class.is_empty());
                self.case = Some(TestCase {
                    suite: suite.or_else(|| self.suites.last().cloned()).unwrap_or_default(),
                    name: value("name").unwrap_or_default(),
                    outcome: Outcome::Pass,
                    seconds: value("time").and_then(|text| text.trim().replace(',', "").parse().ok()),
                    message: None,
                });
            }
            Element::Verdict(_) => {
                self.message.clear();
                append(&mut self.message, &value("message").unwrap_or_default());
                append(&mut self.message, "\n");
            }
            Element::Suites | Element::Other => {}
        }
        self.path.push(element);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Wrong> {
        match self.path.pop() {
            Some(Element::Suite) => {
                self.suites.pop();
            }
            Some(Element::Case) => {
                if let Some(case) = self.case.take() {
                    self.report.push(case).map_err(Wrong::Whole)?;
                }
            }
            Some(Element::Verdict(outcome)) => self.judge(outcome).map_err(Wrong::Whole)?,
            Some(Element::Suites | Element::Other) | None => {}
        }
        Ok(())
    }

    /// The worst verdict counts, and its message.
    fn judge(&mut self, outcome: Outcome) -> Result<(), ParseError> {
        let message = Some(std::mem::take(&mut self.message));
        self.failing += u64::from(outcome >= Outcome::Fail);
        match &mut self.case {
            Some(case) if outcome > case.outcome || case.message.is_none() => {
                case.outcome = case.outcome.max(outcome);
                case.message = message;
            }
            Some(_) => {}
            // What went wrong outside of any case.
            None => {
                let suite = self.suites.last().cloned().unwrap_or_default();
                self.report.push(TestCase { name: suite.clone(), suite, outcome, seconds: None, message })?;
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if matches!(self.path.last(), Some(Element::Verdict(_))) {
            append(&mut self.message, text);
        }
    }
}

fn name(start: &BytesStart<'_>) -> String {
    String::from_utf8_lossy(start.local_name().as_ref()).into_owned()
}

fn attributes(start: &BytesStart<'_>) -> Result<Vec<(String, String)>, String> {
    let mut read = Vec::new();
    // Looking for one that stands twice takes the square of their number.
    for attribute in start.attributes().with_checks(false) {
        if read.len() == MOST_ATTRIBUTES {
            return Err(format!("an element has more than {MOST_ATTRIBUTES} attributes"));
        }
        let attribute = attribute.map_err(|error| error.to_string())?;
        let key = String::from_utf8_lossy(attribute.key.local_name().as_ref()).into_owned();
        read.push((key, unescaped(&attribute)?));
    }
    Ok(read)
}

fn unescaped(attribute: &Attribute<'_>) -> Result<String, String> {
    let text = std::str::from_utf8(&attribute.value).map_err(|error| error.to_string())?;
    quick_xml::escape::unescape(text).map(std::borrow::Cow::into_owned).map_err(|error| error.to_string())
}

fn resolve(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Some(c);
    }
    match reference.decode().ok()?.as_ref() {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}

fn malformed(at: u64, why: &str) -> ParseError {
    ParseError::Malformed(format!("at byte {at}: {why}"))
}
