//! Services whose URL Cloud Run assigns: a run that begins asks where they are, with the real gcloud, in an emulated project.

use holdpoint_e2e::gcp::{Gcp, What, When, gcloud_is_here};
use holdpoint_e2e::process::{Live, until};
use holdpoint_e2e::staging::{Change, Service, Staging};
use holdpoint_e2e::{Outcome, Scene};

const BACKEND: &str = "netra-backend-staging";
const ISSUER: &str = "netra-test-issuer";
const IMAGE: &str = "pkg.dev/netra/first";
/// What is asked of Cloud Run for a list.
const LIST: &str = "*/services";

/// A project with services that answer as the backend does, and a bundle that asks `backend` for its health, and `issuer` where there is one.
struct Places {
    gcp: Gcp,
    staging: Staging,
    scene: Scene,
}

impl Places {
    /// A project with these services, and a bundle that looks for the backend within `within`.
    fn with(deployed: &[&str], within: &str) -> Self {
        let services = format!(
            "[environments.test.services.backend]\nname = \"{BACKEND}\"\nurl = {{ from = \"cloud-run\", within = [\"{within}\"] }}\n\
             [environments.test.services.issuer]\nname = \"{ISSUER}\"\n\
             url = {{ from = \"cloud-run\", within = [\"https://{ISSUER}-*.a.run.app\"], optional = true }}\n\
             [environments.test.services.candidate]\nurl = {{ of = \"backend\", tag = \"candidate\" }}\n"
        );
        let gcp = Gcp::with(deployed);
        let staging = Staging::start();
        gcp.serve(IMAGE, &staging.backend());
        let scene = Scene::bare();
        scene.write(
            "bundle/bundle.toml",
            &format!(
                "[bundle]\nname = \"scene\"\nversion = \"1.0.0\"\nchecklist = \"checklist.toml\"\n\
                 [environments.test]\nproject = \"netra-staging\"\nregion = \"us-central1\"\n{services}\
                 [[phase]]\nid = \"health\"\nmodule = \"health\"\nrequirements = [\"P3.1\"]\nconfig = {{ endpoints = [\"/health\"] }}\n\
                 [phase.grants]\nhttp = [{{ services = [\"backend\", \"issuer\"], methods = [\"GET\"] }}]\n\
                 [[phase]]\nid = \"candidate\"\nmodule = \"health\"\nrequirements = [\"P3.1\"]\nconfig = {{ endpoints = [\"/health\"] }}\n\
                 [phase.grants]\nhttp = [{{ services = [\"candidate\"], methods = [\"GET\"] }}]\n"
            ),
        );
        scene.write("bundle/checklist.toml", "[[row]]\nid = \"P3.1\"\ntitle = \"healthy\"\nlevel = \"required\"\n");
        let places = Self { gcp, staging, scene };
        let hosts: Vec<String> = deployed.iter().flat_map(|name| places.hosts(name)).collect();
        places.scene.write("holdpoint.toml", &format!("{}{}", places.gcp.network(&hosts), places.gcp.operator()));
        places.scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
        assert_eq!(places.lists(), 0, "to allow a bundle asks nobody");
        places
    }

    /// One backend, where the bundle looks for it.
    fn new() -> Self {
        Self::with(&[BACKEND], "https://netra-backend-staging-*.a.run.app")
    }

    /// Every host of a service: both forms, and those of its tag.
    fn hosts(&self, name: &str) -> Vec<String> {
        let service = self.gcp.service(name);
        let urls = &service["service"]["metadata"]["annotations"]["run.googleapis.com/urls"];
        let urls: Vec<String> = serde_json::from_str(urls.as_str().unwrap_or_default()).expect("it has URLs");
        let hosts = urls.iter().map(|url| url.trim_start_matches("https://"));
        hosts.flat_map(|host| [host.to_owned(), format!("candidate---{host}")]).collect()
    }

    /// The run of the phase that asks for health.
    fn run(&self) -> Outcome {
        self.scene.run(&["run", "BUNDLE", "--only", "health"])
    }

    /// How often the services were listed.
    fn lists(&self) -> usize {
        self.gcp.requests().iter().filter(|seen| seen.method == "GET" && seen.path.ends_with("/services")).count()
    }

