//! Mistakes in what people wrote, with their place. A reader gets all of them at once.

use std::fmt;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// The file as it was named, or `command line`.
    pub file: String,
    /// Line and column from 1, in characters; absent where the whole file or the command line is meant.
    pub position: Option<(usize, usize)>,
    /// A lowercase fragment.
    pub message: String,
    /// The line that would change it.
    pub hint: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, "  {}", self.message)?;
        for line in self.hint.iter().flat_map(|hint| hint.lines()) {
            write!(f, "\n    {line}")?;
        }
        Ok(())
    }
}

/// All mistakes, in the order of files and positions. Never empty where it is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Sorts them, each once.
    pub(crate) fn new(mut found: Vec<Diagnostic>) -> Self {
        found.sort();
        found.dedup();
        Self(found)
    }

    /// The mistakes.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(found: I) -> Self {
        Self::new(found.into_iter().collect())
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.0 {
            writeln!(f, "{diagnostic}")?;
        }
        let plural = if self.0.len() == 1 { "" } else { "s" };
        write!(f, "{} error{plural}, nothing was run", self.0.len())
    }
}

impl std::error::Error for Diagnostics {}

/// Collects the mistakes of one file.
#[derive(Debug)]
pub(crate) struct Problems<'t> {
    label: &'t str,
    text: &'t str,
    found: Vec<Diagnostic>,
    /// Mistakes beyond the most that are told.
    more: usize,
}

impl<'t> Problems<'t> {
    pub(crate) fn new(label: &'t str, text: &'t str) -> Self {
        Self { label, text, found: Vec::new(), more: 0 }
    }

    /// `, did you mean …?` for the nearest of some words, or nothing.
    pub(crate) fn nearest<'a>(&self, word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
        if self.found.len() < MOST { nearest(word, known) } else { String::new() }
    }

    /// A mistake at a byte of the text.
    pub(crate) fn at(&mut self, offset: usize, message: impl Into<String>) {
        self.push(Some(offset), message.into(), None);
    }

    /// Whether this was said already, as a message or a line of a hint.
    pub(crate) fn has_told(&self, line: &str) -> bool {
        self.found.iter().any(|mistake| {
            mistake.message == line || mistake.hint.iter().flat_map(|hint| hint.lines()).any(|told| told == line)
        })
    }

    /// A mistake at a byte of the text, with what would change it.
    pub(crate) fn at_with(&mut self, offset: usize, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Some(offset), message.into(), Some(hint.into()));
    }

    /// A mistake of the whole file.
    pub(crate) fn whole(&mut self, message: impl Into<String>, hint: Option<String>) {
        self.push(None, message.into(), hint);
    }

    /// A mistake in what was typed.
    pub(crate) fn typed(&mut self, message: impl Into<String>, hint: Option<String>) {
        let file = "command line".to_owned();
        self.keep(|| Diagnostic { file, position: None, message: message.into(), hint });
    }

    fn push(&mut self, offset: Option<usize>, message: String, hint: Option<String>) {
        let (label, text) = (self.label, self.text);
        self.keep(|| {
            let position = offset.map(|offset| position(text, offset));
            Diagnostic { file: label.to_owned(), position, message, hint }
        });
    }

    /// Finding out where a mistake stands takes the time of the whole text, so there is a bound.
    fn keep(&mut self, mistake: impl FnOnce() -> Diagnostic) {
        if self.found.len() < MOST { self.found.push(mistake()) } else { self.more += 1 }
    }

    /// The text from a byte on, to see how something was written.
    pub(crate) fn written(&self, at: usize) -> &str {
        self.text.get(at..).unwrap_or_default()
    }

    pub(crate) fn into_found(mut self) -> Vec<Diagnostic> {
        if self.more > 0 {
            let message = format!("there are {} more mistakes, which are told when these are mended", self.more);
            self.found.push(Diagnostic { file: self.label.to_owned(), position: None, message, hint: None });
        }
        self.found
    }
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// The most mistakes of one file that are told at once.
const MOST: usize = 500;

/// The longest word that is compared with others: comparing takes the time of both lengths multiplied.
const LONGEST_WORD: usize = 200;

fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    known
        .into_iter()
        .filter(|candidate| candidate.len().max(word.len()) <= LONGEST_WORD)
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count().max(word.chars().count()) / 3).max(1))
        .map(|(_, candidate)| format!(", did you mean `{candidate}`?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_characters() {
        let mut problems = Problems::new("bundle.toml", "é = 1\näb = 2\n");
        problems.at(10, "second");
        problems.at(0, "first");
        let all = Diagnostics::new(problems.into_found());
        assert_eq!(all.to_string(), "bundle.toml:1:1  first\nbundle.toml:2:3  second\n2 errors, nothing was run");
    }

    #[test]
    fn of_very_many_mistakes_the_first_are_told() {
        // Without the bound this takes minutes.
        let text = "x = 1\n".repeat(170_000);
        let mut problems = Problems::new("bundle.toml", &text);
        for line in 0..170_000 {
            let near = problems.nearest("x", ["y"]);
            problems.at(line * 6, format!("unknown field `x`{near}"));
        }
        let found = problems.into_found();
        assert_eq!(found.len(), MOST + 1);
        assert_eq!(found[MOST].message, "there are 169500 more mistakes, which are told when these are mended");
    }

    #[test]
    fn offers_only_near_words() {
        assert_eq!(nearest("delpoy", ["deploy", "health"]), ", did you mean `deploy`?");
        assert_eq!(nearest("deadlines", ["deadline"]), ", did you mean `deadline`?");
        assert_eq!(nearest("xyz", ["deploy", "health"]), "");
        // Comparing these would take an hour.
        let long = "x".repeat(500_000);
        assert_eq!(nearest(&long, [long.as_str()]), "");
    }
}
