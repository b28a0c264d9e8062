//! Cases written as data: a folder of JSON files, each a script and what must come of it. A new case is a new file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::data_fixture::Store;
use super::metrics_fixture::Told;
use super::{Asked, Ends, Scripted, Test, denied, refused, status, test, timeout};
use super::{ToolEnds, denied_tool, ends, reports, unstartable};
use super::{denied_command, fails, late_command, prints};
use crate::{Command, Context, Exit, Millis, Result, TestCase, Tool, Verdict};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    #[serde(default)]
    config: Value,
    #[serde(default)]
    services: Vec<String>,
    requirements: Option<Vec<String>>,
    #[serde(default)]
    directories: Vec<String>,
    /// Path to content.
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    denied_files: Vec<String>,
    /// Name to what is known of its value.
    #[serde(default)]
    secrets: BTreeMap<String, Secret>,
    #[serde(default)]
    answers: Vec<Exchange>,
    #[serde(default)]
    commands: Vec<Given>,
    #[serde(default)]
    tools: Vec<Started>,
    #[serde(default)]
    metrics: Vec<Told>,
    #[serde(default)]
    data: Vec<Store>,
    expect: Expectation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    method: Option<String>,
    path: String,
    on: Option<String>,
    status: Option<u16>,
    json: Option<Value>,
    text: Option<String>,
    /// Pairs of name and value, because a name may stand there twice.
    #[serde(default)]
    headers: Vec<(String, String)>,
    after: Option<Millis>,
    error: Option<Failure>,
}

/// A command of gcloud and its end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    command: String,
    #[serde(default)]
    arguments: Vec<String>,
    /// Name to value, or `true` for a flag that has none.
    #[serde(default)]
    flags: BTreeMap<String, Value>,
    json: Option<Value>,
    failure: Option<crate::Failure>,
    #[serde(default)]
    stderr: String,
    error: Option<Failure>,
}

