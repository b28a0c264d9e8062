//! The vault itself: placeholders out, values in, values out of answers.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError, RwLock},
};

use holdpoint_gate::{Destination, Scrubbed, Scrubber, Unrevealed, Vault};
use holdpoint_model::{Denial, PhaseId, RunId};

use crate::{
    Counterpart, Error, SecretBinding,
    binding::SHORTEST,
    find::{Finder, Hidden},
    placeholder::{self, Meant},
    sessions::SessionsFile,
};

/// The secrets and session tokens of one run.
pub struct RunVault {
    run: String,
    named: BTreeMap<String, SecretBinding>,
    /// What each of them is beside the secrets of other environments, whose values are not here.
    elsewhere: BTreeMap<String, Vec<Counterpart>>,
    sessions: Mutex<Sessions>,
    /// Credentials of the host with their placeholders. They are sent, and stand nowhere else.
    credentials: Mutex<HashMap<String, String>>,
    finder: RwLock<Finder>,
}

/// What servers have handed out.
#[derive(Default)]
struct Sessions {
    /// By value; the same value has one placeholder, whoever got it.
    tokens: HashMap<String, Token>,
    /// The value of each placeholder.
    values: HashMap<(PhaseId, u32), String>,
    next: BTreeMap<PhaseId, u32>,
    /// The first number of each phase.
    first: u32,
    file: Option<SessionsFile>,
}

struct Token {
    guest: PhaseId,
    n: u32,
    owners: BTreeSet<PhaseId>,
}

impl RunVault {
    /// A vault for a run. With a file, session tokens outlive this process; those of a process before are taken in.
    pub fn new(run: &RunId, secrets: Vec<SecretBinding>, sessions_file: Option<PathBuf>) -> Result<Self, Error> {
        let run = run.as_str().to_owned();
        let mut named = BTreeMap::new();
        let mut hidden = Vec::new();
        for mut binding in secrets {
            // A variable that somebody left empty is as good as none.
            binding.value = binding.value.filter(|value| !value.as_str().trim().is_empty());
            check(&binding)?;
            if let (Some(value), true) = (&binding.value, binding.is_hidden()) {
                let placeholder = placeholder::secret(&run, binding.name.as_str());
                let values = [vec![value.as_str().to_owned()], value.within()].concat();
                hidden.extend(values.into_iter().map(|value| Hidden { value, placeholder: placeholder.clone() }));
            }
            if let Some(twice) = named.insert(binding.name.to_string(), binding) {
                return Err(Error::Twice { name: twice.name });
            }
        }
        let mut sessions = Sessions::default();
        if let Some(path) = sessions_file {
            let (file, lines) = SessionsFile::open(path)?;
            for line in lines {
                let (Ok(guest), Ok(owner)) = (PhaseId::parse(&line.guest), PhaseId::parse(&line.owner)) else {
                    continue;
                };
                let placeholder = placeholder::session(&run, &guest, line.n);
                hidden.push(Hidden { value: line.value.clone(), placeholder });
                sessions.take_in(guest, line.n, owner, line.value);
            }
            sessions.file = Some(file);
        }
        let mut finder = Finder::default();
        finder.add(hidden);
        Ok(Self {
            run,
            named,
            elsewhere: BTreeMap::new(),
            sessions: Mutex::new(sessions),
            credentials: Mutex::default(),
            finder: RwLock::new(finder),
        })
    }

    /// Numbers session tokens from here on. Those below are of other machines that have worked on the run: their placeholders stand in its
    /// journal, and must mean nothing else.
    #[must_use]
    pub fn counting_from(mut self, first: u32) -> Self {
        self.sessions.get_mut().unwrap_or_else(PoisonError::into_inner).first = first;
        self
    }

    /// Knows what each secret is beside those of other environments.
    #[must_use]
    pub fn beside(mut self, elsewhere: BTreeMap<String, Vec<Counterpart>>) -> Self {
        self.elsewhere = elsewhere;
        self
    }

    /// The secrets of other environments beside this one.
    pub(crate) fn elsewhere(&self, name: &str) -> Vec<Counterpart> {
        self.elsewhere.get(name).cloned().unwrap_or_default()
    }

