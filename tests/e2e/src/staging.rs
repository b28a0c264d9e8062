//! The staging double for tests that are not asynchronous themselves.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

pub use holdpoint_staging_double::{
    Adjustment, Breach, Change, ChatFault, Crossing, Crowd, Fault, Leak, LeakForm, Resource, Service, Struck,
};
use holdpoint_staging_double::{CLIENT_ID, Double, Drawn, Effect, FaultSetting, Options, REDIRECT_URI};
use tokio::runtime::Runtime;

/// The phases of the shipped bundle that look at what is there.
const VALIDATION: &str = "prerequisites,architecture,config,health,auth-flow";

/// A running double.
#[derive(Debug)]
pub struct Staging {
    double: Double,
    runtime: Runtime,
}

impl Staging {
    /// A healthy one, without TLS.
    pub fn start() -> Self {
        Self::with(Options::default())
    }

    /// One with options.
    pub fn with(options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let double = runtime.block_on(Double::start(options)).expect("the double starts");
        Self { double, runtime }
    }

    /// Where a service is.
    pub fn url(&self, service: Service) -> String {
        self.double.url(service)
    }

    /// The address of a service, which has a name under TLS.
    pub fn address(&self, service: Service) -> SocketAddr {
        self.double.address(service)
    }

    /// Where a service listens without TLS beside that.
    pub fn plain_address(&self, service: Service) -> Option<SocketAddr> {
        self.double.plain_address(service)
    }

    /// What a browser can be told to trust the certificate by.
    pub fn key_hash(&self) -> Option<&str> {
        self.double.key_hash()
    }

    /// Where the backend is.
    pub fn backend(&self) -> String {
        self.url(Service::Backend)
    }

    /// The choices of a command line that lead the shipped bundle here. What deploys takes no part, so that the run is partial.
    pub fn services(&self) -> Vec<String> {
        let services = Service::ALL.iter().flat_map(|s| ["--service".to_owned(), format!("{s}={}", self.url(*s))]);
        let hosts = Service::RELEASED.map(|service| format!("host.{service}={}", service.host()));
        let next = ["release=2.4.0", "next-steps=next-steps", "on-call=alice", "deputy=bob"].map(str::to_owned);
        let inputs = [format!("client-id={CLIENT_ID}"), format!("redirect-uri={REDIRECT_URI}")];
        let inputs = inputs.into_iter().chain(hosts).chain(next);
        let only = ["--only".to_owned(), VALIDATION.to_owned()];
        services.chain(inputs.flat_map(|input| ["--set".to_owned(), input])).chain(only).collect()
    }

    /// The milliseconds within which this part (0 to 1) of a service's answers came, by its own log.
    pub fn latency(&self, service: Service, part: f64) -> f64 {
        self.double.latency(service, part)
    }

    /// Makes a service answer otherwise.
    pub fn change(&self, service: Service, change: Change) {
        self.switch(FaultSetting { name: "chosen", seed: 0, drawn: Drawn::Server { service, change } });
    }

    /// Makes the backend slow.
    pub fn slow(&self, delay: Duration) {
        self.change(Service::Backend, Change::Slow(delay));
    }

    /// Switches a fault of the catalogue on.
    pub fn switch(&self, setting: FaultSetting) {
        self.runtime.block_on(self.double.switch(setting)).expect("the fault can be switched on");
    }

    /// Switches all faults off.
    pub fn clear(&self) {
        self.runtime.block_on(self.double.clear()).expect("faults can be switched off");
    }

    /// Gives the backend's page of metrics, without a request.
    pub fn exporter(&self) -> impl Fn() -> String + Send + Sync + use<> {
        self.double.exporter()
    }

    /// How many requests came.
    pub fn requests(&self) -> usize {
        self.double.requests().len()
    }

    /// Requests that came with each user's token.
    pub fn served_users(&self) -> BTreeMap<String, u64> {
        self.double.served_users().into_iter().collect()
    }

    /// What of one user another was shown.
    pub fn crossings(&self) -> Vec<Crossing> {
        self.double.crossings()
    }

    /// Every effect that came.
    pub fn effects(&self) -> Vec<Effect> {
        self.double.effects()
    }

    /// Closes its ports.
    pub fn stop(self) {
        self.runtime.block_on(self.double.stop());
    }
}
