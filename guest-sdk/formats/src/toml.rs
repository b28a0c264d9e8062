//! TOML, by a document that remembers where its values stand.

use toml_edit::{Document, Item, TableLike, Value};

use crate::scalar::{DEEPEST, MOST_VALUES, Scalar, Unreadable, below, position};

pub(crate) fn scalars(text: &str) -> Result<Vec<Scalar>, Unreadable> {
    let document = Document::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        Unreadable::new(position(text, offset), error.message().lines().next().unwrap_or("not TOML"))
    })?;
    let mut reader = Reader { text, found: Vec::new() };
    reader.table(&[], document.as_table())?;
    Ok(reader.found)
}

struct Reader<'a> {
    text: &'a str,
    found: Vec<Scalar>,
}

impl Reader<'_> {
    fn table(&mut self, path: &[String], table: &dyn TableLike) -> Result<(), Unreadable> {
        for (key, item) in table.iter() {
            let path = below(path, key);
            if key.contains("://") {
                let offset = table.key(key).and_then(toml_edit::Key::span).map_or(0, |span| span.start);
                self.push(&path, offset, key.to_owned(), None)?;
            }
            match item {
                Item::Value(value) => self.value(&path, value, None)?,
                Item::Table(table) => self.table(&path, table)?,
                Item::ArrayOfTables(tables) => {
                    for (index, table) in tables.iter().enumerate() {
                        self.table(&below(&path, format!("[{index}]")), table)?;
                    }
                }
                Item::None => {}
            }
        }
        Ok(())
    }

    fn value(&mut self, path: &[String], value: &Value, before: Option<String>) -> Result<(), Unreadable> {
        let offset = value.span().map_or(0, |span| span.start);
        if path.len() > DEEPEST {
            return Err(Unreadable::new(position(self.text, offset), format!("nested deeper than {DEEPEST}")));
        }
        match value {
            Value::InlineTable(table) => self.table(path, table),
            Value::Array(array) => {
                let mut before = None;
                for (index, value) in array.iter().enumerate() {
                    self.value(&below(path, format!("[{index}]")), value, before)?;
                    before = value.as_str().map(str::to_owned);
                }
                Ok(())
            }
            Value::String(text) => self.push(path, offset, text.value().clone(), before),
            Value::Integer(number) => self.push(path, offset, number.value().to_string(), before),
            Value::Float(number) => self.push(path, offset, number.value().to_string(), before),
            Value::Boolean(said) => self.push(path, offset, said.value().to_string(), before),
            Value::Datetime(moment) => self.push(path, offset, moment.value().to_string(), before),
        }
    }

    fn push(
        &mut self,
        path: &[String],
        offset: usize,
        value: String,
        before: Option<String>,
    ) -> Result<(), Unreadable> {
        let at = position(self.text, offset);
        if self.found.len() >= MOST_VALUES {
            return Err(Unreadable::new(at, format!("more than {MOST_VALUES} values")));
        }
        self.found.push(Scalar { path: path.to_vec(), at, value, before });
        Ok(())
    }
}