    /// The placeholder of a secret that this machine has a value for.
    pub fn placeholder(&self, name: &str) -> Option<String> {
        self.named.get(name)?.value.as_ref().map(|_| placeholder::secret(&self.run, name))
    }

    /// The binding of a name.
    pub(crate) fn binding(&self, name: &str) -> Option<&SecretBinding> {
        self.named.get(name)
    }

    /// The token that a placeholder stands for, if it is nothing else and a server has handed the token to this phase. For the host, which gives
    /// it to somebody else in the phase's name.
    pub fn handed(&self, placeholder: &str, phase: &PhaseId) -> Option<String> {
        let Some((0, end, Meant::Session(guest, n))) = placeholder::first(&self.run, placeholder) else { return None };
        let sessions = self.sessions();
        let value = sessions.values.get(&(guest, n)).filter(|_| end == placeholder.len())?;
        sessions.tokens.get(value).is_some_and(|token| token.owners.contains(phase)).then(|| value.clone())
    }

    /// The run has ended: its session tokens leave the disk. They are still taken out of texts.
    pub fn forget(&self) -> Result<(), Error> {
        let file = self.sessions().file.take();
        file.map_or(Ok(()), SessionsFile::remove)
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        // Every change is whole before anything can panic.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn credentials(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.credentials.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn value(&self, meant: &Meant<'_>, to: &Destination<'_>) -> Result<String, Unrevealed> {
        match meant {
            Meant::Secret(name) => self.secret_value(name, to).map_err(Unrevealed::Denied),
            Meant::Session(guest, n) => self.session_value(guest, *n, to),
        }
    }

    fn secret_value(&self, name: &str, to: &Destination<'_>) -> Result<String, Denial> {
        let place = to.service.map_or_else(|| format!("host {}", to.host), |service| format!("service {service}"));
        let deny = |reason: String, line: String| Denial {
            wanted: format!("secret {name} to {place}"),
            reason,
            remedy: format!("to allow it, write in the operator's file:\n    [secrets.{name}]\n    {line}"),
        };
        let bound = self.named.get(name).and_then(|binding| Some((binding, binding.value.as_ref()?)));
        let Some((binding, value)) = bound else {
            return Err(deny("this machine has no value for it".into(), format!("from = {{ env = \"{name}\" }}")));
        };
        let Some(service) = to.service else {
            // A service has a place that the operator has agreed to; a host that a guest names has none.
            let reason = "a secret goes to services only; make the host a service of the bundle".to_owned();
            return Err(deny(reason, "services = [\"…\"]".to_owned()));
        };
        if !binding.services.contains(service) {
            return Err(deny(format!("it is not bound to {place}"), format!("services = [\"{service}\"]")));
        }
        match to.header {
            Some(header) if header.eq_ignore_ascii_case(&binding.header) => Ok(match &binding.format {
                Some(format) => format.replacen("{}", value.as_str(), 1),
                None => value.as_str().to_owned(),
            }),
            Some(header) => {
                let reason = format!("it is bound to the header {}, not {header}", binding.header);
                Err(deny(reason, format!("header = \"{}\"", header.to_ascii_lowercase())))
            }
            None => {
                let reason = format!("it is bound to the header {} and never sent in a body", binding.header);
                let remedy = format!("send it in the header {}", binding.header);
                Err(Denial { remedy, ..deny(reason, String::new()) })
            }
        }
    }

    fn session_value(&self, guest: &PhaseId, n: u32, to: &Destination<'_>) -> Result<String, Unrevealed> {
        let sessions = self.sessions();
        let Some(value) = sessions.values.get(&(guest.clone(), n)) else {
            let text = format!(
                "session token {n} of phase '{guest}' was handed out before the host stopped and is not known any more; log in again"
            );
            return Err(Unrevealed::Lost(text));
        };
        if sessions.tokens.get(value).is_some_and(|token| token.owners.contains(to.guest)) {
            return Ok(value.clone());
        }
        Err(Unrevealed::Denied(Denial {
            wanted: format!("session token {n} of phase '{guest}'"),
            reason: format!("it was never handed to phase '{}'", to.guest),
            remedy: format!("log in within phase '{}'", to.guest),
        }))
    }
}

