//! Allowing a bundle: what it asks for, in words, and the operator's file with an entry for it.

use std::path::PathBuf;

use holdpoint_bundle::{Operator, OperatorSource, Resolved, Text, asks_in_words};
use holdpoint_model::ServiceName;

use crate::{BundleChoices, Error, Machine, closed::closed, machine::operator_source};

/// What a bundle asks, and the file that would allow it. Nothing is written yet.
#[derive(Debug, Clone)]
pub struct Allowance {
    /// One line an ask.
    pub asks: Vec<String>,
    /// Of each service that no request would reach all the same, what would change it.
    pub closed: Vec<String>,
    /// The operator's file.
    pub path: PathBuf,
    before: Option<String>,
    after: String,
}

/// Works out an allowance.
pub fn allow(choices: &BundleChoices, machine: &Machine) -> Result<Allowance, Error> {
    let path = machine.operator_path();
    let before = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(source) => return Err(Error::ReadOperator { path, source }),
    };
    let operator = match &before {
        Some(text) => operator_source(&path, text.clone()),
        None => OperatorSource {
            file: Text { label: path.display().to_string(), text: String::new() },
            folder: path.parent().map(PathBuf::from).unwrap_or_default(),
        },
    };
    let readable = Machine { operator: crate::OperatorChoice::Found, ..machine.clone() };
    let (_, resolved) = choices.resolve(&readable)?;
    let after = holdpoint_bundle::allow(&resolved, &operator)?;
    let closed = closed_to(&resolved, &operator)?;
    Ok(Allowance { asks: asks_in_words(&resolved), closed, path, before, after })
}

/// The services that `connect-to` of an operator's file does not lead to though it has to. About one that was moved by `--service` decides
/// `service-overrides`.
fn closed_to(resolved: &Resolved, source: &OperatorSource) -> Result<Vec<String>, Error> {
    let operator = Operator::parse(source)?;
    let is_asked = |service: &ServiceName| resolved.askers().any(|phase| phase.services.contains(service));
    let services = resolved.services.iter().filter(|service| !service.overridden && is_asked(&service.name));
    let told = services
        .filter_map(|service| closed(&service.name, service.base.as_ref()?, &operator.connect_to, &source.file.label));
    Ok(told.collect())
}

impl Allowance {
    /// Whether the file allows it already.
    pub fn is_there(&self) -> bool {
        self.before.as_ref() == Some(&self.after)
    }

    /// Writes the file, whole or not at all.
    pub fn write(&self) -> Result<(), Error> {
        let failed = |source| Error::WriteOperator { path: self.path.clone(), source };
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .map_or(PathBuf::from("."), PathBuf::from);
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let mut file = tempfile::NamedTempFile::new_in(&folder).map_err(failed)?;
        std::io::Write::write_all(&mut file, self.after.as_bytes()).map_err(failed)?;
        file.persist(&self.path).map_err(|e| failed(e.error))?;
        Ok(())
    }
}
