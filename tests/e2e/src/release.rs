//! A release on Google Cloud: the emulator, the real gcloud before it, and two versions of every service behind its router.

use std::fmt::Write as _;

use crate::Scene;
use crate::gcp::{Gcp, InitialService, Options};
use crate::staging::{Service, Staging};

/// The services by their names on Cloud Run and in the bundle.
pub const SERVICES: [(&str, Service); 3] = [
    ("netra-backend-staging", Service::Backend),
    ("netra-auth-service", Service::Auth),
    ("netra-frontend-staging", Service::Frontend),
];

/// The image of a version, which is one letter.
pub fn image(name: &str, version: char) -> String {
    format!("us-docker.pkg.dev/netra-staging/netra/{name}@sha256:{}", version.to_string().repeat(64))
}

/// What serves, what is to be deployed, and a bundle that does it.
pub struct Release {
    pub gcp: Gcp,
    /// What every revision of image `a` is.
    pub old: Staging,
    /// What every revision of image `b` is.
    pub new: Staging,
    pub scene: Scene,
    services: usize,
}

impl Release {
    /// One service that serves `a`, and a bundle that deploys `b`.
    pub fn new() -> Self {
        Self::with(&Bundle::default())
    }

    /// The same with another bundle.
    pub fn with(bundle: &Bundle) -> Self {
        let here = &SERVICES[..bundle.services];
        let services = here.iter().map(|(name, _)| InitialService::new(name, &image(name, 'a'))).collect();
        let gcp = Gcp::starting(Options { services, ..Options::default() });
        let (old, new) = (Staging::start(), Staging::start());
        for (name, service) in here.iter().copied() {
            gcp.serve(&image(name, 'a'), &old.url(service));
            gcp.serve(&image(name, 'b'), &new.url(service));
            if bundle.building.is_some() {
                // What its digest is, is only known once it is built.
                gcp.serve_others(name, &new.url(service));
            }
        }
        let scene = Scene::bare();
        scene.write("bundle/bundle.toml", &bundle.text(&gcp));
        scene.write("bundle/checklist.toml", &checklist(&bundle.text(&gcp)));
        let hosts = here.iter().map(|(name, _)| gcp.host(name));
        let hosts: Vec<String> = hosts.flat_map(|host| [host.clone(), format!("candidate---{host}")]).collect();
        let pins = bundle.building.as_ref().map_or(String::new(), |building| building.pins.clone());
        let pins = pins.replace("SCENE", &scene.path().to_string_lossy());
        let places = bundle.building.iter().flat_map(|building| &building.services).map(|(_, url)| {
            let place = url.trim_start_matches("http://");
            format!("[connect-to]\n\"{place}\" = \"{place}\"\n")
        });
        // A registry on this machine is a place that an operator has to name.
        let network = places.fold(gcp.network(&hosts), |network, place| network.replace("[connect-to]\n", &place));
        scene.write("holdpoint.toml", &format!("{network}{}{pins}", gcp.operator()));
        scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
        Self { gcp, old, new, scene, services: bundle.services }
    }

    /// What serves, service by service, as the letters of versions.
    pub fn serving(&self) -> Vec<String> {
        let letters = |name: &str| self.gcp.traffic(name).iter().map(|share| self.version(name, share)).collect();
        SERVICES[..self.services].iter().map(|(name, _)| letters(name)).collect()
    }

    fn version(&self, name: &str, share: &str) -> String {
        let (percent, revision) = share.split_once(' ').unwrap_or_default();
        let state = self.gcp.service(name);
        let revisions = state["revisions"].as_array().cloned().unwrap_or_default();
        let found = revisions.iter().find(|one| one["metadata"]["name"] == revision);
        let image = found.and_then(|one| one["spec"]["containers"][0]["image"].as_str()).unwrap_or("?").to_owned();
        format!("{percent}{}", image.chars().last().unwrap_or('?'))
    }

    /// The image of the newest revision of a service.
    pub fn newest(&self, name: &str) -> String {
        let state = self.gcp.service(name);
        let latest = state["service"]["status"]["latestCreatedRevisionName"].clone();
        let revisions = state["revisions"].as_array().cloned().unwrap_or_default();
        let found = revisions.into_iter().find(|one| one["metadata"]["name"] == latest);
        found.and_then(|one| Some(one["spec"]["containers"][0]["image"].as_str()?.to_owned())).unwrap_or_default()
    }