    /// A run that begins nothing, and says all of this.
    #[track_caller]
    fn refuses(&self, ended: Outcome, code: i32, says: &[&str]) {
        let ended = ended.exits(code);
        for words in says.iter().chain(&["--service backend=URL", "nothing was run"]) {
            assert!(ended.stderr.contains(words), "no {words:?}: {ended:?}");
        }
        assert!(!self.scene.path().join(".holdpoint/runs").exists(), "a run was begun");
        assert_eq!(self.staging.requests(), 0, "a service was asked");
    }
}

#[test]
fn a_service_is_found_asked_for_its_health_and_replayed_without_a_cloud() {
    if !gcloud_is_here() {
        return;
    }
    let places = Places::new();
    let ended = places.run().exits(7);
    assert!(
        ended.stderr.contains("asking Cloud Run in netra-staging, us-central1 for the URLs of backend"),
        "{ended:?}"
    );
    assert_eq!((places.lists(), places.staging.requests() > 0), (1, true));
    let shown = places.scene.run(&["show", "last", "health/0"]).exits(0).stdout;
    assert!(shown.contains(&places.gcp.host(BACKEND)), "{shown}");

    // Neither doing it again nor looking at it asks once more.
    places.scene.run(&["run", "--retry", "last", "--from", "health"]).exits(7);
    assert_eq!(places.lists(), 1);
    let Places { gcp, staging, scene } = places;
    gcp.stop();
    staging.stop();
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn a_run_that_was_broken_off_goes_on_where_it_was() {
    if !gcloud_is_here() {
        return;
    }
    let places = Places::new();
    places.staging.change(Service::Backend, Change::Slow(std::time::Duration::from_secs(2)));
    let live = places.scene.start(&["run", "BUNDLE", "--only", "health"]);
    until("the backend was asked", || places.staging.requests() > 0);
    drop(live);
    places.staging.clear();
    places.scene.run(&["resume", "last"]).exits(7);
    assert_eq!(places.lists(), 1);
}

#[test]
fn of_two_forms_of_a_url_the_one_that_the_bundle_states_is_taken() {
    if !gcloud_is_here() {
        return;
    }
    let places = Places::with(&[BACKEND], "https://netra-backend-staging-*.us-central1.run.app");
    places.run().exits(7);
    let shown = places.scene.run(&["show", "last", "health/0"]).exits(0).stdout;
    assert!(shown.contains(".us-central1.run.app"), "{shown}");
}

#[test]
fn a_revision_is_found_by_its_tag_behind_the_service() {
    if !gcloud_is_here() {
        return;
    }
    let places = Places::new();
    let update =
        ["run", "services", "update", BACKEND, "--image=pkg.dev/netra/first", "--tag=candidate", "--no-traffic"];
    places.gcp.give(&update);
    let before = places.lists();
    places.scene.run(&["run", "BUNDLE", "--only", "candidate"]).exits(7);
    assert_eq!(places.lists(), before + 1);
    let shown = places.scene.run(&["show", "last", "candidate/0"]).exits(0).stdout;
    assert!(shown.contains(&format!("candidate---{}", places.gcp.host(BACKEND))), "{shown}");
}

#[test]
fn a_service_elsewhere_than_the_bundle_says_is_not_reached() {
    if !gcloud_is_here() {
        return;
    }
    let within = "https://netra-backend-staging-*.europe-west1.run.app";
    let places = Places::with(&[BACKEND], within);
    let at = format!("service `backend` is at https://{}", places.gcp.host(BACKEND));
    places.refuses(places.run(), 2, &[&at, &format!("not within {within}")]);
}

#[test]
fn a_service_that_is_not_deployed_begins_nothing() {
    if !gcloud_is_here() {
        return;
    }
    let places = Places::with(&[ISSUER], "https://netra-backend-staging-*.a.run.app");
    let says =
        "service `backend` is not deployed: there is no netra-backend-staging in project netra-staging, us-central1";
    places.refuses(places.run(), 2, &[says]);
    // Whoever says where it is needs no cloud.
    let given = format!("backend={}", places.staging.backend());
    let overridden = places.scene.run(&["run", "BUNDLE", "--only", "health", "--service", &given]).exits(2);
    assert!(overridden.stderr.contains("service-overrides"), "{overridden:?}");
    assert_eq!(places.lists(), 1);
}

#[test]
fn a_list_that_is_refused_begins_nothing() {
    if !gcloud_is_here() {
        return;
    }
    let places = Places::new();
    let refused = What::Refuse(403, "Permission 'run.services.list' denied".to_owned());
    places.gcp.fault("GET", LIST, When::Always, refused);
    places.refuses(places.run(), 2, &["Permission 'run.services.list' denied"]);
}

#[test]
fn a_platform_that_fails_is_not_the_author_s_mistake() {
    if !gcloud_is_here() {
        return;
    }
    let places = Places::new();
    places.gcp.fault("GET", LIST, When::Always, What::Refuse(503, "The service is currently unavailable.".to_owned()));
    places.refuses(places.run(), 4, &["gcloud does not list the services of netra-staging"]);
}

#[test]
fn a_machine_without_a_log_in_or_without_gcloud_begins_nothing() {
    let places = Places::new();
    let operator = std::fs::read_to_string(places.scene.path().join("holdpoint.toml")).expect("it was written");
    let without = operator.lines().filter(|line| !line.starts_with("token-file")).collect::<Vec<_>>().join("\n");
    places.scene.write("holdpoint.toml", &without.replace("[gcloud]\n", "[gcloud]\nprogram = \"nowhere/gcloud\"\n"));
    places.refuses(places.run(), 2, &["there is no program", "install gcloud"]);
    let checked = places.scene.run(&["check", "BUNDLE"]).exits(0);
    assert!(checked.stderr.contains("warning: Cloud Run can't be asked from here: there is no program"), "{checked:?}");
    if !gcloud_is_here() {
        return;
    }
    places.scene.write("holdpoint.toml", &without);
    let mut command = places.scene.command(&["run", "BUNDLE", "--only", "health"]);
    command.env("HOME", places.scene.path()).env("CLOUDSDK_CONFIG", places.scene.path().join("nobody"));
    places.refuses(Live::start(&mut command).finish(), 2, &["gcloud auth login"]);
}

#[test]
fn an_optional_service_is_left_out_where_it_is_not_deployed_and_needs_consent_where_it_is() {
    if !gcloud_is_here() {
        return;
    }
    let missing = Places::new();
    let ended = missing.run().exits(7);
    assert!(ended.stderr.contains("for the URLs of backend, issuer"), "{ended:?}");
    let report = missing.scene.run(&["report"]).exits(0).stdout;
    assert!(!report.contains("issuer"), "{report}");

    let there = Places::with(&[BACKEND, ISSUER], "https://netra-backend-staging-*.a.run.app");
    let refused = there.run().exits(2);
    assert!(refused.stderr.contains("issuer = [\"https://netra-test-issuer-*.a.run.app\"]"), "{refused:?}");
    assert!(!there.scene.path().join(".holdpoint/runs").exists(), "a run was begun");
    let given = format!("issuer=https://{}", there.gcp.host(ISSUER));
    there.scene.run(&["allow", "BUNDLE", "--service", &given, "--yes"]).exits(0);
    there.run().exits(7);
    let shown = there.scene.run(&["show"]).exits(0).stdout;
    assert!(shown.contains("issuer"), "{shown}");
}

#[test]
fn nothing_is_asked_by_looking_nor_before_the_operator_has_allowed_it() {
    let places = Places::new();
    let checked = places.scene.run(&["check", "BUNDLE"]).exits(0);
    assert!(
        checked.stdout.contains("the URLs of backend, issuer are asked of Cloud Run when the run begins"),
        "{checked:?}"
    );
    let planned = places.scene.run(&["plan", "BUNDLE"]).exits(0);
    assert!(planned.stdout.contains("asked of Cloud Run when the run begins, within"), "{planned:?}");
    assert!(!planned.stderr.contains("warning"), "{planned:?}");
    let operator = places.gcp.operator();
    places.scene.write("holdpoint.toml", &operator);
    let refused = places.run().exits(2);
    assert!(refused.stderr.contains("nothing is allowed to bundle `scene`"), "{refused:?}");
    assert_eq!(places.gcp.requests().len(), 0, "somebody was asked");
}
