//! Images that are built before they are deployed: by the real buildah, pushed to a real registry, and by an emulated Cloud Build that the
//! real gcloud asks.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use holdpoint_e2e::gcp::{What, When, gcloud_is_here};
use holdpoint_e2e::process::until;
use holdpoint_e2e::registry::{Registry, Takes, digest_of};
use holdpoint_e2e::release::{Building, Bundle, Release, SERVICES};
use holdpoint_e2e::server::{Server, answer};

const BACKEND: &str = SERVICES[0].0;
const GOOD: &str = "FROM scratch\nCOPY app /app\nENTRYPOINT [\"/app\"]\n";
/// The folder of what the builder keeps between its two starts, within a scene.
const STORAGE: &str = "SCENE/images";

/// A pin of buildah. What it has before the arguments of the phase follows from what it is to do.
fn buildah(name: &str, words: &str, network: &str) -> String {
    // Whoever is not root becomes root in a namespace of users of their own.
    let root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let (program, first) = if root { ("buildah", "") } else { ("unshare", "\"--map-root-user\", \"buildah\", ") };
    format!(
        r#"
[tools.{name}]
program = "/usr/bin/{program}"
arguments = [{first}"--root", "{STORAGE}/root", "--runroot", "{STORAGE}/run", "--storage-driver", "vfs", {words}]
directory = "source"
environment = {{ HOME = "{STORAGE}", TMPDIR = "{STORAGE}", PATH = "/usr/bin:/bin" }}
network = "{network}"
read = ["/etc/containers"]
write = ["{STORAGE}"]
without = ["landlock", "seccomp"]
deadline = "50s"
"#
    )
}

/// A release of the backend that is built from a source with this Containerfile, and pushed to `pushed`. `asked` tells digests.
fn built(containerfile: &str, pushed: &str, asked: &str) -> Release {
    let building = Building {
        repositories: format!("{pushed}/netra"),
        lines: "by = \"tools\"\ntag = \"v7\"".to_owned(),
        services: vec![("registry", asked.to_owned())],
        grants: "exec = [{ tools = [\"image-build\", \"image-push\"], class = \"repeatable\" }]\n\
                 files = [{ directory = \"source\", path = \"source\" }]"
            .to_owned(),
        gcloud: String::new(),
        pins: [
            buildah("image-build", "\"bud\", \"--isolation\", \"chroot\", \"--timestamp\", \"0\"", "none"),
            buildah(
                "image-push",
                "\"push\", \"--tls-verify=false\", \"--retry\", \"0\", \"--digestfile\", \"/dev/stdout\"",
                "full",
            ),
        ]
        .concat(),
    };
    let release = Release::with(&Bundle { building: Some(building), ..Bundle::default() });
    source(&release.scene.path().join("bundle/source"), containerfile);
    std::fs::create_dir(release.scene.path().join("images")).expect("a folder can be made");
    release
}

fn source(folder: &Path, containerfile: &str) {
    std::fs::create_dir_all(folder).expect("a folder can be made");
    std::fs::write(folder.join("Containerfile"), containerfile).expect("a file can be written");
    std::fs::write(folder.join("app"), "what is released\n").expect("a file can be written");
}

/// What is wrong, and nothing has been changed.
fn stopped(release: &Release, exit: i32) -> Vec<String> {
    release.scene.run(&["run", "BUNDLE"]).exits(exit);
    assert_eq!(release.changes(), 0, "{:#?}", release.gcp.log());
    release.scene.wrong()
}

