//! All that the emulated cloud knows, and which service answers a call. Pure but for the clock: a call goes in, an
//! answer comes out, and what was changed has a number.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::apis::{Builds, Dashboards, Logs, Series, Services, projects};
use crate::clock::{Clock, Moment};
use crate::draw::Seed;
use crate::exchange::{Answer, Call};
use crate::login::{self, Tokens};
use crate::options::Options;
use crate::run::{self, Run, Share};

/// What holds for the whole project and does not change.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) number: u64,
    pub(crate) region: String,
    pub(crate) seed: Seed,
    pub(crate) ready_after_polls: u32,
    pub(crate) host_suffix: Option<String>,
}

impl Project {
    /// Whether a part of a path means this project.
    pub(crate) fn is(&self, name: &str) -> bool {
        name == self.id || name == self.number.to_string()
    }

    /// Refuses other projects as Google does: without saying whether they are there.
    pub(crate) fn expect(&self, name: &str) -> Result<(), Answer> {
        if self.is(name) {
            return Ok(());
        }
        Err(Answer::refuse(403, &format!("Permission denied on resource project {name}.")))
    }
}

/// What a fault makes different while a call is answered.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Behaviour {
    pub(crate) never_ready: bool,
    pub(crate) stale_generation: bool,
    pub(crate) does_not_start: bool,
    /// The status that a build ends with.
    pub(crate) build_ends: Option<&'static str>,
    /// The metric whose numbers are others than were told.
    pub(crate) altered: Option<&'static str>,
}

/// What every emulated service gets besides its own state.
#[derive(Debug)]
pub(crate) struct Around<'a> {
    pub(crate) project: &'a Project,
    pub(crate) now: Moment,
    /// Who calls.
    pub(crate) principal: String,
    pub(crate) behaviour: Behaviour,
    effects: &'a mut u64,
}

impl Around<'_> {
    /// The number of the effect that happens now.
    pub(crate) fn effect(&mut self) -> u64 {
        *self.effects += 1;
        *self.effects
    }
}

/// The state of everything.
#[derive(Debug)]
pub(crate) struct Cloud {
    pub(crate) project: Project,
    pub(crate) clock: Arc<Clock>,
    pub(crate) run: Run,
    pub(crate) tokens: Tokens,
    pub(crate) logs: Logs,
    pub(crate) series: Series,
    pub(crate) images: Option<BTreeSet<String>>,
    services: Services,
    dashboards: Dashboards,
    builds: Builds,
    effects: u64,
}

impl Cloud {
    pub(crate) fn new(options: &Options, clock: Arc<Clock>) -> anyhow::Result<Cloud> {
        let project = Project {
            id: options.project.clone(),
            number: options.project_number,
            region: options.region.clone(),
            seed: Seed(options.seed),
            ready_after_polls: options.ready_after_polls,
            host_suffix: options.host_suffix.clone(),
        };
        let mut cloud = Cloud {
            tokens: Tokens::new(options),
            logs: Logs::new(&options.log_entries),
            series: Series::default(),
            images: options.images.clone(),
            builds: Builds::new(options.build_polls),
            project,
            clock,
            run: Run::default(),
            services: Services::default(),
            dashboards: Dashboards::default(),
            effects: 0,
        };
        for service in &options.services {
            let region = service.region.clone().unwrap_or_else(|| options.region.clone());
            let (run, mut around) = cloud.parts("deployer");
            run.begin(&mut around, &region, &service.name, &service.image).map_err(|refusal| {
                anyhow::anyhow!("set up {}: {}", service.name, String::from_utf8_lossy(&refusal.body))
            })?;
        }
        cloud.effects = 0;
        Ok(cloud)
    }

    /// Cloud Run, with what it gets besides; for changes that no call asks for.
    pub(crate) fn parts(&mut self, principal: &str) -> (&mut Run, Around<'_>) {
        let around = Around {
            project: &self.project,
            now: self.clock.now(),
            principal: principal.to_owned(),
            behaviour: Behaviour::default(),
            effects: &mut self.effects,
        };
        (&mut self.run, around)
    }

    /// Answers a call to a host of Google's.
    pub(crate) fn answer(&mut self, call: &Call, behaviour: Behaviour) -> Answer {
        self.try_answer(call, behaviour).unwrap_or_else(|refusal| refusal)
    }

