//! The one value through which a phase reaches the world. It keeps what the report refused, so that a refusal is never silent.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::fmt;

use crate::data::Data;
use crate::load::Loads;
use crate::metrics::Metrics;
use crate::{
    CallError, Check, Error, Exec, Files, Gcloud, Http, Millis, Result, Secrets, Service, Time, Websocket, host,
};

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For whoever writes the phase.
    Debug,
    /// What happened.
    Info,
    /// What somebody should look at.
    Warn,
    /// What went wrong.
    Error,
}

/// The run as a phase sees it.
#[derive(Debug, Default)]
pub struct Context {
    requirements: OnceCell<Option<Vec<String>>>,
    unclaimed: RefCell<BTreeSet<String>>,
    refusals: RefCell<Vec<String>>,
}

impl Context {
    /// The services that an `http` grant of this phase covers, in the order of the bundle.
    pub fn services(&self) -> impl ExactSizeIterator<Item = Service> {
        host::services().into_iter().map(Service::new)
    }

    /// The service of that name; an error names those that are granted.
    pub fn service(&self, name: &str) -> Result<Service> {
        let granted = host::services();
        match granted.iter().find(|service| *service == name) {
            Some(service) => Ok(Service::new(service.clone())),
            None => Err(Error::new(format!(
                "no service `{name}` is granted to this phase; granted: {}",
                if granted.is_empty() { "none".to_owned() } else { granted.join(", ") }
            ))),
        }
    }

    /// The ids of the checklist that this phase may speak for.
    pub fn requirements(&self) -> &[String] {
        self.requirements.get_or_init(host::requirements).as_deref().unwrap_or_default()
    }

    /// The directories that a `files` grant of this phase covers.
    pub fn directories(&self) -> Vec<String> {
        host::directories()
    }

    /// The environment under validation, e.g. `staging`.
    pub fn environment(&self) -> String {
        host::environment()
    }

