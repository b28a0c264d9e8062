//! What an emulator is started with. The default is a project with nothing in it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fault::Fault;
use crate::login::ServiceAccount;

/// How an [`Emulator`](crate::Emulator) is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// The project's id.
    pub project: String,
    /// The project's number, which stands in many answers in place of the id.
    pub project_number: u64,
    /// Where services are unless a call says otherwise.
    pub region: String,
    /// Services that are there and ready from the start.
    pub services: Vec<InitialService>,
    /// What names of revisions, tokens and ids follow from.
    pub seed: u64,
    /// Polls of a service after a change until it is ready: with 1 the first poll finds it ready, with 0 the answer
    /// to the change says so already.
    pub ready_after_polls: u32,
    /// Images that can be deployed: `repository@sha256:…`, or `repository:tag`. Absent: any image can.
    pub images: Option<BTreeSet<String>>,
    /// Who can log in with a key, be impersonated, or is the machine's own account.
    pub accounts: Vec<ServiceAccount>,
    /// Refresh tokens, and whom they are for.
    pub refresh_tokens: Vec<(String, String)>,
    /// Tokens of another identity provider that the token exchange takes, and whom they are for.
    pub subject_tokens: Vec<(String, String)>,
    /// Seconds until a token that was asked for expires.
    pub token_lifetime: u64,
    /// Entries of the log, as `entries:list` gives them.
    pub log_entries: Vec<Value>,
    /// Polls of a build until it has ended.
    pub build_polls: u32,
    /// Faults that stand from the first request on.
    pub faults: Vec<Fault>,
    /// Port of the proxy on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Port of the front of services; 0 takes a free one.
    pub front_port: u16,
    /// What stands behind the name of a service in its host, before `.a.run.app`. Absent: letters that follow from the
    /// seed, and the region.
    pub host_suffix: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            project: "netra-staging".to_owned(),
            project_number: 701_403_009_922,
            region: "us-central1".to_owned(),
            services: Vec::new(),
            seed: 0,
            ready_after_polls: 1,
            images: None,
            accounts: vec![ServiceAccount::named("deployer@netra-staging.iam.gserviceaccount.com")],
            refresh_tokens: Vec::new(),
            subject_tokens: Vec::new(),
            token_lifetime: 3_599,
            log_entries: Vec::new(),
            build_polls: 1,
            faults: Vec::new(),
            port: 0,
            front_port: 0,
            host_suffix: None,
        }
    }
}

/// A service that is there from the start, with one ready revision that has all traffic, open to everybody.
#[derive(Debug, Clone)]
pub struct InitialService {
    /// Its name, unique within a region.
    pub name: String,
    /// Where it is. Absent: in the region of the options.
    pub region: Option<String>,
    /// What it runs.
    pub image: String,
}

impl InitialService {
    /// A service of the emulator's region.
    pub fn new(name: &str, image: &str) -> InitialService {
        InitialService { name: name.to_owned(), region: None, image: image.to_owned() }
    }
}