    /// How often a service has been changed.
    pub fn changes(&self) -> usize {
        self.gcp.log().iter().filter(|seen| seen.effect.is_some()).count()
    }
}

/// What of a bundle differs from test to test.
pub struct Bundle {
    /// As in `[rollback]`.
    pub when: &'static str,
    pub mode: &'static str,
    pub steps: &'static str,
    /// How long a new revision has.
    pub ready_within: &'static str,
    /// How many of the services there are; the first ones.
    pub services: usize,
    /// What stands in front of the deployment asks for this path, which answers 200 where all is well.
    pub before: &'static str,
    /// Where images come from, if they are not named by their digests.
    pub building: Option<Building>,
}

/// How a bundle builds its images.
pub struct Building {
    /// What stands before the name of each image, e.g. `127.0.0.1:5000/netra`.
    pub repositories: String,
    /// The lines of `[phase.config.build]`.
    pub lines: String,
    /// Services that stand in the environment too, by their URLs.
    pub services: Vec<(&'static str, String)>,
    /// More lines of the phase's grants, without `http` and `gcloud`.
    pub grants: String,
    /// More entries of its grants of `gcloud`.
    pub gcloud: String,
    /// Tools of the operator's file. `SCENE` stands for the folder of the scene.
    pub pins: String,
}

impl Default for Bundle {
    fn default() -> Self {
        Self {
            when: r#"["P2.1.local", "P2.2", "P3.1"]"#,
            mode: "auto",
            steps: "[50, 100]",
            ready_within: "2m",
            services: 1,
            before: "/health",
            building: None,
        }
    }
}

impl Bundle {
    /// The image that the bundle names.
    fn image(&self, name: &str) -> String {
        match &self.building {
            Some(building) => format!("{}/{name}", building.repositories),
            None => image(name, 'b'),
        }
    }

