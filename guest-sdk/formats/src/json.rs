//! JSON with places. Whether it is JSON is decided by `serde_json`; what follows walks a text that is known to be right.

use serde::de::IgnoredAny;

use crate::scalar::{DEEPEST, MOST_VALUES, Position, Scalar, Unreadable, below, position};

pub(crate) fn scalars(text: &str) -> Result<Vec<Scalar>, Unreadable> {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        let why = error.to_string();
        let why = why.rfind(" at line ").map_or(why.as_str(), |end| &why[..end]);
        return Err(Unreadable::new(Position { line: error.line().max(1), column: error.column().max(1) }, why));
    }
    let mut walk = Walk { text, at: 0, found: Vec::new(), counted: (0, Position { line: 1, column: 1 }) };
    walk.value(&[], None)?;
    Ok(walk.found)
}

struct Walk<'a> {
    text: &'a str,
    at: usize,
    found: Vec<Scalar>,
    /// A byte and its place, so that no line is counted twice.
    counted: (usize, Position),
}

impl Walk<'_> {
    /// Takes a value; gives back what a following one in a list has before it.
    fn value(&mut self, path: &[String], before: Option<String>) -> Result<Option<String>, Unreadable> {
        if path.len() > DEEPEST {
            // `serde_json` skips ignored values without a bound of its own.
            return Err(Unreadable::new(self.place(), format!("nested deeper than {DEEPEST}")));
        }
        let byte = self.skip_blanks();
        let at = self.place();
        let value = match byte {
            Some(b'{') => return self.object(path).map(|()| None),
            Some(b'[') => return self.array(path).map(|()| None),
            Some(b'"') => self.string(),
            Some(_) => self.literal(),
            None => return Ok(None),
        };
        self.push(path, at, value.clone(), before)?;
        Ok(Some(value))
    }

    fn object(&mut self, path: &[String]) -> Result<(), Unreadable> {
        self.at += 1;
        while let Some(byte) = self.skip_blanks() {
            match byte {
                b'"' => {
                    let at = self.place();
                    let key = self.string();
                    let path = below(path, key.clone());
                    if key.contains("://") {
                        self.push(&path, at, key, None)?;
                    }
                    self.skip_blanks();
                    self.at += 1; // the colon
                    self.value(&path, None)?;
                }
                b'}' => {
                    self.at += 1;
                    break;
                }
                _ => self.at += 1, // a comma
            }
        }
        Ok(())
    }

    fn array(&mut self, path: &[String]) -> Result<(), Unreadable> {
        self.at += 1;
        let mut before = None;
        let mut index = 0_usize;
        while let Some(byte) = self.skip_blanks() {
            match byte {
                b']' => {
                    self.at += 1;
                    break;
                }
                b',' => self.at += 1,
                _ => {
                    before = self.value(&below(path, format!("[{index}]")), before)?;
                    index += 1;
                }
            }
        }
        Ok(())
    }

    fn string(&mut self) -> String {
        let bytes = self.text.as_bytes();
        let start = self.at;
        self.at += 1;
        while let Some(&byte) = bytes.get(self.at) {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        let raw = self.text.get(start..self.at).unwrap_or_default();
        // Lone surrogates have passed as ignored text, but are no string: their raw form is judged.
        serde_json::from_str(raw).unwrap_or_else(|_| raw.trim_matches('"').to_owned())
    }

    fn literal(&mut self) -> String {
        let start = self.at;
        let rest = &self.text[start..];
        self.at += rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}')).unwrap_or(rest.len());
        self.text[start..self.at].to_owned()
    }

    fn skip_blanks(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn push(&mut self, path: &[String], at: Position, value: String, before: Option<String>) -> Result<(), Unreadable> {
        if self.found.len() >= MOST_VALUES {
            return Err(Unreadable::new(at, format!("more than {MOST_VALUES} values")));
        }
        self.found.push(Scalar { path: path.to_vec(), at, value, before });
        Ok(())
    }

    fn place(&mut self) -> Position {
        let (offset, known) = self.counted;
        let step = position(&self.text[offset..], self.at - offset);
        let column = if step.line == 1 { known.column + step.column - 1 } else { step.column };
        let at = Position { line: known.line + step.line - 1, column };
        self.counted = (self.at, at);
        at
    }
}