impl Sessions {
    fn take_in(&mut self, guest: PhaseId, n: u32, owner: PhaseId, value: String) {
        let next = self.next.entry(guest.clone()).or_default();
        *next = (*next).max(n.saturating_add(1));
        self.values.insert((guest.clone(), n), value.clone());
        self.tokens.entry(value).or_insert_with(|| Token { guest, n, owners: BTreeSet::new() }).owners.insert(owner);
    }
}

impl Scrubber for RunVault {
    fn scrub(&self, bytes: &[u8]) -> Option<Scrubbed> {
        let finder = self.finder.read().unwrap_or_else(PoisonError::into_inner).clone();
        finder.scrub(bytes)
    }
}

impl Vault for RunVault {
    fn reveal(&self, text: &str, destination: &Destination<'_>) -> Result<String, Unrevealed> {
        let mut revealed = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((start, end, meant)) = placeholder::first(&self.run, rest) {
            revealed.push_str(&rest[..start]);
            revealed.push_str(&self.value(&meant, destination)?);
            rest = &rest[end..];
        }
        revealed.push_str(rest);
        Ok(revealed)
    }

    /// A value that is too short to be told from other text is given back as it is.
    fn keep(&self, guest: &PhaseId, value: &str) -> String {
        if value.len() < SHORTEST {
            return value.to_owned();
        }
        let is_value = |binding: &&SecretBinding| binding.value.as_ref().is_some_and(|own| own.as_str() == value);
        if let Some(binding) = self.named.values().find(is_value) {
            return if binding.public {
                value.to_owned()
            } else {
                placeholder::secret(&self.run, binding.name.as_str())
            };
        }
        // Sent back by a server, it is still none of its session tokens.
        if let Some(placeholder) = self.credentials().get(value) {
            return placeholder.clone();
        }
        let mut sessions = self.sessions();
        let known =
            sessions.tokens.get(value).map(|token| (token.guest.clone(), token.n, token.owners.contains(guest)));
        let (issued_to, n, owns) = known
            .clone()
            .unwrap_or_else(|| (guest.clone(), sessions.next.get(guest).copied().unwrap_or(sessions.first), false));
        let placeholder = placeholder::session(&self.run, &issued_to, n);
        if owns {
            return placeholder;
        }
        if let Some(file) = &mut sessions.file
            && file.append(&issued_to, n, guest, value).is_err()
        {
            // Without the file the run goes on; only a token that a crash takes away has to be asked for again.
            sessions.file = None;
        }
        sessions.take_in(issued_to, n, guest.clone(), value.to_owned());
        // Found from now on, before anybody else can learn the placeholder.
        if known.is_none() {
            let mut finder = self.finder.write().unwrap_or_else(PoisonError::into_inner);
            finder.add(vec![Hidden { value: value.to_owned(), placeholder: placeholder.clone() }]);
        }
        placeholder
    }

    fn hide(&self, name: &str, value: &str) {
        let mut credentials = self.credentials();
        if credentials.contains_key(value) {
            return;
        }
        let placeholder = placeholder::credential(&self.run, name);
        let mut finder = self.finder.write().unwrap_or_else(PoisonError::into_inner);
        finder.add(vec![Hidden { value: value.to_owned(), placeholder: placeholder.clone() }]);
        credentials.insert(value.to_owned(), placeholder);
    }
}

fn check(binding: &SecretBinding) -> Result<(), Error> {
    let name = || binding.name.clone();
    if let Some(format) = &binding.format
        && !format.contains("{}")
    {
        return Err(Error::Format { name: name(), format: format.clone() });
    }
    match &binding.value {
        // A stand-in is reported by the phase that judges the environment; it is no secret.
        Some(value) if !binding.public && value.as_str().len() < SHORTEST && !value.is_stand_in() => {
            Err(Error::Short { name: name(), length: value.as_str().len() })
        }
        _ => Ok(()),
    }
}
