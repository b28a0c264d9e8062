//! How long files and functions may be. Every line counts, also empty ones and comments.

use holdpoint::prelude::*;

use super::{File, Rule};
use crate::exceptions::Exceptions;
use crate::findings::Findings;
use crate::globs::Globs;
use crate::source::Language;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Size {
    file_lines: Option<usize>,
    function_lines: Option<usize>,
    /// What differs for some files; of several that fit, the last one counts.
    #[serde(default)]
    overrides: Vec<Override>,
    /// Names are those of functions; a file as a whole has the empty name.
    #[serde(default)]
    pub(crate) exceptions: Exceptions,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    #[serde(default)]
    languages: Vec<Language>,
    files: Option<Globs>,
    file_lines: Option<usize>,
    function_lines: Option<usize>,
}

impl Size {
    pub(crate) fn validate(&self) -> Result<()> {
        let limits = self.overrides.iter().flat_map(|one| [one.file_lines, one.function_lines]);
        if limits.chain([self.file_lines, self.function_lines]).all(|limit| limit.is_none()) {
            return Err(Error::new("config.size has no limit; set file_lines or function_lines"));
        }
        let empty = |one: &Override| {
            (one.languages.is_empty() && one.files.is_none()) || (one.file_lines.or(one.function_lines).is_none())
        };
        match self.overrides.iter().position(empty) {
            Some(at) => Err(Error::new(format!(
                "config.size.overrides[{at}] changes nothing: it needs languages or files, and file_lines or function_lines"
            ))),
            None => Ok(()),
        }
    }

    /// The limit of a file, by which of the two numbers.
    fn limit(
        &self,
        path: &str,
        language: Language,
        usual: Option<usize>,
        own: fn(&Override) -> Option<usize>,
    ) -> Option<usize> {
        let fits = |one: &&Override| {
            (one.languages.is_empty() || one.languages.contains(&language))
                && one.files.as_ref().is_none_or(|files| files.covers(path))
        };
        self.overrides.iter().rev().filter(fits).find_map(own).or(usual)
    }

    fn of_file(&self, path: &str, language: Language) -> Option<usize> {
        self.limit(path, language, self.file_lines, |one| one.file_lines)
    }

    fn of_function(&self, path: &str, language: Language) -> Option<usize> {
        self.limit(path, language, self.function_lines, |one| one.function_lines)
    }
}

pub(crate) struct SizeLimits<'c> {
    size: &'c Size,
    files: Option<Findings>,
    functions: Option<Findings>,
}

impl<'c> SizeLimits<'c> {
    pub(crate) fn new(size: &'c Size) -> Self {
        let any = |usual: Option<usize>, own: fn(&Override) -> Option<usize>| {
            usual.or_else(|| size.overrides.iter().find_map(own)).map(|_| Findings::default())
        };
        Self {
            size,
            files: any(size.file_lines, |one| one.file_lines),
            functions: any(size.function_lines, |one| one.function_lines),
        }
    }
}

impl Rule for SizeLimits<'_> {
    fn concerns(&self, path: &str, language: Language) -> bool {
        self.size.of_file(path, language).or(self.size.of_function(path, language)).is_some()
    }

    fn look(&mut self, file: &File<'_>) {
        let Self { size, files, functions } = self;
        let too_long = |lines: usize, most: usize| format!("{lines} lines, of at most {most}");
        if let (Some(findings), Some(most)) = (files, size.of_file(file.path, file.language)) {
            findings.met += 1;
            let lines = file.source.lines;
            if lines > most && size.exceptions.excuse(file.path, "") {
                findings.excused += 1;
            } else if lines > most {
                findings.add(file.offence(1, format!("has {}", too_long(lines, most)), lines));
            }
        }
        if let (Some(findings), Some(most)) = (functions, size.of_function(file.path, file.language)) {
            for function in &file.source.functions {
                findings.met += 1;
                if function.lines <= most {
                    continue;
                }
                if size.exceptions.excuse(file.path, &function.name) {
                    findings.excused += 1;
                } else {
                    let what = format!("{} has {}", function.name, too_long(function.lines, most));
                    findings.add(file.offence(function.line, what, function.lines));
                }
            }
        }
    }

    fn unseen(&mut self) {
        for findings in [&mut self.files, &mut self.functions].into_iter().flatten() {
            findings.unseen += 1;
        }
    }

    fn state(self: Box<Self>, cx: &Context) {
        let of = |limit: Option<usize>| {
            limit.map_or_else(|| "the lines of its override".to_owned(), |most| format!("{most} lines"))
        };
        if let Some(findings) = self.files {
            let seen = format!("none of {} files is longer", findings.met);
            let check = cx.check(["P1.1"], "no file is too long");
            findings.state(check, &format!("files of at most {}", of(self.size.file_lines)), &seen);
        }
        if let Some(findings) = self.functions {
            let seen = format!("none of {} functions is longer", findings.met);
            let check = cx.check(["P1.1"], "no function is too long");
            findings.state(check, &format!("functions of at most {}", of(self.size.function_lines)), &seen);
        }
    }
}
