//! Virtual users towards a real server that offers HTTP/2, in front of the double.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use holdpoint_e2e::{
    Scene,
    acting::{self, KEY},
    nginx::Nginx,
    staging::{Adjustment, Fault, LeakForm, Staging},
};

const ROWS: [&str; 2] = ["P3.2.success", "P3.2.isolation"];
const PHASE: &str = r#"id = "isolation"
module = "request-isolation"
requirements = ["P3.2.success", "P3.2.isolation"]
[phase.config]
user = "browse-user"
users = 20
at-once = 5
pace = "1s"
ramp = "500ms"
during = "3s"
tell = { think = "200ms" }
[phase.grants]
http = [{ services = ["backend"], methods = ["GET"], paths = ["/metrics"] }]
load = { max-users = 20, max-rate = 200, max-duration = "1m", max-requests = 20000, users = ["browse-user"] }"#;

struct Proxied {
    staging: Staging,
    nginx: Nginx,
    scene: Scene,
}

/// Users of a system that is reached through a proxy with TLS. `held` is a line of their table.
fn proxied(held: &str) -> Proxied {
    let staging = Staging::start();
    let upstream = staging.backend().rsplit(':').next().unwrap().parse().unwrap();
    let (nginx, port, certificate) = Nginx::offering_http2("backend.test", upstream);
    let user = format!(
        "id = \"browse-user\"\nmodule = \"browse-user\"\nidentities = {{ mint = \"{KEY}\" }}\n{held}\n[user.grants]\n\
         http = [{{ services = [\"backend\"], methods = [\"GET\", \"PUT\"], paths = [\"/api/me\", \"/api/state/note\"] }}]"
    );
    let scene = acting::scene(&format!("https://backend.test:{port}"), &user, PHASE, &ROWS);
    scene.write("ca.pem", &certificate);
    let operator = std::fs::read_to_string(scene.path().join("holdpoint.toml")).unwrap();
    scene.write("holdpoint.toml", &format!("ca-file = \"ca.pem\"\n{operator}"));
    Proxied { staging, nginx, scene }
}

impl Proxied {
    /// What was spoken by users; the phase itself speaks the older version.
    fn spoken(&self) -> BTreeMap<String, usize> {
        self.nginx.protocols()
    }
}

#[test]
fn users_speak_http2_where_the_server_does_and_what_leaks_is_found() {
    let proxied = proxied("");
    proxied.scene.run(&["run", "BUNDLE", "--output", "json"]).exits(0);
    let sent: u64 = proxied.staging.served_users().values().sum();
    assert_eq!((proxied.spoken().get("HTTP/2.0").copied(), sent > 100), (Some(usize::try_from(sent).unwrap()), true));

    let by = Adjustment { one_in: Some(15), form: Some(LeakForm::JsonEscaped), ..Adjustment::default() };
    proxied.staging.switch(Fault::named("leak").unwrap().settle(1).adjusted(by).unwrap());
    proxied.scene.run(&["run", "BUNDLE", "--output", "json"]).exits(1);
    let report = proxied.scene.run(&["report", "--format", "json"]).json();
    let told = report["rows"]["P3.2.isolation"]["observed"].as_str().unwrap().to_owned();
    let crossings = proxied.staging.crossings().len();
    assert!(crossings > 0 && told.starts_with(&format!("{crossings} leaks in ")), "{crossings}: {told}");
}

#[test]
fn users_that_are_held_to_the_older_version_speak_it() {
    let proxied = proxied("http-version = \"1.1\"");
    proxied.scene.run(&["run", "BUNDLE", "--output", "json"]).exits(0);
    let spoken = proxied.spoken();
    assert!(spoken["HTTP/1.1"] > 100 && !spoken.contains_key("HTTP/2.0"), "{spoken:?}");
}