    fn try_answer(&mut self, call: &Call, behaviour: Behaviour) -> Result<Answer, Answer> {
        let now = self.clock.now();
        // Whoever asks for a token has none yet.
        if let Some(answer) = login::answer(&mut self.tokens, call, now) {
            return answer;
        }
        let principal = self.tokens.principal(call.bearer.as_deref(), now).ok_or_else(unauthenticated)?;
        let mut around = Around { project: &self.project, now, principal, behaviour, effects: &mut self.effects };
        match call.host.as_str() {
            "iamcredentials.googleapis.com" => login::impersonate(&mut self.tokens, call, now),
            "serviceusage.googleapis.com" => self.services.answer(call, &mut around),
            "cloudresourcemanager.googleapis.com" => projects::answer(call, &around),
            "monitoring.googleapis.com" if Series::is_asked(call) => self.series.answer(call, &around),
            "monitoring.googleapis.com" => self.dashboards.answer(call, &mut around),
            "logging.googleapis.com" => self.logs.answer(call, &mut around),
            "cloudbuild.googleapis.com" => self.builds.answer(call, &mut around, &mut self.images),
            "storage.googleapis.com" => Err(Answer::refuse(404, "The specified key does not exist.")),
            host => match run::region_of(host) {
                Some(region) => {
                    let answer = self.run.answer(call, region, &mut around, self.images.as_ref());
                    for entry in self.run.written() {
                        self.logs.write(entry);
                    }
                    answer
                }
                None => Err(not_emulated(call)),
            },
        }
    }

    /// The revisions that a change gives traffic to by name are gone before it.
    pub(crate) fn lose_revisions_of(&mut self, call: &Call) {
        let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        let targets = body.pointer("/spec/traffic").and_then(Value::as_array);
        let with_traffic = targets.into_iter().flatten().filter(|target| target["percent"].as_u64() > Some(0));
        let names: Vec<String> =
            with_traffic.filter_map(|target| target["revisionName"].as_str()).map(str::to_owned).collect();
        self.run.lose_revisions(&names);
    }

    /// Another pipeline deploys the service that a call is about.
    pub(crate) fn deploy_elsewhere_at(&mut self, call: &Call) {
        let after = |word: &str| call.path.split('/').skip_while(|part| *part != word).nth(1);
        let Some(name) = after("services").map(|name| name.split(':').next().unwrap_or_default().to_owned()) else {
            return;
        };
        let region = run::region_of(&call.host).filter(|region| *region != "-").or_else(|| after("locations"));
        let region = region.unwrap_or(&self.project.region).to_owned();
        let (run, mut around) = self.parts("other-pipeline");
        run.deploy_elsewhere(&mut around, &region, &name);
    }

    /// A service has answered a request, which its log says.
    pub(crate) fn note_request(&mut self, share: &Share, revision: &str, mut line: Value, status: u16) {
        line["status"] = json!(status);
        let severity = if status >= 500 {
            "ERROR"
        } else if status >= 400 {
            "WARNING"
        } else {
            "INFO"
        };
        self.logs.write(json!({
            "logName": format!("projects/{}/logs/run.googleapis.com%2Frequests", self.project.id),
            "severity": severity,
            "timestamp": self.clock.now().rfc3339(),
            "httpRequest": line,
            "resource": run::resource(&self.project.id, &share.service, &share.region, revision),
        }));
    }

    /// Everything that can be compared, as JSON.
    pub(crate) fn snapshot(&self) -> Value {
        json!({
            "services": self.run.snapshot(&self.project),
            "enabledApis": self.services.enabled(),
            "dashboards": self.dashboards.dashboards(),
            "alertPolicies": self.dashboards.policies(),
            "builds": self.builds.all(),
            "effects": self.effects,
        })
    }

    pub(crate) fn issue(&mut self, principal: &str, lifetime: Duration) -> String {
        let now = self.clock.now();
        self.tokens.issue(principal, now.after(lifetime))
    }
}

fn unauthenticated() -> Answer {
    Answer::refuse(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid \
         authentication credential.",
    )
}

pub(crate) fn not_emulated(call: &Call) -> Answer {
    Answer::refuse(501, &format!("the emulator does not know {} {}{}", call.method, call.host, call.path))
}
