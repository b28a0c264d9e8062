//! A file of alerts, as the guide writes it: a list below `alerts`, each with its name, condition, duration and severity, and maybe an action.
//! What else stands in it is refused with its line: an alert that is misspelt would watch nothing.

use saphyr_parser::{Event, Parser};

/// The most bytes of a file.
pub const LARGEST: usize = 64 << 10;
/// The most alerts of a file.
pub const MOST: usize = 100;

/// An alert as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Its name.
    pub name: String,
    /// When, as in `error_rate > 2%`.
    pub condition: String,
    /// For how long, as in `5 minutes`.
    pub duration: String,
    /// How bad it is.
    pub severity: String,
    /// What is to follow, for people.
    pub action: Option<String>,
}

/// Reads a file.
///
/// # Errors
/// With the line of what is something else, and if a bound is exceeded.
pub fn read(text: &str) -> Result<Vec<Written>, String> {
    if text.len() > LARGEST {
        return Err(format!("alerts: the file is larger than {LARGEST} bytes"));
    }
    let mut events = Events { parser: Parser::new_from_str(text), line: 1 };
    events.expect(&Kind::MappingStart, "`alerts:` at the beginning")?;
    let head = events.text("`alerts:` at the beginning")?;
    if head != "alerts" {
        return Err(events.wrong(&format!("`{head}` stands there, and a file of alerts begins with `alerts:`")));
    }
    events.expect(&Kind::SequenceStart, "a list below `alerts:`, each of its alerts with `- name:`")?;
    let mut alerts = Vec::new();
    loop {
        match events.next()? {
            Kind::SequenceEnd => break,
            Kind::MappingStart if alerts.len() < MOST => alerts.push(alert(&mut events)?),
            Kind::MappingStart => return Err(events.wrong(&format!("there are more than {MOST} alerts"))),
            _ => return Err(events.wrong("an alert is a name with its condition, duration and severity")),
        }
    }
    events.expect(&Kind::MappingEnd, "nothing beside `alerts:`")?;
    events.expect(&Kind::End, "one document")?;
    Ok(alerts)
}

/// An alert, after its beginning.
fn alert(events: &mut Events<'_>) -> Result<Written, String> {
    let (mut written, mut seen) = (Written::default(), Vec::new());
    let line = events.line;
    loop {
        let key = match events.next()? {
            Kind::MappingEnd => break,
            Kind::Text(key) => key,
            _ => return Err(events.wrong("a field of an alert is a word")),
        };
        let value = events.text(&format!("a text behind `{key}:`"))?;
        if seen.contains(&key) {
            return Err(events.wrong(&format!("`{key}` stands there twice")));
        }
        match key.as_str() {
            "name" => written.name = value,
            "condition" => written.condition = value,
            "duration" => written.duration = value,
            "severity" => written.severity = value,
            "action" => written.action = Some(value),
            _ => {
                let fields = "name, condition, duration, severity, action";
                return Err(events.wrong(&format!("`{key}` is no field of an alert; there are {fields}")));
            }
        }
        seen.push(key);
    }
    for wanted in ["name", "condition", "duration", "severity"] {
        if !seen.iter().any(|key| key == wanted) {
            return Err(format!("alerts, line {line}: an alert lacks `{wanted}`"));
        }
    }
    Ok(written)
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    MappingStart,
    MappingEnd,
    SequenceStart,
    SequenceEnd,
    Text(String),
    End,
}

struct Events<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    line: usize,
}

impl Events<'_> {
    fn next(&mut self) -> Result<Kind, String> {
        loop {
            let Some(event) = self.parser.next_event() else { return Ok(Kind::End) };
            let (event, span) =
                event.map_err(|error| format!("alerts, line {}: {}", error.marker().line(), error.info()))?;
            self.line = span.start.line();
            return Ok(match event {
                Event::MappingStart(..) => Kind::MappingStart,
                Event::MappingEnd => Kind::MappingEnd,
                Event::SequenceStart(..) => Kind::SequenceStart,
                Event::SequenceEnd => Kind::SequenceEnd,
                Event::Scalar(text, ..) => Kind::Text(text.into_owned()),
                Event::Alias(_) => return Err(self.wrong("an alias stands there; write what it stands for")),
                Event::StreamEnd => Kind::End,
                Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing | Event::StreamStart => continue,
            });
        }
    }

    fn expect(&mut self, wanted: &Kind, words: &str) -> Result<(), String> {
        if self.next()? == *wanted { Ok(()) } else { Err(self.wrong(&format!("{words} is wanted"))) }
    }

    fn text(&mut self, words: &str) -> Result<String, String> {
        match self.next()? {
            Kind::Text(text) => Ok(text),
            _ => Err(self.wrong(&format!("{words} is wanted"))),
        }
    }

    fn wrong(&self, what: &str) -> String {
        format!("alerts, line {}: {what}", self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GUIDE;

    #[test]
    fn the_file_of_the_guide_is_read_as_it_stands_and_mistakes_have_their_line() {
        assert_eq!(read(GUIDE).map(|alerts| alerts.len()), Ok(4));
        let one = "alerts:\n- name: A\n  condition: error_rate > 1%\n  duration: 5m\n  severity: info\n";
        assert!(read(one).is_ok());
        let many = format!("alerts:\n{}", "- {name: A, condition: c, duration: d, severity: s}\n".repeat(101));
        for (text, says) in [
            (one.replace("severity", "severty"), "alerts, line 5: `severty` is no field of an alert"),
            (one.replace("  duration: 5m\n", ""), "alerts, line 2: an alert lacks `duration`"),
            (one.replace("alerts:", "alarms:"), "alerts, line 1: `alarms` stands there"),
            (format!("{one}  name: B\n"), "alerts, line 6: `name` stands there twice"),
            (format!("{one}other: x\n"), "alerts, line 6: nothing beside `alerts:` is wanted"),
            (one.replace("info", "[info]"), "alerts, line 5: a text behind `severity:` is wanted"),
            (one.replace("- name: A", "- &a\n  name: A").replace("5m", "*a"), "alerts, line 5: an alias stands there"),
            ("alerts: {".to_owned(), "alerts, line 1: a list below `alerts:`"),
            (String::new(), "alerts, line 1: `alerts:` at the beginning is wanted"),
            (" ".repeat(70_000), "the file is larger than 65536 bytes"),
            (many, "there are more than 100 alerts"),
        ] {
            let error = read(&text).expect_err(says);
            assert!(error.contains(says), "{error}\nshould say\n{says}");
        }
    }
}