    fn text(&self, gcp: &Gcp) -> String {
        let Self { when, mode, steps, ready_within, services, before, building } = self;
        let here = &SERVICES[..*services];
        let mut text = "[bundle]\nname = \"scene\"\nversion = \"1.0.0\"\nchecklist = \"checklist.toml\"\n\
             [environments.test]\nproject = \"netra-staging\"\nregion = \"us-central1\"\n"
            .to_owned();
        let names: Vec<&str> = here.iter().map(|(name, _)| *name).collect();
        let mut deployed = String::new();
        for (name, service) in here.iter().copied() {
            let (host, image) = (gcp.host(name), self.image(name));
            write!(
                text,
                "[environments.test.services.{service}]\nurl = \"https://{host}\"\n\
                 [environments.test.services.{service}-candidate]\nurl = {{ of = \"{service}\", tag = \"candidate\" }}\n"
            )
            .and_then(|()| {
                write!(
                    deployed,
                    "[[phase.config.services]]\nname = \"{name}\"\nimage = \"{image}\"\nservice = \"{service}\"\n\
                     candidate = \"{service}-candidate\"\nmin-instances = 1\n"
                )
            })
            .expect("a string takes every text");
        }
        let (mut build, mut asked, mut grants) = (String::new(), String::new(), "exec = [{ tools = [] }]\n".to_owned());
        let cloud =
            if building.as_ref().is_some_and(|building| !building.gcloud.is_empty()) { "\"P2.1.cloud\", " } else { "" };
        let (mut commands, mut registries) = (String::new(), "us-docker.pkg.dev/netra-staging/netra".to_owned());
        if let Some(building) = building {
            build = format!("[phase.config.build]\n{}\n", building.lines);
            (grants, commands) = (building.grants.clone(), building.gcloud.clone());
            registries.clone_from(&building.repositories);
            for (service, url) in &building.services {
                write!(text, "[environments.test.services.{service}]\nurl = \"{url}\"\n")
                    .expect("a string takes every text");
                write!(asked, ", {{ services = [\"{service}\"], methods = [\"HEAD\"] }}")
                    .expect("a string takes every text");
            }
        }
        let known =
            |end: &str| here.iter().map(|(_, service)| format!("\"{service}{end}\"")).collect::<Vec<_>>().join(", ");
        let (all, candidates) = (known(""), known("-candidate"));
        let health = format!(
            "config = {{ endpoints = [\"/health\"] }}\n[phase.grants]\nhttp = [{{ services = [{all}], methods = [\"GET\"] }}]\n"
        );
        write!(
            text,
            r#"
[[phase]]
id = "before"
module = "health"
requirements = ["P3.1"]
map = {{ "P3.1" = "P1.3" }}
config = {{ endpoints = ["{before}"] }}
[phase.grants]
http = [{{ services = [{all}], methods = ["GET"] }}]
[[phase]]
id = "deploy"
module = "deploy"
needs = ["before"]
requirements = ["P2.1.checks", "P2.1.local", {cloud}"KI-1", "RB-C2", "SUC-1.deploy", "SUC-1.gap"]
deadline = "5m"
[phase.config]
project = "${{env.project}}"
region = "${{env.region}}"
steps = {steps}
probes = 4
ready-within = "{ready_within}"
{build}{deployed}
[phase.grants]
{grants}
http = [{{ services = [{all}, {candidates}], methods = ["GET"] }}{asked}]
load = {{ max-users = 60, max-rate = 10, max-duration = "30m", max-requests = 18000 }}
gcloud = [
    {commands}
    {{ command = "run services list" }},
    {{ command = "run revisions describe", arguments = ["netra-*"] }},
    {{ command = "run services update", arguments = ["netra-*"], flags = {{ image = "{registries}/*", tag = "candidate", no-traffic = true, min-instances = "*" }} }},
    {{ command = "run services update-traffic", arguments = ["netra-*"], flags = {{ to-revisions = "netra-*", update-tags = "before-*", remove-tags = "before-*" }} }},
]
[[phase]]
id = "verify-deployment"
module = "verify-deployment"
needs = ["deploy"]
requirements = ["P2.2", "CRIT-1"]
config = {{ services = {names:?} }}
[phase.grants]
gcloud = [{{ command = "run services list" }}]
[[phase]]
id = "health"
module = "health"
needs = ["verify-deployment"]
requirements = ["P3.1"]
{health}
[[phase]]
id = "rollback"
module = "rollback"
requirements = ["RB-C1", "SUC-1.rollback"]
config = {{ project = "${{env.project}}", region = "${{env.region}}", services = {names:?}, within = "2m" }}
[phase.grants]
gcloud = [
    {{ command = "run services list" }},
    {{ command = "run revisions describe", arguments = ["netra-*"] }},
    {{ command = "run services update-traffic", arguments = ["netra-*"], flags = {{ to-revisions = "netra-*" }} }},
]
[[phase]]
id = "rollback-health"
module = "health"
needs = ["rollback"]
requirements = ["P3.1"]
map = {{ "P3.1" = "RB-V1" }}
{health}
[rollback]
phase = "rollback"
undoes = ["deploy"]
when = {when}
mode = "{mode}"
"#
        )
        .expect("a string takes every text");
        text
    }
}

/// The rows that a bundle judges.
fn checklist(bundle: &str) -> String {
    let rows = [
        "P1.3",
        "P2.1.checks",
        "P2.1.local",
        "P2.1.cloud",
        "KI-1",
        "RB-C2",
        "SUC-1.deploy",
        "P2.2",
        "CRIT-1",
        "P3.1",
        "RB-C1",
        "RB-V1",
        "SUC-1.rollback",
    ];
    let row = |row: &str, level| format!("[[row]]\nid = \"{row}\"\ntitle = \"row\"\nlevel = \"{level}\"\n");
    let judged = rows.iter().filter(|row| bundle.contains(&format!("\"{row}\"")));
    // Whether there was a gap while a host was gone nobody can know, and tests that end hosts are about other rows.
    judged.map(|id| row(id, "required")).collect::<String>() + &row("SUC-1.gap", "advisory")
}

impl Default for Release {
    fn default() -> Self {
        Self::new()
    }
}
