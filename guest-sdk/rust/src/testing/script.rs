//! The script of a test, written as one expression; it runs when the first question is put to it.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Deref;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answer::denial;
use super::world::{self, World};
use super::{Asked, Ends, LoadEnds, Numbers, Outcome, Scripted, ScriptedSocket, Stored, ToolEnds};
use crate::{Cause, Command, Context, Counterpart, Result, SecretFacts, Tool, entry};

/// Takes the configuration as JSON, as the host gives it.
type Phase<'a> = dyn Fn(&str) -> Result<(), String> + 'a;

/// A phase with its script. Any question of [`Outcome`] can be put to it.
#[must_use = "a script shows nothing until it is asked for its outcome"]
pub struct Test<'a> {
    phase: Box<Phase<'a>>,
    config: Value,
    world: World,
    outcome: OnceCell<Outcome>,
}

/// Begins the script of a phase: no service, no directory, no secret, and every requirement may be claimed.
pub fn test<'a, C: DeserializeOwned>(run: impl Fn(&Context, C) -> Result<()> + 'a) -> Test<'a> {
    let world = World { environment: "test".to_owned(), ..World::default() };
    Test { phase: Box::new(move |config| entry::run(config, &run)), config: json!({}), world, outcome: OnceCell::new() }
}

impl Test<'_> {
    /// Grants a service.
    pub fn service(mut self, name: &str) -> Self {
        self.world.services.push(name.to_owned());
        self
    }

    /// Lists the ids that the phase may claim; without it, all may be.
    pub fn requirements<I>(mut self, ids: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.world.requirements = Some(ids.into_iter().map(Into::into).collect());
        self
    }

    /// Names the environment; `test` without it.
    pub fn environment(mut self, name: &str) -> Self {
        name.clone_into(&mut self.world.environment);
        self
    }

    /// Grants a directory.
    pub fn directory(mut self, name: &str) -> Self {
        if !self.world.directories.iter().any(|known| known == name) {
            self.world.directories.push(name.to_owned());
        }
        self
    }

    /// Puts a file below a directory, which it grants: `.file("config/app.yaml", "port: 80")`.
    pub fn file(self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.entry(path, Ok(content.into()))
    }

    /// Puts a file there that is listed but denied when it is read.
    pub fn denied_file(self, path: &str) -> Self {
        self.entry(path, Err(Cause::Denied(denial(&format!("files {path}")))))
    }

    /// Grants a secret, which has a value or not.
    pub fn secret(self, name: &str, present: bool) -> Self {
        self.facts(name, SecretFacts { present, stand_in: false, length: if present { 32 } else { 0 } })
    }

    /// Grants a secret whose value only stands for one, such as `your-api-key`.
    pub fn stand_in(self, name: &str) -> Self {
        self.facts(name, SecretFacts { present: true, stand_in: true, length: 12 })
    }

    /// Puts a secret of another environment beside one that is granted already.
    pub fn elsewhere(mut self, name: &str, environment: &str, theirs: &str, alike: Option<bool>) -> Self {
        let one = Counterpart { environment: environment.to_owned(), name: theirs.to_owned(), alike };
        self.world.elsewhere.entry(name.to_owned()).or_default().push(one);
        self
    }

    /// Ends a load of this request: `.load("GET backend /health", loads(100))`. Several ends are given in order, and the last one stays.
    pub fn load(mut self, work: &str, ends: LoadEnds) -> Self {
        self.world.loads.push((work.to_owned(), ends));
        self
    }

    /// Answers a question for metrics, as the report shows it: `query prometheus up`, `query-range prometheus up`, `scrape backend /metrics`,
    /// `time-series monitoring PROJECT FILTER`. Several answers to the same are given in order, and the last one stays.
    pub fn metrics(mut self, question: &str, told: Numbers) -> Self {
        self.world.numbers.push((question.to_owned(), told));
        self
    }

    /// Answers a call on a store: `look at database`, `query database select 1`, and without its key `get database holdpoint`, `put …`, `remove …`. Several
    /// answers to the same are given in order, and the last one stays.
    pub fn data(mut self, ask: &str, told: Stored) -> Self {
        self.world.stores.push((ask.to_owned(), told));
        self
    }

    /// Sets the configuration.
    pub fn config(mut self, config: Value) -> Self {
        self.config = config;
        self
    }

    /// Answers a request. Several answers for the same request are given in order, and the last one stays.
    pub fn answer(mut self, asked: Asked, answer: Scripted) -> Self {
        self.world.answers.push((asked, answer));
        self
    }

    /// Grants writes as a bundle does with `class = "repeatable"`: they may be sent again, so a batch takes them.
    pub fn repeatable(mut self) -> Self {
        self.world.is_repeatable = true;
        self
    }

    /// Answers a command of gcloud. Several answers for the same command are given in order, and the last one stays.
    pub fn command(mut self, command: Command, ends: Ends) -> Self {
        self.world.commands.push((command, ends));
        self
    }

    /// Answers the start of a tool. Several answers for the same start are given in order, and the last one stays.
    pub fn tool(mut self, tool: Tool, ends: ToolEnds) -> Self {
        self.world.tools.push((tool, ends));
        self
    }

    /// Answers the opening of a socket at a path of any service, or at a URL. Several answers for the same place are given in order, and
    /// the last one stays.
    pub fn socket(mut self, place: &str, server: ScriptedSocket) -> Self {
        self.world.servers.push((place.to_owned(), server));
        self
    }

    fn facts(mut self, name: &str, facts: SecretFacts) -> Self {
        self.world.secrets.insert(name.to_owned(), facts);
        self
    }

    fn entry(self, path: &str, content: Result<Vec<u8>, Cause>) -> Self {
        let directory = path.split('/').next().unwrap_or_default().to_owned();
        let mut test = self.directory(&directory);
        test.world.files.insert(path.to_owned(), content);
        test
    }

    fn run(&self) -> Outcome {
        let world = World { asked: BTreeMap::new(), ..self.world.clone() };
        let (returned, world) = world::within(world, || (self.phase)(&self.config.to_string()));
        Outcome::new(returned, world)
    }
}

impl Deref for Test<'_> {
    type Target = Outcome;

    fn deref(&self) -> &Outcome {
        self.outcome.get_or_init(|| self.run())
    }
}