    /// HTTP requests.
    pub fn http(&self) -> Http<'_> {
        Http::new(self)
    }

    /// Files below the granted directories.
    pub fn files(&self) -> Files<'_> {
        Files::new(self)
    }

    /// Secrets by name, never by value.
    pub fn secrets(&self) -> Secrets<'_> {
        Secrets::new(self)
    }

    /// Commands of gcloud.
    pub fn gcloud(&self) -> Gcloud<'_> {
        Gcloud::new(self)
    }

    /// The team's own tools.
    pub fn exec(&self) -> Exec<'_> {
        Exec::new(self)
    }

    /// WebSockets.
    pub fn websocket(&self) -> Websocket<'_> {
        Websocket::new(self)
    }

    /// Loads.
    pub fn load(&self) -> Loads<'_> {
        Loads::new(self)
    }

    /// Metrics of a service that a `metrics` grant of this phase covers.
    pub fn metrics(&self, service: &str) -> Metrics<'_> {
        Metrics::new(self, service)
    }

    /// A store of data that a `data` grant of this phase covers.
    pub fn data(&self, store: &str) -> Data<'_> {
        Data::new(self, store)
    }

    /// The time of the last answer that this phase got. It stands still while the phase computes.
    pub fn now(&self) -> Time {
        Time(host::now())
    }

    /// Waits. A run that is interrupted waits only for what remains.
    pub fn sleep(&self, duration: Millis) -> Result<(), CallError> {
        let seq = host::calls();
        host::sleep(duration).map_err(|cause| CallError::new(cause, seq))
    }

    /// Waits until a time; returns at once when it has passed.
    pub fn sleep_until(&self, time: Time) -> Result<(), CallError> {
        let seq = host::calls();
        host::sleep_until(time).map_err(|cause| CallError::new(cause, seq))
    }

    /// Opens a check that speaks for rows of the checklist. It must be closed by a verdict; one that is dropped is inconclusive.
    ///
    /// Ids that the bundle does not let this phase speak for are left out (and logged once), so that a bundle can use a part
    /// of a phase. A row without a check has no verdict, and is never passed.
    pub fn check<I>(&self, requirements: I, name: impl fmt::Display) -> Check<'_>
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let (claimed, unclaimed) = requirements.into_iter().map(Into::into).partition(|id| self.may_claim(id));
        self.note_unclaimed(unclaimed);
        Check::new(self, claimed, name.to_string())
    }

    /// Opens a check that is shown and judges no row.
    pub fn observation(&self, name: impl fmt::Display) -> Check<'_> {
        Check::new(self, Vec::new(), name.to_string())
    }

    /// States a number: `cx.measure("p95", 181.2, "ms")`.
    pub fn measure(&self, name: impl fmt::Display, value: f64, unit: &str) {
        let name = name.to_string();
        if let Err(cause) = host::measure(&name, value, unit) {
            self.refused(format!("measure `{name}` was refused: {cause}"));
        }
    }

    /// States one of many numbers over time, which policies judge as a series: `cx.sample("memory_bytes", [("service", "backend")], 412e6)`. Its time
    /// is that of the phase; a label `phase` is added by the host.
    pub fn sample<N, V>(&self, name: &str, labels: impl IntoIterator<Item = (N, V)>, value: f64)
    where
        N: Into<String>,
        V: Into<String>,
    {
        let labels: Vec<(String, String)> =
            labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        if let Err(cause) = host::sample(name, &labels, value) {
            self.refused(format!("sample `{name}` was refused: {cause}"));
        }
    }

    /// Keeps a piece of evidence with the run, at most 8 MiB.
    pub fn attach(&self, name: impl fmt::Display, media_type: &str, content: &[u8]) {
        let name = name.to_string();
        if let Err(cause) = host::attach(&name, media_type, content) {
            self.refused(format!("attachment `{name}` was refused: {cause}"));
        }
    }

    /// Passes on who virtual users are, for `identities = { login = "this-phase" }`: placeholders of tokens that servers have handed to this phase, one for
    /// each user. The last list counts.
    pub fn identities<T: AsRef<str>>(&self, tokens: impl IntoIterator<Item = T>) {
        let tokens: Vec<String> = tokens.into_iter().map(|token| token.as_ref().to_owned()).collect();
        self.attach("identities", "application/json", serde_json::Value::from(tokens).to_string().as_bytes());
    }

    /// Tells a person who is watching how far it is; a `total` of 0 means unknown. Nothing depends on it, so a refusal is ignored.
    pub fn progress(&self, done: u32, total: u32, message: impl fmt::Display) {
        let _ = host::progress(done, total, &message.to_string());
    }

    /// A line for whoever looks into the phase later. Nothing depends on it, so a refusal is ignored.
    pub fn log(&self, level: Level, message: impl fmt::Display) {
        let _ = host::log(level, &message.to_string());
    }

    pub(crate) fn refused(&self, text: String) {
        self.refusals.borrow_mut().push(text);
    }

    /// What the report refused. A statement that is lost must end the phase with an error, or a failed check could vanish.
    pub(crate) fn finish(self) -> Result<()> {
        let refusals = self.refusals.into_inner();
        match refusals.split_first() {
            None => Ok(()),
            Some((first, [])) => Err(Error::new(first)),
            Some((first, others)) => Err(Error::new(format!("{first} (and {} more)", others.len()))),
        }
    }

    /// Only the script of a native test leaves the list out, which lets every id be claimed.
    fn may_claim(&self, id: &String) -> bool {
        self.requirements.get_or_init(host::requirements).as_ref().is_none_or(|ids| ids.contains(id))
    }

    fn note_unclaimed(&self, ids: Vec<String>) {
        for id in ids {
            if self.unclaimed.borrow_mut().insert(id.clone()) {
                self.log(
                    Level::Info,
                    format!("{id} is not among the requirements that the bundle lists for this phase"),
                );
            }
        }
    }
}
