//! YAML, by events, so that every value has its place; several documents in one file are all read.

use saphyr_parser::{Event, Marker, Parser, ScanError};

use crate::scalar::{DEEPEST, MOST_VALUES, Position, Scalar, Unreadable, below};

/// What is open around an event.
enum Open {
    /// The key of the value to come; none before a key.
    Mapping(Option<String>),
    /// The number of the element to come, and the one before it.
    Sequence(usize, Option<String>),
}

pub(crate) fn scalars(text: &str) -> Result<Vec<Scalar>, Unreadable> {
    let mut reader = Reader { open: Vec::new(), found: Vec::new() };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| unreadable(&error))?;
        reader.take(event, position(span.start))?;
    }
    Ok(reader.found)
}

fn unreadable(error: &ScanError) -> Unreadable {
    Unreadable::new(position(*error.marker()), error.info())
}

/// The parser counts lines from 1 and columns from 0.
fn position(marker: Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

struct Reader {
    open: Vec<Open>,
    found: Vec<Scalar>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, at: Position) -> Result<(), Unreadable> {
        match event {
            Event::Scalar(value, ..) => self.scalar(value.into_owned(), at)?,
            // What an alias stands for was read where it was defined.
            Event::Alias(_) => self.close("*".to_owned()),
            Event::MappingStart(..) => self.descend(Open::Mapping(None), at)?,
            Event::SequenceStart(..) => self.descend(Open::Sequence(0, None), at)?,
            Event::MappingEnd | Event::SequenceEnd => {
                self.open.pop();
                self.close("?".to_owned());
            }
            Event::DocumentStart(_) | Event::DocumentEnd => self.open.clear(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
        }
        Ok(())
    }

    fn scalar(&mut self, value: String, at: Position) -> Result<(), Unreadable> {
        if self.found.len() >= MOST_VALUES {
            return Err(Unreadable::new(at, format!("more than {MOST_VALUES} values")));
        }
        let before = match self.open.last() {
            Some(Open::Mapping(None)) => {
                // A key is no value, but one that is a URL names a destination all the same.
                if value.contains("://") {
                    let path = below(&self.path(), value.clone());
                    self.found.push(Scalar { path, at, value: value.clone(), before: None });
                }
                self.close(value);
                return Ok(());
            }
            Some(Open::Sequence(_, before)) => before.clone(),
            _ => None,
        };
        self.found.push(Scalar { path: self.path(), at, value: value.clone(), before });
        self.close(value);
        Ok(())
    }

    fn descend(&mut self, open: Open, at: Position) -> Result<(), Unreadable> {
        if self.open.len() >= DEEPEST {
            return Err(Unreadable::new(at, format!("nested deeper than {DEEPEST}")));
        }
        self.open.push(open);
        Ok(())
    }

    /// A key or a value is complete.
    fn close(&mut self, it: String) {
        match self.open.last_mut() {
            Some(Open::Mapping(key @ None)) => *key = Some(it),
            Some(Open::Mapping(key)) => *key = None,
            Some(Open::Sequence(index, before)) => {
                *index += 1;
                *before = Some(it);
            }
            None => {}
        }
    }

    fn path(&self) -> Vec<String> {
        let segment = |open: &Open| match open {
            Open::Mapping(key) => key.clone(),
            Open::Sequence(index, _) => Some(format!("[{index}]")),
        };
        self.open.iter().filter_map(segment).collect()
    }
}
