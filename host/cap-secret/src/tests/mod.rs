//! The vault as the gate and the backends use it.

mod reveal;
mod scrub;
mod search;
mod sessions;

use holdpoint_gate::Destination;
use holdpoint_model::{PhaseId, RunId, ServiceName, grant::SecretName};

use crate::{RunVault, SecretBinding, SecretValue};

fn run() -> RunId {
    RunId::parse("01JDCRUN").unwrap()
}

fn guest(name: &str) -> PhaseId {
    PhaseId::parse(name).unwrap()
}

fn binding(name: &str, value: &str) -> SecretBinding {
    SecretBinding {
        name: SecretName::parse(name).unwrap(),
        value: Some(SecretValue::new(value)),
        public: false,
        services: vec![ServiceName::parse("backend").unwrap()],
        header: "Authorization".into(),
        format: None,
    }
}

fn vault(bindings: Vec<SecretBinding>) -> RunVault {
    RunVault::new(&run(), bindings, None).unwrap()
}

fn to<'a>(guest: &'a PhaseId, service: Option<&'a ServiceName>, header: Option<&'a str>) -> Destination<'a> {
    Destination { guest, service, host: "api.example.com", header }
}