#[test]
fn buildah_and_docker_registry_make_what_is_deployed_by_the_digest_that_the_registry_tells() {
    if !gcloud_is_here() {
        return;
    }
    let registry = Registry::start(Takes::Everything);
    let release = built(GOOD, &registry.host(), &format!("http://{}", registry.host()));
    release.scene.run(&["run", "BUNDLE"]).exits(0);
    // Whoever builds the same source gets the same image.
    let digest = digest_of(&release.scene.path().join("bundle/source"), &registry);
    assert_eq!(release.newest(BACKEND), format!("{}/netra/{BACKEND}@{digest}", registry.host()));
    assert!(release.serving()[0].starts_with("100"), "{:?}", release.serving());
    let checks = release.scene.checks();
    assert!(checks.contains(&format!("pass: {digest}")), "{checks:#?}");
    let shown = release.scene.run(&["show", "last", "deploy/0"]).exits(0).stdout;
    assert!(shown.contains("seccomp: the operator's file leaves it out"), "{shown}");
    // What replays has neither a builder nor a registry.
    drop(registry);
    release.gcp.stop();
    release.scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn buildah_and_docker_registry_a_containerfile_that_fails_fails_with_the_last_lines_of_the_builder() {
    if !gcloud_is_here() {
        return;
    }
    let registry = Registry::start(Takes::Everything);
    let release = built("FROM scratch\nCOPY nowhere /app\n", &registry.host(), &format!("http://{}", registry.host()));
    let wrong = stopped(&release, 1);
    assert!(wrong[0].starts_with("fail: exit code ") && wrong[0].contains("nowhere"), "{wrong:#?}");
    assert!(registry.is_empty(), "nothing was pushed");
    let report = release.scene.run(&["report", "--format", "json"]).exits(0).json();
    assert_eq!(report["rows"]["P2.1.local"]["verdict"], "fail", "{report:#}");
    assert_eq!(report["rows"]["RB-C1"]["observed"], "nothing called for it", "a build is nothing to take back");
}

#[test]
fn buildah_and_docker_registry_a_push_that_is_refused_fails_for_that_reason() {
    if !gcloud_is_here() {
        return;
    }
    for (takes, says) in [(Takes::Members, "authentication required"), (Takes::Nothing, "405")] {
        let registry = Registry::start(takes);
        let release = built(GOOD, &registry.host(), &format!("http://{}", registry.host()));
        let wrong = stopped(&release, 1);
        assert!(wrong[0].starts_with("fail: exit code ") && wrong[0].contains(says), "{takes:?}: {wrong:#?}");
    }
}

#[test]
fn buildah_whose_push_meets_a_proxy_that_answers_403_or_500_fails_for_that_reason() {
    if !gcloud_is_here() {
        return;
    }
    for head in ["403 Forbidden", "500 Internal Server Error"] {
        let proxy = Server::start(move |_| answer(head, "no"));
        let release = built(GOOD, proxy.url().trim_start_matches("http://"), &proxy.url());
        let wrong = stopped(&release, 1);
        let code = &head[..3];
        assert!(wrong[0].starts_with("fail: exit code ") && wrong[0].contains(code), "{wrong:#?}");
    }
}

#[test]
fn buildah_and_docker_registry_a_registry_that_tells_another_digest_stops_the_deployment() {
    if !gcloud_is_here() {
        return;
    }
    let registry = Registry::start(Takes::Everything);
    let other = format!("sha256:{}", "c".repeat(64));
    let head = format!("200 OK\r\ndocker-content-digest: {other}");
    let elsewhere = Server::start(move |_| answer(&head, ""));
    let release = built(GOOD, &registry.host(), &elsewhere.url());
    let wrong = stopped(&release, 1);
    assert_eq!(wrong[0], format!("fail: {other}"));
    assert!(!registry.is_empty(), "it was pushed");
}

/// A release of the backend whose image comes out of Cloud Build.
fn by_cloud(class: &str) -> Release {
    Release::with(&Bundle {
        building: Some(Building {
            repositories: "us-docker.pkg.dev/netra-staging/netra".to_owned(),
            lines: "by = \"cloud-build\"\ntag = \"v7\"\nsource = \"https://git.example/netra\"\nrevision = \"main\"\n\
                    pause = \"200ms\"\nwithin = \"8s\""
                .to_owned(),
            services: vec![],
            grants: "exec = [{ tools = [] }]".to_owned(),
            gcloud: format!(
                "{{ command = \"builds submit\", arguments = [\"https://git.example/netra\"], \
                 flags = {{ git-source-revision = \"main\" }}{class} }},\n    \
                 {{ command = \"builds describe\", arguments = [\"*\"] }},"
            ),
            pins: String::new(),
        }),
        ..Bundle::default()
    })
}

const REPEATABLE: &str = ", class = \"repeatable\"";

#[test]
fn cloud_build_makes_what_is_deployed_by_the_digest_of_its_result() {
    if !gcloud_is_here() {
        return;
    }
    let release = by_cloud(REPEATABLE);
    release.scene.run(&["run", "BUNDLE"]).exits(0);
    let state = release.gcp.state();
    let build = &state["builds"][0];
    assert_eq!(build["source"]["gitSource"]["url"], "https://git.example/netra", "{build:#}");
    let image = format!("us-docker.pkg.dev/netra-staging/netra/{BACKEND}");
    let digest = build["results"]["images"][0]["digest"].as_str().unwrap_or_default();
    assert!(digest.starts_with("sha256:"), "{build:#}");
    assert_eq!(release.newest(BACKEND), format!("{image}@{digest}"));
    let report = release.scene.run(&["report", "--format", "json"]).exits(0).json();
    assert_eq!(report["rows"]["P2.1.cloud"]["verdict"], "pass", "{report:#}");
    release.gcp.stop();
    release.scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn a_cloud_build_that_fails_is_late_or_never_ends_fails_by_its_status_and_nothing_is_deployed() {
    if !gcloud_is_here() {
        return;
    }
    for (what, says) in [
        (What::BuildEnds("FAILURE"), "fail: FAILURE: Build step failure: build step 0 failed: exit status 1; https://"),
        (What::BuildEnds("TIMEOUT"), "fail: TIMEOUT: "),
        (What::NeverReady, "fail: WORKING after 8000 ms"),
    ] {
        let release = by_cloud(REPEATABLE);
        release.gcp.fault_on("cloudbuild.googleapis.com", "GET", "*/builds/*", When::Always, what);
        release.scene.run(&["run", "BUNDLE"]).exits(1);
        let wrong = release.scene.wrong();
        assert!(wrong[0].starts_with(says), "{wrong:#?}");
        assert_eq!(release.serving(), ["100a"]);
        let report = release.scene.run(&["report", "--format", "json"]).exits(0).json();
        for row in ["P2.1.cloud", "P2.1.local"] {
            assert_eq!(report["rows"][row]["verdict"], "fail", "{row}: {report:#}");
        }
    }
}

#[test]
fn a_build_whose_answer_was_lost_is_found_by_its_tag_and_not_begun_again() {
    if !gcloud_is_here() {
        return;
    }
    let release = by_cloud("");
    let slow = What::SlowAnswer(Duration::from_secs(20));
    release.gcp.fault_on("cloudbuild.googleapis.com", "POST", "*/builds", When::First(1), slow);
    let live = release.scene.start(&["run", "BUNDLE"]);
    let builds = || release.gcp.state()["builds"].as_array().map_or(0, Vec::len);
    until("a build is begun", || builds() > 0);
    drop(live);
    release.scene.run(&["resume", "last"]).exits(0);
    assert_eq!(builds(), 1);
    assert!(release.newest(BACKEND).contains("@sha256:"));
}
