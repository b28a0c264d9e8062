//! What a double is started with. The default is the healthy system on free ports.

use std::path::PathBuf;
use std::time::Duration;

use crate::fault::FaultSetting;
use crate::login::TEST_SIGNING_KEY;
use crate::service::{PerService, Service};
use crate::stores::Stores;

/// How a [`Double`](crate::Double) is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Ports on 127.0.0.1; 0 takes a free one.
    pub ports: PerService<u16>,
    /// Serve HTTPS, and write `ca.pem` into this directory. Absent: plain HTTP.
    pub tls: Option<PathBuf>,
    /// Ports that lead whoever comes there to HTTPS at the service's name, whoever serves it; 0 takes a free
    /// one. Absent: nothing listens.
    pub plain_ports: Option<PerService<u16>>,
    /// The host names in the server's certificate and in [`Double::url`](crate::Double::url)
    /// under TLS.
    pub names: PerService<String>,
    /// Faults that stand from the first request on.
    pub faults: Vec<FaultSetting>,
    /// Write the files under judgement below this directory. File faults need it.
    pub files: Option<PathBuf>,
    /// Append one line to this file for each effect: `key<TAB>body` when it is applied,
    /// `key<TAB>REPEATED` when a known key comes again. Not synced to the disk.
    pub effect_log: Option<PathBuf>,
    /// Whether a known idempotency key is answered without applying the effect again. Off,
    /// effects that are sent twice show up twice.
    pub dedupe: bool,
    /// Milliseconds between receiving an effect and applying it. A client that is gone by
    /// then has caused nothing.
    pub effect_before_ms: u64,
    /// Milliseconds between applying an effect and answering.
    pub effect_after_ms: u64,
    /// Whoever signs a token with it (HS256) is the user whom the token names.
    pub test_signing_key: String,
    /// How long an agent lives that nobody ends.
    pub agent_lifetime: Duration,
    /// How long every request to the API works with its connection of the pool.
    pub work: Duration,
    /// The label `instance` of every metric.
    pub instance: String,
    /// What backend and auth stand on. Absent: nothing real, and always up.
    pub stores: Option<Stores>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            ports: PerService::default(),
            tls: None,
            plain_ports: None,
            names: PerService::each(|service: Service| service.host().to_owned()),
            faults: Vec::new(),
            files: None,
            effect_log: None,
            dedupe: true,
            effect_before_ms: 0,
            effect_after_ms: 0,
            test_signing_key: TEST_SIGNING_KEY.to_owned(),
            agent_lifetime: Duration::from_secs(300),
            work: Duration::ZERO,
            instance: "staging-1".to_owned(),
            stores: None,
        }
    }
}
