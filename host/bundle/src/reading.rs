//! Reads tables of TOML field by field, and collects every mistake instead of stopping at the first.

use std::fmt::Display;

use toml_span::value::{Table, Value, ValueInner};

use crate::diagnostic::Problems;

/// The longest text that is read: of bundles, checklists and operators' files.
pub(crate) const MAX_TEXT: usize = 1 << 20;

/// A value and the byte of the text where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) at: usize,
}

/// Parses a whole text; a mistake in the syntax is the only one that hides the others.
pub(crate) fn parse<'t>(text: &'t str, problems: &mut Problems<'_>) -> Option<Value<'t>> {
    if text.len() > MAX_TEXT {
        problems.whole(format!("the file has {} bytes, and {MAX_TEXT} are read at most", text.len()), None);
        return None;
    }
    toml_span::parse(text).map_err(|e| problems.at(e.span.start, e.to_string().replace('\n', " "))).ok()
}

/// A table whose fields are taken one by one; what is left over is unknown.
pub(crate) struct Fields<'v, 'de> {
    table: &'v Table<'de>,
    /// Where the table begins.
    pub(crate) at: usize,
    /// What the table is, for messages.
    what: String,
    known: Vec<&'static str>,
}

impl<'v, 'de> Fields<'v, 'de> {
    pub(crate) fn open(value: &'v Value<'de>, what: impl Into<String>, problems: &mut Problems<'_>) -> Option<Self> {
        let what = what.into();
        match value.as_table() {
            Some(table) => Some(Self { table, at: value.span.start, what, known: Vec::new() }),
            None => {
                problems.at(value.span.start, format!("{what} is a table, not {}", kind(value)));
                None
            }
        }
    }

