//! Alerts written out by the command line: for Prometheus and for Cloud Monitoring, and what is said where they can't be.

use holdpoint_e2e::gcp::{Gcp, gcloud_is_here};
use holdpoint_e2e::{Scene, checklist};
use saphyr_parser::{Event, Parser};
use serde_json::{Value, json};

const ONE: &str = "\
alerts:
- name: \"Errors\"
  condition: \"error_rate > 1%\"
  duration: \"2 minutes\"
  severity: \"WARNING\"
  action: \"page_on_call\"
";

const HEAD: &str = r#"[bundle]
name = "scene"
version = "1.0.0"
checklist = "checklist.toml"

[environments.test.services.backend]
name = "backend"
url = "http://127.0.0.1:9"

[[phase]]
id = "reads"
module = "swarm"
requirements = ["P3.1"]
config = { calls = 1 }
[phase.grants]
http = [{ services = ["backend"], methods = ["GET"] }]

"#;

/// A bundle with these policies; nobody has allowed anything.
fn scene(policies: &str) -> Scene {
    let scene = Scene::bare();
    scene.write("bundle/bundle.toml", &format!("{HEAD}{policies}"));
    scene.write("bundle/checklist.toml", &checklist(&["P3.1", "ALERT-1"]));
    scene.write("bundle/alerts.yaml", ONE);
    scene.write("holdpoint.toml", "");
    scene
}

fn policy(id: &str, module: &str, config: &str) -> String {
    format!("[[policy]]\nid = \"{id}\"\nmodule = \"{module}\"\n{config}\n")
}

const OF_FILE: &str = "config = { alerts = { file = \"alerts.yaml\" }, rows = { Errors = [\"ALERT-1\"] } }";

/// The texts of a file of YAML.
fn scalars(text: &str) -> Vec<String> {
    let events = Parser::new_from_str(text).map(|event| event.unwrap_or_else(|error| panic!("{error}: {text}")).0);
    events
        .filter_map(|event| if let Event::Scalar(text, ..) = event { Some(text.into_owned()) } else { None })
        .collect()
}

#[test]
fn the_guide_s_alerts_are_written_where_the_configuration_has_no_others() {
    let outcome = scene(&policy("alerts", "alerts", "")).run(&["alerts", "BUNDLE"]).exits(0);
    let scalars = scalars(&outcome.stdout);
    for said in
        ["High Error Rate", "Slow Response Time", "Memory Leak Detected", "Request Isolation Failure", "5m", "10m"]
    {
        assert!(scalars.iter().any(|scalar| scalar == said), "{said} is not in {scalars:#?}");
    }
    // What is not the same is said to people too, and what a run calls otherwise than they do.
    for said in
        ["note: alert \"Memory Leak Detected\": only near to the rule: least squares", "--series memory_bytes=…"]
    {
        assert!(outcome.stderr.contains(said), "{said} is not in {outcome:?}");
    }
}

#[test]
fn the_alerts_of_a_bundle_are_written_over_the_series_of_a_team() {
    let scene = scene(&policy("watch", "alerts", OF_FILE));
    let series = ["requests=http_requests_total", "requests_bad=http_requests_total{code=~\"5..\"}"];
    let line = ["alerts", "BUNDLE", "--series", series[0], "--series", series[1]];
    let outcome = scene.run(&line).exits(0);
    let scalars = scalars(&outcome.stdout);
    let query = "(sum (increase(http_requests_total{code=~\"5..\"}[1m])) / sum (increase(http_requests_total[1m])) > 0.01) and \
                 (sum (increase(http_requests_total[2m])) >= 10)";
    for said in ["watch", "Errors", query, "2m", "warning", "error_rate > 1% for 2 minutes", "ALERT-1", "page_on_call"]
    {
        assert!(scalars.iter().any(|scalar| scalar == said), "{said} is not in {scalars:#?}");
    }
    let note = "note: alert \"Errors\": a counter grows between two samples within 1m; collected less often than every 30s, this never fires\n";
    assert_eq!(outcome.stderr, note);
}

#[test]
fn files_are_written_into_a_folder_and_over_others_only_if_that_is_wished() {
    let scene = scene(&policy("watch", "alerts", OF_FILE));
    let line = ["alerts", "BUNDLE", "--format", "cloud-monitoring", "--to", "out"];
    let outcome = scene.run(&line).exits(0);
    assert_eq!(outcome.stdout, "out/1-errors.json\n");
    let text = std::fs::read_to_string(scene.path().join("out/1-errors.json")).expect("it was written");
    let policy: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(policy["conditions"][0]["conditionPrometheusQueryLanguage"]["duration"], "120s");
    scene.run(&line).refuses(&["out/1-errors.json is there already; pass --force to write over it"]);
    scene.run(&[&line[..], &["--force"]].concat()).exits(0);
    scene.run(&["alerts", "BUNDLE", "--to", "out"]).exits(0);
    assert!(scene.path().join("out/watch.rules.yml").is_file());
    // Without a folder all of them are one list.
    let listed = scene.run(&line[..4]).exits(0).json();
    assert_eq!(listed, json!([policy]));
}