/// A tool and its end: `exit`, `signal` or `deadline`, or an error. Without any it returns 0.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Started {
    tool: String,
    #[serde(default)]
    arguments: Vec<String>,
    exit: Option<i32>,
    signal: Option<i32>,
    #[serde(default)]
    deadline: bool,
    stdout: Option<String>,
    /// Cases that it writes as JUnit, in the place of `stdout`.
    report: Option<Vec<TestCase>>,
    #[serde(default)]
    stderr: String,
    #[serde(default)]
    truncated: bool,
    error: Option<Unstarted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Unstarted {
    Denied,
    /// With `stderr` for the reason.
    Failed,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Secret {
    Present,
    Missing,
    StandIn,
    /// It has the value of a secret of another environment.
    Shared,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Failure {
    Timeout,
    Denied,
    Refused,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    /// Every row that is spoken for, no more and no less.
    #[serde(default)]
    rows: BTreeMap<String, Row>,
    checks: Option<usize>,
    /// What the phase's error contains; without it the phase must end well.
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    verdict: Named,
    /// What a check with that verdict says.
    #[serde(default)]
    says: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Named {
    Pass,
    Fail,
    Inconclusive,
    NotExercised,
}

/// Runs every `*.json` of a folder of the crate, `fixtures` by convention.
///
/// # Panics
/// If the folder has none, or if one of them does not come out as it says; the message names it.
#[track_caller]
pub fn fixtures<C: DeserializeOwned>(run: impl Fn(&Context, C) -> Result<()>, folder: impl AsRef<Path>) {
    let folder = folder.as_ref();
    let files = cases(folder).unwrap_or_else(|problem| panic!("{}: {problem}", folder.display()));
    assert!(!files.is_empty(), "{}: no fixture, and none is not a pass", folder.display());
    let problems: Vec<String> = files
        .iter()
        .filter_map(|file| case(&run, file).err().map(|problem| format!("{}: {problem}", file.display())))
        .collect();
    assert!(problems.is_empty(), "{} of {} fixtures:\n{}", problems.len(), files.len(), problems.join("\n"));
}

pub(super) fn cases(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn case<C: DeserializeOwned>(run: impl Fn(&Context, C) -> Result<()>, file: &Path) -> Result<(), String> {
    let content = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let fixture: Fixture = serde_json::from_str(&content).map_err(|error| error.to_string())?;
    let expect = fixture.expect;
    let mut script = test(run).config(fixture.config);
    for service in &fixture.services {
        script = script.service(service);
    }
    if let Some(ids) = fixture.requirements {
        script = script.requirements(ids);
    }
    for directory in &fixture.directories {
        script = script.directory(directory);
    }
    for (path, content) in fixture.files {
        script = script.file(&path, content);
    }
    for path in &fixture.denied_files {
        script = script.denied_file(path);
    }
    for (name, secret) in &fixture.secrets {
        script = match secret {
            Secret::Present | Secret::Shared => script.secret(name, true),
            Secret::Missing => script.secret(name, false),
            Secret::StandIn => script.stand_in(name),
        };
        let alike = (!matches!(secret, Secret::Missing)).then_some(matches!(secret, Secret::Shared));
        script = script.elsewhere(name, "another", &format!("ANOTHER_{name}"), alike);
    }
    for exchange in fixture.answers {
        let (asked, answer) = exchange.scripted()?;
        script = script.answer(asked, answer);
    }
    for given in fixture.commands {
        let (command, ends) = given.scripted()?;
        script = script.command(command, ends);
    }
    for started in fixture.tools {
        let (tool, ends) = started.scripted()?;
        script = script.tool(tool, ends);
    }
    for told in fixture.metrics {
        let (question, numbers) = told.scripted()?;
        script = script.metrics(&question, numbers);
    }
    for store in fixture.data {
        let (ask, stored) = store.scripted()?;
        script = script.data(&ask, stored);
    }
    judge(&script, &expect).map_err(|problem| format!("{problem}\n{}", script.shown()))
}

fn judge(script: &Test<'_>, expect: &Expectation) -> Result<(), String> {
    match (script.returned(), &expect.error) {
        (Ok(()), None) => {}
        (Err(error), Some(text)) if error.contains(text) => {}
        (Err(error), Some(text)) => return Err(format!("the error should say `{text}`, but says `{error}`")),
        (Ok(()), Some(text)) => return Err(format!("the phase should end with an error that says `{text}`")),
        (Err(error), None) => return Err(format!("the phase should end well, but says `{error}`")),
    }
    for (id, row) in &expect.rows {
        script.matches(id, row.verdict.into(), &row.says)?;
    }
    if let Some(id) = script.rows().keys().find(|id| !expect.rows.contains_key(**id)) {
        return Err(format!("{id} is spoken for, and the fixture does not expect it"));
    }
    match expect.checks {
        Some(count) if count != script.checks().len() => {
            Err(format!("{count} checks are expected, {} were made", script.checks().len()))
        }
        _ => Ok(()),
    }
}

impl Given {
    fn scripted(self) -> Result<(Command, Ends), String> {
        let command = self.arguments.iter().fold(Command::new(&self.command), |command, one| command.argument(one));
        let command = self.flags.iter().try_fold(command, |command, (name, value)| match value {
            Value::Bool(true) => Ok(command.switch(name)),
            Value::String(value) => Ok(command.flag(name, value)),
            _ => Err(format!("the flag `{name}` is neither true nor a text")),
        })?;
        let ends = match (self.json, self.failure, self.error) {
            (Some(json), None, None) => prints(&json),
            (None, Some(failure), None) => fails(failure, &self.stderr),
            (None, None, Some(Failure::Denied)) => denied_command(),
            (None, None, Some(Failure::Timeout)) => late_command(),
            _ => {
                return Err(format!("the end of {command} is one of json, failure, and the errors denied and timeout"));
            }
        };
        Ok((command, ends))
    }
}

impl Started {
    fn scripted(self) -> Result<(Tool, ToolEnds), String> {
        let tool = Tool::new(self.tool).arguments(self.arguments);
        let exit = match (self.exit, self.signal, self.deadline) {
            (code, None, false) => Exit::Code(code.unwrap_or_default()),
            (None, Some(signal), false) => Exit::Signal(signal),
            (None, None, true) => Exit::Deadline,
            _ => return Err(format!("the end of {tool} is one of exit, signal and deadline")),
        };
        let scripted = match (self.error, self.report, self.stdout) {
            (Some(Unstarted::Denied), None, None) => denied_tool(),
            (Some(Unstarted::Failed), None, None) => unstartable(&self.stderr),
            (None, Some(cases), None) => match exit {
                Exit::Code(code) => reports(code, cases),
                _ => return Err(format!("{tool} reports, and so it returns a code")),
            },
            (None, None, stdout) => ends(exit, stdout.unwrap_or_default()),
            _ => return Err(format!("{tool} has one of report, stdout and error")),
        };
        let scripted = scripted.stderr(&self.stderr);
        Ok((tool, if self.truncated { scripted.truncated() } else { scripted }))
    }
}

impl Exchange {
    fn scripted(self) -> Result<(Asked, Scripted), String> {
        let asked = Asked::new(self.method.as_deref().unwrap_or("GET"), &self.path);
        let asked = match &self.on {
            Some(service) => asked.on(service),
            None => asked,
        };
        let mut answer = match (self.error, self.status) {
            (Some(Failure::Timeout), None) => timeout(),
            (Some(Failure::Denied), None) => denied(),
            (Some(Failure::Refused), None) => refused(),
            (None, code) => status(code.unwrap_or(200)),
            (Some(_), Some(_)) => return Err(format!("the answer to {asked} is either a status or an error")),
        };
        for (name, value) in &self.headers {
            answer = answer.header(name, value);
        }
        if let Some(json) = &self.json {
            answer = answer.json(json);
        }
        if let Some(text) = self.text {
            answer = answer.body(text);
        }
        if let Some(after) = self.after {
            answer = answer.after(after);
        }
        Ok((asked, answer))
    }
}

impl From<Named> for Verdict {
    fn from(named: Named) -> Self {
        match named {
            Named::Pass => Self::Pass,
            Named::Fail => Self::Fail,
            Named::Inconclusive => Self::Inconclusive,
            Named::NotExercised => Self::NotExercised,
        }
    }
}