    /// Takes a field.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<&'v Value<'de>> {
        self.known.push(key);
        self.table.get(key)
    }

    /// Takes a field of one kind, e.g. `a string`.
    fn take_as<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        read: impl FnOnce(&'v Value<'de>) -> Option<T>,
        problems: &mut Problems<'_>,
    ) -> Option<Located<T>> {
        let value = self.take(key)?;
        let at = value.span.start;
        match read(value) {
            Some(value) => Some(Located { value, at }),
            None => {
                problems.at(at, format!("`{key}` is {wanted}, not {}", kind(value)));
                None
            }
        }
    }

    pub(crate) fn string(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Located<String>> {
        self.take_as(key, "a string", |v| v.as_str().map(str::to_owned), problems)
    }

    pub(crate) fn boolean(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<bool> {
        self.take_as(key, "true or false", |v| v.as_bool(), problems).map(|v| v.value)
    }

    /// A count from 1 up.
    pub(crate) fn count(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Located<u32>> {
        let value = self.take(key)?;
        let at = value.span.start;
        match value.as_integer().and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0) {
            Some(value) => Some(Located { value, at }),
            None => {
                problems.at(at, format!("`{key}` is a whole number from 1 to {}", u32::MAX));
                None
            }
        }
    }

    /// A string that must be there.
    pub(crate) fn required(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Located<String>> {
        if !self.table.contains_key(key) {
            self.known.push(key);
            problems.at(self.at, format!("{} lacks `{key}`", self.what));
            return None;
        }
        self.string(key, problems)
    }

    /// A string in a form of its own.
    pub(crate) fn parsed<T, E: Display>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
        problems: &mut Problems<'_>,
    ) -> Option<Located<T>> {
        let text = self.string(key, problems)?;
        parsed(&text, parse, problems)
    }

    /// A list of strings. Absent and empty are not the same.
    pub(crate) fn strings(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Vec<Located<String>>> {
        let list = self.list(key, problems)?;
        let mut strings = Vec::with_capacity(list.len());
        for item in list {
            match item.as_str() {
                Some(text) => strings.push(Located { value: text.to_owned(), at: item.span.start }),
                None => problems.at(item.span.start, format!("`{key}` holds strings, not {}", kind(item))),
            }
        }
        Some(strings)
    }

    /// A list of anything.
    pub(crate) fn list(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<&'v [Value<'de>]> {
        self.take_as(key, "a list", |v| v.as_array().map(Vec::as_slice), problems).map(|v| v.value)
    }

    /// A table of fields that are known by name.
    pub(crate) fn table(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Fields<'v, 'de>> {
        let value = self.take(key)?;
        Fields::open(value, format!("`{key}`"), problems)
    }

    /// The entries of a table whose keys are names, in the order of the text.
    pub(crate) fn entries(
        &mut self,
        key: &'static str,
        problems: &mut Problems<'_>,
    ) -> Vec<(Located<String>, &'v Value<'de>)> {
        self.take(key).map(|value| entries(value, key, problems)).unwrap_or_default()
    }

    /// Those of these fields that are not there.
    pub(crate) fn absent(&self, keys: &[&'static str]) -> Vec<&'static str> {
        keys.iter().copied().filter(|key| !self.table.contains_key(*key)).collect()
    }

    /// Fields that this kind of table does not have, though its sisters do.
    pub(crate) fn known_elsewhere(&mut self, keys: &[&'static str], kind: &str, problems: &mut Problems<'_>) {
        for key in keys {
            if let Some(value) = self.take(key) {
                problems.at(value.span.start, format!("`{key}` has no meaning in {kind}"));
            }
        }
    }

    /// Reports what nobody took.
    pub(crate) fn close(self, problems: &mut Problems<'_>) {
        #[cfg(test)]
        asked::remember(&self.what, &self.known);
        let all = || self.known.iter().copied();
        for key in self.table.keys().filter(|key| all().all(|known| known != key.name)) {
            let nearest = problems.nearest(&key.name, all());
            problems.at(key.span.start, format!("unknown field `{}`{nearest}", key.name));
        }
    }
}

/// The entries of a table whose keys are names, in the order of the text.
pub(crate) fn entries<'v, 'de>(
    value: &'v Value<'de>,
    what: &str,
    problems: &mut Problems<'_>,
) -> Vec<(Located<String>, &'v Value<'de>)> {
    let Some(table) = value.as_table() else {
        problems.at(value.span.start, format!("`{what}` is a table, not {}", kind(value)));
        return Vec::new();
    };
    let mut entries: Vec<_> =
        table.iter().map(|(key, value)| (Located { value: key.name.to_string(), at: key.span.start }, value)).collect();
    entries.sort_by_key(|(key, _)| key.at);
    entries
}

/// A string in a form of its own.
pub(crate) fn parsed<T, E: Display>(
    text: &Located<String>,
    parse: impl Fn(&str) -> Result<T, E>,
    problems: &mut Problems<'_>,
) -> Option<Located<T>> {
    match parse(&text.value) {
        Ok(value) => Some(Located { value, at: text.at }),
        Err(e) => {
            problems.at(text.at, e.to_string());
            None
        }
    }
}

/// Strings in a form of their own; mistaken ones are reported and left out.
pub(crate) fn all_parsed<T, E: Display>(
    texts: &[Located<String>],
    parse: impl Fn(&str) -> Result<T, E> + Copy,
    problems: &mut Problems<'_>,
) -> Vec<Located<T>> {
    texts.iter().filter_map(|text| parsed(text, parse, problems)).collect()
}

/// Names of bundles, environments and stages: what may stand in a path and as a bare key.
pub(crate) fn plain_name(text: &str) -> Result<String, String> {
    let ok = !text.is_empty()
        && text.len() <= 64
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if ok {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not a name: use 1 to 64 of the characters a-z, 0-9 and -"))
    }
}

pub(crate) fn kind(value: &Value<'_>) -> &'static str {
    match value.as_ref() {
        ValueInner::String(_) => "a string",
        ValueInner::Integer(_) => "an integer",
        ValueInner::Float(_) => "a float",
        ValueInner::Boolean(_) => "a boolean",
        ValueInner::Array(_) => "a list",
        ValueInner::Table(_) => "a table",
    }
}

/// Which fields the readers of this thread ask for, at every table that they read to its end.
#[cfg(test)]
pub(crate) mod asked {
    use std::cell::RefCell;
    use std::collections::{BTreeMap, BTreeSet};

    /// The fields of a table, and what messages call it.
    pub(crate) type Tables = BTreeMap<BTreeSet<String>, String>;

    thread_local! {
        static TABLES: RefCell<Tables> = RefCell::default();
    }

    pub(super) fn remember(what: &str, known: &[&'static str]) {
        let fields = known.iter().map(|name| (*name).to_owned()).collect();
        TABLES.with_borrow_mut(|tables| tables.insert(fields, what.to_owned()));
    }

    /// What is asked for meanwhile.
    pub(crate) fn during(read: impl FnOnce()) -> Tables {
        TABLES.take();
        read();
        TABLES.take()
    }
}