#[test]
fn what_can_t_be_written_is_told_with_its_place_and_what_would_do() {
    let some = policy("watch", "alerts", OF_FILE) + &policy("other", "alerts", "") + &policy("day", "objectives", "");
    let two = scene(&some);
    two.run(&["alerts", "BUNDLE"]).refuses(&["several policies judge by alerts: watch, other; name one by --policy"]);
    two.run(&["alerts", "BUNDLE", "--policy", "watch"]).exits(0);
    two.run(&["alerts", "BUNDLE", "--policy", "nobody"])
        .refuses(&["the bundle has no policy `nobody`; its policies: watch, other, day"]);
    scene(&policy("day", "objectives", "")).run(&["alerts", "BUNDLE"]).refuses(&["no policy of the bundle", "--file"]);
    let strange = policy("day", "objectives", "config = { errors = { limit = 0.01 } }");
    scene(&strange)
        .run(&["alerts", "BUNDLE", "--policy", "day"])
        .refuses(&["policy `day` has no configuration of alerts", "unknown field `errors`"]);
    let line = ["alerts", "BUNDLE", "--series"];
    let one = scene(&policy("watch", "alerts", OF_FILE));
    one.run(&[&line[..], &["request=x"]].concat())
        .refuses(&["--series: `request` is none of the series", "requests_bad"]);
    one.run(&[&line[..], &["requests=x"]].concat()).refuses(&["name `requests_bad` too"]);
    one.run(&[&line[..], &["requests=x{"]].concat()).refuses(&["column 3: this is no condition on a label"]);
    let injected = policy("watch", "alerts", "config = { series = { requests = \"x) or vector(1\" } }");
    scene(&injected)
        .run(&["alerts", "BUNDLE"])
        .refuses(&["policy `watch`: alert \"High Error Rate\": `x) or vector(1`"]);
}

#[test]
fn a_file_alone_is_enough_and_a_mistake_in_it_has_its_line() {
    let scene = Scene::bare();
    scene.write("holdpoint.toml", "");
    scene.write("team.yaml", ONE);
    let outcome = scene.run(&["alerts", "--file", "team.yaml"]).exits(0);
    assert!(
        scalars(&outcome.stdout).starts_with(&["groups".to_owned(), "name".to_owned(), "team".to_owned()]),
        "{outcome:?}"
    );
    for (text, says) in [
        (
            ONE.replace("severity", "severty"),
            "team.yaml: alerts, line 5: `severty` is no field of an alert; there are name",
        ),
        (
            ONE.replace("1%", "1"),
            "team.yaml: alert \"Errors\", condition, column 14: `1` is a number and error_rate is a share; write",
        ),
        ("alerts: []\n".to_owned(), "there is no alert; write at least one"),
        (" ".repeat(70_000), "team.yaml has more than 65536 bytes"),
    ] {
        scene.write("team.yaml", &text);
        scene.run(&["alerts", "--file", "team.yaml"]).refuses(&[says]);
    }
    scene.run(&["alerts", "--file", "nowhere.yaml"]).refuses(&["can't read nowhere.yaml"]);
    scene.run(&["alerts"]).refuses(&["<BUNDLE>"]);
}

#[test]
fn the_real_gcloud_creates_the_policies_that_are_written() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&[]);
    let scene = scene(&policy("alerts", "alerts", ""));
    let line = ["alerts", "BUNDLE", "--format", "cloud-monitoring", "--to", "out"];
    let written = scene.run(&line).exits(0);
    for file in written.stdout.lines() {
        let file = scene.path().join(file).display().to_string();
        gcp.give(&["alpha", "monitoring", "policies", "create", "--policy-from-file", &file]);
    }
    let state = gcp.state();
    let made: Vec<&Value> = state["alertPolicies"].as_array().expect("there are policies").iter().collect();
    let listed = scene.run(&line[..4]).exits(0).json();
    let wanted = listed.as_array().expect("it is a list");
    assert_eq!((made.len(), wanted.len()), (4, 4), "{made:#?}");
    for (made, wanted) in made.iter().zip(wanted) {
        for field in ["displayName", "severity", "combiner", "enabled", "documentation"] {
            assert_eq!(made[field], wanted[field], "{made:#}");
        }
        let condition = |policy: &Value| policy["conditions"][0]["conditionPrometheusQueryLanguage"].clone();
        assert_eq!(condition(made), condition(wanted), "{made:#}");
    }
}
